"""Fetches packages, runs their migrations on a PostgreSQL of ours, and compares."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from backfill.server import configured

from witness.compare import Compared, compare
from witness.guard import told
from witness.listing import counted, described, table
from witness.packages.plan import ALEMBIC, DJANGO, INSTALLED, LEAST, NEEDS
from witness.program import Program
from witness.record import Ran, Record

KEEP = Path(".witness/packages")
_TESTS = Path(__file__).parents[2]
_SECONDS = 400


def main(names: list[str]) -> int:
    """Run each package, and print its row."""
    KEEP.mkdir(parents=True, exist_ok=True)
    rows: dict[str, Counter[str]] = {}
    reasons: dict[str, str] = {}
    with configured() as server:
        for name in names or [*DJANGO, *ALEMBIC]:
            try:
                with server.fresh() as database:
                    results = list(_results(name, server.url(database)))
            except NotRun as failure:
                reasons[name] = str(failure)
                continue
            rows[name] = sum(map(counted, results), Counter[str]())
            for one in results:
                if one.bad:
                    print("\n".join(list(described(one))[:3]), flush=True)
    print(table(rows))
    print(f"{len(rows)} packages ran, {len(reasons)} did not:")
    for name, why in reasons.items():
        print(f"  {name}: {why}")
    too_few = bool(reasons) if names else len(rows) < LEAST
    return 1 if too_few or any(counts["failing"] for counts in rows.values()) else 0


class NotRun(Exception):
    """A package that cannot be installed or run here says nothing: it is listed with its reason."""


def _results(name: str, url: str) -> Iterator[Compared]:
    output = (KEEP / f"{name}.json").resolve()
    output.unlink(missing_ok=True)
    root, command = _django(name) if name in DJANGO else _alembic(name)
    environment = {**os.environ, "PYTHONPATH": str(_TESTS)}
    try:
        run = subprocess.run(  # in a process of its own, which a package may end
            [str(command[0]), "-W", "ignore", "-m", command[1], url, str(output), *command[2:]],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise NotRun(f"it does not end in {_SECONDS} s") from None
    found = json.loads(output.read_text("utf-8")) if output.exists() else []
    if not found:
        raise NotRun((run.stderr.strip().splitlines() or ["it has no migrations"])[-1][:200])
    errors = [row for row in found if row["error"]]
    print(
        f"{name}: {len(found)} migrations, {len(errors)} not to their end",
        *(row["error"] for row in errors[:2]),
        flush=True,
    )
    repository = _repository(name, root)
    for row in found:
        path = repository / Path(row["file"]).relative_to(root)
        record = Record(str(path))
        record.ran = {Ran(kind, changed): set(lines) for kind, changed, lines in row["ran"]}
        framework = "django" if name in DJANGO else "alembic"
        yield compare(_program(path, framework), record, told(path, repository, path.read_text("utf-8"), framework))


def _program(path: Path, framework: str) -> Program:
    return Program(path.name, framework, path.read_text("utf-8"), (), 0, (), {}, {}, (), frozenset())


def _repository(name: str, root: Path) -> Path:
    """Copy a package to a place where it is a repository, and nothing installed."""
    there = (KEEP / "repositories" / name).resolve()
    if not there.exists():
        tops = [app.partition(".")[0] for app in DJANGO[name]] if name in DJANGO else [ALEMBIC[name].partition("/")[0]]
        for top in tops:
            shutil.copytree(
                root / top,
                there / top,
                ignore=shutil.ignore_patterns("__pycache__", "static", "locale"),
                dirs_exist_ok=True,
            )
    return there


def _django(name: str) -> tuple[Path, list[str]]:
    """Install a package with what it needs, and give the command that runs it."""
    place = (KEEP / "venv").resolve()
    python = place / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        _pip(python, "install", "django>=5.2,<6", "psycopg[binary]", "django-allauth")
    _pip(python, "install", name, *NEEDS.get(name, ()))
    root = next(place.glob("lib/python*/site-packages"))
    return root, [str(python), "witness.packages.in_django", *DJANGO[name]]


def _alembic(name: str) -> tuple[Path, list[str]]:
    """Unpack a wheel, and give the command that runs its revisions here; or install the package, where that is not enough."""
    if name in INSTALLED:
        place = (KEEP / "venvs" / name).resolve()
        python = place / "bin" / "python"
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
            _pip(python, "install", name, "alembic", "sqlalchemy>=2", "psycopg[binary]")
        root = next(place.glob("lib/python*/site-packages"))
        return root, [str(python), "witness.packages.in_alembic", str(root), ALEMBIC[name]]
    root = (KEEP / "wheels" / name).resolve()
    if not root.exists():
        _pip(Path(sys.executable), "download", "--no-deps", "--only-binary", ":all:", "--dest", str(root), name)
        for wheel in root.glob("*.whl"):
            zipfile.ZipFile(wheel).extractall(root)
    return root, [sys.executable, "witness.packages.in_alembic", str(root), ALEMBIC[name]]


def _pip(python: Path, *arguments: str) -> None:
    command = [str(python), "-m", "pip", arguments[0], "--quiet", "--disable-pip-version-check", *arguments[1:]]
    if subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode:
        raise NotRun("PyPI does not give it")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
