"""Signals to a run of backfills, from its first moment to its last: none of them ends it without a last line.

What comes while Python itself is being started ends it, unless who starts it holds signals back, as `env --block-signal`
does. Before anything has begun, a signal ends the run at once. Then the first one lets the batch be finished, and the second
does not. When all is said, signals are ignored: the process is ending anyway. Imported before all else, so it imports
next to nothing.
"""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType

_NAMES = ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGXCPU")
NUMBERS = tuple(getattr(signal, name) for name in _NAMES if hasattr(signal, name))
"""Those that ask a process to end, and those that would end it because it has no use for them."""


class Interrupted(KeyboardInterrupt):
    """A kind of its own: for the plain one, Python may end the process by the signal although it was caught."""


class Stopping:
    """What signals mean by now."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        """Set by the first signal: finish the batch, and end."""
        self._begun = False
        self._taken: list[int] = []

    def listen(self) -> None:
        """Take signals from here on; one that is ignored, as under nohup, stays ignored."""
        if threading.current_thread() is not threading.main_thread():
            return  # Python lets no other one take them
        for number in NUMBERS:
            if number not in self._taken and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._handle)
                self._taken.append(number)
        sys.unraisablehook = _unraisable
        if hasattr(signal, "pthread_sigmask"):  # what was held back while Python started comes now
            signal.pthread_sigmask(signal.SIG_UNBLOCK, self._taken)

    def begin(self) -> None:
        """There is something to finish from here on."""
        self._begun = True

    @property
    def begun(self) -> bool:
        """Whether there was anything to finish."""
        return self._begun

    def end(self) -> None:
        """All is done, and what follows is said in any case."""
        for number in self._taken:
            signal.signal(number, signal.SIG_IGN)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        second = self.asked.is_set()
        self.asked.set()
        if second or not self._begun:
            raise Interrupted


def _unraisable(lost: sys.UnraisableHookArgs) -> None:
    """A signal that comes within a finaliser cannot raise there; it is remembered, so that there is nothing to tell."""
    if not isinstance(lost.exc_value, Interrupted):
        sys.__unraisablehook__(lost)


STOPPING = Stopping()
"""There is one process, and one handler for each of its signals."""
