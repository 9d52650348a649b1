"""Which names are those of files that are read: Python's, and those of SQL, which tools spell in more ways than one."""

from __future__ import annotations

from migration_guard.later import re

_SQL = re.compile(
    r"\.(?:sql|psql|pgsql|plsql|tsql|ddl|dml|pkb|pks|pls|sql\.(?:postgres(?:ql)?|pgsql|mysql|sqlite)|"
    r"(?:up|down|rollback)\.(?:pg|postgres(?:ql)?|mysql|mariadb|sqlite3?|cql))\Z",
    re.IGNORECASE,
)
_FLYWAY = re.compile(
    r"(?:[VUB]\d[\w.]*?|R)__[^\n]*\.(?!(?:py|pyc|java|kt|groovy|scala|class|cs|js|ts|sh|bash|ps1|bat|cmd|conf|md|txt|json|ya?ml|"
    r"xml|csv|tsv|bak|orig|old|disabled|gz|zip)\Z)\w+\Z"
)
"""Flyway's names: its settings may give such files any ending."""
_NUMBERED = re.compile(r"^\d+[-_.]\S*$|^\d{3,}")
_GOVERNING = (".toml", ".ini", ".cfg")
_FOR_OTHERS = re.compile(
    r"\.(?:md|rst|pdf|html?|css|scss|less|[cm]?[jt]sx?|vue|svg|png|jpe?g|gif|ico|webp|woff2?|ttf|po|mo|pot|lock|map|"
    r"sh|go|rs|java|c|h|cpp|rb|php)\Z",
    re.IGNORECASE,
)


def governs(name: str) -> bool:
    """Say whether a file's name is that of a configuration."""
    return name.endswith(_GOVERNING)


def is_for_others(name: str) -> bool:
    """Say whether a file's name is that of what people and browsers read: a migration that reads it says so by its kind."""
    return bool(_FOR_OTHERS.search(name))


SQITCH = "sqitch.conf"
"""Sqitch's settings, which may give the files of SQL beside them any ending."""
_ENDING = re.compile(r"^[ \t]*extension[ \t]*=[ \t]*(?P<ending>[^\r\n#;]+)", re.MULTILINE | re.IGNORECASE)


def script_endings(settings: str) -> tuple[str, ...]:
    """How the names of Sqitch's scripts end, where its settings say so."""
    stated = (found["ending"].strip().strip('"') for found in _ENDING.finditer(settings))
    return tuple(f".{ending.lstrip('.')}" for ending in stated)


PATCHES = "patches.txt"
"""Frappe's list of patches, lines of which may be Python."""


def is_sql(name: str) -> bool:
    """Say whether a file's name is that of SQL: `a.sql`, `A.SQL`, golang-migrate's `1_a.up.pg`, `1_a.sql.postgres`, `V1__a.any`."""
    return bool(_SQL.search(name)) or (name[:1] in "VUBR" and bool(_FLYWAY.match(name)))


def is_numbered(name: str) -> bool:
    """Say whether a file of SQL is called as those are that run in the order of their numbers: `1_a.sql`, `001 a.sql`."""
    return bool(_NUMBERED.match(name))


def is_source(name: str) -> bool:
    """Say whether a file's name is that of something which may be a migration."""
    return name.endswith(".py") or is_sql(name) or name == PATCHES
