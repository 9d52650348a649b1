"""From a finding to backfills: what would be written where, or why a person has to do it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from migration_guard.filing import Checked
from migration_guard.findings import Finding, Severity
from migration_guard.interpreter.syntax import Refused
from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.move.group import HAS_TO_STAY, Member, Order, group_of, keys_before
from migration_guard.move.later import Change, Later, later_of
from migration_guard.move.making import MOVABLE, piece_of
from migration_guard.move.others import beside, others_of, twins_of
from migration_guard.move.piece import FUNCTION, Piece
from migration_guard.move.place import Module, Modules
from migration_guard.move.schema import Schema
from migration_guard.move.waits import Waiting, waiting_for, with_gates
from migration_guard.operations import Operation, OperationKind, Rendition, Span
from migration_guard.reading.markers import MOVED
from migration_guard.rewriting.definitions import Definition, literal, new_module, with_definition
from migration_guard.rewriting.leftovers import tidied
from migration_guard.rewriting.reached import CannotRemove
from migration_guard.rewriting.removal import Migration, Site
from migration_guard.rewriting.spoken import refuse_overtaken
from migration_guard.skim.history import app_of
from migration_guard.sql.backfill import CannotMove

__all__ = ["MOVABLE", "Move", "Refusal", "movable", "plan", "refusal"]

BATCH_SIZE = 500
BATCH_SIZE_OF_HOT = 200
_LONGEST_KEY = 100
_MOST_OF_A_NAME = 99
_COMMENT = f"{MOVED} the {{verb}} of {{table}} is now {{key}}"
_MOVED = re.compile(rf"{MOVED} the \w+ of (?P<table>\S+) is now (?P<key>\S+)")


@dataclass(frozen=True, slots=True)
class Move:
    """Files as they would be."""

    findings: tuple[Finding, ...]
    """The one that was asked for, and those that go with it."""
    keys: tuple[str, ...]
    root: Path
    migration: Path
    before: bytes
    after: bytes | None
    """None where the migration stays as it is."""
    module: Module
    module_after: bytes
    notes: tuple[str, ...]
    pieces: tuple[Piece, ...] = ()
    after_keys: tuple[tuple[str, ...], ...] = ()
    """For each, the keys that it waits for."""
    others: tuple[Change, ...] = ()
    """Other migrations: the one that waits for the backfills, and those that follow it."""

    @property
    def finding(self) -> Finding:
        return self.findings[0]

    @property
    def changes(self) -> tuple[Change, ...]:
        """Each file that is changed: what others rely on first, the migration last."""
        module = Change(self.module.path, self.module.content, self.module_after)
        own = () if self.after is None else (Change(self.migration, self.before, self.after),)
        return (module, *self.others, *own)

    @property
    def files(self) -> tuple[Path, ...]:
        return tuple(change.path for change in self.changes)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A finding that stays, and why."""

    finding: Finding
    reason: str


def movable(finding: Finding) -> bool:
    """Whether a finding is of a data change at all; others speak of its surroundings."""
    return finding.operation is not None and finding.operation.kind is not OperationKind.MARKER


def plan(one: Checked, finding: Finding, key: str | None, modules: Modules) -> Move | Refusal:
    """Plan to move a finding of a migration. Raises NoPlace where nothing at all can be written."""
    try:
        return _planned(one, finding, key, modules)
    except (CannotMove, CannotRemove, Refused) as reason:
        return Refusal(finding, str(reason))


def refusal(one: Checked, finding: Finding, key: str | None) -> str | None:
    """Say why a finding cannot be moved, wherever it would go; None if it can."""
    try:
        _group(one, finding, key)
    except (CannotMove, CannotRemove, Refused) as reason:
        return str(reason)
    return None


@dataclass(frozen=True, slots=True)
class _Group:
    """Changes that go together, and where each stands."""

    members: tuple[Member, ...]
    sites: tuple[Site, ...]
    migration: Migration
    later: Later | None
    """Where what builds on them goes."""
    waiting: tuple[Waiting, ...]
    """The later migrations that wait for them."""

    def pairs(self) -> Iterator[tuple[Piece, Site]]:
        return zip((member.piece for member in self.members), self.sites, strict=True)


def _group(one: Checked, finding: Finding, key: str | None) -> _Group:
    """Find out how a finding is moved. Raises CannotMove, CannotRemove and Refused."""
    first = piece_of(one, finding, key)
    migration = Migration(one.candidate.path, one.candidate.source)
    members = group_of(one, first, migration, lambda other: piece_of(one, other, None))
    sites = []
    schema = Schema(one.candidate.path, one.candidate.root)
    order = Order(migration, schema)
    for member in members:
        try:
            sites.append(_site_of(one, migration, order, member.piece))
        except (CannotMove, CannotRemove) as reason:
            if member is members[0]:
                raise
            operation = member.piece.operation
            raise CannotMove(
                HAS_TO_STAY.format(line=operation.span.line, table=operation.target, reason=reason)
            ) from None
    pairs = list(zip((member.piece for member in members), sites, strict=True))
    judged = [other for _, other in others_of(one, first.operation)] + [first.operation]
    later = later_of(one.candidate, migration, pairs, judged)
    waiting = waiting_for(one.candidate, [member.piece for member in members], schema)
    return _Group(members, tuple(sites), migration, later, waiting)


def _site_of(one: Checked, migration: Migration, order: Order, piece: Piece) -> Site:
    """Find where a change stands. Raises CannotMove and CannotRemove."""
    operation, rendition = piece.operation, piece.rendition
    others = [other for _, other in others_of(one, operation)]
    besides = [other for other in beside(one, operation) if other not in piece.also]
    _refuse_others_in_loop(rendition, besides)
    site = migration.site(rendition, _calls(others, operation, rendition))
    refuse_overtaken(migration, site.statements, list(map(order.beside, besides)))
    return site


def _planned(one: Checked, finding: Finding, key: str | None, modules: Modules) -> Move | Refusal:
    candidate = one.candidate
    group = _group(one, finding, key)
    text = candidate.source.decode("utf-8", "replace")
    keys: list[str] = []
    for piece, _ in group.pairs():
        name = _free_key(piece, modules, (*keys, *(found["key"] for found in _MOVED.finditer(text))), text)
        if isinstance(name, Path):
            wanted = key_for(piece.finding, piece.written, piece.what)
            reason = f"a backfill with the key {wanted} exists already, in {name.name}; rename or finish that one"
            return Refusal(finding, reason)
        keys.append(name)
    first = group.members[0].piece
    module = modules.place_for(f"{bare(first.written)}_{first.what}")
    content = module.content
    moved = [(found["key"], found["table"]) for found in _MOVED.finditer(text)]
    waits = tuple(keys_before(group.members, keys))
    for (piece, _), name, after in zip(group.pairs(), keys, waits, strict=True):
        before = tuple(known for known, table in moved if piece.speaks_of(table))
        definition = _definition(piece, name, (*before, *after))
        content = new_module(definition) if content is None else with_definition(module.path, content, definition)
    comments = [
        _COMMENT.format(verb=verb(piece.finding), table=piece.written, key=name)
        for (piece, _), name in zip(group.pairs(), keys, strict=True)
    ]
    assert content is not None
    later = group.later
    changes = later.changes(group.migration, keys, app_of(candidate.path.parent)) if later is not None else ()
    also = later.contract.cuts() if later is not None and later.contract is not None else ()
    return Move(
        tuple(dict.fromkeys(finding for piece, _ in group.pairs() for finding in (piece.finding, *_along(one, piece)))),
        tuple(keys),
        candidate.root,
        candidate.path,
        candidate.source,
        tidied(candidate.source, group.migration.without(list(zip(group.sites, comments, strict=True)), also)),
        module,
        content,
        tuple(_notes(group)),
        tuple(piece for piece, _ in group.pairs()),
        waits,
        tuple(with_gates(group.waiting, changes, keys).values()),
    )


def _along(one: Checked, piece: Piece) -> Iterator[Finding]:
    """The findings of what goes with a change: other assignments of its loop, and what its function does besides."""
    yield from twins_of(one, piece.operation)
    yield from (finding for finding in one.findings if finding.operation in piece.also)


def _notes(group: _Group) -> Iterator[str]:
    """What is to be said of a move besides what is changed."""
    yield from dict.fromkeys(note for piece, _ in group.pairs() for note in piece.drafted.notes)
    for waits in group.waiting:
        yield f"{waits.path.name} takes {waits.what} away, and waits for it; run the backfills before that"
    later = group.later
    if later is not None:
        yield f"{later.path.name} waits for it; run the backfills between the two migrations"
        for one in later.contract.eased if later.contract is not None else ():
            yield f"{one.column} may be NULL from the first migration on, as new rows leave it out, until the second drops it"


def _free_key(piece: Piece, modules: Modules, taken: Sequence[str], text: str) -> str | Path:
    """A key for a backfill; the file in which there is one already that this migration has not handed over."""
    name = key_for(piece.finding, piece.written, piece.what)
    for number in range(1, _MOST_OF_A_NAME):
        one = name if number == 1 else f"{name[: _LONGEST_KEY - 3]}_{number}"
        if one in taken:
            continue
        known = modules.with_key(one)
        if known is None:
            return one
        if number == 1 or f"is now {one}" not in text:
            return known
    raise CannotMove(f"there are {_MOST_OF_A_NAME} backfills of the name {name}; name them apart by hand")


def _calls(others: Sequence[Operation], operation: Operation, rendition: Rendition) -> Sequence[Span]:
    """The calls from the one on that runs this operation and no other."""
    if rendition.within is not None or rendition.loop is not None:
        return rendition.calls
    for index, call in enumerate(rendition.calls):
        if _holds(call, operation.span):
            if any(_holds(call, other.span) for other in others):
                raise CannotMove(
                    "its call runs several statements; give each a call of its own, then move them one by one"
                )
            return rendition.calls[index:]
    used = [call for other in others if other.rendition is not None for call in other.rendition.calls]
    own = [index for index, call in enumerate(rendition.calls) if call not in used]
    return rendition.calls[own[0] :] if own else ()


def _refuse_others_in_loop(rendition: Rendition, others: Sequence[Operation]) -> None:
    """Refuse a loop that makes another change too: it would be gone with the loop."""
    if rendition.loop is None:
        return
    for other in others:
        calls = other.rendition.calls if other.rendition is not None else ()
        if any(_holds(rendition.loop, span) for span in (other.span, *calls)):
            raise CannotMove(
                f"its loop makes another change too (line {other.span.line}, of {other.target}); give each a loop of its "
                "own, then move them one by one"
            )


def _holds(call: Span, span: Span) -> bool:
    begins = (call.line, call.column) <= (span.line, span.column)
    return begins and (span.end_line, span.end_column) <= (call.end_line, call.end_column)


def key_for(finding: Finding, table: str, what: str) -> str:
    """Name a backfill: by its migration, its table and its first column."""
    name = f"{finding.migration or Path(finding.path).stem}_{table.rpartition('.')[2]}_{what}"
    return slug(name)[:_LONGEST_KEY]


def variable(finding: Finding, table: str, what: str) -> str:
    """Name the variable: as the key, but beginning with a letter. A second one of a name would hide the first."""
    return slug(f"{bare(table)}_{what}_{finding.migration or Path(finding.path).stem}")


def bare(table: str) -> str:
    return slug(table.rpartition(".")[2])


def slug(text: str) -> str:
    return re.sub(r"\W+", "_", text.strip('"')).strip("_").lower()


def verb(finding: Finding) -> str:
    kind = finding.operation.kind if finding.operation is not None else OperationKind.UPDATE
    names = {OperationKind.INSERT_SELECT: "copy", OperationKind.INSERT_LOOP: "insert"}
    return names.get(kind, kind.value)


def definition_texts(finding: Finding, key: str, table: str) -> dict[str, str]:
    """The first fields of every definition."""
    return {
        "key": key,
        "migration": finding.migration or "",
        "description": f"{verb(finding)} of {table}, moved out of the migration",
    }


def _definition(piece: Piece, key: str, after: Sequence[str]) -> Definition:
    drafted, finding = piece.drafted, piece.finding
    texts = {
        **definition_texts(finding, key, piece.written),
        "table": drafted.table,
        **({"target": drafted.target} if drafted.target is not None else {}),
        **({"key_column": drafted.keys[0]} if len(drafted.keys) == 1 else {}),
        "where": drafted.where,
        **({"update": drafted.update} if piece.function is None else {}),
    }
    name = _variable(piece, key)
    function = f"fill_{name}"
    hot = finding.severity is Severity.HIGH
    code = {
        **({"apply": function, "settles": "True"} if piece.function is not None else {}),
        **({"key_columns": _tuple(drafted.keys)} if len(drafted.keys) > 1 else {}),
        **({"tables": _tuple((drafted.table, *piece.others))} if piece.others else {}),
        **({"after": _tuple(after)} if after else {}),
        "batch_size": str(BATCH_SIZE_OF_HOT if hot else BATCH_SIZE),
        "priority": f"Priority.{finding.severity.name}",
    }
    before = (
        piece.function.code.replace(f"def {FUNCTION}(", f"def {function}(", 1) if piece.function is not None else ""
    )
    return Definition(name, texts, code, before)


def _variable(piece: Piece, key: str) -> str:
    """The variable, which has the number of its key."""
    number = re.search(r"_\d+$", key)
    plain = key == key_for(piece.finding, piece.written, piece.what)
    return variable(piece.finding, piece.written, piece.what) + (number.group() if number and not plain else "")


def _tuple(texts: Sequence[str]) -> str:
    """Write a tuple of texts as Python."""
    inside = ", ".join(literal(text) for text in texts)
    return f"({inside},)" if len(texts) == 1 else f"({inside})"
