"""The command line, run many times: each run is a process of its own, forked from one that has imported everything.

A run has its own arguments, working directory, environment and output, as if it had been started anew, but takes some
hundredths of a second instead of one: imports are made once, and the readers are shared (`kept_readers`). What depends
on how a process starts or ends (terminals, signals, pipes, isolation) is tested with processes that are started.

`run` waits for the end of a run; `start` gives one that goes on, to be watched, stopped and killed.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from typing import Self  # of Python 3.11

ROOT = Path(__file__).parents[1]

Done = subprocess.CompletedProcess[str]


def run(
    *arguments: str, cwd: Path, env: Mapping[str, str] | None = None, timeout: float = 120, errors: str = "strict"
) -> Done:
    """Run `migration-guard` with these arguments, in this environment and no other."""
    environment = dict(os.environ if env is None else env)
    if _has_to_be_started(environment):
        return subprocess.run(
            _command(arguments), cwd=cwd, env=_importing_ours(environment), capture_output=True, encoding="utf-8",
            errors=errors, timeout=timeout, check=False,
        )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in ("out", "err")]
        code = _host().ask({"arguments": arguments, "cwd": str(cwd), "env": environment, "paths": paths}, timeout)
        out, err = (Path(path).read_bytes().decode(errors=errors) for path in paths)
    return Done(["migration-guard", *arguments], code, out, err)


def start(*arguments: str, cwd: Path, env: Mapping[str, str], together: bool = False) -> Running:
    """Start `migration-guard` with these arguments; `together`: what it says on errors is among what it prints."""
    if _has_to_be_started(env):
        err = subprocess.STDOUT if together else subprocess.PIPE
        return subprocess.Popen(
            _command(arguments), cwd=cwd, env=_importing_ours(env), stdout=subprocess.PIPE, stderr=err, text=True
        )
    return Started(arguments, cwd, env, together=together)


def _has_to_be_started(environment: Mapping[str, str]) -> bool:
    """Whether processes cannot be forked here, or the environment holds what the interpreter reads before anything else."""
    names = {name for name in environment if name.startswith("PYTHON")} - {"PYTHONPATH"}
    return not hasattr(os, "fork") or any(environment[name] != os.environ.get(name) for name in names)


def _command(arguments: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "migration_guard", *arguments]


def _importing_ours(environment: Mapping[str, str]) -> dict[str, str]:
    return {**environment, "PYTHONPATH": str(ROOT)}


class Started:
    """A run that goes on: what the tests need of `subprocess.Popen`, for a process that is a child of another."""

    def __init__(self, arguments: tuple[str, ...], cwd: Path, env: Mapping[str, str], *, together: bool) -> None:
        self._arguments = arguments
        folder = tempfile.mkdtemp(dir=_host().folder)
        end, out, err = (os.path.join(folder, name) for name in ("end", "out", "err"))
        self._end, self._paths = Path(end), [Path(out)] if together else [Path(out), Path(err)]
        paths = [out, out if together else err]
        asked = {"arguments": arguments, "cwd": str(cwd), "env": dict(env), "paths": paths, "end": end}
        self.pid = _host().ask(asked, 60)
        self.returncode: int | Any = None  # as of `subprocess.Popen`

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.wait()

    def poll(self) -> int | None:
        """Say how it ended, if it did."""
        if self.returncode is None and self._end.exists():
            self.returncode = int(self._end.read_text())
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(self._arguments, timeout or 0)
            time.sleep(0.005)
        return code

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Wait for its end, and give what it printed, and what it printed on errors where that is kept apart."""
        self.wait(timeout)
        said = [path.read_text(encoding="utf-8") for path in self._paths]
        return said[0], said[1] if len(said) > 1 else ""

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)


Running = subprocess.Popen[str] | Started
"""A run that goes on, started or forked."""


class Host:
    """The process that runs are forked from."""

    def __init__(self) -> None:
        self._held = tempfile.TemporaryDirectory()
        self.folder = self._held.name
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )

    def ask(self, run: dict[str, Any], timeout: float) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(run).encode() + b"\n")
        self._process.stdin.flush()
        late = threading.Timer(timeout, self._process.kill)
        late.start()
        answer = self._process.stdout.readline()
        late.cancel()
        if not answer:
            close()
            raise subprocess.TimeoutExpired(run["arguments"], timeout)
        return int(answer)

    def end(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()
        self._held.cleanup()


_hosts: list[Host] = []


def _host() -> Host:
    if not _hosts:
        _hosts.append(Host())
    return _hosts[0]


@atexit.register
def close() -> None:
    """End the process that runs are forked from; the next run starts another."""
    while _hosts:
        _hosts.pop().end()


# --- In that process -------------------------------------------------------------------------------------------------


def serve() -> None:
    from importlib import import_module

    from migration_guard.cli import COMMANDS
    from migration_guard.pool import kept_readers
    from migration_guard.report import formats

    for command in COMMANDS:
        import_module(f"migration_guard.cli.{command.replace('-', '_')}")
    for name in formats.names():
        formats.load(name)
    with kept_readers(1):
        while True:
            _warm()
            line = sys.stdin.buffer.readline()
            if not line:
                return
            asked = json.loads(line)
            _prepare(asked["arguments"])
            if "end" in asked:
                print(_watched(asked), flush=True)
                continue
            child = os.fork()
            if child == 0:
                _become(asked)
            _, status = os.waitpid(child, 0)
            print(os.waitstatus_to_exitcode(status), flush=True)


def _watched(asked: dict[str, Any]) -> int:
    """Fork a process, and one between that waits for its end and writes down how it ended; give its number."""
    told, tells = os.pipe()
    between = os.fork()
    if between == 0:
        child = os.fork()
        if child == 0:
            os.close(tells)
            _become(asked)
        os.write(tells, str(child).encode())
        os.close(tells)
        _, status = os.waitpid(child, 0)
        written = Path(asked["end"] + ".new")
        written.write_text(str(os.waitstatus_to_exitcode(status)))
        written.replace(asked["end"])
        os._exit(0)
    os.close(tells)
    with os.fdopen(told) as pipe:
        return int(pipe.read())


def _prepare(arguments: list[str]) -> None:
    """Import, once, what a command imports only when it is run."""
    from importlib import import_module

    if arguments[:1] == ["backfill"]:
        for name in ("backfill_run", "backfill_desk", "backfill_progress"):
            import_module(f"migration_guard.cli.{name}")
    if arguments[:1] == ["verify"]:
        _try_our_runner()


@cache
def _try_our_runner() -> None:
    """Find out once, and for real, what each verification would find out again: how our runner ends without a server."""
    from migration_guard.verify import running

    found = running.against_a_closed_port()
    running.against_a_closed_port = lambda: found


def _warm() -> None:
    """See that there is a reader, and that it has imported everything; one that a run has lost is replaced."""
    from migration_guard.operations import Job
    from migration_guard.pool import read_all

    job = Job(path="/nowhere/a.py", shown="a.py", root="/nowhere", framework="alembic")
    while any(reading.problems for _, reading in read_all(iter([(job, b"")]), 1)):
        continue


def _become(run: dict[str, Any]) -> NoReturn:
    """Be the process that was asked for, and end as it would."""
    from migration_guard.__main__ import main
    from migration_guard.git.view import close as close_views

    code = 70
    try:
        for number, path in enumerate((os.devnull, *run["paths"])):
            opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)  # both may be one file
            os.dup2(opened, number)
            os.close(opened)
        sys.stdin, sys.stdout, sys.stderr = (os.fdopen(n, "w" if n else "r", encoding="utf-8") for n in range(3))
        os.chdir(run["cwd"])
        os.environ.clear()
        os.environ.update(run["env"])
        sys.argv = ["migration-guard", *run["arguments"]]
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001 - told, since the process ends below
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        close_views()  # what is registered for the end of a process belongs to the one that it was forked from
        os._exit(code)


if __name__ == "__main__":
    serve()
