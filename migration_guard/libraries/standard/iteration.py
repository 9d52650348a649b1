"""Python's functions that go through something: in the order in which Python goes, as far as it is known."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.functions import Generator
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.operators import asked
from migration_guard.interpreter.real import MAX_HELD, NotKnown, real
from migration_guard.interpreter.values import NONE, UNKNOWN, Constant, Unknown, Value, join

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call

MAX_REPEATED = 8
"""Sizes of combinations that are made."""
MAX_COUNT = 16
"""Numbers of a `range` that a loop takes one by one."""


def first(call: Call) -> Value:
    """The first argument."""
    return call.positional[0] if call.positional else UNKNOWN


def _again(value: Value, kind: str = "list") -> Sequence:
    """What a value goes through, as another collection."""
    value = value.used_up()
    elements = value.elements()
    shuffled = isinstance(value, Sequence) and value.shuffled
    if elements is not None:
        return Sequence(elements, None, value.from_rows, kind=kind, shuffled=shuffled)
    return Sequence((), value.element(), value.from_rows, kind=kind)


def collected(kind: str, call: Call) -> Value:
    """`list(…)`, `tuple(…)`, `set(…)`."""
    return _again(first(call), kind) if call.positional else Sequence(kind=kind)


def _like(call: Call, *others: Value) -> Sequence:
    """Elements of which only is known that they are some of these."""
    values = (*call.positional, *others)
    return Sequence((), join(value.element() for value in values), any(value.from_rows for value in values))


# --- In order --------------------------------------------------------------------------------------------------------


def _ranked(values: list[Value], call: Call) -> list[object] | None:
    """What Python compares of each value; None where that is not known. A `key` is called in any case."""
    key = call.named.get("key", NONE)
    if key is not NONE:
        values = [call.machine.call(key, call.with_arguments((value,), {})) for value in values]
    for value in values:
        asked(value, "__gt__" if call.name == "max" else "__lt__", values[0], call)
    try:
        return [real(value) for value in values]
    except NotKnown:
        return None


def ordered(values: Value, call: Call) -> Sequence:
    """What `sorted` gives: in the right order, or with all elements in one that is not known."""
    values = values.used_up()
    elements = values.elements()
    if elements is None or values.from_rows:
        with call.machine.rows(values.from_rows):
            _ranked([values.element()], call)
        return Sequence((), values.element(), values.from_rows)
    ranks = _ranked(elements, call)
    reverse = call.named.get("reverse", Constant(value=False))
    if ranks is not None and reverse.truth is not None:
        try:
            places = sorted(range(len(ranks)), key=lambda place: ranks[place], reverse=reverse.truth)  # type: ignore[arg-type,return-value]
            return Sequence([elements[place] for place in places])
        except TypeError:
            pass
    return Sequence(elements, shuffled=len(elements) > 1)


def in_order(call: Call) -> Value:
    """`sorted(values, key=…, reverse=…)`."""
    return ordered(first(call), call)


def pushed(call: Call) -> Value:
    """`heapq.heappush(heap, value)`."""
    heap, value = first(call), call.argument(1, "item")
    if isinstance(heap, Sequence) and value is not None:
        heap.add(value, rows=bool(call.machine.row_loops))
        _ranked(heap.each(), call)
    return NONE


def inserted(call: Call) -> Value:
    """`bisect.insort(values, value)`."""
    values, value = first(call), call.argument(1, "x") or UNKNOWN
    asked(value, "__lt__", values.element(), call)
    asked(values.element(), "__lt__", value, call)
    if isinstance(values, Sequence):
        values.add(value, rows=bool(call.machine.row_loops))
        _ranked(values.each(), call)
        values.blur()
    return NONE


def heap_of(call: Call) -> Value:
    """`heapq.heapify(values)`."""
    heap = first(call)
    _ranked(heap.each(), call)
    if isinstance(heap, Sequence):
        heap.become(heap.known, heap.rest, from_rows=heap.from_rows, shuffled=True)
    return NONE


def merged(call: Call) -> Value:
    """`heapq.merge(…)`, `nsmallest`, `nlargest`: some of the elements, in order."""
    values = Sequence((), join(value.element() for value in call.positional if not isinstance(value, Constant)))
    _ranked([values.element()], call)
    return values


def smallest(call: Call) -> Value:
    """`heapq.heappop(heap)`."""
    heap = first(call)
    if not isinstance(heap, Sequence):
        return heap.element()
    in_order = ordered(heap, call)
    taken = in_order.item(Constant(0)) if not in_order.shuffled else in_order.element()
    if in_order.known and in_order.rest is None and not in_order.shuffled:
        heap.become(in_order.known[1:], from_rows=heap.from_rows)
    else:
        heap.become((), heap.element(), from_rows=heap.from_rows)
    return taken


def backwards(call: Call) -> Value:
    """`reversed(values)`."""
    values = first(call)
    said = values.special("__reversed__")
    if said is not None:
        return said
    again = _again(values)
    again.become(again.known[::-1], again.rest, from_rows=again.from_rows, shuffled=again.shuffled)
    return again


def extreme(choose: Callable[..., int], call: Call) -> Value:
    """`min` and `max`: of the arguments, or of the elements of the only one."""
    values = first(call).used_up() if len(call.positional) == 1 else Sequence(call.positional)
    elements = values.elements()
    default = call.named.get("default")
    if elements is None or values.from_rows:
        with call.machine.rows(values.from_rows):
            _ranked([values.element()], call)
        return join((values.element(), default)) if default is not None else values.element()
    if not elements:
        return default if default is not None else UNKNOWN
    ranks = _ranked(elements, call)
    if ranks is not None:
        try:
            return elements[choose(range(len(ranks)), key=lambda place: ranks[place])]
        except TypeError:
            pass
    return join(elements)


# --- Together --------------------------------------------------------------------------------------------------------


def enumerated(call: Call) -> Value:
    values = first(call)
    elements = values.elements()
    start = call.argument(1, "start") or Constant(0)
    if elements is None or values.from_rows or not isinstance(start, Constant) or not isinstance(start.value, int):
        pair = Sequence([Unknown("index"), values.element()], from_rows=values.from_rows, kind="tuple")
        return Sequence((), pair, values.from_rows)
    pairs = [Sequence([Constant(start.value + i), one], kind="tuple") for i, one in enumerate(elements)]
    return Sequence(pairs, shuffled=isinstance(values, Sequence) and values.shuffled)


def zipped(call: Call) -> Value:
    """`zip` and `zip_longest`."""
    columns = [value.elements() for value in call.positional]
    whole = [column for column in columns if column is not None]
    filling = call.named.get("fillvalue", NONE)
    if len(whole) == len(columns):
        together = itertools.zip_longest(*whole, fillvalue=filling) if call.name == "zip_longest" else zip(*whole)
        return Sequence([Sequence(row, kind="tuple") for row in together])
    rows = any(value.from_rows for value in call.positional)
    return Sequence((), Sequence([value.element() for value in call.positional], from_rows=rows, kind="tuple"), rows)


def mapped(call: Call) -> Value:
    """`map(function, values, …)`."""
    if len(call.positional) < 2:
        return UNKNOWN
    function, values = call.positional[0], call.positional[1:]
    rows = any(value.from_rows for value in values)
    columns = [value.elements() for value in values]
    whole = [column for column in columns if column is not None]
    result = Sequence(from_rows=rows)
    with call.machine.rows(rows):
        if len(whole) == len(columns):
            for each in zip(*whole):
                result.add(call.machine.call(function, call.with_arguments(each, {})), rows=False)
        else:
            given = [value.element() for value in values]
            result.add(call.machine.call(function, call.with_arguments(given, {})), rows=True)
    return result


def starmapped(call: Call) -> Value:
    """`starmap(function, tuples)`."""
    if len(call.positional) < 2:
        return UNKNOWN
    function, values = call.positional[:2]
    result = Sequence(from_rows=values.from_rows)
    elements = values.elements()
    with call.machine.rows(values.from_rows):
        for given in elements if elements is not None else [values.element()]:
            passed = given.elements()
            again = call.with_arguments(passed or (), {})
            if passed is None:
                again = again.opened(given.element())
            result.add(call.machine.call(function, again), rows=elements is None)
    return result


def _chosen(call: Call, *, wanted: bool = True) -> list[tuple[Value, bool | None]] | None:
    """Each element, and whether a function says yes to it."""
    if len(call.positional) < 2:
        return None
    function, values = call.positional[:2]
    elements = values.elements()
    with call.machine.rows(values.from_rows):
        found = []
        for element in elements if elements is not None else [values.element()]:
            said = call.machine.call(function, call.with_arguments((element,), {})) if function is not NONE else element
            truth = call.machine.truth(said)
            found.append((element, None if truth is None else truth is wanted))
    return found if elements is not None and not values.from_rows else None


def filtered(call: Call, *, wanted: bool = True) -> Value:
    """`filter` and `filterfalse`."""
    chosen = _chosen(call, wanted=wanted)
    if chosen is None:
        return _like(call.with_arguments(call.positional[1:2], {}))
    kept = [element for element, fits in chosen if fits is not False]
    if all(fits is not None for _, fits in chosen):
        return Sequence(kept)
    return Sequence((), join(kept))


def _leading(call: Call, *, taken: bool) -> Value:
    """`takewhile` and `dropwhile`."""
    chosen = _chosen(call)
    if chosen is None or any(fits is None for _, fits in chosen):
        return _like(call.with_arguments(call.positional[1:2], {}))
    end = next((index for index, (_, fits) in enumerate(chosen) if not fits), len(chosen))
    part = chosen[:end] if taken else chosen[end:]
    return Sequence([element for element, _ in part])


def sliced(call: Call) -> Value:
    """`islice(values, …)`: of an iterator the next ones, which are gone then."""
    values = first(call)
    elements = values.elements()
    unknown = _like(call.with_arguments(call.positional[:1], {}))
    if elements is None:
        return unknown
    try:
        ends = [real(value) for value in call.positional[1:]]
        taken = list(islice(elements, *ends))  # type: ignore[call-overload]
    except (NotKnown, ValueError, TypeError):
        return unknown
    if isinstance(values, Sequence) and values.kind == "iterator":
        stop = ends[0] if len(ends) == 1 else ends[1]
        values.become(elements[stop:] if isinstance(stop, int) else (), from_rows=values.from_rows)
    elif isinstance(values, Generator) and len(taken) < len(elements):
        return Sequence(taken, unknown.rest)  # another slice of it begins where this one ends
    return Sequence(taken)


def chained(call: Call) -> Value:
    result = Sequence()
    for value in call.positional:
        result.extend(value, rows=False)
    return result


def flattened(call: Call) -> Value:
    """`chain.from_iterable(values)`."""
    result = Sequence()
    outer = first(call)
    for value in outer.each():
        result.extend(value, rows=outer.from_rows or outer.elements() is None)
    return result


def combined(function: Callable[..., object], call: Call) -> Value:
    """`product`, `permutations`, `combinations` and the like, of what is known."""
    columns = [value for value in call.positional if not isinstance(value, Constant)]
    given = [value.elements() for value in columns]
    counts = [value.value for value in call.positional if isinstance(value, Constant)]
    repeat = [value.value for value in call.named.values() if isinstance(value, Constant)]
    small = all(isinstance(count, int) and count <= MAX_REPEATED for count in (*counts, *repeat))
    if small and len(repeat) == len(call.named) and None not in given:
        named = dict(zip(call.named, repeat))
        rows = list(islice(function(*given, *counts, **named), MAX_HELD + 1))  # type: ignore[call-overload]
        if len(rows) <= MAX_HELD:
            return Sequence([Sequence(row, kind="tuple") for row in rows])
    elements = [value.element() for value in columns]
    if function is itertools.product and not call.named:
        return Sequence((), Sequence(elements, kind="tuple"), any(value.from_rows for value in call.positional))
    return Sequence((), Sequence((), join(elements), kind="tuple"))


def accumulated(call: Call) -> Value:
    """`accumulate(values, function, initial=…)`."""
    values, function = first(call), call.argument(1, "func")
    elements = call.machine.items(values)
    initial = call.named.get("initial")
    waiting = list(elements) if elements is not None else [values.element()]
    if initial is not None:
        waiting.insert(0, initial)
    found = waiting[:1]
    for element in waiting[1:]:
        given = call.with_arguments((found[-1], element), {})
        if function is None or function is NONE:
            found.append(call.machine.expressions.operate("__add__", found[-1], element, call.place.node))
        else:
            found.append(call.machine.call(function, given))
    if elements is not None:
        return Sequence(found)
    return Sequence((), join((*found, UNKNOWN)), values.from_rows)


def grouped(call: Call) -> Value:
    """`groupby(values, key)`: pairs of a key and the elements that have it."""
    values = first(call)
    key = call.argument(1, "key") or NONE
    elements = values.elements()
    if elements is not None and not values.from_rows:
        try:
            ranks = [
                real(v if key is NONE else call.machine.call(key, call.with_arguments((v,), {}))) for v in elements
            ]
            pairs = []
            for rank, places in itertools.groupby(range(len(elements)), key=lambda place: ranks[place]):
                held = [elements[place] for place in places]
                label = held[0] if key is NONE else Constant(rank) if not isinstance(rank, str) else Unknown("key")
                pairs.append(Sequence([label, Sequence(held)], kind="tuple"))
            return Sequence(pairs)
        except NotKnown:
            pass
    elif key is not NONE:
        call.machine.call(key, call.with_arguments((values.element(),), {}))
    group = Sequence([], values.element(), values.from_rows)
    return Sequence([], Sequence([Unknown("key"), group], from_rows=values.from_rows, kind="tuple"), values.from_rows)


def repeated(call: Call) -> Value:
    """`repeat(value, times)`."""
    times = call.argument(1, "times")
    if isinstance(times, Constant) and isinstance(times.value, int) and times.value <= MAX_HELD:
        return Sequence([first(call)] * max(times.value, 0))
    return Sequence((), first(call))


def in_pairs(call: Call) -> Value:
    elements = first(call).elements()
    if elements is None:
        one = first(call).element()
        return Sequence((), Sequence([one, one], kind="tuple"), first(call).from_rows)
    return Sequence([Sequence(pair, kind="tuple") for pair in itertools.pairwise(elements)])


def counted(call: Call) -> Value:
    """`range(…)`: a short one number by number."""
    rows = any(value.from_rows for value in call.arguments)
    batches = len(call.positional) == 3
    try:
        numbers = range(*[real(value) for value in call.positional])  # type: ignore[call-overload]
        if len(numbers) <= MAX_COUNT and not batches:
            return Sequence([Constant(number) for number in numbers], batches=batches)
    except (NotKnown, TypeError, ValueError, OverflowError):
        pass
    return Sequence([], Unknown("number"), rows, batches=batches)


def following(call: Call) -> Value:
    """`next(iterator, default)`: the first of what is left."""
    values, default = first(call), call.argument(1)
    if isinstance(values, (Instance, Class)):
        said = values.special("__next__")
        if said is not None:
            return said if default is None else join((said, default))
    if isinstance(values, Sequence) and values.rest is None and not values.from_rows:
        if not values.known:
            return default if default is not None else UNKNOWN
        taken = values.item(Constant(0))
        values.remove_item(Constant(0))
        return taken
    element = values.element()
    return element if default is None else join((element, default))


def iterator(call: Call) -> Value:
    """`iter(values)`; `iter(function, last)` calls the function until it gives that."""
    if len(call.positional) < 2:
        values = first(call)
        is_one = isinstance(values, Sequence) and values.kind == "iterator"
        return values if is_one else collected("iterator", call)
    given = [call.machine.call(first(call), call.with_arguments((), {})) for _ in range(2)]
    last = call.positional[1].key
    kept = [option for value in given for option in value.alternatives() if option.key != last]
    return Sequence((), join(kept or given), any(value.from_rows for value in given))


def summed(call: Call) -> Value:
    """`sum(values, start)`."""
    values = first(call).used_up()
    elements = call.machine.items(values)
    result = call.argument(1, "start") or Constant(0)
    if elements is None:
        element = values.element()
        operated = call.machine.expressions.operate("__add__", result, element, call.place.node)
        return join((result, operated)) if not isinstance(result, Constant) else Unknown(from_rows=values.from_rows)
    for element in elements:
        result = call.machine.expressions.operate("__add__", result, element, call.place.node)
    return result


def _from_keys(call: Call) -> Value:
    result = Mapping()
    keys = (call.argument(0, "iterable") or UNKNOWN).used_up()
    for key in keys.each():
        result.set_item(key, call.argument(1, "value") or NONE, rows=keys.from_rows or keys.elements() is None)
    return result


def _teed(call: Call) -> Value:
    """`tee(values, n)`: each can be gone through by itself."""
    whole = _again(first(call))
    count = call.argument(1, "n")
    number = count.value if isinstance(count, Constant) and isinstance(count.value, int) else 2
    return Sequence([whole.again("iterator") for _ in range(min(number, MAX_REPEATED))], kind="tuple")


def _once(make: Callable[[Call], Value | None], call: Call) -> Value | None:
    """What can be gone through only once: `map(…)`, `zip(…)`."""
    made = make(call)
    if isinstance(made, Sequence):
        made.kind = "iterator"
    return made


CALLS: dict[str, Callable[[Call], Value | None]] = {
    **{
        f"builtins.{name}": partial(collected, kind)
        for name, kind in (("list", "list"), ("tuple", "tuple"), ("set", "set"), ("frozenset", "set"))
    },
    "builtins.iter": iterator,
    "builtins.aiter": iterator,
    "collections.deque": partial(collected, "list"),
    "builtins.sorted": in_order,
    "builtins.reversed": partial(_once, backwards),
    "builtins.min": partial(extreme, min),
    "builtins.max": partial(extreme, max),
    "builtins.enumerate": partial(_once, enumerated),
    "builtins.zip": partial(_once, zipped),
    "builtins.map": partial(_once, mapped),
    "builtins.filter": partial(_once, filtered),
    "builtins.range": counted,
    "builtins.next": following,
    "heapq.heappush": pushed,
    "heapq.heappop": smallest,
    "heapq.heapify": heap_of,
    "heapq.merge": merged,
    "heapq.nsmallest": merged,
    "heapq.nlargest": merged,
    **{f"bisect.{name}": inserted for name in ("insort", "insort_left", "insort_right")},
    "builtins.anext": following,
    "builtins.sum": summed,
    "builtins.dict.fromkeys": _from_keys,
    "collections.OrderedDict.fromkeys": _from_keys,
    "itertools.zip_longest": partial(_once, zipped),
    "itertools.filterfalse": partial(filtered, wanted=False),
    "itertools.takewhile": partial(_leading, taken=True),
    "itertools.dropwhile": partial(_leading, taken=False),
    "itertools.starmap": partial(_once, starmapped),
    "itertools.islice": partial(_once, sliced),
    "itertools.chain": partial(_once, chained),
    "itertools.chain.from_iterable": partial(_once, flattened),
    "itertools.product": partial(combined, itertools.product),
    "itertools.permutations": partial(combined, itertools.permutations),
    "itertools.combinations": partial(combined, itertools.combinations),
    "itertools.combinations_with_replacement": partial(combined, itertools.combinations_with_replacement),
    "itertools.accumulate": accumulated,
    "itertools.groupby": grouped,
    "itertools.repeat": repeated,
    "itertools.cycle": lambda call: Sequence((), first(call).element(), first(call).from_rows),
    "itertools.count": lambda call: Sequence((), Unknown("number")),
    "itertools.pairwise": in_pairs,
    "itertools.tee": _teed,
    "itertools.compress": lambda call: _like(call.with_arguments(call.positional[:1], {})),
    "itertools.batched": lambda call: Sequence((), _again(first(call), "tuple"), first(call).from_rows),
}
"""By their full names."""
