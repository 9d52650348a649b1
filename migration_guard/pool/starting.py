"""How a reader comes into being: as an interpreter of its own, or forked from a command of ours.

An interpreter of its own obeys no environment and no working directory, so that a `json` module in a linted repository
is never imported. It takes a fifth of a second to load what a command has loaded already; a fork has it. A fork is made
only of a process that is a command of ours and nothing else, and in which no thread runs: what other threads hold would
be held for ever. It leaves everything behind that a new interpreter would not have: open files, handlers, directory.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn, Protocol

from migration_guard.later import Later
from migration_guard.pool import limits

if TYPE_CHECKING:
    import fcntl
    import subprocess
    import warnings
else:
    fcntl = Later("fcntl")
    subprocess = Later("subprocess")
    warnings = Later("warnings")

NAME = "guard-reader"
"""What a forked reader is called in lists of processes."""
_START = "import sys; sys.path[:] = {path!r}; from migration_guard.pool.reader import main; main({parent})"
_OPEN = "/proc/self/fd"
_OUTPUT = 3
"""The descriptor that answers are written to in a fork; 0 is that of the jobs, 1 and 2 lead nowhere."""
_HIGH = 16
"""Where no descriptor lies that is about to be given another meaning."""


class Started(Protocol):
    """A process that was started: what is needed of `subprocess.Popen`."""

    pid: int
    returncode: int | None

    @property
    def stdin(self) -> IO[bytes] | None: ...

    @property
    def stdout(self) -> IO[bytes] | None: ...

    def kill(self) -> None: ...

    def wait(self) -> int: ...


def spawned() -> Started:
    """Start a reader anew."""
    with limits.stack_of_readers():
        return subprocess.Popen(
            [sys.executable, "-I", "-c", _START.format(path=_path(), parent=os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=os.sep,
        )


def _path() -> list[str]:
    path = [entry for entry in sys.path if entry and Path(entry).is_absolute()]
    return [*path, str(Path(__file__).parents[2])]  # last: this may be the very repository that is linted


def started(*, forked: bool) -> Started:
    """Start a reader: as a copy of this process, if that is wanted and can be."""
    with _FORKING:
        if forked and can_fork():
            return Forked()
    return spawned()


def can_fork() -> bool:
    """Whether nothing of this process would be missing in a copy of it."""
    alive = set(threading.enumerate()) - {threading.current_thread(), *_waiting}
    return sys.platform == "linux" and not alive and os.path.isdir(_OPEN)


def only_waits(thread: threading.Thread) -> None:
    """Say of a thread that it does nothing, and so holds nothing, until it says itself that it `acts`."""
    _waiting.add(thread)


def acts() -> None:
    """Say of this thread that from here on it does something."""
    with _FORKING:
        _waiting.discard(threading.current_thread())


_FORKING = threading.Lock()
_waiting = set[threading.Thread]()


class Forked:
    """A reader that is a copy of this process. It is ended by any thread."""

    def __init__(self) -> None:
        jobs, gives = os.pipe()
        takes, answers = os.pipe()
        lives, self._living = os.pipe()
        parent = os.getpid()
        heard = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            self.pid = os.fork()
            if self.pid == 0:
                _become_reader(parent, jobs, answers, lives, heard)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, heard)
        for descriptor in (jobs, answers, lives):
            os.close(descriptor)
        self.stdin: IO[bytes] = open(gives, "wb")  # noqa: SIM115 - for as long as the reader lives
        self.stdout: IO[bytes] = open(takes, "rb")  # noqa: SIM115
        self.returncode: int | None = None
        self._lock = threading.Lock()

    def kill(self) -> None:
        with self._lock:
            if self.returncode is None:
                os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Wait for its end, which has to have begun."""
        with self._lock:
            if self.returncode is None:
                try:
                    _, status = os.waitpid(self.pid, 0)
                except ChildProcessError:  # where the run was told to ignore how its children end
                    status = 0
                self.returncode = os.waitstatus_to_exitcode(status)
                os.close(self._living)
            return self.returncode


def _become_reader(parent: int, jobs: int, answers: int, lives: int, heard: set[int]) -> NoReturn:
    """Leave behind what belongs to the run, and read. No signal is heard until none runs what the run does then."""
    try:
        for number in signal.valid_signals():
            if callable(signal.getsignal(number)):  # what is ignored stays so, as under `nohup`
                signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, heard)
        gc.freeze()  # to look through it for garbage would copy it
        _keep_only(jobs, answers, lives)
        with suppress(OSError), open("/proc/self/comm", "w", encoding="ascii") as name:
            name.write(NAME)
        os.chdir(os.sep)
        sys.path[:] = _path()
        warnings.simplefilter("ignore")  # a new interpreter would obey no PYTHONWARNINGS
        limits.grow_stack()
        from migration_guard.pool.reader import serve  # noqa: PLC0415 - only readers need it

        serve(parent, open(0, "rb", closefd=False), open(_OUTPUT, "wb", closefd=False))  # noqa: SIM115 - for ever
    finally:
        os._exit(1)


def _keep_only(jobs: int, answers: int, lives: int) -> None:
    """Have no file open but these; output leads nowhere, and this process ends when `lives` says so."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    jobs, answers, lives, nowhere = (fcntl.fcntl(one, fcntl.F_DUPFD, _HIGH) for one in (jobs, answers, lives, nowhere))
    limits.die_with_writer(lives)
    for given, place in ((jobs, 0), (nowhere, 1), (nowhere, 2), (answers, _OUTPUT)):
        os.dup2(given, place)
    for name in os.listdir(_OPEN):
        if int(name) > _OUTPUT and int(name) != lives:
            with suppress(OSError):  # that of the list itself
                os.close(int(name))
