"""`manage.py migration_guard`: the command line, where Django's users look for commands."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from migration_guard.cli import run


class Command(BaseCommand):  # type: ignore[misc]  # Django has no types
    """Hands everything on: options, paths and commands are those of `migration-guard`."""

    help = "Finds data changes in migrations: the command line migration-guard, with all its options."
    requires_system_checks: list[str] = []  # noqa: RUF012 -- as Django spells it
    """It reads migrations as text, so it also works where the project cannot be loaded wholly."""

    def run_from_argv(self, argv: list[str]) -> None:
        """Take the arguments as they are: Django would understand `--help` and `--version` itself."""
        sys.exit(run(argv[2:]))

    def add_arguments(self, parser: CommandParser) -> None:
        """For `call_command("migration_guard", "check", "app")`."""
        parser.add_argument("arguments", nargs="*")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 -- Django's signature
        """Run, and end the process as the command line would, unless all is well."""
        code = run(list(options["arguments"]))
        if code:
            sys.exit(code)
