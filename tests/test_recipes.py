"""The recipes of docs/ci.md, of `init` and of the action, run as they stand against branches that judge themselves."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from program import run

ROOT = Path(__file__).parents[1]
CI = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", CI, re.MULTILINE | re.DOTALL)
HEAD = "from alembic import op\nrevision = '{0}'\ndown_revision = None\n\n\ndef upgrade():\n"
NEW = HEAD.format("2") + "    op.execute('UPDATE leads SET a = 1')\n"


def block(kind: str, word: str) -> str:
    found: str
    (found,) = [text for one, text in BLOCKS if one == kind and word in text]
    return found


def gitlab(job: str) -> str:
    return "\n".join(yaml.safe_load(job)["migration-guard"]["script"])


def action() -> str:
    """The step of the action, with the inputs of the recipe as GitHub hands them over."""
    (use,) = [
        one
        for one in yaml.safe_load(block("yaml", "uses: OWNER"))["jobs"]["migrations"]["steps"]
        if "with" in one and "arguments" in one["with"]
    ]
    step = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["runs"]["steps"][1]["run"]
    return f"export PATHS='' ARGUMENTS='{use['with']['arguments']}'\n{step}"


def proposed(folder: Path, *, with_gitlab: bool) -> str:
    """The job that `init` writes, or tells."""
    there = folder / (".gitlab-ci.yml" if with_gitlab else ".github/CODEOWNERS")
    for path, text in ((folder / "versions" / "1.py", HEAD.format("1") + "    pass\n"), (there, "stages: [test]\n")):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    told = run("init", "--write", cwd=folder).stdout
    if with_gitlab:
        return gitlab(textwrap.dedent(re.findall(r"^    migration-guard:\n(?:     .*\n)+", told, re.MULTILINE)[0]))
    job = yaml.safe_load((folder / ".github/workflows/migration-guard.yml").read_text())
    return "\n".join(step["run"] for step in job["jobs"]["migration-guard"]["steps"] if "run" in step)


RECIPES: dict[str, Callable[[Path], str]] = {
    "action": lambda _: action(),
    "github in two lines": lambda _: "\n".join(step["run"] for step in yaml.safe_load(block("yaml", "--output-format github"))),
    "gitlab": lambda _: gitlab(block("yaml", "CI_MERGE_REQUEST")),
    "any other": lambda _: block("sh", "junit="),
    "before a push": lambda _: yaml.safe_load(block("yaml", "migration-guard-push"))["repos"][0]["hooks"][0]["entry"],
    "init for github": lambda folder: proposed(folder, with_gitlab=False),
    "init for gitlab": lambda folder: proposed(folder, with_gitlab=True),
}  # fmt: skip


class Project:
    """A clone with a branch, as CI has it, and programs that stand for what is installed."""

    def __init__(self, folder: Path) -> None:
        self.origin, self.root, self._bin = folder / "origin", folder / "clone", folder / "bin"
        self.origin.mkdir()
        self._git("init", "-q", "-b", "main", cwd=self.origin)
        (self.origin / "versions").mkdir()
        (self.origin / "versions" / "1.py").write_text(NEW.replace("'2'", "'1'"))
        (self.origin / "migration-guard.toml").write_text("hot-tables = ['leads']\n")
        assert run("baseline", cwd=self.origin).returncode == 0
        self._commit(self.origin)
        self._git("clone", "-q", str(self.origin), str(self.root), cwd=folder)
        self._git("checkout", "-q", "-b", "branch", cwd=self.root)
        for place in (self._bin, self.root / ".guard" / "bin", folder / "runner" / "migration-guard" / "bin"):
            place.mkdir(parents=True)
            for name in ("pip", "python"):
                (place / name).write_text("#!/bin/sh\n")
                (place / name).chmod(0o755)
            (place / "migration-guard").symlink_to(Path(sys.executable).parent / "migration-guard")
        self._runner = folder / "runner"

    def change(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text)
        self._commit(self.root)

    def accept(self) -> None:
        assert run("baseline", "--accept-new", cwd=self.root).returncode == 0
        self._commit(self.root)

    def judged(self, script: str) -> subprocess.CompletedProcess[str]:
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "CI", "GITHUB_"))
        }
        own = {
            "PATH": f"{self._bin}{os.pathsep}{os.environ['PATH']}",
            "CI_DEFAULT_BRANCH": "main",
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
            "RUNNER_TEMP": str(self._runner),
        }
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.root, env={**inherited, **own}, capture_output=True, encoding="utf-8", timeout=300, check=False,
        )  # fmt: skip

    @staticmethod
    def _git(*arguments: str, cwd: Path) -> None:
        identity = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *identity, *arguments], cwd=cwd, check=True)

    def _commit(self, folder: Path) -> None:
        (folder / ".git" / "info" / "exclude").write_text(".guard/\nmigration-guard.json\nmigration-guard.xml\n")
        self._git("add", "-A", cwd=folder)
        self._git("add", "-f", "versions", cwd=folder)
        self._git("commit", "-q", "-m", "x", cwd=folder)


TAMPERED = {
    "versions/2.py": NEW,
    "migration-guard.toml": "exclude = ['versions/2.py']\n",
    "versions/migration-guard.toml": "ignore = ['ALL']\n",
    ".gitignore": "versions/2.py\n",
}
"""Each of them alone is tried in test_closed_form.py."""
REMARK = "    # migration-guard: ignore[update-in-migration] -- agreed\n"


@pytest.mark.parametrize("recipe", RECIPES)
def test_no_branch_judges_itself(tmp_path: Path, recipe: str) -> None:
    script = RECIPES[recipe](tmp_path / "proposed")
    project = Project(tmp_path)
    clean = project.judged(script)
    assert clean.returncode == 0, clean.stdout + clean.stderr
    project.change({"versions/2.py": NEW, "versions/3.py": NEW.replace("    op.execute", REMARK + "    op.execute")})
    project.accept()
    project.change(TAMPERED)
    ran = project.judged(script)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert all(f"versions/{name}.py" in ran.stdout for name in "23") or "report" in script or "--output " in script


def test_a_reviewer_is_told_what_to_look_at() -> None:
    told = CI[CI.index("What a reviewer must still look at") :]
    for word in ("workflow", "baseline", "remarks", "configuration", "`paths`", "packages that are installed", "MG109"):
        assert word in told
