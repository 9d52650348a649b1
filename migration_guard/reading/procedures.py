"""Reads a file of backfills into Procedures: declarative definitions, registries of dictionaries, plain functions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.objects import Function
from migration_guard.interpreter.spot import Spot
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import Constant, Unknown, Value
from migration_guard.libraries.database import Handle
from migration_guard.operations import Direction, Problem, Span
from migration_guard.procedures import Alteration, BatchSize, Procedure, Selection, Setting
from migration_guard.reading.diary import Diary, Event
from migration_guard.reading.error_texts import error_texts
from migration_guard.sql.batch import Pick, Write, batches, condition
from migration_guard.sql.settings import TimeoutSet

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.reading.migration import Migration

REGISTRY = "BACKFILL_DEFS"
_SIZE = re.compile(r"batch|chunk", re.IGNORECASE)
_NO_SIZE = re.compile(r"pause|sleep|delay|seconds|time|max_batches|count", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One dictionary of a registry."""

    key: str | None
    function: Function | None
    size: BatchSize | None
    span: Span


class Procedures:
    """Enters what a file defines, one backfill after the other, and keeps what each of them does."""

    def __init__(self, migration: Migration, diary: Diary) -> None:
        self._migration = migration
        self._machine = migration.machine
        self._diary = diary
        self.found: list[Procedure] = []
        self.problems: list[Problem] = []

    def read(self) -> None:
        """Read definitions first, then registries, then the functions that neither names."""
        diary = self._diary
        diary.autocommits = _autocommits(self._migration.source.text)
        definitions = list(diary.definitions)
        for call in {id(call.place.node): call for call in definitions}.values():
            self._definition(call)
        for entry in self._entries():
            self._entry(entry)
        for function in self._migration.every_function():
            if id(function.node) not in self._machine.reached:
                self._function(function, None)

    # --- The three kinds ---------------------------------------------------------------------------------------------

    def _definition(self, call: Call) -> None:
        """`Backfill(key=…, table=…, where=…, update=…)`: the runner takes care of all but the SQL."""
        key, table, where, update = (_text(call.named.get(name)) for name in ("key", "table", "where", "update"))
        span = self._span(call.place.node)
        if key is None or table is None or where is None:
            self._problem(span.line, "a definition whose key, table or where is no plain text cannot be judged")
            return
        diary = self._diary
        diary.turn()
        apply = call.named.get("apply")
        tested = condition(where, diary.dialect)
        changed: tuple[Alteration, ...] = ()
        schema: tuple[Span, ...] = ()
        if isinstance(apply, Function):
            self._enter(apply, (Handle("connection"), Unknown("ids")))
            changed, schema = self._alterations((), tested), self._spans(diary.schema_changes)
            self._unseen()
        elif update is not None:
            changed = tuple(self._stated(update, tested, self._argument(call, "update") or span))
        if not changed:
            self._problem(span.line, f"backfill {key}: its change cannot be read, so it cannot be judged")
        size = call.named.get("batch_size")
        number = size.value if isinstance(size, Constant) and isinstance(size.value, int) else None
        stated = self._argument(call, "batch_size")
        self.found.append(
            Procedure(
                name=key,
                key=key,
                span=span,
                managed=True,
                alterations=changed,
                schema_changes=schema,
                size=BatchSize(number, stated) if stated is not None else None,
            )
        )

    def _stated(self, update: str, tested: tuple[str, ...], span: Span) -> Iterator[Alteration]:
        for batch in batches(update, (), self._diary.dialect):
            for write in batch.writes if batch is not None else ():
                yield _alteration(write, span, 0, tested, together=False)

    def _entry(self, entry: _Entry) -> None:
        if entry.function is None:
            self._problem(
                entry.span.line, f"backfill {entry.key}: its function cannot be found, so it cannot be judged"
            )
        elif entry.function.scope.module is not self._migration.module:
            there = self._elsewhere(entry.function)
            self.found.append(Procedure(entry.function.name, entry.key, entry.span, elsewhere=there, size=entry.size))
        else:
            self._function(entry.function, entry)

    def _function(self, function: Function, entry: _Entry | None) -> None:
        diary = self._diary
        diary.turn()
        self._enter(function, ())
        events = list(diary.events.values())
        selections = tuple(self._selection(one, one.what) for one in events if isinstance(one.what, Pick))
        alterations = self._alterations(selections, ())
        schema = self._spans(diary.schema_changes)
        if not alterations and not schema and not diary.unseen:
            return
        self._unseen()
        settings = tuple(_setting(one, one.what) for one in events if isinstance(one.what, TimeoutSet))
        loops = [one.loop for one in events if one.loop is not None and isinstance(one.what, (Write, Pick))]
        self.found.append(
            Procedure(
                name=function.name,
                key=entry.key if entry else None,
                span=self._span(_name_of(function.node)),
                size=(entry.size if entry else None) or self._size(function),
                settings=settings,
                selections=selections,
                alterations=alterations,
                schema_changes=schema,
                loop=loops[-1].spot.span() if loops else None,
                pause=next(iter(self._spans(diary.pauses)), None),
                rowcounts=self._spans(diary.rowcounts),
                error_texts=self._error_texts(function),
            )
        )

    # --- What they do ------------------------------------------------------------------------------------------------

    def _enter(self, function: Function, arguments: tuple[Value, ...]) -> None:
        self._migration.run(function, Direction.UPGRADE, arguments)

    def _alterations(self, selections: tuple[Selection, ...], tested: tuple[str, ...]) -> tuple[Alteration, ...]:
        events = [one for one in self._diary.events.values() if isinstance(one.what, Write)]
        picked = tuple(column for one in selections for column in one.tested)
        return tuple(
            _alteration(one.what, one.spot.span(), one.transaction, (*tested, *picked), together=one.together)
            for one in events
            if isinstance(one.what, Write)
        )

    def _selection(self, event: Event, pick: Pick) -> Selection:
        return Selection(
            table=pick.table, lock=pick.lock, skips=pick.skips, ordered=pick.ordered, limit=pick.limit,
            fixed=pick.fixed, tested=pick.tested, span=event.spot.span(), transaction=event.transaction,
            nested=pick.nested,
        )  # fmt: skip

    def _unseen(self) -> None:
        for spot, what in self._diary.unseen.values():
            self._problem(spot.span().line, f"in a backfill: {what}, which cannot be judged")

    def _error_texts(self, function: Function) -> tuple[Span, ...]:
        """Of the function itself and of those that it calls."""
        nodes = [one.node for one in self._migration.every_function() if id(one.node) in self._machine.reached]
        found = {id(test): test for node in (function.node, *nodes) for test in error_texts(node)}
        return tuple(sorted(self._span(test) for test in found.values()))

    # --- Sizes -------------------------------------------------------------------------------------------------------

    def _size(self, function: Function) -> BatchSize | None:
        """The default of a parameter, or a constant of the module, whose name says that it is the size of a batch."""
        parameters = function.node.params
        for parameter in (*parameters.params, *parameters.kwonly_params):
            if _is_size(parameter.name.value) and parameter.default is not None:
                return BatchSize(self._number(parameter.default), self._span(parameter.default))
        for name, node in self._constants():
            if _is_size(name):
                return BatchSize(self._number(node), self._span(node))
        return None

    def _number(self, node: cst.BaseExpression) -> int | None:
        with self._machine.entering(Direction.UPGRADE):
            value = self._machine.evaluate(node)
        return value.value if isinstance(value, Constant) and isinstance(value.value, int) else None

    def _constants(self) -> Iterator[tuple[str, cst.BaseExpression]]:
        for statement in self._migration.source.tree.body:
            for small in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
                match small:
                    case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=node):
                        yield name, node
                    case cst.AnnAssign(target=cst.Name(value=name), value=node) if node is not None:
                        yield name, node

    # --- Registries --------------------------------------------------------------------------------------------------

    def _entries(self) -> Iterator[_Entry]:
        for name, node in self._constants():
            if name != REGISTRY:
                continue
            if not isinstance(node, (cst.List, cst.Tuple)):
                self._problem(self._span(node).line, f"{REGISTRY} is no literal list, so its entries cannot be judged")
                continue
            for element in node.elements:
                if isinstance(element.value, cst.Dict):
                    yield self._read_entry(element.value)
                else:
                    line = self._span(element.value).line
                    self._problem(line, f"an entry of {REGISTRY} is no literal dictionary, so it cannot be judged")

    def _read_entry(self, node: cst.Dict) -> _Entry:
        by_name = {
            item.key.evaluated_value: item.value
            for item in node.elements
            if isinstance(item, cst.DictElement) and isinstance(item.key, cst.SimpleString)
        }
        with self._machine.entering(Direction.UPGRADE):
            values = {name: self._machine.evaluate(value) for name, value in by_name.items()}
        size, function = by_name.get("batch_size"), values.get("function")
        return _Entry(
            key=_text(values.get("key")),
            function=function if isinstance(function, Function) else None,
            size=BatchSize(self._number(size), self._span(size)) if size is not None else None,
            span=self._span(node),
        )

    # --- Places ------------------------------------------------------------------------------------------------------

    def _span(self, node: cst.CSTNode) -> Span:
        source = self._migration.source
        source.want(node)
        return Span(*source.start(node), *source.end(node))

    def _spans(self, notes: dict[object, Spot]) -> tuple[Span, ...]:
        return tuple(sorted(spot.span() for spot in notes.values()))

    def _argument(self, call: Call, name: str) -> Span | None:
        arguments = call.place.whole.args if isinstance(call.place.whole, cst.Call) else ()
        found = (one.value for one in arguments if one.keyword is not None and one.keyword.value == name)
        return next((self._span(node) for node in found), None)

    def _elsewhere(self, function: Function) -> str:
        return Path(function.scope.module.path).as_posix()

    def _problem(self, line: int | None, message: str) -> None:
        self.problems.append(Problem(self._migration.job.shown, line, message))


def _alteration(write: Write, span: Span, transaction: int, tested: tuple[str, ...], *, together: bool) -> Alteration:
    """A write whose rows were picked before: what left rows out there counts too."""
    every = tuple(dict.fromkeys((*write.tested, *tested)))
    repeats = write.repeats and not (write.verb == "UPDATE" and set(write.columns) & set(every))
    return Alteration(
        verb=write.verb, table=write.table, columns=write.columns, tested=every, confined=write.confined,
        repeats=repeats, together=together, span=span, transaction=transaction, sources=write.sources,
    )  # fmt: skip


def _setting(event: Event, found: TimeoutSet) -> Setting:
    return Setting(found.name, found.seconds, found.value, found.local, event.spot.span(), event.transaction)


def _text(value: Value | None) -> str | None:
    return str(value) if isinstance(value, Text) and value.known else None


def _is_size(name: str) -> bool:
    return bool(_SIZE.search(name)) and not _NO_SIZE.search(name)


def _name_of(node: cst.FunctionDef | cst.Lambda) -> cst.CSTNode:
    return node.name if isinstance(node, cst.FunctionDef) else node


def _autocommits(source: str) -> bool:
    """Whether statements outside of a transaction commit on their own: by Django's default, or because it is asked for."""
    asked = "AUTOCOMMIT" in source or re.search(r"autocommit\s*=\s*True", source) is not None
    return asked or re.search(r"^\s*(?:from|import)\s+(?:django|asyncpg)\b", source, re.MULTILINE) is not None
