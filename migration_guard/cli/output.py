"""Writing: to standard output, to files, to standard error."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from migration_guard.files import LINK_OUT, leads_out, repository_of
from migration_guard.later import Later
from migration_guard.report.sanitise import one_line

if TYPE_CHECKING:
    import tempfile
else:
    tempfile = Later("tempfile")


def emit(text: str) -> None:
    """Print a text that is already safe. A reader who has gone away is no error; a full disk is one."""
    try:
        click.echo(text, nl=False, color=True)
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        discard()
    except OSError as error:
        discard()
        raise click.ClickException(f"the output could not be written: {error.strerror}") from None


def is_read() -> bool:
    """Whether somebody may still read standard output: of a pipe or a socket it is known when nobody does."""
    import select  # noqa: PLC0415 -- for who reads files

    try:
        number = sys.stdout.fileno()
        mode = os.fstat(number).st_mode
        if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)) or not hasattr(select, "poll"):
            return True
        poll = select.poll()
        poll.register(number, 0)  # that nobody is at the other end is told unasked
        return not any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))
    except (AttributeError, OSError, ValueError):  # no standard output, or one that is no file
        return True


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
    """Write a file whole or not at all; one that is there keeps its mode, and links to it stay links.

    A device or a pipe is written into: replaced, it would be lost.
    """
    _refuse_links(path)
    if path.exists() and not path.is_file() and not path.is_dir():
        append_file(path, content)
    else:
        _write(Path(os.path.realpath(path)), content, os.replace)


def create_file(path: Path, text: str) -> None:
    """Write a file whole or not at all, and never over another that has come into being."""
    _refuse_links(path)
    _write(path, text, os.link)


def append_file(path: Path, content: str | bytes) -> None:
    """Add to a file that others write too."""
    _refuse_links(path)
    try:
        with path.open("ab") as file:
            file.write(_encoded(content))
    except OSError as error:
        raise click.ClickException(f"{path} could not be written: {error.strerror}") from None


def _refuse_links(path: Path) -> None:
    """Write nothing outside of the repository, or into git's own files, by a link that lies in the repository."""
    root = repository_of(Path(os.path.abspath(path)).parent) or Path.cwd()
    if leads_out(path, root):
        raise click.ClickException(f"{path} is not written: {LINK_OUT}")
    own = os.path.realpath(root / ".git")
    if Path(os.path.realpath(path)).is_relative_to(own) and not Path(os.path.abspath(path)).is_relative_to(own):
        raise click.ClickException(f"{path} is not written: a symbolic link on its way leads into git's own files")


def _write(path: Path, content: str | bytes, place: Callable[[str, Path], None]) -> None:
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
        try:
            with open(handle, "wb") as file:  # a descriptor
                file.write(_encoded(content))
            os.chmod(name, _mode(path))  # mkstemp's 0600 would lock out whoever reads reports
            place(name, path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)
    except OSError as error:
        raise click.ClickException(f"{path} could not be written: {error.strerror}") from None


def _encoded(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _mode(path: Path) -> int:
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except FileNotFoundError:
        return 0o666 & ~_umask()


def _umask() -> int:
    """Ask for the umask; there is no way to without setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def discard() -> None:
    """Send the rest of standard output nowhere, so that nothing fails again when the interpreter ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
