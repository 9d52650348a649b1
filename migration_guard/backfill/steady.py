"""Whether a predicate gives the same answer for the same row: only then does one pass prove anything, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from migration_guard.backfill.arguments import MOVES, Argument
from migration_guard.backfill.asks import Asks
from migration_guard.backfill.sqltext import Token, called, folded, words_of
from migration_guard.backfill.statements import statement

CONVERTING = (
    "date_trunc date_part extract to_char to_date to_timestamp timezone concat concat_ws format to_json to_jsonb "
    "jsonb_build_object jsonb_build_array json_build_object json_build_array date time timetz timestamp timestamptz numeric"
).split()
"""Functions of PostgreSQL's that are not immutable, as settings say how they write or read; they look at nothing else."""
_ASKS = {"SELECT", "TABLE", "USER"}
_OF_NOW = ("CURRENT_", "LOCALTIME", "SESSION_USER")


def asked_of(words: Sequence[Token]) -> dict[str, object]:
    """Give what a text says by which it may call functions, as the server is asked about them."""
    names = list(called(words))
    return {
        "schemas": [schema for schema, _ in names],
        "called": [name for _, name in names],
        "said": sorted({folded(one.text) for one in words if one.kind == "name"}),
        "signs": "".join(one.text if one.kind in {"sign", "cast"} else " " for one in words),
    }


def whim(connection: Asks, where: str) -> str | None:
    """Name a function of PostgreSQL's in a predicate that answers differently each time it is asked."""
    names = [name for schema, name in called(words_of(where)) if schema in {None, "pg_catalog"}]
    shown = connection.exec_driver_sql(statement("volatile"), {"called": names}).scalar()
    return str(shown) if shown is not None else None


def more_than_its_row(connection: Asks, where: str, arguments: Sequence[Argument] = ()) -> str | None:
    """Say what a predicate asks beside its row, if anything: then a row may be to do again though nobody touches it."""
    words = words_of(where)
    for given in arguments:
        if MOVES.search(given.bound or ""):
            return f"the argument {given.name}"
    for before, one in pairwise([Token("sign", "", 0), *words]):
        if one.kind == "quoted" and (MOVES.search(one.text) or _veiled(before, one)):
            return one.text
        if one.kind == "name" and (one.word in _ASKS or one.word.startswith(_OF_NOW)):
            return "other rows" if one.word in {"SELECT", "TABLE"} else one.text
    sql = statement("not_immutable", named=statement("functions_named"))
    shown = connection.exec_driver_sql(sql, {**asked_of(words), "known": list(CONVERTING)}).scalar()
    return f"{shown}()" if shown is not None else None


def _veiled(before: Token, text: Token) -> bool:
    """Tell whether a text in quotes may say something else than it shows: it has escapes, or goes on with the one before it."""
    return before.kind == "quoted" or before.text == "&" or (text.text[0] in "eE" and "\\" in text.text)
