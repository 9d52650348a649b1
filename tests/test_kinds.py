"""Programs of kinds that were once silent, a block each in `kinds/`: `#@ name table …`, or `?` where all that can be told is OPAQUE.

`unseen` is a package that is not there; `=== file` begins another file of the repository. `!none`: nothing may be told.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import program
import pytest

KINDS = Path(__file__).parent / "kinds"
ALEMBIC = "import sqlalchemy as sa\nfrom alembic import op\nrevision = 'a'\ndown_revision = None\n"
DJANGO = "from django.db import migrations\n"
OPERATIONS = """
class Migration(migrations.Migration):
    operations = [migrations.RunPython(fill)]
"""
Block = tuple[tuple[str, ...], str]


def blocks(name: str) -> dict[str, Block]:
    found: dict[str, Block] = {}
    for block in re.split(r"^#@ ", (KINDS / f"{name}.txt").read_text("utf-8"), flags=re.MULTILINE)[1:]:
        head, body = block.split("\n", 1)
        label, *tables = head.split()
        assert label not in found
        found[label] = (tuple(tables), body)
    return found


EVERY = {**blocks("alembic"), **blocks("django")}


def write(folder: Path, body: str, *, django: bool) -> None:
    main, *others = re.split(r"^=== (\S+)\n", body, flags=re.MULTILINE)
    (folder / ".git").mkdir(parents=True)
    if django:
        others += ["shop/migrations/0001_probe.py", DJANGO + main + OPERATIONS]
    else:
        others += ["versions/probe.py", ALEMBIC + main]
    for path, text in zip(others[::2], others[1::2]):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[str]]]:
    """The tables of all that is told of each program; none of what is OPAQUE."""
    top = tmp_path_factory.mktemp("kinds")
    own = blocks("django")
    for label, (_, body) in EVERY.items():
        write(top / label, body, django=label in own)
    asked = ("check", ".", "--isolated", "--no-baseline", "--select", "MG1", "--exit-zero", "--output-format", "json")
    report = json.loads(program.run(*asked, cwd=top).stdout)
    assert report["problems"] == []
    found: dict[str, list[list[str]]] = {label: [] for label in EVERY}
    for one in report["findings"]:
        found[one["path"].partition("/")[0]].append(one["operation"]["tables"])
    return found


@pytest.mark.parametrize("label", EVERY)
def test_a_kind_is_told(label: str, told: dict[str, list[list[str]]]) -> None:
    wanted, _ = EVERY[label]
    if wanted == ("!none",):
        assert told[label] == []
    elif wanted == ("?",):
        assert told[label]
    else:
        assert {table for tables in told[label] for table in tables} == set(wanted)
