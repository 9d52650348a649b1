"""Patterns mean what git makes of them, and take no time to speak of, whatever they are."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import program
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from migration_guard.globs import LONGEST, BadPattern, glob, known_patterns, patterns
from migration_guard.judge import TablePatterns

PATHS = [
    "a", "b", "ab", "a.py", "b.py", "abc.py", "a/a.py", "a/b", "a/b/c.py", "a/b/ab.py", "b/a/b/a.py", "x/y/z/a.py",
    "a b", "a[b]", "!a", "#a", "a-b", ".a", "A.py", "0.py", "x/a b.py", "é.py", "a*b",
]  # fmt: skip
PATTERNS = st.lists(
    st.lists(
        st.sampled_from(
            [
                "a",
                "b",
                "ab",
                ".py",
                "*",
                "**",
                "?",
                "/",
                "/**/",
                "[ab]",
                "[!a]",
                "[a-c]",
                "[[:digit:]]",
                "[",
                "]",
                "!",
                "\\*",
                "\\!",
                "#",
                " ",
                "\\ ",
                "c",
                "é",
                "-",
                "[]a]",
                "[^b]",
                "x",
                "y",
            ]
        ),
        min_size=1,
        max_size=5,
    ).map("".join),
    min_size=1,
    max_size=4,
)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("globs")
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    return root


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(PATTERNS)
@example(["[/[ab]"])
@example(["a[/b"])
@example(["c/[a/]b*"])
@example(["a**/b"])
@example(["*.py", "!/a**"])
@example(["a**/**/b"])
@example(["x/***/a.py", "/b***"])
@example(["a/b**", "!a/b**/ab.py"])
def test_a_gitignore_means_what_git_says(repository: Path, lines: list[str]) -> None:
    (repository / ".gitignore").write_text("\n".join(lines) + "\n", encoding="utf-8")
    asked = subprocess.run(
        ["git", "-c", "core.quotePath=false", "check-ignore", "--no-index", "--stdin", "-z"],
        cwd=repository, input="\0".join(PATHS), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert asked.returncode in {0, 1}
    read = known_patterns(map(_as_bytes, lines))
    assert [path for path in PATHS if read.cover(_as_bytes(path))] == asked.stdout.split("\0")[:-1]


def _as_bytes(text: str) -> str:
    """Git's `?` stands for one byte."""
    return text.encode().decode("latin-1")


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*a" * 100 + "b", "a" * 240),
        ("*a*a*a*a*a*b", "a" * 240),
        ("[ab]*" * 50 + "x", "ab" * 120),
        ("**/" * 100 + "x", "/".join("a" * 200)),
        ("**/*a*/" * 50 + "*b", "/".join(["a" * 60] * 60)),
        ("?*" * 100 + "b", "a" * 240),
        ("*" * 900 + "b", "a" * 240),
        ("*a" * 300 + "b", "ab" * 120),
        ("a?" * 400 + "b", "a" * 240),
        ("**a**b**" * 100, "/".join("a" * 120)),
        ("[!a]*" * 180 + "x", "b" * 240),
        ("**/**/**/a/**" * 50 + "/b", "/".join("a" * 120)),
        ("[[:alpha:]]*" * 80 + "1", "a" * 240),
        ("a/**/" * 150 + "b", "/".join("a" * 120)),
        ("*." * 200 + "x", "a.b." * 60),
        ("_*" * 450 + "x", "_" * 240),
        ("(a+)+$", "a" * 240),
        ("a" + "**/" * 300 + "b", "/".join("a" * 120)),
    ],
)
def test_a_pattern_takes_no_time(pattern: str, path: str) -> None:
    """With a matcher that tries every end of every star, each of these takes longer than anybody waits."""
    assert not patterns([pattern]).cover(path)
    assert not glob(pattern).covers(path)
    assert not TablePatterns.of([pattern]).match((path,))


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("a/*.py", "a/b.py", True),
        ("a/*.py", "a/b/c.py", False),
        ("a/**/*.py", "a/c.py", True),
        ("a/**/*.py", "a/b/b/c.py", True),
        ("**/versions/*_x.py", "versions/1_x.py", True),
        ("./a/../b/*.py", "b/x.py", True),
        ("../a/*.py", "../a/x.py", True),
        ("a/**", "a/b/c", True),
        ("a/**", "a", False),
        ("[!x]*.py", "a.py", True),
        ("[!x]*.py", "x.py", False),
        ("**/a/**/b/*/c", "a/x/b/b/y/c", True),
        ("**/a/**/b/*/c", "a/x/b/b/y/d", False),
    ],
)
def test_a_glob_means_whole_paths(pattern: str, path: str, fits: bool) -> None:
    assert glob(pattern).match(path) is fits
    assert not fits or glob(pattern).covers(os.path.join(path, "below.py"))


@pytest.mark.parametrize("pattern", ["[", "a[b", "a\\", "/", "!", "x" * (LONGEST + 1), "[[:no:]]", "[z-a]"])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        patterns([pattern])
    assert not known_patterns([pattern, "", "# x"]).lines


STARS = "*a" * 9 + "*b"
"""A pattern that a matcher which tries every end of every star is busy with for hours, on a name of many letters `a`."""
PLACES = {
    ".gitignore": (STARS, 1),
    "exclude": (f"exclude = ['{STARS}']", 1),
    "paths": (f"paths = ['versions', 'versions/{STARS}.py']", 2),  # it names nothing
    "per-file-ignores": (f"[per-file-ignores]\n'{STARS}' = ['MG1']", 1),
    "hot-tables": (f"hot-tables = ['{STARS}']", 1),
    "small-tables": (f"small-tables = ['{STARS}']", 1),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_pattern_of_a_branch_takes_no_time_wherever_it_stands(place: str, tmp_path: Path) -> None:
    text, code = PLACES[place]
    source = f"from alembic import op\nrevision = '1'\ndown_revision = None\ndef upgrade():\n    op.execute('DELETE FROM {'a' * 60}')\n"
    (tmp_path / ".git").mkdir()
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / f"{'a' * 240}.py").write_text(source, encoding="utf-8")
    (tmp_path / (place if place == ".gitignore" else "migration-guard.toml")).write_text(f"{text}\n", encoding="utf-8")
    assert program.run("check", cwd=tmp_path).returncode == code
