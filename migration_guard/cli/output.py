"""Writing: to standard output, to files, to standard error."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from pathlib import Path

import click

from migration_guard.report.sanitise import one_line


def emit(text: str) -> None:
    """Print a text that is already safe. A reader who has gone away is no error; a full disk is one."""
    try:
        click.echo(text, nl=False, color=True)
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        _discard()
    except OSError as error:
        _discard()
        raise click.ClickException(f"the output could not be written: {error.strerror}") from None


def complain(text: str) -> None:
    """Print to standard error."""
    try:
        click.echo("\n".join(one_line(line) for line in text.split("\n")), err=True)
    except OSError:
        return  # nobody is left to be told


def settle() -> None:
    """Flush here, where a closed pipe is understood, and not while the interpreter ends."""
    emit("")


def replace_file(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all; a symbolic link stays one."""
    path = Path(os.path.realpath(path))
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
        try:
            with open(handle, "wb") as file:  # a descriptor
                file.write(content.encode() if isinstance(content, str) else content)
            mode = stat.S_IMODE(os.stat(path).st_mode) if path.exists() else 0o666 & ~_umask()
            os.chmod(name, mode)  # mkstemp's 0600 would lock out whoever reads reports
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise click.ClickException(f"{path} could not be written: {error.strerror}") from None


def _umask() -> int:
    """Ask for the umask; there is no way to without setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _discard() -> None:
    """Send the rest of standard output nowhere, so that nothing fails again when the interpreter ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
