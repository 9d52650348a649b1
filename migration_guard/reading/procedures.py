"""Reads a file of backfills into Procedures: declarative definitions, registries of dictionaries, plain functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.kinds import within
from migration_guard.interpreter.spot import Loop, Spot, spot_in_text
from migration_guard.interpreter.syntax import dotted
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import Constant, Unknown, Value
from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.libraries.database import Handle
from migration_guard.operations import Direction, Problem, Span
from migration_guard.procedures import Alteration, BatchSize, Lapse, Patience, Procedure, Selection, Setting, Why
from migration_guard.reading.alterations import alteration, counted_off, stated
from migration_guard.reading.diary import Diary, Event
from migration_guard.reading.error_texts import error_texts
from migration_guard.reading.lapses import names_of, swallowed, untimed
from migration_guard.reading.listeners import prepares
from migration_guard.reading.pages import Page, backfills, page_of
from migration_guard.reading.unreached import changes_unread, leads_away
from migration_guard.sql.batch import Pick, Write, batches, condition
from migration_guard.sql.settings import NAMES, TimeoutSet

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.reading.migration import Migration

REGISTRY = "BACKFILL_DEFS"
_SIZE = re.compile(r"batch|chunk|(?:^|_)size$", re.IGNORECASE)
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
        self._entered: list[Page] = []
        """What was entered because a definition or a registry names it."""
        self._told: list[Span] = []
        """Where everything stands that is judged."""

    def read(self) -> None:
        """Read definitions first, then registries, then the functions that neither names, and what the module itself does."""
        diary, machine = self._diary, self._machine
        body = page_of(None, diary, machine.reached)
        taken: set[int] = set()
        machine.reached = taken
        for function in self._migration.every_function():
            if prepares(function.node, self._migration.source.tree):
                diary.keep(self._page(function).events)
        for call in {id(call.place.node): call for call in diary.definitions}.values():
            self._definition(call)
        for entry in self._entries():
            self._entry(entry)
        pages = [self._page(one) for one in self._migration.every_function() if id(one.node) not in taken]
        told = {spot for entered in self._entered for spot in entered.changes}
        for page in backfills(pages, body, told):
            self._procedure(page, None)
        machine.reached = taken.union(body.reached, *(page.reached for page in pages))
        self._name_the_rest({*body.visited}.union(*(page.visited for page in (*pages, *self._entered))))

    def _page(self, function: Function) -> Page:
        """Enter a function, as if nothing else had been entered."""
        kept, self._machine.reached = self._machine.reached, set()
        self._diary.turn()
        self._enter(function, ())
        page = page_of(function, self._diary, self._machine.reached)
        self._machine.reached = kept
        return page

    def _name_the_rest(self, visited: set[int]) -> None:
        """Say of each further change that it is not judged, and of a file of none that leads away what that may be."""
        source = self._migration.source
        told = {line for span in self._told for line in range(span.line, span.end_line + 1)}
        told |= {one.line for one in self.problems if one.line is not None}
        for span, what in changes_unread(source, told, visited):
            self._problem(span.line, f"{what} stands here, and no backfill that was found runs it: it cannot be judged")
        if not self.found and not self.problems and (call := leads_away(source.tree)) is not None:
            shown = dotted(call.func) or "what is called here"
            self._problem(
                self._span(call).line,
                f"no backfill is found here, and what {shown} does is out of sight: it cannot be judged",
            )

    # --- The three kinds ---------------------------------------------------------------------------------------------

    def _definition(self, call: Call) -> None:
        """`Backfill(key=…, table=…, where=…, update=…)`: the runner takes care of all but the SQL."""
        key, table, where, update = (_text(call.named.get(name)) for name in ("key", "table", "where", "update"))
        span = self._span(call.place.node)
        if key is None or table is None or where is None:
            self._problem(span.line, "a definition whose key, table or where is no plain text cannot be judged")
            return
        diary = self._diary
        self._told += (self._span(call.place.whole), *self._literals(call))
        apply = call.named.get("apply")
        tested = condition(where, diary.dialect)
        changed: tuple[Alteration, ...] = ()
        schema: tuple[Span, ...] = ()
        if isinstance(apply, Function):
            diary.turn()
            self._enter(apply, (Handle("connection"), Unknown("ids")))
            page = page_of(apply, diary, ())
            self._entered.append(page)
            changed, schema = self._alterations(page, tested, managed=True), _spans(page.schema_changes)
            self._told += (one.spot.span() for one in page.events)
            self._unseen(page.unseen)
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

    def _literals(self, call: Call) -> Iterator[Span]:
        """Where the texts stand that a definition is given."""
        for value in call.named.values():
            spot = spot_in_text(value, 0, 1, len(str(value)), call.place) if isinstance(value, Text) else None
            if spot is not None and spot.path == self._migration.path:
                yield spot.span()

    def _stated(self, update: str, tested: tuple[str, ...], span: Span) -> Iterator[Alteration]:
        for batch in batches(update, (), self._diary.dialect):
            for write in batch.writes if batch is not None else ():
                yield stated(write, span, tested)

    def _entry(self, entry: _Entry) -> None:
        if entry.function is None:
            self._problem(
                entry.span.line, f"backfill {entry.key}: its function cannot be found, so it cannot be judged"
            )
        elif entry.function.scope.module is not self._migration.module:
            there = self._elsewhere(entry.function)
            self.found.append(Procedure(entry.function.name, entry.key, entry.span, elsewhere=there, size=entry.size))
        else:
            page = self._page(entry.function)
            self._entered.append(page)
            self._machine.reached |= page.reached
            if page.works:
                self._procedure(page, entry)

    def _procedure(self, page: Page, entry: _Entry | None) -> None:
        function = page.function
        self._told += (one.spot.span() for one in page.events)
        self._told += (one.span() for one in page.schema_changes)
        self._unseen(page.unseen)
        for event in page.events:
            if isinstance(event.what, TimeoutSet) and event.what.seconds is None and not event.what.resets:
                line, name = event.spot.span().line, event.what.name
                self._problem(line, f"the value of {name} is not told by the source, so it cannot be judged")
        timed = [(one.key, one, one.what) for one in page.events if isinstance(one.what, TimeoutSet)]
        settings = {key: _setting(event, found) for key, event, found in timed if not found.resets}
        patience = [one for event in page.events if event.works for one in _patience(event, settings)]
        for place in dict.fromkeys(one.span for one in patience):
            if names := [one.name for one in patience if one.span == place and one.settings and not one.limited]:
                shown = ", ".join(dict.fromkeys(names))
                self._problem(place.line, f"not on every way that leads here {shown} is set, so it cannot be judged")
        picked = [(one, one.what) for one in page.events if isinstance(one.what, Pick)]
        loops = [one.loop for one in page.events if one.loop is not None and isinstance(one.what, (Write, Pick))]
        whole = self._span(_name_of(function.node)) if function is not None else self._line_of(page)
        self.found.append(
            Procedure(
                name=function.name if function is not None else Path(self._migration.job.shown).name,
                key=entry.key if entry else None,
                span=whole,
                size=(entry.size if entry else None) or self._size(page),
                settings=tuple(settings.values()),
                patience=tuple(patience),
                selections=tuple(self._selection(event, pick, entry) for event, pick in picked),
                alterations=self._alterations(page, ()),
                schema_changes=_spans(page.schema_changes),
                loop=loops[-1].spot.span() if loops else None,
                pause=next(iter(_spans(page.pauses)), None),
                held_pauses=_spans(page.held_pauses),
                table_locks=_spans(page.table_locks),
                rowcounts=_spans(page.rowcounts),
                error_texts=self._error_texts(page),
                lapses=tuple(self._lapses(page)),
                untimed=self._untimed(loops),
            )
        )

    def _line_of(self, page: Page) -> Span:
        """Where a module's own body begins its work."""
        spots = (*(one.spot for one in page.events), *page.schema_changes, *(spot for spot, _ in page.unseen))
        return min((spot.span() for spot in spots), default=Span(1, 1, 1, 1))

    # --- What they do ------------------------------------------------------------------------------------------------

    def _enter(self, function: Function, arguments: tuple[Value, ...]) -> None:
        self._migration.run(function, Direction.UPGRADE, arguments)

    def _alterations(self, page: Page, tested: tuple[str, ...], *, managed: bool = False) -> tuple[Alteration, ...]:
        picks = [(one, one.what) for one in page.events if isinstance(one.what, Pick)]
        return tuple(
            alteration(event, event.what, picks, tested, managed=managed)
            for event in page.events
            if isinstance(event.what, Write)
        )

    def _selection(self, event: Event, pick: Pick, entry: _Entry | None) -> Selection:
        passed = (
            event.sizes if entry is None or entry.size is None else ()
        )  # else the runner passes what the entry says
        return Selection(
            table=pick.table, lock=pick.lock, skips=pick.skips, ordered=pick.ordered, limit=pick.limit,
            fixed=pick.fixed, tested=pick.tested, span=event.spot.span(), nested=pick.nested,
            most=max(passed, default=None),
        )  # fmt: skip

    def _unseen(self, unseen: Iterable[tuple[Spot, str]]) -> None:
        for spot, what in unseen:
            self._problem(spot.span().line, f"in a backfill: {what}, which cannot be judged")

    def _error_texts(self, page: Page) -> tuple[Span, ...]:
        """Of the function itself and of those that it calls."""
        nodes = [one.node for one in self._migration.every_function() if id(one.node) in page.reached]
        found = {id(test): test for node in nodes for test in error_texts(node)}
        return tuple(sorted(self._span(test) for test in found.values()))

    def _lapses(self, page: Page) -> Iterator[Lapse]:
        writes = [(one, one.what) for one in page.events if isinstance(one.what, Write)]
        picks = [(one, one.what) for one in page.events if isinstance(one.what, Pick)]
        passed = {at.spot.span() for event, write in writes for at in counted_off(event, write, picks)}
        yield from (Lapse(Why.OFFSET, span) for span in sorted(passed))
        narrow = {event.spot.span() for event, pick in picks if self._is_narrow(event, pick)}
        yield from (Lapse(Why.WINDOW, span) for span in sorted(narrow))
        yield from (Lapse(Why.CURSOR, span) for span in _spans(page.lost))
        working = {id(one.spot.place.whole) for one, _ in writes if one.spot.place is not None}
        nodes = [one.node for one in self._migration.every_function() if id(one.node) in page.reached]
        named = names_of(nodes, working)
        inside = [*nodes, page.function.node if page.function is not None else self._migration.source.tree]
        silent = {id(one): one for node in inside for one in swallowed(node, page.handlers, working, named)}
        yield from sorted((Lapse(Why.ERROR, self._span(one)) for one in silent.values()), key=lambda one: one.span)

    def _is_narrow(self, event: Event, pick: Pick) -> bool:
        """Whether a pick stands in a loop over ranges of keys that are wider than its LIMIT."""
        place = event.loop.spot.place if event.loop is not None else None
        match place.node if place is not None else None:
            case cst.For(iter=cst.Call(func=cst.Name(value="range"), args=[_, _, cst.Arg(value=step)])):
                width, most = self._number(step), pick.fixed or max(event.sizes, default=None)
                return pick.ranged and width is not None and most is not None and width > most
        return False

    def _untimed(self, loops: Sequence[Loop]) -> Span | None:
        """The innermost loop of batches, if it forgets the limit of time that the file states."""
        for loop in reversed(loops):
            node = loop.spot.place.node if loop.spot.place is not None else None
            return loop.spot.span() if node is not None and untimed(node, self._migration.source.tree) else None
        return None

    # --- Sizes -------------------------------------------------------------------------------------------------------

    def _size(self, page: Page) -> BatchSize | None:
        """The default of a parameter, of an option or of a field, or a constant, whose name says that it is the size of a batch."""
        passed = [BatchSize(self._number(one), self._span(one)) for one in self._passed()]
        if passed:
            return max(passed, key=lambda one: one.number or 0)
        function = page.function
        nodes = [function.node] if function is not None else []
        nodes += [one.node for one in self._migration.every_function() if id(one.node) in page.reached]
        for node in nodes:
            for parameter in (*node.params.params, *node.params.kwonly_params):
                if _is_size(parameter.name.value) and parameter.default is not None:
                    return BatchSize(self._number(parameter.default), self._span(parameter.default))
        for name, value in (*self._options(), *self._constants(), *self._fields()):
            if _is_size(name):
                return BatchSize(self._number(value), self._span(value))
        return None

    def _passed(self) -> Iterator[cst.BaseExpression]:
        """The numbers that calls give for a size: they overrule a default."""
        for node in within(self._migration.source.tree):
            for one in node.args if isinstance(node, cst.Call) else ():
                if one.keyword is not None and _is_size(one.keyword.value) and isinstance(one.value, cst.Integer):
                    yield one.value

    def _options(self) -> Iterator[tuple[str, cst.BaseExpression]]:
        """Options of a command line: `add_argument("--batch-size", default=500)`, `@click.option(…)`."""
        for node in within(self._migration.source.tree):
            if isinstance(node, cst.Call) and (dotted(node.func) or "").rpartition(".")[2] in {
                "add_argument",
                "option",
            }:
                defaults = [one.value for one in node.args if one.keyword and one.keyword.value == "default"]
                names = [one.value.evaluated_value for one in node.args if isinstance(one.value, cst.SimpleString)]
                yield from ((str(name), default) for name in names for default in defaults)

    def _fields(self) -> Iterator[tuple[str, cst.BaseExpression]]:
        """What the bodies of classes assign."""
        for node in within(self._migration.source.tree):
            if isinstance(node, cst.ClassDef):
                yield from _assignments(node.body.body)

    def _number(self, node: cst.BaseExpression) -> int | None:
        with self._machine.entering(Direction.UPGRADE):
            value = self._machine.evaluate(node)
        known = [one.value for one in value.alternatives() if isinstance(one, Constant)]
        return max((one for one in known if isinstance(one, int)), default=None)

    def _constants(self) -> Iterator[tuple[str, cst.BaseExpression]]:
        return _assignments(self._migration.source.tree.body)

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
        return Span(*source.start(node), *source.end(node))

    def _argument(self, call: Call, name: str) -> Span | None:
        arguments = call.place.whole.args if isinstance(call.place.whole, cst.Call) else ()
        found = (one.value for one in arguments if one.keyword is not None and one.keyword.value == name)
        return next((self._span(node) for node in found), None)

    def _elsewhere(self, function: Function) -> str:
        return Path(function.scope.module.path).as_posix()

    def _problem(self, line: int | None, message: str) -> None:
        self.problems.append(Problem(self._migration.job.shown, line, message))


def _spans(spots: Iterable[Spot]) -> tuple[Span, ...]:
    return tuple(sorted({spot.span() for spot in spots}))


def _assignments(body: Sequence[cst.CSTNode]) -> Iterator[tuple[str, cst.BaseExpression]]:
    for statement in body:
        for small in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
            match small:
                case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=node):
                    yield name, node
                case cst.AnnAssign(target=cst.Name(value=name), value=node) if node is not None:
                    yield name, node


def _setting(event: Event, found: TimeoutSet) -> Setting:
    return Setting(found.name, found.seconds, found.value, found.local, event.spot.span())


def _patience(event: Event, settings: Mapping[object, Setting]) -> Iterator[Patience]:
    """What may limit the waiting where rows are changed or locked, time-out by time-out."""
    for name in NAMES:
        found = event.limits.get(name, {None})
        known = sorted((settings[one] for one in found if one in settings), key=lambda one: one.span)
        yield Patience(name, tuple(known), None not in found, event.spot.span())
        if any(one is not None and one not in settings for one in found):
            yield Patience(name, (), True, event.spot.span())  # it is taken back


def _text(value: Value | None) -> str | None:
    return str(value) if isinstance(value, Text) and value.known else None


def _is_size(name: str) -> bool:
    return bool(_SIZE.search(name)) and not _NO_SIZE.search(name)


def _name_of(node: cst.FunctionDef | cst.Lambda) -> cst.CSTNode:
    return node.name if isinstance(node, cst.FunctionDef) else node
