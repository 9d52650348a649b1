"""A small project to verify, and the command run on it as a person would."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import program

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures" / "verify"


@dataclass(frozen=True)
class Told:
    """What a verification said, as JSON."""

    code: int
    document: dict[str, Any]

    @property
    def outcomes(self) -> list[str]:
        return [point["outcome"] for point in self.document["points"]]

    @property
    def verdict(self) -> str:
        return str(self.document["verdict"])

    def evidence(self, number: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.document["points"][number - 1]["evidence"]
        return found

    def codes(self, number: int, *, remark: bool) -> set[str]:
        return {one["code"] for one in self.evidence(number) if one["code"] and one["remark"] is remark}

    def unjudged(self, number: int) -> list[str]:
        return [one["message"] for one in self.document["points"][number - 1]["not_judged"]]


def copied(name: str, to: Path) -> Path:
    folder = to / name
    shutil.copytree(FIXTURES / name, folder)
    (folder / ".git").mkdir()
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    return program.run("verify", *arguments, cwd=folder, env=inherited)


def verified(folder: Path, *arguments: str) -> Told:
    ran = run(folder, "--output-format", "json", *arguments)
    assert ran.stdout, ran.stderr
    return Told(ran.returncode, json.loads(ran.stdout))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
