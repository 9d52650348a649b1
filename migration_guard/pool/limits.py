"""What a reader may use of the machine. Set where the system has limits; elsewhere memory is watched from outside.

Windows has no `resource` module; macOS has one whose stack and address space limits cannot be set.
"""

from __future__ import annotations

import ctypes
import gc
import math
import os
import signal
import sys
import threading
from contextlib import suppress
from types import ModuleType

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
GC_THRESHOLD = 100_000
"""Trees are large and live as long as their file: looking through them for garbage every 700 objects costs a fifth."""
WATCH_INTERVAL = 0.25
_PR_SET_PDEATHSIG = 1


def before_readers() -> None:
    """In the process that starts readers: the stack limit counts when a program is started."""
    _lower("RLIMIT_STACK", STACK)
    _lower("RLIMIT_CORE", 0)


def in_reader() -> None:
    """In a reader, before it reads anything."""
    die_with_parent()
    sys.setrecursionlimit(RECURSION)
    gc.set_threshold(GC_THRESHOLD)
    _lower("RLIMIT_AS", MEMORY)


def die_with_parent() -> None:
    """End this process when the one that started it is gone, however that ended: nobody waits for it any more."""
    parent = os.getppid()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # also amid a parser's own code, where no thread of ours runs
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_watch_parent, args=(parent,), daemon=True).start()


def end_with_parent() -> None:
    """End the process that keeps the readers when its caller is gone; they follow it."""
    threading.Thread(target=_watch_parent, args=(os.getppid(),), daemon=True).start()


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


def watch_readers() -> None:
    """Where the address space cannot be limited, kill readers that grow beyond it; their files become Problems."""
    if resource is not None and sys.platform == "linux":
        return
    threading.Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    import psutil  # noqa: PLC0415 - installed only where it is needed

    pause = threading.Event()
    while not pause.wait(WATCH_INTERVAL):
        for child in psutil.Process().children():
            try:
                if child.memory_info().rss > MEMORY:
                    child.kill()
            except psutil.Error:
                continue


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
