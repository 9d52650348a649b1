"""`migration-guard server`: the language server, for editors."""

from __future__ import annotations

import click

from migration_guard.cli.reports import check_documentation

EXTRA = "the extra is not installed: pip install 'migration-guard[server]'"


@click.command("server")
@click.option("--stdio", is_flag=True, help="Speak on standard input and output, which is all that it does.")
def command(*, stdio: bool) -> int:  # noqa: ARG001 -- editors pass it
    """Serve an editor: findings while you type, what they mean, and what can be done about them.

    Speaks the Language Server Protocol on standard input and output until the editor leaves.
    """
    try:
        from migration_guard.server.door import serve  # noqa: PLC0415 -- needs the extra
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in {"pygls", "lsprotocol", "attrs", "cattrs"}:
            raise
        raise click.ClickException(EXTRA) from None
    check_documentation()
    serve()
    return 0
