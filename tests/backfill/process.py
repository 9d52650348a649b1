"""Programs that the tests start and that must be gone when the tests are, whatever ends them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

ORDINARY = "nobody"
"""Who runs the servers when root runs the tests: they refuse to run as root, and this account is on every system."""
PATIENCE = 60.0
"""Seconds that a noisy machine may take to do what takes a good one a fraction of a second."""

_GUARD = """
cat >/dev/null
for file in "$1"/*.pid "$1"/*/postmaster.pid; do
  test -f "$file" && kill -QUIT "$(head -n 1 "$file")" 2>/dev/null && stopped=1
done
test -n "$stopped" && sleep 1
rm -rf "$1"
"""
"""Waits for the end of its input, which comes when we close it or die; then nothing stays behind."""


class Died(Exception):
    """A program ended, or did not get ready, when it had to run; the text is what it logged."""


@contextlib.contextmanager
def guarded_folder(name: str, parent: Path | None = None) -> Iterator[Path]:
    """Give a folder in which servers may live: when this process ends, even killed, they and the folder go."""
    folder = Path(tempfile.mkdtemp(prefix=f"migration-guard-{name}-", dir=parent)).resolve()
    if ordinary_user() is not None:
        shutil.chown(folder, ORDINARY)
    command = ["sh", "-c", _GUARD, "guard", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as guard:
        yield folder
        assert guard.stdin is not None
        guard.stdin.close()


def ordinary_user() -> str | None:
    """Name the account to run servers as, where ours may not."""
    return ORDINARY if os.geteuid() == 0 else None


def start(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, so that Ctrl-C reaches the tests first."""
    if signal.getsignal(signal.SIGQUIT) is signal.SIG_IGN:  # as in what a shell runs in the background, and inherited
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    user = ordinary_user()
    groups: list[str | int] | None = None if user is None else []
    with log.open("ab") as output:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=log.parent, start_new_session=True,
            user=user, extra_groups=groups,
        )  # fmt: skip


def stop(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal and wait for the end; what does not end is killed and said."""
    process.send_signal(number)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


def until(ready: Callable[[], bool], *, alive: Callable[[], bool] = lambda: True, what: str = "") -> None:
    """Ask again and again until it is so: a state is waited for, never a time."""
    deadline = time.monotonic() + PATIENCE
    while not ready():
        if not alive() or time.monotonic() > deadline:
            raise Died(what)
        time.sleep(0.01)


def free_port() -> int:
    """Give a port that was free a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
