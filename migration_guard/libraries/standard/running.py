"""What Python runs elsewhere or later: threads, processes, executors, event loops, the end of the program."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.flow import Store
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import NONE, UNKNOWN, Method, Unknown, Value
from migration_guard.libraries.handing import run_callbacks
from migration_guard.libraries.standard import iteration
from migration_guard.libraries.standard.iteration import first

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine


def passed(call: Call, function: Value, arguments: Value | None, named: Value | None) -> Value:
    """Call a function with a tuple and a dictionary of arguments."""
    elements = arguments.elements() if arguments is not None and arguments is not NONE else []
    again = call.with_arguments(elements or (), _named(named))
    unknown = named is not None and named is not NONE and (not isinstance(named, Mapping) or not named.whole)
    if elements is None or unknown:
        again = again.opened(arguments.element() if elements is None and arguments is not None else UNKNOWN)
    result = call.machine.call(function, again)
    result.consumed()
    return result


def _named(value: Value | None) -> dict[str, Value]:
    if not isinstance(value, Mapping):
        return {}
    return {str(key): item for key, item in value.known.values() if isinstance(key, Text) and key.known}


def _rest(call: Call, start: int, *taken: str) -> Call:
    """The arguments behind the first ones."""
    return call.with_arguments(
        call.positional[start:], {name: value for name, value in call.named.items() if name not in taken}
    )


# --- Threads and processes -------------------------------------------------------------------------------------------


class Task(Store, Value):
    """A thread, a process or a timer: its function runs once it is started."""

    __slots__ = ("arguments", "function", "named")

    def __init__(self, function: Value, arguments: Value | None, named: Value | None) -> None:
        super().__init__()
        self.function = function
        self.arguments = arguments
        self.named = named

    @property
    def key(self) -> object:
        return id(self)

    @property
    def handle(self) -> bool:  # type: ignore[override]
        return self.function.handle

    @property
    def truth(self) -> bool | None:
        return True

    def attribute(self, name: str, machine: Machine) -> Value:
        own = self.read(name)
        return own if isinstance(own, Value) else Method(self, name)

    def assign(self, name: str, value: Value, machine: Machine, place: object) -> None:
        self.write(name, value)

    def method(self, name: str, call: Call) -> Value:
        own = self.read(name)
        if isinstance(own, Value):
            return call.machine.call(own, call)
        if name in ("start", "run"):
            passed(call, self.function, self.arguments, self.named)
            return NONE
        return NONE if name in ("join", "close", "cancel", "terminate", "kill") else Unknown(name)


def _thread(call: Call) -> Value:
    """`Thread(group, target, name, args, kwargs)`; of a process the same."""
    target = call.argument(1, "target") or NONE
    return Task(target, call.argument(3, "args"), call.argument(4, "kwargs"))


def _timer(call: Call) -> Value:
    return Task(call.argument(1, "function") or NONE, call.argument(2, "args"), call.argument(3, "kwargs"))


_THREADS = frozenset({"threading.Thread", "multiprocessing.Process", "threading.Timer"})


def is_thread(base: str) -> bool:
    """Whether a base class runs the method `run` once it is started."""
    return base in _THREADS or base.rpartition(".")[2] in ("Thread", "Process", "Timer")


def thread_method(instance: Instance, name: str, call: Call) -> Value | None:
    """What `Thread` gives to its subclasses; None for what it has not."""
    if name == "start":
        run = instance.cls.lookup("run")
        if run is None:
            return _run_target(instance, call)
        return instance.method("run", call.with_arguments((), {}))
    if name == "run":
        return _run_target(instance, call)
    if name == "__init__":
        for slot, index in (("target", 1), ("args", 3), ("kwargs", 4)):
            given = call.argument(index, slot)
            if given is not None:
                instance.write(f"_{slot}", given)
        return NONE
    return NONE if name in ("join", "close", "cancel", "terminate") else None


def _run_target(instance: Instance, call: Call) -> Value:
    held = {name: instance.read(f"_{name}") for name in ("target", "args", "kwargs")}
    values = {name: value for name, value in held.items() if isinstance(value, Value)}
    if "target" not in values and instance.made_with is not None:
        made = {"target": instance.made_with.argument(1, "target"), "args": instance.made_with.argument(3, "args")}
        values |= {name: value for name, value in made.items() if value is not None}
    if "target" in values:
        passed(call, values["target"], values.get("args"), values.get("kwargs"))
    return NONE


# --- Executors and pools ---------------------------------------------------------------------------------------------


class Future(Store, Value):
    """The result of something that runs elsewhere."""

    __slots__ = ()

    def __init__(self, result: Value) -> None:
        super().__init__()
        self.write("result", result)

    @property
    def result(self) -> Value:
        found = self.read("result")
        return found if isinstance(found, Value) else UNKNOWN

    @property
    def key(self) -> object:
        return id(self)

    @property
    def from_rows(self) -> bool:  # type: ignore[override]
        return self.result.from_rows

    def attribute(self, name: str, machine: Machine) -> Value:
        return Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        match name:
            case "result" | "get":
                return self.result
            case "add_done_callback":
                call.machine.call(first(call), call.with_arguments((self,), {})).consumed()
                return NONE
            case "set_result":
                self.write("result", first(call))
                return NONE
            case "ready" | "successful" | "done" | "cancelled":
                return Unknown(name)
        return NONE


class Runner(Value):
    """What has nothing but methods, which run what they are given; one is like another."""

    __slots__ = ()

    @property
    def key(self) -> object:
        return type(self).__name__

    @property
    def truth(self) -> bool | None:
        return True

    def attribute(self, name: str, machine: Machine) -> Value:
        return Method(self, name)


class Executor(Runner):
    """A pool of threads or processes: what it is given is run."""

    __slots__ = ()

    def method(self, name: str, call: Call) -> Value:
        match name:
            case "submit":
                return Future(_called(_rest(call, 1, "fn"), call.argument(0, "fn") or UNKNOWN))
            case "map":
                return iteration.mapped(call.with_arguments(call.positional, {}))
            case "imap" | "imap_unordered":
                return iteration.mapped(call.with_arguments(call.positional[:2], {}))
            case "map_async":
                return self._later(iteration.mapped(call.with_arguments(call.positional[:2], {})), call)
            case "starmap":
                return iteration.starmapped(call.with_arguments(call.positional[:2], {}))
            case "starmap_async":
                return self._later(iteration.starmapped(call.with_arguments(call.positional[:2], {})), call)
            case "apply" | "apply_async":
                function = call.argument(0, "func") or UNKNOWN
                result = passed(call, function, call.argument(1, "args"), call.argument(2, "kwds"))
                return result if name == "apply" else self._later(result, call)
            case "__enter__" | "__aenter__":
                return self
        return NONE

    def _later(self, result: Value, call: Call) -> Value:
        for name in ("callback", "error_callback"):
            callback = call.named.get(name)
            if callback is not None and callback is not NONE:
                given = result if name == "callback" else Unknown("exception")
                call.machine.call(callback, call.with_arguments((given,), {})).consumed()
        return Future(result)


def _called(call: Call, function: Value) -> Value:
    result = call.machine.call(function, call)
    result.consumed()
    return result


def _pool(call: Call) -> Value:
    """A pool; what each of its workers begins with is run as well."""
    initialiser = call.named.get("initializer")
    if initialiser is not None and initialiser is not NONE:
        passed(call, initialiser, call.named.get("initargs"), None)
    return EXECUTOR


EXECUTOR = Executor()


# --- Event loops -----------------------------------------------------------------------------------------------------


class EventLoop(Runner):
    """An event loop, a runner or a group of tasks."""

    __slots__ = ()

    def method(self, name: str, call: Call) -> Value:
        match name:
            case "run_until_complete" | "run":
                return awaited(first(call))
            case "create_task" | "start_soon" | "ensure_future" if _is_function(first(call)):
                return Future(_called(_rest(call, 1), first(call)))
            case "create_task" | "ensure_future":
                first(call).consumed()
                return Future(first(call))
            case "run_in_executor":
                return Future(_called(_rest(call, 2), call.argument(1, "func") or UNKNOWN))
            case "call_soon" | "call_soon_threadsafe":
                return _called(_rest(call, 1, "context"), first(call))
            case "call_later" | "call_at":
                return _called(_rest(call, 2, "context"), call.argument(1, "callback") or UNKNOWN)
            case "add_signal_handler" | "add_reader" | "add_writer":
                return _called(_rest(call, 2), call.argument(1, "callback") or UNKNOWN)
            case "get_loop" | "__enter__" | "__aenter__":
                return self
            case "create_future":
                return Future(UNKNOWN)
        return Unknown(name)


LOOP = EventLoop()


def _is_function(value: Value) -> bool:
    return any(option.callable_in_sight for option in value.alternatives())


def awaited(value: Value) -> Value:
    """What a coroutine or a future gives: a call is followed where it is evaluated."""
    value.consumed()
    return value.result if isinstance(value, Future) else value


def _awaited(call: Call) -> Value:
    """`asyncio.run(coroutine)`, `wait_for(…)`, `shield(…)`."""
    return awaited(call.argument(0, "main", "coro", "fut", "aw", "coroutine") or UNKNOWN)


def _gathered(call: Call) -> Value:
    return Sequence([awaited(value) for value in call.positional], call.rest if call.open else None)


def _completed(call: Call) -> Value:
    """`as_completed(futures)`."""
    elements = first(call).elements()
    return Sequence(elements) if elements is not None else Sequence((), first(call).element())


def _waited(call: Call) -> Value:
    """`wait(futures)`: those that are done, and the others."""
    given = _completed(call)
    return Sequence([given, given], kind="tuple")


def _to_thread(call: Call) -> Value:
    return _called(_rest(call, 1, "func"), call.argument(0, "func") or UNKNOWN)


def _at(position: int, name: str, call: Call) -> Value:
    """A function that is called with what stands behind it: at once, later, or at the end."""
    function = call.argument(position, name) or UNKNOWN
    _called(_rest(call, position + 1, name), function)
    return function if position == 0 else Unknown("later")


def hooked(call: Call, value: Value) -> None:
    """A function, or an object with methods of certain names, is put where others call it, now and then."""
    for option in value.alternatives():
        if option.callable_in_sight:
            call.machine.call(option, call.with_arguments((), {})).consumed()
        for name in _HOOKS:
            option.special(name, UNKNOWN, UNKNOWN)


_HOOKS = ("__getattr__", "find_spec", "find_module", "create_module", "exec_module", "load_module")
"""Methods of modules, finders and loaders that Python calls."""


def _hook(position: int, call: Call) -> Value:
    hooked(call, call.argument(position) or UNKNOWN)
    return Unknown("hook")


def _hooks(call: Call) -> Value:
    for one in first(call).each():
        hooked(call, one)
    return NONE


def _scheduled(call: Call) -> Value:
    """`scheduler.enter(delay, priority, action, argument, kwargs)`."""
    passed(call, call.argument(2, "action") or UNKNOWN, call.argument(3, "argument"), call.argument(4, "kwargs"))
    return Unknown("event")


class Scheduler(Runner):
    """`sched.scheduler()`."""

    __slots__ = ()

    def method(self, name: str, call: Call) -> Value:
        return _scheduled(call) if name in ("enter", "enterabs") else NONE


def _handled(call: Call) -> Value:
    """`signal.signal(number, function)`: a signal may come at any time."""
    run_callbacks(call)
    return Unknown("handler")


class ContextRun(Runner):
    """`contextvars.copy_context()`."""

    __slots__ = ()

    def method(self, name: str, call: Call) -> Value:
        return _called(_rest(call, 1), first(call)) if name == "run" else Unknown(name)


def _patched(call: Call) -> Value:
    """`mock.patch("package.name", function)`: the package has it from now on."""
    target = call.argument(0, "target")
    if not isinstance(target, Text) or not target.known:
        run_callbacks(call)  # it may be anything that is called from now on
        return Unknown("patch")
    entrusted = call.machine.libraries.entrusted
    for value in (call.argument(1, "new"), call.named.get("side_effect"), call.named.get("new_callable")):
        if value is not None:
            entrusted.keeps(str(target), value, call.machine)
            entrusted.keeps(str(target).partition(".")[0], value, call.machine)
    return Unknown("patch")


CALLS: dict[str, Callable[[Call], Value | None]] = {
    "threading.Thread": _thread,
    "multiprocessing.Process": _thread,
    "threading.Timer": _timer,
    "_thread.start_new_thread": lambda call: passed(call, first(call), call.argument(1), call.argument(2)),
    **dict.fromkeys(
        (
            "concurrent.futures.ThreadPoolExecutor",
            "concurrent.futures.ProcessPoolExecutor",
            "concurrent.futures.InterpreterPoolExecutor",
            "multiprocessing.Pool",
            "multiprocessing.ThreadPool",
        ),
        _pool,
    ),
    "concurrent.futures.as_completed": _completed,
    "concurrent.futures.wait": _waited,
    **dict.fromkeys(
        (
            "asyncio.run",
            "asyncio.wait_for",
            "asyncio.shield",
            "asyncio.run_coroutine_threadsafe",
            "asyncio.wrap_future",
        ),
        _awaited,
    ),
    **dict.fromkeys(("asyncio.create_task", "asyncio.ensure_future"), lambda call: LOOP.method("create_task", call)),
    "asyncio.gather": _gathered,
    "asyncio.as_completed": _completed,
    "asyncio.wait": _waited,
    "asyncio.to_thread": _to_thread,
    **dict.fromkeys(
        (
            "asyncio.get_event_loop",
            "asyncio.get_running_loop",
            "asyncio.new_event_loop",
            "asyncio.Runner",
            "asyncio.TaskGroup",
        ),
        lambda call: LOOP,
    ),
    "atexit.register": partial(_at, 0, "func"),
    "weakref.finalize": partial(_at, 1, "func"),
    **dict.fromkeys(("sys.meta_path.insert", "sys.path_hooks.insert"), partial(_hook, 1)),
    **dict.fromkeys(("sys.meta_path.extend", "sys.path_hooks.extend"), _hooks),
    **dict.fromkeys(
        (
            "sys.settrace",
            "sys.setprofile",
            "sys.addaudithook",
            "threading.settrace",
            "threading.setprofile",
            "sys.meta_path.append",
            "sys.path_hooks.append",
            "gc.callbacks.append",
        ),
        partial(_hook, 0),
    ),
    "signal.signal": _handled,
    "sched.scheduler": lambda call: Scheduler(),
    "contextvars.copy_context": lambda call: ContextRun(),
    "unittest.mock.patch": _patched,
}
