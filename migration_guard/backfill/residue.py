"""Rows that `where` still matches when all is done: which of them have no source, and which will never be filled.

A row has no source if the update has nothing for it: it looks for one elsewhere, or its condition asks the very columns that it
writes from. Such a row hinders nothing, and is told. What is left otherwise is residue. The update wrote the row, or was kept
from it by a trigger or a rule, and `where` matches it still; or it leaves out what has a source, and so contradicts `where`. No
pass over such rows proves anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection

from migration_guard.backfill.arrays import array
from migration_guard.backfill.asks import Asks
from migration_guard.backfill.definition import Backfill
from migration_guard.backfill.keys import Value
from migration_guard.backfill.record import Swept
from migration_guard.backfill.sqltext import IDS, Token, assigned_columns, folded, words_of
from migration_guard.backfill.statements import statement
from migration_guard.backfill.steady import asked_of
from migration_guard.backfill.subject import Subject

_JOINED = {"FROM", "USING"}
_NO_JOIN = {"DISTINCT", "DELETE"}


def has_sources(connection: Asks, definition: Backfill) -> bool:
    """Tell whether a row that the update leaves as it is may be without what it would get."""
    if definition.update is None:
        return True
    words = words_of(definition.update)
    if _reads_others(words):
        return True
    sql = statement("looks_elsewhere", named=statement("functions_named"))
    if connection.exec_driver_sql(sql, asked_of(words)).scalar():
        return True
    read, asked = _columns(words)
    asked.subtract(definition.key_columns)  # each is said once to find the rows of a batch
    among = {"table": definition.written, "names": sorted(name for name, times in asked.items() if times > 0)}
    columns = {str(row[0]) for row in connection.exec_driver_sql(statement("columns_among"), among)}
    return bool(columns) and columns <= read


def _reads_others(words: Sequence[Token]) -> bool:
    """Tell whether a statement reads rows of other tables: IS DISTINCT FROM, DELETE FROM, a SELECT without FROM, a FROM
    between a function's arguments and one that lists the batch's own keys do not.
    """
    words = [one for n, one in enumerate(words) if not _lists_keys(words, n)]
    queries = [True]  # of each pair of brackets around a word, whether it holds a query; the first is the statement's
    for before, one in pairwise([Token("sign", "", 0), *words]):
        if one.kind == "sign" and one.text in "([":
            queries.append(False)
        elif one.kind == "sign" and one.text in ")]":
            queries.pop()
        elif one.kind == "name" and one.word == "SELECT":
            queries[-1] = True
        elif one.kind == "name" and (
            one.word == "TABLE" or (one.word in _JOINED and queries[-1] and before.word not in _NO_JOIN)
        ):
            return True
    return False


def _lists_keys(words: Sequence[Token], at: int) -> bool:
    """Tell whether a FROM is followed by nothing but the keys of the batch, as rows: by `unnest(:ids)` under a name."""
    if words[at].word not in _JOINED:
        return False
    rest = [one.word for one in words[at + 1 :]]
    rest = rest[2:] if rest[:2] == ["PG_CATALOG", "."] else rest
    if rest[:2] != ["UNNEST", "("]:
        return False
    ids, depth = f":{IDS}".upper(), words[at].depth
    said = next((n for n, one in enumerate(words[at:], at) if one.depth == depth and one.text == ")"), len(words))
    inside = [one.word for one in words[at:said] if one.kind in {"name", "parameter"} and one.depth > depth]
    if ids not in inside or "SELECT" in inside:
        return False
    for one in words[said + 1 :]:
        if one.depth < depth or (one.depth == depth and one.word in {"WHERE", "RETURNING"}):
            break
        if one.depth == depth and (one.text == "," or one.word == "JOIN"):
            return False
    return True


def _columns(words: Sequence[Token]) -> tuple[set[str], Counter[str]]:
    """Give the names that an UPDATE reads in what it sets, and those that its condition says, with how often."""
    whole = " ".join(one.text for one in words)
    at = [
        n
        for n, one in enumerate(words)
        if not one.depth and one.kind == "name" and one.word in {"SET", "FROM", "WHERE"}
    ]
    if [words[n].word for n in at if words[n].word != "FROM"] != ["SET", "WHERE"]:
        return set(), Counter()
    begin, behind, end = at[0], at[1], at[-1]
    said = Counter(folded(one.text) for one in words[begin + 1 : behind] if one.kind == "name")
    said.subtract(assigned_columns(whole))
    asked = Counter(folded(one.text) for one in words[end + 1 :] if one.kind == "name")
    return {name for name, times in said.items() if times > 0}, asked


def prevented(connection: Connection, subject: Subject, keys: Sequence[Value]) -> bool:
    """Tell whether the update would change some of these rows, if triggers or rules let it: it is done, and taken back."""
    if not subject.preventing or subject.definition.update is None:
        return False
    if "rule" in subject.preventing:  # what a rule leaves of the update is another one
        return True
    parameters = subject.key.list_parameters(tuple(array(column) for column in zip(*keys)))
    savepoint = connection.begin_nested()
    found = connection.exec_driver_sql(statement("tried_out", change=subject.change), parameters).scalar()
    savepoint.rollback()
    return any(_chosen(found))


def _chosen(node: Any) -> Iterator[float]:
    """Give how many rows each step of a plan has for what it modifies."""
    match node:
        case list():
            for one in node:
                yield from _chosen(one)
        case {"Node Type": "ModifyTable", "Plans": list(plans)}:
            for one in plans:
                if one.get("Parent Relationship") in {"Outer", "Member"}:  # the latter before 14
                    yield one["Actual Rows"] * one["Actual Loops"]
            yield from _chosen(plans)
        case dict():
            yield from _chosen([node[name] for name in ("Plan", "Plans") if name in node])


def residue(swept: Swept, subject: Subject) -> str | None:
    """Say why a pass that found nothing else is none that completes, if so."""
    if swept.kept and not swept.changed:
        told = f"nothing changed: `where` matches {swept.kept} rows, and the update has never changed one"
        return f"{told}: let `where` say which rows there is something for"
    if swept.vain:
        told = f"residue: `where` still matches {swept.vain} rows that the update writes"
        if subject.preventing:
            return f"{told}, or would if {' or '.join(subject.preventing)} let it: let `where` tell which rows are done"
        return f"{told}: let it tell which rows are done"
    if swept.kept and not subject.sourced:
        told = f"residue: `where` matches {swept.kept} rows that the update leaves out, although they lack no source"
        return f"{told}: let `where` say which rows there is something for"
    return None
