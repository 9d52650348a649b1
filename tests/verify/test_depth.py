"""What lies deep, or in another file, is told and never passed over; and what refers to itself often is read in time."""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest

from migration_guard.config import SettingsLoader
from migration_guard.reading.chains import chain_of
from migration_guard.verify.descriptions import make
from migration_guard.verify.descriptions.steps import Unreadable
from migration_guard.verify.scripts import find


@pytest.mark.parametrize(
    "text", ["include data.mk\ndeploy: migrate\n\ttrue\n", "-include *.mk\ndeploy: migrate\n\ttrue\n"]
)
def test_a_target_of_an_included_file_is_told(text: str) -> None:
    with pytest.raises(Unreadable, match="the target migrate may stand in a file that it includes"):
        list(make.read(text.encode()))


def test_what_is_a_file_or_stands_there_is_no_target_of_another_file() -> None:
    assert list(make.read(b"include data.mk\ndeploy: build.stamp dist/x migrate\n\ttrue\nmigrate:\n\ttrue\n"))


def test_folders_are_looked_into_deeply_and_deeper_ones_are_told(tmp_path: Path) -> None:
    (tmp_path / "migration-guard.toml").write_text("")
    folder = tmp_path / "deploy"
    for number in range(1, 43):
        folder /= f"f{number}"
    folder.mkdir(parents=True)
    shallow = tmp_path / "deploy" / "f1" / "f2" / "f3" / "f4" / "deploy.sh"
    shallow.write_text("#!/bin/sh\nalembic upgrade head\n")
    (folder / "deploy.sh").write_text("#!/bin/sh\nalembic upgrade head\n")
    found = find(SettingsLoader(cwd=tmp_path).for_folder(tmp_path), tmp_path)
    assert [script.shown for script in found.judged] == ["deploy/f1/f2/f3/f4/deploy.sh"]
    assert ["looked into 40 deep" in str(script) for script in found.others] == [True]


def test_names_of_names_are_followed_once() -> None:
    lines = [
        f"    if x:\n        q{n} = q{n - 1}.filter(a={n})\n    else:\n        q{n} = q{n - 1}.exclude(a={n})"
        for n in range(1, 31)
    ]
    tree = cst.parse_module("def f(x):\n    q0 = Lead.objects\n" + "\n".join(lines) + "\n    q30.update(a=1)\n")
    function = cst.ensure_type(tree.body[0], cst.FunctionDef)
    last = cst.ensure_type(cst.ensure_type(function.body, cst.IndentedBlock).body[-1], cst.SimpleStatementLine)
    chain = chain_of(cst.ensure_type(last.body[0], cst.Expr).value, function)
    assert len(chain.links) < 200
