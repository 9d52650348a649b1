"""`python -m migration_guard`, and the program that is installed."""

import gc
import os
import sys
from contextlib import suppress
from typing import NoReturn

# The working directory is a repository that somebody else wrote: a json.py in it must not become ours.
if sys.path and sys.path[0] in {"", os.getcwd()}:  # by `os`: pathlib would be imported from there
    del sys.path[0]


MODULES_ARE_KEPT = 50_000
"""Objects between two searches for garbage: what modules consist of is none, and looking through it takes a tenth of a short run."""


def _unindented(text: str) -> str:
    """Give a docstring without its margin, as `inspect.cleandoc` does: all that click asks that module for here."""
    first, *others = text.expandtabs().split("\n")
    margin = min((len(line) - len(line.lstrip()) for line in others if line.strip()), default=0)
    return "\n".join([first.lstrip(), *(line[margin:] for line in others)]).strip("\n")


def _hurry() -> None:
    """Import what every run needs without what that asks for and we do not: a tenth of what a short run takes.

    Our command line speaks English, whatever click could say, and takes no UUIDs. Whoever asks for more of these modules
    gets it of the real ones.
    """
    from migration_guard.later import postponed  # noqa: PLC0415 -- takes its time, in which signals come

    english = {"gettext": str, "ngettext": lambda one, many, number: one if number == 1 else many}
    with postponed({"gettext": english, "uuid": {"UUID": str}, "ipaddress": {}, "inspect": {"cleandoc": _unindented}}):
        import dataclasses  # noqa: F401, PLC0415
        import pathlib  # noqa: F401, PLC0415

        import click  # noqa: F401, PLC0415


def main() -> NoReturn:
    """Run the command line. A run of backfills listens to signals before it loads anything."""
    gc.set_threshold(MODULES_ARE_KEPT)
    unfailing = sys.argv[1:3] == ["backfill", "run"]
    try:
        if unfailing:
            from migration_guard.stopping import STOPPING  # noqa: PLC0415 -- nobody else has use for it

            STOPPING.listen()
        _hurry()
        from migration_guard.cli import main as command_line  # noqa: PLC0415 -- takes its time, in which signals come

        command_line()
    except KeyboardInterrupt:  # before the command itself answers for them
        if not unfailing:
            raise
        with suppress(OSError):  # by its number: what was interrupted may be the setting up of the stream itself
            os.write(1, b"NOTHING WAS RUN: stopped by a signal\n")
        sys.exit(2 if "--strict" in sys.argv else 0)


if __name__ == "__main__":
    main()
