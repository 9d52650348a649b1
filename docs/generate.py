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
from migration_guard.rules import all_rules

HERE = Path(__file__).parent
BEGIN, END = "<!-- options: written by `make docs` -->\n", "<!-- /options -->"


def main() -> int:
    """Bring the pages up to date, or say which one is not."""
    stale = [path for path, text in pages() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path.name} is not up to date; run `make docs`")  # noqa: T201
        return 1 if stale else 0
    for path, text in pages():
        path.write_text(text, encoding="utf-8")
    return 0


def pages() -> list[tuple[Path, str]]:
    """Give each page that is written here, with its text."""
    return [
        (HERE / "rules.md", _rules()),
        (HERE / "configuration.md", _configuration()),
        (HERE / "internals.md", (HERE.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")),
        (Path(schema.__file__).parent / schema.FILE_NAME, schema.generated()),
    ]


def _rules() -> str:
    pages = [f"## {rule.code} {rule.name}\n\n{rule.page.strip().replace('## ', '### ')}\n" for rule in all_rules()]
    return "# The rules\n\n`migration-guard rule NAME` prints the page of one.\n\n" + "\n".join(pages)


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
