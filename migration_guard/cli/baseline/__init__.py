"""`migration-guard baseline`: the findings that are grandfathered."""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS = ("add", "prune", "status", "show", "explain", "history")
DEFAULT = "update"


class Commands(click.Group):
    """What names no command is given to the one that brings the baseline up to date."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in {*COMMANDS, DEFAULT}:
            return None
        command: click.Command = import_module(f"migration_guard.cli.baseline.{cmd_name}").command
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in {*COMMANDS, "--help", "-h"}:
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The unnamed command has no name in its usage either: `baseline update` is about a path."""
        name, found, rest = super().resolve_command(ctx, args)
        return "" if name == DEFAULT else name, found, rest

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show what the unnamed command takes, since it is the one that is used most."""
        update = self.get_command(ctx, DEFAULT)
        if update is not None:
            update.format_options(ctx, formatter)


@click.group("baseline", cls=Commands, options_metavar="", subcommand_metavar="[PATHS]... | COMMAND")
def command() -> None:
    """Grandfather the findings that are there, so that only new ones fail.

    Writes the baseline the first time. Later it takes out what is gone and follows what has moved, keeps every reason,
    owner and date, and adds findings only with --accept-new.
    """
