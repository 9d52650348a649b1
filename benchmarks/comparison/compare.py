"""Run migration-guard and its peers on the same small project, and say what each reports.

    compare.py [--write]

The peers are installed as they are on the index today (`peers.txt`), into a folder that is removed again. Each migration of
`project/` says in its first line whether it changes rows; a peer has reported it if it fails on that file alone, or where a
peer looks at all files at once, names it or the helper that it calls. `--write` puts the table into docs/comparison.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "comparison.md"
BEGIN, END = "<!-- figures: written by `make compare WRITE=--write` -->\n", "<!-- /figures -->"
HELPERS = {"alembic/versions/0003_helper.py": "shared/rows.py", "shop/migrations/0003_saved_rows.py": "shop/rows.py"}


@dataclass(frozen=True, slots=True)
class Case:
    """One migration of the project."""

    path: str
    """POSIX, relative to the project."""
    changes_rows: bool


@dataclass(frozen=True, slots=True)
class Peer:
    """A tool, and how it is asked about a file."""

    name: str
    package: str
    reads: tuple[str, ...]
    """Folders whose files it can be asked about."""
    reports: Callable[[Case], bool | None]
    """None where it cannot be asked: the migration cannot be rendered."""
    how: str


class Peers:
    """The tools in one environment, and the project that they look at."""

    def __init__(self, binaries: Path, project: Path) -> None:
        self._binaries, self._project = binaries, project
        self._semgrep: frozenset[str] | None = None

    def all(self) -> Iterator[Peer]:
        """Name the tools, ours first."""
        python = ("alembic", "shop")
        yield Peer("migration-guard", "", (*python, "sql"), self._guard, "each file")
        yield Peer("semgrep, with rules for it", "semgrep", python, self._rules, "all files, with `semgrep.yml`")
        yield Peer("squawk", "squawk-cli", (*python, "sql"), self._squawk, "the SQL that Alembic and Django render")
        yield Peer(
            "django-migration-linter", "django-migration-linter", ("shop",), self._lintmigrations, "each migration"
        )
        yield Peer("alembic-guard", "alembic-guard", ("alembic",), self._alembic_guard, "each file, `--strict`")
        yield Peer("alembic-migration-linter", "alembic-migration-linter", ("alembic",), self._alembic_lint, "each")

    def run(self, tool: str, *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a tool of the environment in the project."""
        environment = {**os.environ, "PYTHONPATH": ".", "SEMGREP_SEND_METRICS": "off", "PYTHONDONTWRITEBYTECODE": "1"}
        command = (str(self._binaries / tool), *arguments)
        return subprocess.run(
            command, cwd=self._project, env=environment, input=given, capture_output=True, encoding="utf-8", check=False
        )

    def _guard(self, case: Case) -> bool:
        arguments = ("-m", "migration_guard", "check", "--isolated", "--no-cache", case.path)
        code = subprocess.run(
            (sys.executable, *arguments), cwd=self._project, capture_output=True, check=False
        ).returncode
        return _failed(code, "migration-guard")

    def _rules(self, case: Case) -> bool:
        if self._semgrep is None:
            rules = str(HERE / "semgrep.yml")
            asked = ("scan", "--metrics", "off", "--disable-version-check", "--quiet", "--json", "--config", rules, ".")
            found = json.loads(self.run("semgrep", *asked).stdout)
            if found["errors"]:
                sys.exit(f"semgrep: {found['errors']}")
            self._semgrep = frozenset(one["path"] for one in found["results"])
        return bool({case.path, HELPERS.get(case.path)} & self._semgrep)

    def _squawk(self, case: Case) -> bool | None:
        sql = self._rendered(case)
        if sql is None:
            return None
        with tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="utf-8") as file:
            file.write(sql)
            file.flush()
            done = self.run("squawk", "--reporter", "json", "--pg-version", "16", file.name)
        return bool(json.loads(done.stdout))

    def _rendered(self, case: Case) -> str | None:
        """The SQL of a migration; None if its own tool cannot render it."""
        if case.path.startswith("sql"):
            return (self._project / case.path).read_text(encoding="utf-8")
        if case.path.startswith("alembic"):
            number = _stem(case).split("_")[0]
            done = self.run("alembic", "-q", "upgrade", f"{int(number) - 1:04}:{number}", "--sql")
        else:
            done = self.run("python", "manage.py", "sqlmigrate", "shop", _stem(case))
        return done.stdout if done.returncode == 0 else None

    def _lintmigrations(self, case: Case) -> bool:
        asked = ("manage.py", "lintmigrations", "shop", _stem(case), "--warnings-as-errors", "--no-cache")
        return _failed(self.run("python", *asked).returncode, "django-migration-linter")

    def _alembic_guard(self, case: Case) -> bool:
        return _failed(self.run("alembic-guard", "--strict", case.path).returncode, "alembic-guard")

    def _alembic_lint(self, case: Case) -> bool:
        revision = _stem(case).split("_")[0]
        asked = ("-r", revision, "-d", "postgresql", "--warnings-as-errors", "--no-cache")
        return _failed(self.run("alembic-lint", *asked).returncode, "alembic-migration-linter")


def main() -> int:
    """Run them and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the table into docs/comparison.md")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        binaries = Path(folder) / "bin"
        install = (
            binaries / "python",
            "-m",
            "pip",
            "install",
            "-q",
            "--disable-pip-version-check",
            "-r",
            HERE / "peers.txt",
        )
        if (done := subprocess.run(install, capture_output=True, encoding="utf-8", check=False)).returncode:
            sys.exit(done.stderr)
        table = "".join(f"{line}\n" for line in lines(Peers(binaries, HERE / "project"), binaries))
    print(table, end="")
    if arguments.write:
        page = PAGE.read_text(encoding="utf-8")
        begin, end = page.index(BEGIN) + len(BEGIN), page.index(END)
        PAGE.write_text(page[:begin] + table + page[end:], encoding="utf-8")
    return 0


def cases() -> list[Case]:
    """Find the migrations, and what each says of itself in its first line."""
    project, found = HERE / "project", []
    for pattern in ("alembic/versions/*.py", "shop/migrations/0*.py", "sql/*.sql"):
        for path in sorted(project.glob(pattern)):
            first = path.read_text(encoding="utf-8").split("\n", 1)[0].strip('"-. ')
            if not first.startswith("The table"):
                found.append(Case(path.relative_to(project).as_posix(), first.startswith("Changes rows")))
    return found


def lines(peers: Peers, binaries: Path) -> Iterator[str]:
    """Give the table: what each found of the changes that it could be asked about, and what it said of clean files."""
    yield "| tool | version | asked | data changes told | not rendered | files without any that it fails |"
    yield "|---|---|---|--:|--:|--:|"
    every = cases()
    for peer in peers.all():
        asked = [case for case in every if case.path.split("/")[0] in peer.reads]
        told = {case: peer.reports(case) for case in asked}
        changing = [told[case] for case in asked if case.changes_rows]
        clean = [told[case] for case in asked if not case.changes_rows]
        yield (
            f"| {peer.name} | {_version(binaries, peer.package)} | {peer.how} | {changing.count(True)} of {len(changing)}"
            f" | {changing.count(None) + clean.count(None) or ''} | {clean.count(True)} of {len(clean)} |"
        )


def _version(binaries: Path, package: str) -> str:
    if not package:
        from migration_guard import __version__  # noqa: PLC0415 -- the guard is asked as a program

        return __version__
    program = f"import importlib.metadata as m; print(m.version({package!r}))"
    return subprocess.run(
        (binaries / "python", "-c", program), capture_output=True, encoding="utf-8", check=True
    ).stdout.strip()


def _stem(case: Case) -> str:
    return Path(case.path).stem


def _failed(code: int, tool: str) -> bool:
    """Whether a tool failed a file; a crash or wrong usage is no answer."""
    if code not in {0, 1}:
        sys.exit(f"{tool} ended with {code}")
    return code == 1


if __name__ == "__main__":
    sys.exit(main())
