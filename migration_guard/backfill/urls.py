"""Reads the URLs that people have: of Django, Heroku, Cloud SQL, Prisma, JDBC and SQLAlchemy's drivers, for libpq.

What a part means is known, or the part is refused by its name. No value is ever shown: any of them may be a secret.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict

from migration_guard.backfill.definition import nearest
from migration_guard.backfill.errors import CannotRun

_SCHEME = re.compile(r"(?:jdbc:)?([A-Za-z][A-Za-z0-9+._-]*)://")
_POSTGRES = {
    "postgresql", "postgres", "pgsql", "psql", "postgis", "timescale", "timescalegis", "timescaledb", "postgresql2",
    "postgresql_psycopg2", "django.db.backends.postgresql", "django.contrib.gis.db.backends.postgis",
}  # fmt: skip
_DRIVERS = {"psycopg", "psycopg_async", "psycopg2", "psycopg2cffi", "asyncpg", "pg8000", "aiopg", "pygresql", "async"}
_OF_OTHERS = frozenset(
    {
        # Django, dj-database-url, django-environ
        "conn_max_age", "conn_health_checks", "disable_server_side_cursors", "atomic_requests", "autocommit", "engine",
        # Prisma and other pools
        "pgbouncer", "connection_limit", "pool_timeout", "pool_size", "max_overflow", "pool_recycle", "pool_pre_ping",
        "socket_timeout", "supa", "uselibpqcompat", "workaround",
        # Rails
        "pool", "encoding", "reconnect", "checkout_timeout", "reaping_frequency", "idle_timeout", "prepared_statements",
        # prepared statements, of which we use none by name
        "statement_cache_size", "prepared_statement_cache_size", "prepared_statement_name_func", "prepare_threshold",
        "preparethreshold", "binary_parameters", "async_fallback", "command_timeout",
    }
)  # fmt: skip
"""Parameters that speak of how others hold their connections, and change nothing of what is done over ours."""
_SEARCH_PATHS = {"schema", "currentschema", "search_path"}
_TLS = {
    "true": "require", "1": "require", "yes": "require", "on": "require", "require": "require", "required": "require",
    "false": "disable", "0": "disable", "no": "disable", "off": "disable", "disable": "disable", "no-verify": "require",
    "prefer": "prefer", "allow": "allow", "verify-ca": "verify-ca", "verify-full": "verify-full",
}  # fmt: skip
_TLS_NAMES = {"ssl", "sslmode", "ssl_mode", "ssl_require", "sslrequire"}
_RENAMED = {"timeout": "connect_timeout", "username": "user", "database": "dbname", "ssl_ca": "sslrootcert"}
_SOCKET = re.compile(r"(?P<folder>.+)/\.s\.PGSQL\.(?P<port>\d+)")
_NAME = re.compile(r"[A-Za-z][\w.-]*")
_PORTS = re.compile(r"[\d,]*")
_NEEDED = "the runner needs PostgreSQL, whose rows it locks with FOR NO KEY UPDATE SKIP LOCKED"


@dataclass(frozen=True, slots=True)
class Read:
    """A URL, read: parameters of libpq, and the search_path that it asks for."""

    parameters: Mapping[str, object]
    search_path: str | None = None


def is_url(text: str) -> bool:
    """Tell URLs from connection strings."""
    return _SCHEME.match(text) is not None


def read(url: str, source: str) -> Read:
    """Read a URL; the source is what errors call it."""
    match = _SCHEME.match(url)
    assert match is not None
    _check_scheme(match[1].lower(), source)
    rest, _, fragment = url[match.end() :].partition("#")
    rest, _, query = rest.partition("?")
    if fragment:
        raise CannotRun(f"{source} has a part after #; a # in a password is written as %23")
    authority, slash, path = rest.partition("/")
    pairs = parse_qsl(query, keep_blank_values=True)
    if authority.count("@") > 1 or "@" in path or not all(_NAME.fullmatch(name) for name, _ in pairs):
        raise _unreadable(source)  # part of a password would be taken for a server, and be shown as its name
    if path.startswith("/") and authority.endswith("@"):  # a folder of sockets in place of a host, as in Cloud SQL's
        folder, _, database = path.rpartition("/")
        path = database
        given = [("host", unquote(f"/{folder.lstrip('/')}"))]
    else:
        given = []
    stated = list(_translated(pairs, source))
    path_wanted = ", ".join(value for name, value in stated if name == "search_path") or None
    all_ = [*given, *((name, value) for name, value in stated if name != "search_path")]
    text = f"postgresql://{authority}{slash}{path}{'?' if all_ else ''}{urlencode(all_, quote_via=quote)}"
    try:
        parameters = conninfo_to_dict(text)
    except psycopg.Error:
        raise _unreadable(source) from None
    if not _PORTS.fullmatch(str(parameters.get("port") or "")):
        raise _unreadable(source)
    return Read(parameters, path_wanted)


def _unreadable(source: str) -> CannotRun:
    expected = "expected postgresql://user@host:port/database, service=NAME or django:ALIAS"
    hint = "; signs such as @ : / ? % in a user or password are written as %40 %3A %2F %3F %25"
    return CannotRun(f"{source} is no URL of a database (it is not shown, as it may hold a password); {expected}{hint}")


def _check_scheme(scheme: str, source: str) -> None:
    base, _, driver = scheme.partition("+")
    if base not in _POSTGRES:
        raise CannotRun(f"{source} is a URL of {scheme}; {_NEEDED}: expected postgresql://…")
    if driver and driver not in _DRIVERS:
        raise CannotRun(f"{source} names the driver {driver}, which is not known{nearest(driver, _DRIVERS)}")


def _translated(pairs: list[tuple[str, str]], source: str) -> Iterator[tuple[str, str]]:
    libpq = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
    for given, value in pairs:
        name = given.lower()
        if name in _TLS_NAMES:
            yield "sslmode", _tls(name, value, source)
        elif name in _SEARCH_PATHS:
            yield "search_path", value
        elif name in {"unix_sock", "unix_socket"}:
            yield from _socket(value)
        elif name in libpq or name in _RENAMED:
            yield _RENAMED.get(name, name), value
        elif name not in _OF_OTHERS:
            known = {*libpq, *_RENAMED, *_OF_OTHERS, *_TLS_NAMES, *_SEARCH_PATHS, "unix_sock"}
            raise CannotRun(f"{source}: its parameter {given} is not understood{nearest(name, known)}; leave it out")


def _tls(name: str, value: str, source: str) -> str:
    if value.lower() not in _TLS:
        raise CannotRun(f"{source}: its parameter {name} has a value that is none of {', '.join(_TLS)}")
    return _TLS[value.lower()]


def _socket(value: str) -> Iterator[tuple[str, str]]:
    if (found := _SOCKET.fullmatch(value)) is not None:
        yield "host", found["folder"]
        yield "port", found["port"]
    else:
        yield "host", posixpath.normpath(value)
