"""Every format says the same report as it did before."""

from __future__ import annotations

import pytest

from migration_guard.report import formats
from migration_guard.report.screen import Screen
from report.sample import CLEAN, GOLDEN, outputs

SAID = outputs()


def test_every_format_has_a_golden_file_and_every_golden_file_a_format() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(SAID)
    assert set(formats.names()) == {
        "azure", "bitbucket", "concise", "full", "github", "gitlab", "html", "json", "json-lines", "junit", "markdown", "rdjson", "sarif"
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(SAID))
def test_output_is_as_it_was(name: str) -> None:
    """Where a change is meant, `python tests/report/sample.py` writes the files anew."""
    assert SAID[name] == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["full", "concise", "github"])
def test_nothing_to_find_is_one_line_and_in_quiet_none(name: str) -> None:
    loaded = formats.load(name)
    assert loaded.render(CLEAN, Screen()) == (
        "12 migrations checked, 0 new, 0 grandfathered, 0 ignored, 0 problems, 0 excluded.\n"
    )
    assert loaded.render(CLEAN, Screen(quiet=True)) == ""
