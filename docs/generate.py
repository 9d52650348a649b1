"""Write what repeats the code: the rules' own pages, the table of options and its schema, the internals.

    generate.py [--check]

`--check` writes nothing, and ends with 1 if one of them is not up to date.
"""

from __future__ import annotations

import json
import sys
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from pathlib import Path

from migration_guard.config import schema
from migration_guard.config.options import Option
from migration_guard.config.settings import Settings
from migration_guard.rules import Rule, all_rules, read_page

HERE = Path(__file__).parent
BEGIN, END = "<!-- options: written by `make docs` -->\n", "<!-- /options -->"


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
        (HERE / "configuration.md", _configuration()),
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


def _configuration() -> str:
    before, _, rest = (HERE / "configuration.md").read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = ["| key | takes | default | meaning |", "|---|---|---|---|"]
    for field in fields(Settings):
        option = field.metadata.get("option")
        if isinstance(option, Option) and field.default is not MISSING:
            key, value = field.name.replace("_", "-"), field.default
            lines.append(f"| `{key}` | {option.kind.expected} | {_shown(value)} | {option.doc} |")
    return f"{before}{BEGIN}{chr(10).join(lines)}\n{END}{after}"


def _shown(value: object) -> str:
    if value is None or value == () or is_dataclass(value):
        return "nothing"
    return f"`{json.dumps(value.value if isinstance(value, Enum) else value)}`"


if __name__ == "__main__":
    sys.exit(main())
