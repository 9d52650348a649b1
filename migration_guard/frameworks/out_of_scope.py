"""Databases without SQL: what belongs to one is named, and not read."""

from __future__ import annotations

from migration_guard.later import re

_PACKAGES = re.compile(
    rb"^[^\S\n]*(?:from|import)\s+(?:(?P<alike>cassandra|cqlengine|surrealdb)|(?P<other>"
    rb"beanie|bunnet|mongoengine|mongodb_migrations|pymongo|pymongo_migrate|motor|odmantic|umongo|"
    rb"neo4j|neomodel|elasticsearch|elasticsearch_dsl|opensearchpy|arango|pynamodb|couchdb|"
    rb"google\.cloud\.firestore|google\.cloud import firestore))\b",
    re.MULTILINE,
)
"""… of which some are spoken to in what looks like SQL."""
_SQL = re.compile(
    rb"\.execute(?:many|script)?\(\s*[^)\s]|\b(?:INSERT\s+INTO|DELETE\s+FROM|MERGE\s+INTO|TRUNCATE\s|UPDATE\s[^\"']{1,200}?\sSET\s)",
    re.IGNORECASE,
)
"""What only a database with SQL is told: beside it, the other one is only filled from it."""


def without_sql(source: bytes) -> str | None:
    """The package of such a database that a module imports and belongs to, None where it speaks to one with SQL, too."""
    found = _PACKAGES.search(source)
    if found is None or (found["alike"] is None and _SQL.search(source)):
        return None
    return (found["alike"] or found["other"]).decode()
