"""Write what repeats the code: the rules' own pages, the commands, the table of options and its schema, the internals.

    generate.py [--check]

`--check` writes nothing, and ends with 1 if one of them is not up to date.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from pathlib import Path

import click

from migration_guard.cli import baseline, cli
from migration_guard.config import schema
from migration_guard.config.options import Option
from migration_guard.config.settings import Settings
from migration_guard.rules import Rule, all_rules, read_page
from migration_guard.watching.catalogue import METRICS

HERE = Path(__file__).parent
BEGIN, END = "<!-- options: written by `make docs` -->\n", "<!-- /options -->"
METRICS_BEGIN, METRICS_END = "<!-- metrics: written by `make docs` -->\n", "<!-- /metrics -->"


def main() -> int:
    """Bring the pages up to date, or say which one is not."""
    written = dict(pages())
    stale = [path for path, text in written.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    stale += [path for path in (HERE / "rules").iterdir() if path not in written]  # of a rule that is gone
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path.name} is not up to date; run `make docs`")  # noqa: T201
        return 1 if stale else 0
    (HERE / "rules").mkdir(exist_ok=True)
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")
    for path in set(stale) - set(written):
        path.unlink()
    return 0


def pages() -> list[tuple[Path, str]]:
    """Give each page that is written here, with its text."""
    return [
        (HERE / "rules" / "index.md", _rules()),
        *((HERE / "rules" / f"{rule.name}.md", _rule(rule)) for rule in all_rules()),
        (HERE / "commands.md", "\n".join([*_commands()])),
        (HERE / "configuration.md", _configuration()),
        (HERE / "watching.md", _watching()),
        (HERE / "internals.md", (HERE.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")),
        (Path(schema.__file__).parent / schema.FILE_NAME, schema.generated()),
    ]


def _rule(rule: Rule) -> str:
    return f"# {rule.code} {rule.name}\n\n{rule.text}\n"


def _rules() -> str:
    lines = [
        "# The rules",
        "",
        "`migration-guard rule NAME` prints the page of one.",
        "",
        "| rule | what it flags |",
        "|---|---|",
    ]
    lines += [
        f"| [{rule.code} {rule.name}]({rule.name}.md) | {' '.join(read_page(rule.page).flags.split())} |"
        for rule in all_rules()
    ]
    return "\n".join([*lines, ""])


def _commands() -> Iterator[str]:
    yield from ("# Commands", "", "Without a command, `migration-guard` is `migration-guard check`.", "")
    for command, context in _below(
        cli, click.Context(cli, info_name="migration-guard", terminal_width=1000, max_content_width=1000)
    ):
        yield from (f"## {context.command_path}", "", f"`{command.get_usage(context).removeprefix('Usage: ')}`", "")
        yield from (" ".join(part.split()) + "\n" for part in (command.help or "").split("\n\n"))
        options = [one.get_help_record(context) for one in command.params if isinstance(one, click.Option)]
        rows = [f"| {_code(record[0])} | {' '.join(record[1].split())} |" for record in options if record is not None]
        yield from (["| option | meaning |", "|---|---|", *rows, ""] if rows else [])


def _code(text: str) -> str:
    """Write code in a cell of a table, where GitHub takes a bar for the cell's end, in backticks too."""
    return f"<code>{text.replace('|', '&#124;')}</code>" if "|" in text else f"`{text}`"


def _below(group: click.Group, context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    """Give each command of a group, those of its groups too, in a context that no terminal narrows."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        inner = click.Context(command, parent=context, info_name=name)
        if not isinstance(command, click.Group):
            yield command, inner
            continue
        unnamed = command.get_command(inner, baseline.DEFAULT)
        if unnamed is not None:
            yield unnamed, click.Context(unnamed, parent=context, info_name=name)
        yield from _below(command, inner)


def _between(page: str, begin: str, lines: list[str], end: str) -> str:
    """Put lines into a page that people write, between two marks."""
    before, _, rest = (HERE / page).read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}{chr(10).join(lines)}\n{end}{after}"


def _watching() -> str:
    lines = ["| metric | kind | labels | what it says | for a panel or an alert |", "|---|---|---|---|---|"]
    lines += [
        f"| `{one.full}` | {one.kind.value} | {', '.join(f'`{label}`' for label in one.labels)} | {one.doc} | `{one.panel}` |"
        for one in METRICS
    ]
    return _between("watching.md", METRICS_BEGIN, lines, METRICS_END)


def _configuration() -> str:
    lines = ["| key | takes | default | meaning |", "|---|---|---|---|"]
    for field in fields(Settings):
        option = field.metadata.get("option")
        if isinstance(option, Option) and field.default is not MISSING:
            key, value = field.name.replace("_", "-"), field.default
            lines.append(f"| `{key}` | {option.kind.expected} | {_shown(value)} | {option.doc} |")
    return _between("configuration.md", BEGIN, lines, END)


def _shown(value: object) -> str:
    if value is None or value == () or is_dataclass(value):
        return "nothing"
    return f"`{json.dumps(value.value if isinstance(value, Enum) else value)}`"


if __name__ == "__main__":
    sys.exit(main())
