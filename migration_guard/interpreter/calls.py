"""Following calls: into functions of the repository, once for each state that they can tell apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter import text as texts
from migration_guard.interpreter.call import Call, Frame
from migration_guard.interpreter.collections import Mapping, Sequence, Yielded
from migration_guard.interpreter.computing import MUCH, Computation, Computing, fits, is_whole, taken_as_unknown
from migration_guard.interpreter.expressions import TooComplex
from migration_guard.interpreter.flow import HEAP, Delta, Record
from migration_guard.interpreter.functions import Function, yields_in_line
from migration_guard.interpreter.moulds import Mould, Moulding, is_new
from migration_guard.interpreter.repository import Scope
from migration_guard.interpreter.values import NONE, SETTLED, UNKNOWN, Choice, Constant, Unknown, Value, join
from migration_guard.lean import dataclass

if TYPE_CHECKING:
    from migration_guard.interpreter.machine import Machine

MAX_STEPS_AWAY = 40_000
"""Expressions of other modules evaluated for one file; what is called beyond is out of sight."""
MAX_CALLS = 60
"""Nested calls that are followed."""
MAX_DEPTH = 12
"""Calls of one function within itself that are followed, each with other arguments."""
MAX_ALIKE = 2
"""… with arguments of which not all is known."""
MAX_HOPS = 8
"""Calls that are followed through other modules than the migration, or from where one is run; what is called beyond is out of sight."""
MAX_KNOWN = 6
"""States of one call that are kept to be recognised."""


@dataclass(frozen=True, slots=True)
class _Followed:
    """A call that was followed: what it read, what it changed, what it gave."""

    record: Record
    changes: Delta
    result: Mould
    arguments: object
    """Kept, since the keys of arguments are made of what they are."""


class Calls:
    """Follows calls of the repository's functions."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._steps_away = MAX_STEPS_AWAY
        self._away_until = 0
        self._followed: dict[object, list[_Followed]] = {}
        self._computed: Counter[int] = Counter()
        """How often each function was followed with something that is not known."""
        self._sources: dict[int, Computing] = {}

    def forget(self) -> None:
        """Another entry point is entered: what was told before is told again, for its direction."""
        self._followed.clear()
        self._computed.clear()

    def _computation(self, function: Function, arguments: dict[str, Value]) -> Computation | None:
        """What a function that only computes does, once it was followed often enough with things that are not known."""
        source = function.scope.module.source
        if self._computed[id(function.node)] < MUCH or source is None or all(map(is_whole, arguments.values())):
            return None
        computing = self._sources.get(id(source))
        if computing is None:
            computing = self._sources[id(source)] = Computing(source)
        computation = computing.of(function.node)
        if computation is None or not fits(computing, computation, arguments.values()):
            return None
        return computation

    def run(
        self,
        function: Function,
        call: Call,
        on_yield: Callable[[Value], None] | None = None,
        *,
        sent: Value = UNKNOWN,
    ) -> Value:
        """Follow a call into a function of the repository; `on_yield` is what a generator is gone through for."""
        machine = self.machine
        if machine.libraries.hides_its_sql(function, call):
            return UNKNOWN
        arguments = self.arguments(function, call)
        key = (function.key, tuple((name, told_apart(value)) for name, value in arguments.items()))
        within = [frame for frame in machine.frames if frame.node is function.node]
        computation = self._computation(function, arguments)
        if computation is not None:
            return taken_as_unknown(computation, arguments.values())
        within_this = [
            frame for frame in within if frame.function is not None and frame.function.scope is function.scope
        ]
        if len(within_this) > 1:
            exact = all(_is_exact(value) for value in arguments.values())
            if not exact:
                arguments = {name: _widened(value) for name, value in arguments.items()}
            if any(_recurs(frame, arguments, exact=exact) for frame in within_this) or (
                not exact and len(within_this) > MAX_ALIKE
            ):
                return Unknown(function.name)  # it is being followed with just this: nothing new would come
        if len(within) >= MAX_DEPTH:
            return self._unfollowed(function, call)
        if len(machine.frames) > MAX_CALLS:
            if len({id(frame.node) for frame in machine.frames}) >= MAX_CALLS:
                raise TooComplex  # a chain of functions, each another one: what is at its end is not known
            return self._unfollowed(function, call)
        frame = Frame(
            function.name,
            call.place,
            function.node,
            function.scope,
            function,
            key=key,
            arguments=arguments,
            on_yield=on_yield,
            sent=sent,
        )
        if function.scope.module is machine.module:
            return self._once(frame, call, arguments, site=0)
        if machine.imports.is_over or machine.names.is_asked_too_much:
            return Unknown(function.name, source=SETTLED)  # that it is not known is told at the import
        hops, is_first = self._hops()
        if is_first:
            started = machine.expressions.steps
            self._away_until = started + self._steps_away
            try:
                return self._once(frame, call, arguments, site=self._site())
            finally:
                self._steps_away -= machine.expressions.steps - started
        if hops >= MAX_HOPS or machine.expressions.steps > self._away_until:
            return self._unfollowed(function, call)
        return self._once(frame, call, arguments, site=self._site())

    def _unfollowed(self, function: Function, call: Call) -> Value:
        """A limit ends the way here: what is behind it is told, unless it was judged where a module was imported."""
        if self.machine.imports.is_believed or self.machine.names.is_asked:
            return Unknown(function.name, source=SETTLED)
        return self.machine.libraries.unfollowed(function, call)

    def _once(self, frame: Frame, call: Call, arguments: dict[str, Value], *, site: int) -> Value:
        """Follow a call, unless an equal one was followed in an equal state. What stands elsewhere is told for each `site` that leads there."""
        if frame.on_yield is not None or frame.sent is not UNKNOWN:
            return self._follow(frame, arguments)

        def followed(record: Record) -> Value:
            self._computed[id(frame.node)] += not all(map(is_whole, arguments.values()))
            frame.record = record
            return self._follow(frame, arguments)

        return self._unless_known((site, frame.key), followed, arguments)

    def once(self, key: object, body: Callable[[], None], *held: Value) -> None:
        """Run a piece of code that calls functions, unless it was run in a state that it cannot tell from this one.

        `key` is what it is told apart by, and is made of what `held` are.
        """

        def ran(_: Record) -> Value:
            body()
            return NONE

        self._unless_known((self._site(), key), ran, held)

    def _unless_known(self, key: object, body: Callable[[Record], Value], arguments: object) -> Value:
        """Run something, unless it was run in an equal state: its changes are then made again."""
        machine = self.machine
        around = (machine.row_loops > 0, bool(machine.ledger.loops), machine.libraries.entrusted.is_quiet)
        known = self._followed.setdefault((machine.ledger.moment, around, key), [])
        for one in known:
            if one.record.holds():
                HEAP.repeat(one.record, one.changes)
                return one.result.cast()
        mark = HEAP.mark()
        with HEAP.recording() as record:
            result = body(record)
        if len(known) < MAX_KNOWN:
            born = record.start
            lasting = {place: cell for place, cell in HEAP.since(mark).items() if place[0].born <= born}
            contents = [cell.content for cell in lasting.values() if cell is not None]
            if not any(is_new(content, born) for content in contents):
                mould = Moulding(born).of(result)
                if mould is not None:
                    known.append(_Followed(record, lasting, mould, arguments))
        return result

    def _follow(self, frame: Frame, arguments: dict[str, Value]) -> Value:
        machine, function = self.machine, frame.function
        assert function is not None
        machine.reached.add(id(function.node))
        frame.scope = Scope(function.scope.module, function.scope, arguments)
        machine.frames.append(frame)
        depth = len(machine.frames)

        def body() -> bool:
            if isinstance(function.node, cst.Lambda):
                frame.returned.append(machine.evaluate(function.node.body))
                return True
            if machine.statements.body(function.node.body):
                frame.returned.append(NONE)
                return True
            return False

        try:
            is_plain = machine.ledger.ends(function.node, function) is None
            within = machine.statements.blocks.in_transaction
            machine.flow.call(body if is_plain else lambda: within(function.node, function, body))
        finally:
            del machine.frames[depth - 1 :]
        return self._result(frame, function)

    def _hops(self) -> tuple[int, bool]:
        """How many calls lead away from the migration, or from a module that is being run; and whether none does in all.

        What importing a module runs is the same wherever it is imported first, and has limits of its own.
        """
        count, before = 0, None
        for frame in reversed(self.machine.frames):
            if frame.scope.module is self.machine.module:
                break
            if before is None and frame.is_module:
                before = count
            count += frame.function is not None
        return (count if before is None else before), count == 0

    def _site(self) -> int:
        """The last call in the migration itself: what is found behind it is told there."""
        source = self.machine.source
        return next(
            (id(f.place.node) for f in reversed(self.machine.frames) if f.place and f.place.source is source), 0
        )

    @staticmethod
    def _result(frame: Frame, function: Function) -> Value:
        if function.generates:
            if frame.counts_yields and not frame.yields_rows and yields_in_line(function.node):
                made = Yielded(frame.yielded)
            else:
                made = Yielded((), join(frame.yielded) if frame.yielded else None, frame.yields_rows)
            made.returned = join(frame.returned)
            return made
        return join(frame.returned)

    # --- Arguments ---------------------------------------------------------------------------------------------------

    def arguments(self, function: Function, call: Call) -> dict[str, Value]:
        """What each parameter is in a call."""
        parameters = function.node.params
        bound: dict[str, Value] = dict(self.machine.defaults_of(function))
        positional = list(call.positional)
        if function.bound is not None:
            positional.insert(0, function.bound)
        named = dict(call.named)
        for parameter in (*parameters.posonly_params, *parameters.params):
            name = parameter.name.value
            if positional:
                bound[name] = positional.pop(0)
            elif name in named:
                bound[name] = named.pop(name)
            else:
                bound[name] = self._missing(function, parameter, bound.get(name), call)
        for parameter in parameters.kwonly_params:
            name = parameter.name.value
            bound[name] = (
                named.pop(name) if name in named else self._missing(function, parameter, bound.get(name), call)
            )
        if isinstance(parameters.star_arg, cst.Param):
            bound[parameters.star_arg.name.value] = Sequence(positional, call.rest if call.open else None)
        if parameters.star_kwarg is not None:
            rest = Mapping(rest=call.rest if call.open else None)
            for name, value in named.items():
                rest.set_item(texts.plain(name), value, rows=False)
            bound[parameters.star_kwarg.name.value] = rest
        return bound

    def _missing(self, function: Function, parameter: cst.Param, default: Value | None, call: Call) -> Value:
        """What a parameter is that the call does not name: its default, or what `*args` may hold."""
        if default is not None and not call.open:
            return default
        libraries = self.machine.libraries
        unknown = libraries.parameter(parameter.name.value, parameter.annotation, function.scope, given=call.given)
        if call.open and isinstance(unknown, Unknown):
            unknown = call.rest
        return unknown if default is None else join((default, unknown))


def _widened(value: Value) -> Value:
    """An argument of a function within itself: what grows or counts without a known end tells nothing new."""
    return Unknown(from_rows=value.from_rows) if any(map(_grows, value.alternatives())) else value


def _grows(value: Value) -> bool:
    match value:
        case Constant(value=number):
            return isinstance(number, (int, float)) and not isinstance(number, bool)
        case texts.Text():
            return not value.known
    return False


def _recurs(frame: Frame, arguments: dict[str, Value], *, exact: bool) -> bool:
    """Whether a call is being followed with what it cannot tell from these arguments, in a state that is the same to it."""
    theirs = frame.arguments
    if any(name not in theirs or theirs[name].shape(3) != value.shape(3) for name, value in arguments.items()):
        return False
    return not exact or frame.record is None or frame.record.holds()


def _is_exact(value: Value) -> bool:
    match value:
        case Sequence() | Mapping():
            return value.elements() is not None
        case texts.Text():
            return value.known
        case Choice() | Unknown():
            return False
    return True


def told_apart(value: Value) -> object:
    """What makes an argument another one: of a statement also where it stands, since one that stands twice runs twice."""
    if isinstance(value, texts.Text) and " " in str(value):
        literals = (piece.literal for piece in value.pieces if piece.literal is not None)
        return value.key, next((id(literal.node) for literal in literals if literal.node is not None), None)
    return value.key
