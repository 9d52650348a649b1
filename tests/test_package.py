"""What is built of the project: its addresses, its README where no repository is around, and its pages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from email.parser import HeaderParser
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from zipfile import ZipFile

import program
import pytest

from migration_guard import __version__
from migration_guard.rules import all_rules

ROOT = Path(__file__).parents[1]
SPEC = spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
assert SPEC is not None
assert SPEC.loader is not None
BUILD = module_from_spec(SPEC)
SPEC.loader.exec_module(BUILD)
SDIST = "from hatchling.build import build_sdist; build_sdist('.')"
GITHUB = "https://github.com/acme/guard"
DOCS = f"{GITHUB}/blob/v1/docs/index.md"


@pytest.mark.parametrize(
    ("named", "homepage", "documentation"),
    [
        (f"{GITHUB}.git@v1", GITHUB, DOCS),
        ("https://bot:secret@github.com/acme/guard@v1", GITHUB, DOCS),
        ("git@github.com:acme/guard.git@v1", GITHUB, DOCS),
        (f"{GITHUB}@", GITHUB, None),
        (
            "ssh://git@gitlab.example.org:2222/a/b/guard.git@c0ffee",
            "https://gitlab.example.org/a/b/guard",
            "/-/blob/c0ffee/docs/",
        ),
        ("https://bitbucket.org/acme/guard@c0", "https://bitbucket.org/acme/guard", "/src/c0/docs/"),
        ("https://codeberg.org/acme/guard@c0", "https://codeberg.org/acme/guard", "/src/commit/c0/docs/"),
        ("https://git.example.org/guard@c0", "https://git.example.org/guard", None),
        *(
            (lost, None, None)
            for lost in ("", "@c0", "/srv/guard@c0", "../guard@c0", "file:///srv/guard@c0", "https://github.com/@v1")
        ),
    ],
)
def test_a_copy_leads_to_where_it_comes_from(named: str, homepage: str | None, documentation: str | None) -> None:
    found = BUILD.home(named)
    urls = found.urls if found else {}
    assert urls.get("Homepage") == homepage
    assert documentation in urls["Documentation"] if documentation else "Documentation" not in urls


def build(folder: Path, source: Path = ROOT, **variables: str) -> tuple[Mapping[str, list[str]], str, Path]:
    """Build a wheel, and give what it says of itself, its README, and the wheel."""
    environment = {**os.environ, **variables}
    pip = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        str(folder),
    ]
    subprocess.run([*pip, str(source)], env=environment, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with ZipFile(wheel) as packed:
        name = next(name for name in packed.namelist() if name.endswith(".dist-info/METADATA"))
        told = HeaderParser().parsestr(packed.read(name).decode())
    return {key: told.get_all(key, []) for key in told}, f"{told.get_payload()}", wheel


def test_the_wheel_has_addresses_and_each_page_and_its_readme_leads_there(tmp_path: Path) -> None:
    head, readme, wheel = build(tmp_path / "wheel", MIGRATION_GUARD_SOURCE=f"{GITHUB}@v1")
    assert f"Documentation, {DOCS}" in head["Project-URL"]
    links = re.findall(r"\]\(([^)]+)\)", readme)
    assert links
    for link in links:
        assert (ROOT / link.removeprefix(f"{GITHUB}/blob/v1/")).exists(), link
    # It is installed, says what it was built with, and has each rule's page at hand.
    with ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "there")
    say = "from migration_guard.report import pages; print(pages.documentation(), pages.page_of('MG'), pages.PLACES[0])"
    plain = {name: value for name, value in os.environ.items() if name != "MIGRATION_GUARD_DOCUMENTATION"}
    for variables, address in [
        ({}, f"{DOCS} {GITHUB}/blob/v1/docs/rules/MG.md"),
        (
            {"MIGRATION_GUARD_DOCUMENTATION": "https://docs.example.org/guard"},
            "https://docs.example.org/guard/ https://docs.example.org/guard/rules/MG/",
        ),
        ({"MIGRATION_GUARD_DOCUMENTATION": ""}, "None None"),
    ]:
        ran = subprocess.run(
            [sys.executable, "-c", say],
            cwd=tmp_path / "there",
            env={**plain, **variables, "PYTHONPATH": str(tmp_path / "there")},
            capture_output=True,
            text=True,
            check=True,
        )
        assert ran.stdout.startswith(address)
    wrong = {**plain, "MIGRATION_GUARD_DOCUMENTATION": "docs/"}
    for command in (["check", "."], ["server"]):
        told = program.run(*command, cwd=tmp_path / "there", env=wrong)
        assert (told.returncode, "MIGRATION_GUARD_DOCUMENTATION expects an address" in told.stderr) == (2, True)
    assert {one.stem for one in (tmp_path / "there/migration_guard/rules/pages").iterdir()} == {
        "index",
        *(rule.name for rule in all_rules()),
    }


def test_without_an_address_none_is_named_and_no_link_leads_nowhere(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(ROOT / "migration_guard", source / "migration_guard", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "docs", source / "docs")
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    head, readme, _ = build(tmp_path / "wheel", source, MIGRATION_GUARD_SOURCE="")
    assert "Project-URL" not in head
    assert "](" not in readme
    assert "others, numbered functions" in readme
    # An sdist keeps what it was made with, wherever it is built.
    subprocess.run(
        [sys.executable, "-c", SDIST],
        cwd=source,
        env={**os.environ, "MIGRATION_GUARD_SOURCE": f"{GITHUB}@v1"},
        check=True,
    )
    with tarfile.open(source / f"migration_guard-{__version__}.tar.gz") as packed:
        packed.extractall(tmp_path, filter="data")
    head, readme, _ = build(
        tmp_path / "again",
        tmp_path / f"migration_guard-{__version__}",
        MIGRATION_GUARD_SOURCE="https://elsewhere.example/x@y",
    )
    assert f"Documentation, {DOCS}" in head["Project-URL"]
    assert f"]({GITHUB}/blob/v1/docs/ci.md)" in readme
