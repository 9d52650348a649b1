"""The command line. Only this package prints and ends the process."""

from __future__ import annotations

import gc
import io
import sys
from contextvars import ContextVar
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

import click

from migration_guard import __version__
from migration_guard.cli.output import complain, settle

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS = {
    "check": "Find data changes in migrations.",
    "baseline": "Grandfather the findings that are there, so that only new ones fail.",
    "backfill": "Change data in small committed batches, apart from migrations.",
    "explain": "Show every operation seen in migrations, the calls followed to it, and why the rest is clean.",
    "rule": "Explain a rule, named by code or name; a part of either lists the rules that it may mean, as no name lists all.",
    "move": "Take a data change out of its migration, and define a backfill that makes it after the deployment.",
    "verify": "Verify the six points before a merge or a deployment: GO or NO-GO.",
    "server": "Serve an editor: findings while you type, what they mean, and what can be done about them.",
    "config": "Show each value that governs a file or folder, by default the working directory, and where it comes from.",
    "cache": "Remember what was read, so that a file that did not change need not be read again.",
    "init": "Look at the repository, and propose a configuration, a hook and a job in CI.",
    "hot-tables": "Ask a PostgreSQL database which of its tables are hot and which are small.",
}
"""The commands, and what each one's help begins with: a list of them must not load them all."""
DEFAULT = "check"
INSTEAD = {
    "--fix": "`migration-guard move PATH:LINE` turns a data change into a backfill, `--add-ignores` writes remarks",
}
"""Options that people look for, which other tools have, and what does it here."""
USAGE = 2
INTERRUPTED = 130


_is_ours: ContextVar[bool] = ContextVar("_is_ours", default=False)


def is_ours() -> bool:
    """Whether this process runs our command line and nothing else."""
    return _is_ours.get()


class Commands(click.Group):
    """Commands that are imported when they are used; what names none of them is given to `check`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"migration_guard.cli.{cmd_name.replace('-', '_')}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands as click does."""
        limit = formatter.width - 6 - max(map(len, COMMANDS))
        rows = [(name, click.Command(name, help=text).get_short_help_str(limit)) for name, text in COMMANDS.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        completing = ctx.resilient_parsing and not args  # where the first word may still become a command
        if not completing and (not args or args[0] not in {*COMMANDS, "--version", "--help", "-h"}):
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete commands and, since `check` need not be named, its options and paths."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 -- for shells that ask

        named = super().shell_complete(ctx, incomplete)
        default = self.get_command(ctx, DEFAULT)
        if default is not None:
            known = {item.value for item in named}
            options = default.shell_complete(click.Context(default, parent=ctx), incomplete)
            named += [item for item in options if item.value not in known]
        return named if incomplete.startswith("-") else [*named, CompletionItem(incomplete, type="file")]


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="migration-guard", message="%(prog)s %(version)s")
def cli() -> None:
    """Migrations change the schema, backfills change the data.

    `migration-guard PATHS` is short for `migration-guard check PATHS`; a file called check is ./check.
    """


def main() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    _is_ours.set(True)
    code = run(sys.argv[1:])
    gc.freeze()  # an interpreter that ends would look through all of it several times
    sys.exit(code)


def run(args: list[str]) -> int:
    """Run the command line. Whatever goes wrong is told in one line, and never as exit code 0 or 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if args[:2] == ["backfill", "run"]:
        from migration_guard.cli.never_failing import never_failing  # noqa: PLC0415 -- nobody else has use for it

        return never_failing(lambda: cli.main(args, prog_name="migration-guard", standalone_mode=False), args)
    try:
        code = cli.main(args, prog_name="migration-guard", standalone_mode=False)
    except click.NoSuchOption as error:
        hint = INSTEAD.get(error.option_name)
        complain(f"Error: there is no {error.option_name}; {hint}" if hint else f"Error: {error.format_message()}")
        code = USAGE
    except click.UsageError as error:
        if error.ctx is not None:
            complain(error.ctx.get_usage())
        complain(f"Error: {error.format_message()}")
        code = USAGE
    except click.ClickException as error:
        complain(f"Error: {error.format_message()}")
        code = USAGE
    except (click.Abort, KeyboardInterrupt):
        complain("Interrupted.")
        code = INTERRUPTED
    except Exception as error:  # noqa: BLE001 -- a defect of ours must not look like a finding
        complain(f"Error: migration-guard failed, nothing can be relied on: {type(error).__name__}: {error}")
        code = USAGE
    settle()
    return code if isinstance(code, int) else 0
