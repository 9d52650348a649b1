"""Databases without SQL: what belongs to one is named, and not read."""

from __future__ import annotations

from migration_guard.later import re

_PACKAGES = re.compile(
    rb"^\s*(?:from|import)\s+(beanie|bunnet|mongoengine|mongodb_migrations|pymongo|pymongo_migrate|motor|odmantic|umongo|cassandra|"
    rb"cqlengine|neo4j|neomodel|elasticsearch|elasticsearch_dsl|opensearchpy|arango|pynamodb|couchdb|surrealdb|"
    rb"google\.cloud\.firestore|google\.cloud import firestore)\b",
    re.MULTILINE,
)


def without_sql(source: bytes) -> str | None:
    """The package of such a database that a module imports, None where it imports none."""
    found = _PACKAGES.search(source)
    return found[1].decode() if found is not None else None
