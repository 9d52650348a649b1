"""What follows a data change and builds on it: which steps go to a later migration, and where that stands in the graph."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from migration_guard.discover import Candidate
from migration_guard.files import Unreadable, read_source
from migration_guard.interpreter.syntax import Refused
from migration_guard.lean import dataclass
from migration_guard.move.neighbours import is_revision, other_versions
from migration_guard.move.piece import Piece
from migration_guard.move.schema import Schema, contract_path
from migration_guard.operations import Operation, OperationKind
from migration_guard.rewriting.contracts import DOWNGRADE, Contract, Eased, contract_of, eased, is_idle, told_in
from migration_guard.rewriting.gates import REQUIRE
from migration_guard.rewriting.graph import follower
from migration_guard.rewriting.later import extended, written
from migration_guard.rewriting.reached import CannotRemove
from migration_guard.rewriting.removal import Migration, Site
from migration_guard.rewriting.steps import Step, Told, entangled, makes_key
from migration_guard.skim.history import NO_FIELD, app_of, models_of
from migration_guard.sql.backfill import CannotMove
from migration_guard.sql.names import bare

_ENDS = re.compile(r"\b(?:drop_|Delete|Remove|rename|Rename|INSERT\b|bulk_insert|DROP\b|RENAME\b)", re.IGNORECASE)
_INDEX = re.compile(r"\.create_index\(|\bAddIndex(?:Concurrently)?\(")
_NO_INDEX = re.compile(r"^\s*(?:op|batch_op)\.drop_index\(|^\s*migrations\.RemoveIndex\(")
_OF_PYTHON = re.compile(r"^\s*migrations\.AlterModel(?:Options|Managers)\(")
_UNIQUE = re.compile(r"unique(?!\s*=\s*False)", re.IGNORECASE)
FRAMEWORKS = frozenset({"alembic", "django"})
"""Whose migrations can be given something to wait for."""


@dataclass(frozen=True, slots=True)
class Change:
    """A file as it would be, beside the migration and the module."""

    path: Path
    before: bytes | None
    after: bytes


@dataclass(frozen=True, slots=True)
class Later:
    """The migration that waits for the backfills."""

    path: Path
    existing: bytes | None
    contract: Contract | None
    """None where nothing goes there but the names of further backfills to wait for."""
    followers: tuple[tuple[Path, bytes, bytes], ...]

    def changes(self, migration: Migration, keys: Sequence[str], app: str) -> Iterator[Change]:
        """Give the files that are written for it."""
        if self.existing is not None:
            yield Change(self.path, self.existing, extended(self.path, self.existing, migration, self.contract, keys))
        elif self.contract is not None:
            yield Change(self.path, None, written(migration, self.contract, keys, app))
        for path, before, after in self.followers:
            yield Change(path, before, after)


def later_of(
    candidate: Candidate, migration: Migration, pairs: Sequence[tuple[Piece, Site]], others: Sequence[Operation]
) -> Later | None:
    """Say what becomes of the steps that build on data changes. Raises CannotMove and Refused where they cannot wait."""
    gone = {id(node) for _, site in pairs for node in site.statements}
    following = (step for piece, site in pairs for step in _building(site, piece, others) if id(step.node) not in gone)
    building = list(_in_order(following))
    path = contract_path(candidate.path)
    existing = _existing(path)
    if not building:
        return Later(path, existing, None, ()) if existing is not None else None
    if candidate.framework not in FRAMEWORKS:
        raise _stays(building[0])
    app = app_of(candidate.path.parent) if candidate.framework == "django" else None
    try:
        steps = _steps(migration, pairs, building, others)
        left_out = tuple(_left_out(candidate, migration, steps, app))
        contract = replace(contract_of(migration, steps, candidate.path.stem, path.stem), eased=left_out)
        followers = () if existing is not None else tuple(_followers(candidate, contract, app))
        later = Later(path, existing, contract, followers)
        list(later.changes(migration, ("key",), app or ""))
    except CannotRemove as reason:
        raise _stays(building[0], str(reason)) from None
    return later


def _stays(step: Step, reason: str = "") -> CannotMove:
    why = f"; it cannot go there by itself, as {reason}" if reason else ""
    return CannotMove(
        f"line {step.line} builds on it ({_first_line(step.code)}); put that into a later migration, which waits for the "
        f"backfill, then move this{why}"
    )


def _first_line(code: str) -> str:
    text = " ".join(code.split())
    return text if len(text) <= 60 else f"{text[:57]}…"


def _existing(path: Path) -> bytes | None:
    """The later migration that an earlier move has made."""
    if not path.exists():
        return None
    try:
        data = read_source(path)
    except Unreadable as reason:
        raise CannotMove(f"{path.name}: {reason}") from None
    if REQUIRE.encode() not in data:
        raise CannotMove(f"{path.name}, where what builds on it would go, is another migration; move this by hand")
    return data


def _in_order(steps: Iterator[Step]) -> Iterator[Step]:
    found = {(step.line, step.end, step.code): step for step in steps}
    return iter(sorted(found.values(), key=lambda step: (step.line, step.end)))


def _building(site: Site, piece: Piece, judged: Sequence[Operation]) -> Iterator[Step]:
    """The steps that go on to build on what was changed, or take away what it was made of."""
    drafted, tables = piece.drafted, piece.tables
    columns = {column.lower() for column in drafted.columns} or (drafted.names - tables)
    for step in site.after:
        if step.simple and _INDEX.search(step.code) and not _UNIQUE.search(step.code):
            continue  # it holds whatever the rows say
        if step.simple and _OF_PYTHON.search(step.code):
            continue  # it does nothing to the database
        if step.simple and _NO_INDEX.search(step.code) and piece.drafted.target is None:
            continue  # what the rows say needs none
        if step.simple and any(_runs(step, other) for other in judged):
            continue  # a data change, which does not depend on this one
        words = {word.lower() for word in re.findall(r"\w+", step.code)}
        words |= {word.removesuffix("_id") for word in words}
        speaks = step.home == "operations" and bool(words & columns)  # models are not always called as their tables
        speaks = speaks or bool(words & tables) or any(table.endswith(f"_{word}") for table in tables for word in words)
        names = drafted.names - tables
        if not speaks and not (words & names and _ENDS.search(step.code)):
            continue
        if words & {*columns, *(column.removesuffix("_id") for column in columns)} or _ENDS.search(step.code):
            yield step


def _runs(step: Step, change: Operation) -> bool:
    """Whether a step is what runs a data change."""
    spans = (change.span, *(change.rendition.calls if change.rendition is not None else ()))
    return any(step.line <= span.line <= step.end for span in spans)


_FREES = frozenset({"drop_column", "drop_table", "drop_constraint", "RemoveField", "DeleteModel"})


def _takes_along(step: Step, chosen: Sequence[Told], judged: Sequence[Operation]) -> bool:
    """Whether a step deletes rows, which may take others along by a column that is there for longer."""
    deletes = {OperationKind.DELETE, OperationKind.TRUNCATE}
    frees = any(one.verb in _FREES for one in chosen)
    return frees and any(other.kind in deletes and _runs(step, other) for other in judged)


def _is_apart(step: Step, told: Told, chosen: Sequence[Told], judged: Sequence[Operation]) -> bool:
    """Whether a step does nothing but to change rows of tables that none of those which wait is about."""
    changes = [other for other in judged if _runs(step, other)]
    tables = {bare(table) for other in changes for table in other.tables}
    about = {table for one in chosen for table in one.tables}
    apart = not any(table == one or table.endswith(f"_{one}") for table in tables for one in about)
    return bool(changes) and all(other.tables for other in changes) and told.verb in {"RunPython", "execute"} and apart


def _steps(
    migration: Migration, pairs: Sequence[tuple[Piece, Site]], building: Sequence[Step], judged: Sequence[Operation]
) -> list[Step]:
    """All that has to wait: what builds on the changes, and what follows and cannot go before that. Raises CannotRemove."""
    home = building[0].home
    gone = {id(node) for _, site in pairs for node in site.statements}
    every = [
        step
        for step in _in_order(step for _, site in pairs for step in site.after)
        if step.home == home and id(step.node) not in gone and not is_idle(step)
    ]
    if any(step.home != home or not home or step.node is None for step in building):
        raise CannotRemove("it stands in a block of its own")
    first = {(step.line, step.end, step.code) for step in building}
    chosen: list[Step] = []
    for step in every:
        told = told_in(migration, step)
        builds = (step.line, step.end, step.code) in first
        before = [told_in(migration, one) for one in chosen]
        takes = _takes_along(step, before, judged)
        stays = not any(entangled(one, told) for one in before) or _is_apart(step, told, before, judged)
        if not builds and stays and not takes:
            continue
        if not told.pure:
            raise CannotRemove(
                f"line {step.line} {'does more than to change the schema' if builds else 'would have to follow'} "
                f"({_first_line(step.code)})"
            )
        _check_keys(told.words | {told.name}, pairs, makes=makes_key(told, step.code))
        chosen.append(step)
    return chosen


def _left_out(candidate: Candidate, migration: Migration, steps: Sequence[Step], app: str | None) -> Iterator[Eased]:
    """Let columns be NULL that stay for a while: who deploys the next code does not know them any more. Raises CannotRemove."""
    schema = Schema(candidate.path, candidate.root)
    for step in steps:
        told = told_in(migration, step)
        if told.verb not in {"drop_column", "RemoveField"}:
            continue
        if any(schema.may_be_left_out(table, told.name, app) for table in told.tables):
            continue
        if app is not None and any(_is_of_many(candidate, model, told.name) for model in told.tables):
            continue
        found = [one for table in told.tables if (one := schema.column(table, told.name, app)) is not None]
        found = found or [(table, told.name) for table in told.tables if _is_added_back(migration, table, told.name)]
        if not found:
            raise CannotRemove(f"new rows may need a value for {told.name} until it is dropped: first let it be NULL")
        yield eased(step, *found[0])


def _is_of_many(candidate: Candidate, model: str, field: str) -> bool:
    """Whether a field of Django's is a table of its own."""
    known = models_of(candidate.path.parent, None, fields=True).get(model)
    return known is not None and known.fields.get(field, NO_FIELD).many


def _is_added_back(migration: Migration, table: str, column: str) -> bool:
    """Whether the way back of Alembic adds a column again, and says of no primary key."""
    backs = [(step, told_in(migration, step)) for step in migration.steps_of(DOWNGRADE)]
    return not any("primary" in step.code or "pk" in told.words for step, told in backs) and any(
        told.verb == "add_column" and told.name == column and table in told.tables for _, told in backs
    )


def _check_keys(words: Collection[str], pairs: Sequence[tuple[Piece, Site]], *, makes: bool) -> None:
    """Refuse to let a key wait by which a backfill would find its rows."""
    for piece, _ in pairs:
        by_key = piece.drafted.target is not None or {key.lower() for key in piece.drafted.keys} & set(words)
        if makes and by_key:
            raise CannotRemove("the backfill itself needs the key that it makes")


def _followers(candidate: Candidate, contract: Contract, app: str | None) -> Iterator[tuple[Path, bytes, bytes]]:
    """The migrations that come next, as they follow the later migration. Raises CannotRemove."""
    folder = candidate.path.parent
    if app is not None and b"replaces" in candidate.source:
        raise CannotRemove("it is a squashed migration")
    files = sorted(folder.glob("*.py"))
    if app is None:
        files += [path for path in other_versions(folder, candidate.root) if path.parent != folder]
        if any(is_revision(path, contract.name) for path in files if path != contract_path(candidate.path)):
            raise CannotRemove(f"there is another migration {contract.name}")
    if app is not None:
        files += [path for path in sorted(folder.parent.parent.glob("*/migrations/*.py")) if path.parent != folder]
    for path in files:
        if path in (candidate.path, contract_path(candidate.path)):
            continue
        try:
            data = read_source(path)
        except Unreadable as reason:
            raise CannotRemove(f"{path.name}, which may follow it, is not read ({reason})") from None
        if contract.revision.encode() not in data:
            continue
        if app is not None and re.search(rb"^[ \t\f]+replaces\s*=", data, re.MULTILINE):
            raise CannotRemove(f"{path.name} is a squashed migration, and may hold it too")
        try:
            after = follower(path, data, contract.revision, contract.name, app)
        except CannotRemove as reason:
            raise CannotRemove(f"{path.name}: {reason}") from None
        except Refused as refused:
            raise CannotRemove(f"{path.name} does not parse ({refused.reason})") from None
        if after is not None:
            yield path, data, after
