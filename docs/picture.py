"""Draw the README's picture: a real run over the example project, as a terminal shows it.

    picture.py

It needs no terminal: the run is told to use colours, and rich draws what it printed.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent
EXAMPLE = HERE.parent / "examples" / "crm"
PICTURE = HERE / "picture.svg"
COMMAND = ("check", "--no-baseline", "alembic/versions/0003_lead_owner.py")
TITLE = "migration-guard alembic/versions/0003_lead_owner.py"
WIDTH = 100
_FONTS = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
"""rich has its fonts fetched from elsewhere; the reader's own will do."""


def main() -> int:
    """Write the picture."""
    PICTURE.write_text(drawn(printed()), encoding="utf-8")
    return 0


def printed() -> str:
    """Run the linter, in colours."""
    stated = {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": str(WIDTH), "PYTHONIOENCODING": "utf-8"}
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLORTERM"}}
    command = [sys.executable, "-m", "migration_guard", *COMMAND]
    ran = subprocess.run(
        command, cwd=EXAMPLE, env={**kept, **stated}, capture_output=True, encoding="utf-8", check=False
    )
    if ran.returncode != 1:
        raise SystemExit(f"the run ended with {ran.returncode}: {ran.stderr}")
    return ran.stdout


def drawn(text: str) -> str:
    """Turn what a terminal would get into a picture."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(text))
    # The same picture must come out every time, so what tells pictures on one page apart is stated.
    return _FONTS.sub("", console.export_svg(title=TITLE, unique_id="migration-guard"))


if __name__ == "__main__":
    sys.exit(main())
