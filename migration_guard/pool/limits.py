"""What a reader may use of the machine. Set where the system has limits; elsewhere memory is watched from outside.

Windows has no `resource` module; macOS has one whose stack and address space limits cannot be set.
"""

from __future__ import annotations

import gc
import math
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import ModuleType
from typing import BinaryIO

resource: ModuleType | None
try:
    import resource
except ImportError:  # Windows
    resource = None

MEMORY = 2 * 1024**3
"""Bytes of address space (or of resident memory, where that is watched) for one reader."""
STACK = 256 * 1024**2
"""Bytes of stack: libcst needs some 6 kB a nesting level, and our own calls as much again."""
RECURSION = 12_000
TOO_LARGE = f"reading it takes more than {MEMORY // 1024**2} MB of memory"
GC_THRESHOLD = 1_000_000
"""Amid a file hardly anything is garbage: looking through trees for it costs time, and what is met there is kept for long."""
GC_BETWEEN_FILES = 150_000
"""Objects since garbage was last looked for, after which it is, once a file is read and all that it was made into is garbage."""
GROWTH = 96 * 1024**2
"""Bytes that a reader may come to hold with all that it has read: what it remembers of a repository grows with that."""
WORTH = 250
"""Files that it reads at least, however much it holds: what it has loaded would have to be loaded again."""
FULL = 75
"""The exit code of a reader that holds more, and that another one is to replace."""
WATCH_INTERVAL = 0.25
_PR_SET_PDEATHSIG = 1


@contextmanager
def stack_of_readers() -> Iterator[None]:
    """Within it, programs are started with a reader's stack: its limit counts at that moment, and is inherited."""
    before = resource.getrlimit(resource.RLIMIT_STACK) if resource is not None else None
    _lower("RLIMIT_STACK", STACK)
    try:
        yield
    finally:
        if resource is not None and before is not None:
            with suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_STACK, before)


def grow_stack() -> None:
    """In a fork, whose stack grows as far as its limit says: give it that of a reader, as far as the system has room."""
    _lower("RLIMIT_STACK", STACK)


def in_reader(parent: int) -> None:
    """In a reader, before it reads anything."""
    threading.Thread(target=_watch_parent, args=(parent,), daemon=True).start()
    sys.setrecursionlimit(RECURSION)
    gc.set_threshold(GC_THRESHOLD)
    _lower("RLIMIT_CORE", 0)
    _lower("RLIMIT_AS", MEMORY)


def tidy() -> None:
    """Between two files, free what the last ones left behind."""
    if gc.get_count()[0] > GC_BETWEEN_FILES:
        gc.collect(1)


class Room:
    """How much a reader may still come to hold, where the system tells what it holds."""

    def __init__(self) -> None:
        self._pages = 0
        self._read = 0
        try:
            self._held: BinaryIO | None = open("/proc/self/statm", "rb", buffering=0)  # noqa: SIM115 -- for ever
            self._pages = self._resident() + GROWTH // os.sysconf("SC_PAGE_SIZE")
        except OSError:
            self._held = None

    def is_full(self) -> bool:
        """Whether to make room, behind one more file."""
        self._read += 1
        return self._held is not None and self._read >= WORTH and self._resident() > self._pages

    def _resident(self) -> int:
        assert self._held is not None
        self._held.seek(0)
        return int(self._held.read(128).split()[1])


def die_with_parent() -> None:
    """End this process when the one that started it is gone, however that ended: nobody waits for it any more."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - only readers need it

        with suppress(OSError, AttributeError):  # also amid a parser's own code, where no thread of ours runs
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def die_with_writer(pipe: int) -> None:
    """End this process when nobody holds the other end of a pipe any more: the same, in a hundredth of the time.

    The system then sends a signal that nobody handles, also amid a parser's own code.
    """
    import fcntl  # noqa: PLC0415 - only readers need it

    signal.signal(signal.SIGIO, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGIO])
    fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_ASYNC)


def _watch_parent(parent: int) -> None:
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(WATCH_INTERVAL)
    os._exit(1)


def for_file(seconds: float) -> None:
    """In a reader, before each file: a third of the wall clock is CPU time, since a busy machine shares its cores."""
    if resource is None:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = math.ceil(used.ru_utime + used.ru_stime + max(1.0, seconds / 3)) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _lower(name: str, value: int) -> None:
    """Set a soft limit as far as the hard one allows. A system that refuses it is watched instead."""
    if resource is None:
        return
    limit = getattr(resource, name)
    _, hard = resource.getrlimit(limit)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    try:
        resource.setrlimit(limit, (value, hard))
    except (OSError, ValueError):
        return


def is_too_large(pid: int) -> bool:
    """Say whether a reader has grown beyond its limit, where the system does not hold it to one."""
    if resource is not None and sys.platform == "linux":
        return False
    try:
        import psutil  # noqa: PLC0415 - installed only where it is needed
    except ImportError:
        return False
    try:
        resident: int = psutil.Process(pid).memory_info().rss
    except psutil.Error:
        return False
    return resident > MEMORY


def reason_of_death(exit_code: int | None, seconds: float) -> str:
    """Why a reader died, for a Problem."""
    if exit_code is None or exit_code >= 0:
        return f"the reader ended with exit code {exit_code}"
    name = signal.Signals(-exit_code).name if -exit_code in set(signal.Signals) else f"signal {-exit_code}"
    match name:
        case "SIGXCPU":
            return f"reading it takes more than {max(1.0, seconds / 3):g} s of CPU time; `file-timeout` allows more"
        case "SIGKILL":
            return "the reader was killed, probably for want of memory"
    return f"the reader crashed ({name})"
