"""Runs git so that nothing else is run with it, and never for longer than a limit.

What git runs of its own accord is named by its configuration, by attributes and by the environment. The environment
is dropped here; configuration and attributes have no say in `view`, where all is done but asking where a repository is.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from migration_guard.later import Later

if TYPE_CHECKING:
    import shutil
    import signal
    import subprocess
else:
    shutil = Later("shutil")
    signal = Later("signal")
    subprocess = Later("subprocess")


SECONDS = 60.0
"""What one call may take."""

_QUIETLY = (
    "--no-pager", "--no-optional-locks", "--no-replace-objects", "--literal-pathspecs",
    "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false",
    "-c", "core.pager=cat", "-c", "safe.bareRepository=explicit", "-c", "protocol.allow=never",
)  # fmt: skip
_OFFLINE = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
"""A missing object stays missing: to fetch it would run what the remote's configuration names."""
_WHERE = ("GIT_CEILING_DIRECTORIES", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_DISCOVERY_ACROSS_FILESYSTEM")
"""What of git's environment counts where a repository is looked for: it says whom its user trusts."""


class GitError(Exception):
    """Git is not there, or refuses; the message says what was asked and what can be done."""


def ask(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Ask about the repository that a folder belongs to. Its configuration is read: only for what runs nothing."""
    kept = {name: os.environ[name] for name in _WHERE if name in os.environ}
    return run(folder, arguments, kept)


def run(
    folder: Path, arguments: tuple[str, ...], variables: Mapping[str, str], given: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run git in a folder. Raises GitError where it cannot be run, or takes too long."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"PATH": _path(), **_OFFLINE, **variables}
    command = [program(), *_QUIETLY, *arguments]
    try:
        with subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            try:
                out, err = process.communicate(given, timeout=SECONDS)
            except BaseException:
                _kill(process)
                raise
    except subprocess.TimeoutExpired:
        raise GitError(f"git {arguments[0]} took longer than {SECONDS:g} s") from None
    except OSError as error:
        raise GitError(f"git could not be run: {type(error).__name__}") from None
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End git and all that it may have started, which would keep our pipes open."""
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def program() -> str:
    """Give git as PATH names it by whole paths: `.` in PATH would be the repository that is looked at."""
    found = shutil.which("git", path=_path())
    if found is None or not os.path.isabs(found):
        raise GitError("git is not installed")
    return found


def _path() -> str:
    return _absolute(os.environ.get("PATH", os.defpath))


@cache
def _absolute(path: str) -> str:
    return os.pathsep.join(entry for entry in path.split(os.pathsep) if os.path.isabs(entry))
