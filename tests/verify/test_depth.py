"""What lies deep, or in another file, is told and never passed over; and what refers to itself often is read in time."""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest

from migration_guard.config import SettingsLoader
from migration_guard.reading.chains import chain_of
from migration_guard.verify import deployment
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


_WELL = "#!/bin/sh\nset -e\nalembic upgrade head\npython backfills/run.py || true\n"
_DATA = "alembic -c data.ini upgrade head || true"


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({}, None),
        (
            {"deploy.sh": f"{_WELL}/opt/x/run.sh\n", "a/run.sh": _DATA, "b/run.sh": "true"},
            "which of the files called run.sh",
        ),
        ({"deploy.sh": f"{_WELL}/opt/x/run.sh\n", "a/run.sh": "true", "b/run.sh": "true"}, None),
        ({".gitlab-ci.yml": f"a:\n  script: ls\nb:\n  run:\n    - name: c\n      script: {_DATA}\n"}, "run says"),
        ({".gitlab-ci.yml": f"a:\n  script: ls\n  hooks: {{pre_get_sources_script: [{_DATA}]}}\n"}, "its hooks"),
        (
            {"site.yml": f"- hosts: all\n  tasks:\n    - block: []\n      rescue:\n        - shell: {_DATA}\n"},
            "a rescue",
        ),
        ({"fly.toml": "[deploy]\nrelease_command = ['alembic', 'upgrade', 'head']\n"}, "release_command is no text"),
        ({"compose.yml": f"services:\n  web:\n    healthcheck:\n      test: {_DATA}\n"}, "the health of web"),
        ({"Dockerfile": f"FROM x\nHEALTHCHECK CMD {_DATA}\nCMD web\n"}, "its health"),
        ({"x.service": f"[Service]\nExecStart=web\nExecStopPost=sh -c '{_DATA}'\n"}, "when the unit stops"),
    ],
)
def test_what_a_description_runs_and_no_reader_reads_is_told(
    files: dict[str, str], why: str | None, tmp_path: Path
) -> None:
    for name, text in {"deploy.sh": _WELL, "backfills/run.py": "", **files}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    settings = SettingsLoader(cwd=tmp_path, isolated=True).for_folder(tmp_path)
    read = deployment.read(find(settings, tmp_path), tmp_path, tmp_path)
    told = [str(problem) for problem in deployment.judge(read)[1]]
    assert told == [] if why is None else any(why in one for one in told)


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
