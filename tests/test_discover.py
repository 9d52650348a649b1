"""Discovery: real folders with all that can lie in them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from migration_guard.config import ConfigError, SettingsLoader
from migration_guard.discover import Discovery, UsageError, discover, room, search
from migration_guard.files import SOURCE_LIMIT

ALEMBIC = "revision = '1'\ndown_revision = None\ndef upgrade(): pass\n"
DJANGO = "from django.db import migrations\nclass Migration(migrations.Migration): pass\n"

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(name: str, content: str | bytes = ALEMBIC) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    return tmp_path


def find(cwd: Path, *paths: str, force_exclude: bool = False) -> Discovery:
    return discover(paths, cwd=cwd, load=SettingsLoader(cwd=cwd), force_exclude=force_exclude)


def names(found: Discovery) -> list[str]:
    return [candidate.shown for candidate in found.candidates]


def test_migrations_are_known_by_their_content(repository: Path, write: Write) -> None:
    write("crm/versions/b.py")
    write("shop/migrations/0001_initial.py", DJANGO)
    write("shop/migrations/__init__.py", "")
    write("shop/models.py", "x = 1")
    write("notes.txt", ALEMBIC)
    found = find(repository)
    assert [(one.shown, one.framework, one.root) for one in found.candidates] == [
        ("crm/versions/b.py", "alembic", repository),
        ("shop/migrations/0001_initial.py", "django", repository),
    ]
    assert found.candidates[0].source == ALEMBIC.encode()
    assert (found.problems, found.excluded, found.looked_at, found.asked) == ((), 0, 4, ())


def test_what_was_found_is_held_until_the_end_in_little_room(
    repository: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that changes meanwhile is judged, and shown, as it was found."""
    monkeypatch.setattr(room, "PLAIN_BYTES", len(ALEMBIC))
    monkeypatch.setattr(search, "_MANY", 2)
    paths = [write(f"versions/{name}.py") for name in "abc"]
    told: list[str] = []
    load = SettingsLoader(cwd=repository)
    found = discover((), cwd=repository, load=load, many=lambda: told.append("many")).candidates
    for path in paths:
        path.write_text("", encoding="utf-8")
    assert [isinstance(one.held, bytes) for one in found].count(True) == 1
    assert {one.source for one in found} == {ALEMBIC.encode()}
    assert told == ["many"]


def test_named_files_are_always_read(repository: Path, write: Write) -> None:
    write("db_migrate.py", "x = 1")
    write("empty.py", "")
    write(".gitignore", "*.py\n")
    assert [one.framework for one in find(repository, "db_migrate.py", "empty.py").candidates] == ["script", "script"]
    assert find(repository, ".", "db_migrate.py").asked == ()
    assert names(find(repository, ".", "db_migrate.py")) == ["db_migrate.py"]
    assert find(repository, ".").asked == (".",)
    assert find(repository).asked == (".",)


def test_force_exclude_drops_what_is_no_migration(repository: Path, write: Write) -> None:
    write("pyproject.toml", "[tool.migration-guard]\nexclude = ['legacy/']\npaths = ['db_migrate.py']")
    write("legacy/a.py")
    write("b.py")
    write("db_migrate.py", "x = 1")
    write("models.py", "x = 1")
    write("image.png", b"\0")
    everything = ["legacy/a.py", "b.py", "db_migrate.py", "models.py", "image.png"]
    found = find(repository, *everything, force_exclude=True)
    assert (names(found), found.excluded, found.problems, found.asked) == (["b.py", "db_migrate.py"], 1, (), ())
    found = find(repository, *everything)
    assert len(found.candidates) == 4
    assert [problem.path for problem in found.problems] == ["image.png"]


def test_exclude_counts_migrations_only(repository: Path, write: Write) -> None:
    write("pyproject.toml", "[tool.migration-guard]\nexclude = ['legacy/', '*_squashed.py']")
    write("legacy/versions/a.py")
    write("legacy/models.py", "x = 1")
    write("crm/1_squashed.py")
    write("crm/2.py")
    found = find(repository, ".")
    assert (names(found), found.excluded) == (["crm/2.py"], 2)


def test_the_nearest_configuration_governs_from_wherever(repository: Path, write: Write) -> None:
    write("pyproject.toml", "[tool.migration-guard]\nexclude = ['crm']")
    write("crm/migration-guard.toml", "dialect = 'mysql'\npaths = ['run.py']")
    write("crm/versions/a.py")
    write("crm/run.py", "x = 1")
    for cwd, path in ((repository, "."), (repository, "crm"), (repository / "crm", "."), (repository, "crm/versions")):
        found = find(cwd, path)
        assert found.excluded == 0
        assert {one.settings.dialect for one in found.candidates} == {"mysql"}
    assert names(find(repository, ".")) == ["crm/run.py", "crm/versions/a.py"]
    assert names(find(repository / "crm")) == ["run.py"]
    assert names(find(repository / "crm", "../crm/versions")) == ["versions/a.py"]
    assert names(find(repository / "crm" / "versions", "../run.py")) == ["../run.py"]


def test_paths_of_the_configuration(repository: Path, write: Write) -> None:
    write("a/db_migrate.py", "x = 1")
    write("b/deep/db_migrate.py", "x = 1")
    write("c/versions/1.py")
    write("elsewhere/versions/2.py")
    write(".gitignore", "c/\n")
    write("migration-guard.toml", "paths = ['**/db_migrate.py', './c/versions', 'a/[!x]*.py']")
    assert names(find(repository)) == ["a/db_migrate.py", "b/deep/db_migrate.py", "c/versions/1.py"]
    write("migration-guard.toml", "paths = ['elsewhere/*', 'none/', 'a/*.sql']")
    with pytest.raises(ConfigError, match=r"`paths`: there is no 'none/'"):
        find(repository)
    write("migration-guard.toml", "paths = ['elsewhere/*', 'a/*.sql']")
    assert names(find(repository)) == ["elsewhere/versions/2.py"]
    assert find(repository).asked == ("a/*.sql",)


def test_git_ignores(repository: Path, write: Write) -> None:
    write(".gitignore", b"\xef\xbb\xbfbuild/\r\n# comment\n!\n/top.py\n*_tmp.py\n\\\n" + b"*a" * 30 + b"\n")
    write("build/a.py")
    write("top.py")
    write("deep/top.py")
    write("deep/x_tmp.py")
    write("deep/.gitignore", "!x_tmp.py\n/y.py\n")
    write("deep/y.py")
    write("sub/z.py")
    write(".git/info/exclude", "z.py\n")
    assert names(find(repository)) == ["deep/top.py", "deep/x_tmp.py"]
    assert names(find(repository / "deep")) == ["top.py", "x_tmp.py"]
    assert names(find(repository, "build")) == ["build/a.py"]
    assert names(find(repository, "top.py", "sub/z.py")) == ["sub/z.py", "top.py"]
    subprocess.run(["git", "init", "-q", str(repository / "sub")], check=True)
    assert "sub/z.py" in names(find(repository))


def test_code_of_others_is_not_entered_unless_named(repository: Path, write: Write) -> None:
    for folder in ("node_modules", "venv", ".venv", "lib/site-packages", ".tox", "__pycache__", "env"):
        write(f"{folder}/pkg/versions/a.py")
    write("env/pyvenv.cfg", "")
    write("own/a.py")
    assert names(find(repository)) == ["own/a.py"]
    assert names(find(repository, "env", "venv/pkg", "lib")) == ["env/pkg/versions/a.py", "venv/pkg/versions/a.py"]
    assert names(find(repository, "lib/site-packages")) == ["lib/site-packages/pkg/versions/a.py"]


def test_symbolic_links(tmp_path: Path, write: Write) -> None:
    repository = tmp_path / "repository"
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    write("outside/versions/o.py")
    write("repository/shared/s.py")
    write("repository/app/a.py")
    (repository / "app" / "loop").symlink_to(repository / "app")
    (repository / "app" / "versions").symlink_to(repository / "shared")
    (repository / "app" / "elsewhere").symlink_to(tmp_path / "outside")
    (repository / "app" / "migrations").symlink_to(tmp_path / "outside" / "versions")
    (repository / "app" / "linked.py").symlink_to(repository / "shared" / "s.py")
    (repository / "app" / "0001_x.py").symlink_to(tmp_path / "outside" / "versions" / "o.py")
    (repository / "app" / ".#a.py").symlink_to("nobody@nowhere")
    found = find(repository)
    assert names(found) == ["app/a.py", "shared/s.py"]
    assert [(one.path, one.message) for one in found.problems] == [
        (
            "app/0001_x.py",
            "cannot be read: its symbolic link leads out of the repository; name the file to have it read",
        ),
        (
            "app/migrations",
            "cannot be read: its symbolic link leads out of the repository; name the folder to have it read",
        ),
    ]
    assert names(find(repository, "app")) == ["app/a.py", "app/versions/s.py"]
    assert names(find(repository, "app/migrations", "app/0001_x.py")) == ["app/0001_x.py"]
    assert names(find(repository, "shared", "shared/s.py", "./shared")) == ["shared/s.py"]


def test_what_cannot_be_read_is_a_problem(repository: Path, write: Write) -> None:
    folder = write("app/migrations/0001_good.py", DJANGO).parent
    os.mkfifo(folder / "0002_pipe.py")
    (folder / "0003_loop.py").symlink_to("0003_loop.py")
    (folder / "0004_gone.py").symlink_to("nowhere.py")
    (folder / "0005_folder.py").mkdir()
    write("app/migrations/0006_binary.py", b"PK\0")
    write("app/migrations/0007_large.py", DJANGO + "#" * SOURCE_LIMIT)
    write("app/large.py", "#" * (SOURCE_LIMIT + 1))
    write("app/binary.py", b"\0")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "0008_socket.py"))
    found = find(repository)
    assert names(found) == ["app/migrations/0001_good.py"]
    assert [(problem.path.rpartition("/")[2], problem.message) for problem in found.problems] == [
        ("0002_pipe.py", "cannot be read: it is a named pipe, not a regular file"),
        ("0003_loop.py", "cannot be read: its symbolic links lead in a circle"),
        ("0004_gone.py", "cannot be read: it vanished, or is a link to nothing"),
        ("0005_folder.py", "cannot be read: it is a folder, not a regular file"),
        ("0006_binary.py", "cannot be read: it is binary: it holds null bytes"),
        ("0007_large.py", "cannot be read: larger than 2 MB"),
        ("0008_socket.py", "cannot be read: it is a socket, not a regular file"),
    ]
    found = find(repository, "app/large.py", "app/binary.py", "app/migrations/0002_pipe.py", "/dev/null")
    assert len(found.problems) == 4
    write("migration-guard.toml", "exclude = ['app/migrations/000[2-9]*']")
    assert find(repository).problems == ()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_permissions(repository: Path, write: Write) -> None:
    write("a.py").chmod(0)
    folder = write("closed/a.py").parent
    folder.chmod(0)
    found = find(repository)
    folder.chmod(0o700)
    assert [(one.path, one.message) for one in found.problems] == [
        ("a.py", "cannot be read: permission denied"),
        ("closed", "cannot be read: permission denied"),
    ]


def test_odd_names(repository: Path) -> None:
    for name in (b"0001_\xff.py", b"0002_\n::error::x.py", "0003_é.py".encode(), b"-0004.py"):
        with open(os.fsencode(repository) + b"/" + name, "wb") as file:
            file.write(ALEMBIC.encode())
    found = find(repository)
    assert names(found) == ["-0004.py", "0001_\\xff.py", "0002_\n::error::x.py", "0003_é.py"]
    for shown in names(found):
        shown.encode()
    assert all(candidate.path.exists() for candidate in found.candidates)


def test_missing_paths_are_told_with_the_nearest(repository: Path, write: Write) -> None:
    write("versions/a.py")
    with pytest.raises(UsageError, match=r"there is no 'verions'; did you mean 'versions'"):
        find(repository, "verions")
    with pytest.raises(UsageError, match=r"did you mean 'versions/a\.py'"):
        find(repository, "versions/aa.py")
    with pytest.raises(UsageError):
        find(repository, "a\0b")


def test_without_a_repository(tmp_path: Path, write: Write) -> None:
    write("a/b/1.py")
    write("a/.gitignore", "2.py\n")
    write("a/2.py")
    assert names(find(tmp_path, "a")) == ["a/2.py", "a/b/1.py"]  # nobody says here what git tracks all the same
    assert find(tmp_path, "a").candidates[1].root == tmp_path / "a"
    assert find(tmp_path, "a/b/1.py").candidates[0].root == tmp_path / "a" / "b"


def test_deep_folders(repository: Path) -> None:
    deep = repository
    for _ in range(400):
        deep = deep / "ddd"
    deep.mkdir(parents=True)
    (deep / "a.py").write_text(ALEMBIC)
    assert len(find(repository).candidates) == 1


def test_paths_too_long_for_the_system(repository: Path) -> None:
    here = os.open(repository, os.O_RDONLY)
    for _ in range(25):
        os.mkdir("d" * 200, dir_fd=here)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    (problem,) = find(repository).problems
    assert problem.message == "cannot be read: its path is too long for this system"


def test_what_runs_in_the_parent_loads_no_parser() -> None:
    code = (
        "import sys; from migration_guard import config, discover, frameworks, gate; from pathlib import PurePath;"
        "frameworks.recognise(PurePath('a.py'), b'');"
        "print({'libcst', 'sqlglot', 'click', 'rich'} & sys.modules.keys())"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"


# Recognised by meaning ----------------------------------------------------------------------------------------------

BODY = "from alembic import op\n{}\ndef upgrade():\n    op.execute('UPDATE leads SET a = 1')\n"


@pytest.mark.parametrize(
    "names",
    [
        "revision, down_revision = '2', '1'",
        "x = 1; revision = '2'; down_revision = '1'",
        "if True:\n    revision = '2'\n    down_revision = '1'",
        "try:\n    revision = down_revision = '1'\nfinally:\n    pass",
        "with x:\n    revision = '2'; (down_revision) = '1'",
        "from .ids import revision, down_revision",
        "from .ids import a as revision\nimport b as down_revision",
        "revision: str = '2'\ndown_revision: str | None = None",
        "[revision, [*_, down_revision]] = ids",
        "for revision in ['2']:\n    for down_revision in ['1']: pass",
        "(revision := '2', down_revision := '1')",
        "def f():\n    global revision, down_revision\n    revision = down_revision = '1'\nf()",
        "globals().update(revision='2', down_revision='1')",
        "exec('revision = 2; down_revision = 1')",
        "vars()['revision'] = '2'\nvars()['down_revision'] = '1'",
        "from .ids import *  # down_revision",
        "ｒｅｖｉｓｉｏｎ = '2'\nｄｏｗｎ_revision = '1'",
        "match ('2', '1'):\n    case (revision, down_revision): pass",
        "def __getattr__(name):\n    return {'revision': '2', 'down_revision': '1'}[name]",
        "\x0crevision = '2'\n\x0cdown_revision = '1'",
        "revision \\\n = '2'\ndown_revision \\\n = '1'",
    ],
)
def test_alembic_goes_by_names_however_they_are_bound(repository: Path, write: Write, names: str) -> None:
    write("app/any_name.py", BODY.format(names))
    (found,) = find(repository).candidates
    assert found.framework == "alembic"


@pytest.mark.parametrize(
    "source",
    [
        b"# coding: utf-7\n" + BODY.format("revision = '2'\n+AGQ-own_revision = '1'").encode(),
        b"\xef\xbb\xbf" + BODY.format("revision = '2'\ndown_revision = '1'").encode(),
        BODY.format("revision = '2'\ndown_revision = '1'").replace("\n", "\r").encode(),
        b"# vim: set fileencoding=cp1252 :\n# \x80\n" + BODY.format("revision = '2'\ndown_revision = '1'").encode(),
        b"\n# -*- coding: latin-1 -*-\n" + BODY.format("revision, down_revision = '\xe9', '1'").encode("latin-1"),
        b"# coding: unicode_escape\n" + BODY.format("revision = '2'\n\\x64own_revision = '1'").encode(),
    ],
)
def test_any_encoding_that_python_accepts(repository: Path, write: Write, source: bytes) -> None:
    write("app/any_name.py", source)
    assert [one.framework for one in find(repository).candidates] == ["alembic"]


@pytest.mark.parametrize(
    "source",
    [
        "from django.db import migrations\nif True:\n    class Migration(migrations.Migration): pass",
        "from .base import BaseMigration\nclass Migration(BaseMigration): pass",
        "from .base import Migration",
        "from .base import Other as Migration",
        "from .base import make\nMigration = make()",
        "import x\nMigration: type = x.y",
        "Migration, other = both()",
        "from .base import *  # Migration",
        "class Other: pass\nglobals()['Migration'] = Other",
    ],
)
def test_django_goes_by_the_name_migration(repository: Path, write: Write, source: str) -> None:
    write("shop/migrations/0002_x.py", source)
    assert [one.framework for one in find(repository).candidates] == ["django"]


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("app/models.py", "class Migration: pass"),
        ("app/tools.py", "from django.db.migrations import Migration\nMigration.operations"),
        ("app/a.py", "text = 'revision and down_revision'\ndef f():\n    revision = down_revision = 1"),
        (
            "app/b.py",
            "class Lazy:\n    def __getattr__(self, name):\n        return 'upgrade' if self.down_revision else 'revision'",
        ),
        ("app/migrations/_helper.py", "from .base import Migration"),
        ("app/migrations/__init__.py", ""),
    ],
)
def test_what_no_framework_would_load_is_no_migration(repository: Path, write: Write, name: str, source: str) -> None:
    write(name, source)
    assert find(repository).candidates == ()


def test_what_lies_among_alembics_versions_is_loaded_by_it(repository: Path, write: Write) -> None:
    write("v/1.py")
    write("v/2.py", "from .x import upgrade\n")
    write("v/models.py", "x = 1")
    assert [(one.shown, one.framework) for one in find(repository).candidates] == [
        ("v/1.py", "alembic"), ("v/2.py", "alembic"),
    ]  # fmt: skip
    assert names(find(repository, "v/2.py", force_exclude=True)) == ["v/2.py"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("alembic.ini", "[alembic]\nscript_location = db\nversion_locations = db/one\n  %(here)s/db/two"),
        (
            "alembic.ini",
            "[alembic]\nscript_location = x\n[other]\nversion_locations = db/one:db/two\nscript_location=db",
        ),
        ("pyproject.toml", "[tool.alembic]\nscript_location = '%(here)s/db'\nversion_locations = ['db/one', 'db/two']"),
        ("setup.ini", "[a]\nscript_location = pkg:db\nversion_locations = db/one;db/two"),
        ("setup.cfg", "[alembic]\nscript_location = db\nversion_locations = db/one db/two"),
        ("alembic.ini", "[alembic]\nscript_location = db\nrecursive_version_locations = true\nversion_locations = db"),
        (
            "alembic.ini",
            "[DEFAULT]\ntop = %(here)s\nbase = %(top)s/db\n[alembic]\nversion_locations = %(base)s/one %(base)s/two",
        ),
    ],
)
def test_alembics_settings_say_where_versions_lie(repository: Path, write: Write, name: str, content: str) -> None:
    write(name, content)
    for place in ("one", "two"):
        write(f"db/{place}/a.py", "exec('x')\n")
    write("db/versions/a.py", "x = 1")
    write("pkg/db/versions/a.py", "x = 1")
    found = names(find(repository))
    assert {"db/one/a.py", "db/two/a.py"} <= set(found)
    assert names(find(repository, "db/one")) == ["db/one/a.py"]


def test_alembics_settings_hold_below_versions_and_for_compiled_ones(repository: Path, write: Write) -> None:
    write("alembic.ini", "[alembic]\nscript_location = db\nrecursive_version_locations = true\nsourceless = true\n")
    write("db/versions/2024/a.py", "exec('x')\n")
    for name in ("b.pyc", "2024/a.pyc", "2024/__pycache__/a.cpython-311.pyc", "2024/__pycache__/c.cpython-311.pyc"):
        write(f"db/versions/{name}", "x")
    git(repository, "add", "-f", ".")
    found = find(repository)
    assert names(found) == ["db/versions/2024/a.py"]
    assert [one.path for one in found.problems] == [
        "db/versions/2024/__pycache__/c.cpython-311.pyc", "db/versions/b.pyc",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "settings",
    [
        "MIGRATION_MODULES = {'shop': 'db.moved'}",
        "BASE = 'db'\nMIGRATION_MODULES = {'shop': f'{BASE}.moved'}",
        "MIGRATION_MODULES: dict = dict(shop='db' + '.moved')",
        "MIGRATION_MODULES = {}\nMIGRATION_MODULES['shop'] = 'db.moved'",
        "MIGRATION_MODULES = {}\nMIGRATION_MODULES.update(shop='db.moved')",
        f"MIGRATION_MODULES = {{'shop': 'db' {'+ str() ' * 990}, 'x': 'db.moved'}}",
        "A = 'a'\n" + "A = A + A\n" * 60 + "MIGRATION_MODULES = {'x': A, 'shop': 'db.moved'}",
    ],
)
def test_djangos_settings_say_where_migrations_lie(repository: Path, write: Write, settings: str) -> None:
    write("site/settings.py", settings)
    write("db/moved/1.py", "from shop.base import Base as Migration\n")
    write("db/moved/_helper.py", "from shop.base import Base as Migration\n")
    write("db/other/1.py", "from shop.base import Base as Migration\n")
    assert [(one.shown, one.framework) for one in find(repository).candidates] == [("db/moved/1.py", "django")]


def test_settings_that_turn_migrations_off_name_no_folder(repository: Path, write: Write) -> None:
    write("settings.py", "class Off:\n    pass\nMIGRATION_MODULES = Off()\n")
    write("other.py", "MIGRATION_MODULES = {'shop': None, 'x': ''}\n")
    write("v/1.py")
    assert names(find(repository)) == ["v/1.py"]


def test_settings_of_django_that_cannot_be_parsed_are_told(repository: Path, write: Write) -> None:
    """They may say where migrations lie: a folder that nobody looks at was left out in silence."""
    write("site/settings.py", "print 'x'\nMIGRATION_MODULES = {'shop': 'db.moved'}\n")
    write("db/moved/1.py", "from shop.base import Base as Migration\n")
    write("v/1.py")
    found = find(repository)
    assert names(found) == ["v/1.py"]
    assert [(one.path, "MIGRATION_MODULES" in one.message) for one in found.problems] == [("site/settings.py", True)]


def test_a_large_file_is_told_if_it_may_be_a_migration(repository: Path, write: Write) -> None:
    write("app/1.py")
    write("app/large.py", "# x\n" * (SOURCE_LIMIT // 4) + ALEMBIC)
    write("lib/large.py", "# x\n" * (SOURCE_LIMIT // 4))
    assert [one.path for one in find(repository).problems] == ["app/large.py"]


def test_a_link_to_a_folder_elsewhere_is_named_if_git_tracks_it(repository: Path, write: Write) -> None:
    write("v/1.py")
    elsewhere = repository.parent / f"{repository.name}-elsewhere"
    (elsewhere / "versions").mkdir(parents=True)
    (repository / "app").symlink_to(elsewhere)
    assert find(repository).beside == ()
    git(repository, "add", "app")
    assert [(one.shown, "leads out" in one.reason) for one in find(repository).beside] == [("app", True)]


def test_a_pattern_for_the_whole_file_system_is_refused(repository: Path, write: Write) -> None:
    write("v/1.py")
    write("migration-guard.toml", "paths = ['/**/v']\n")
    with pytest.raises(ConfigError, match="the whole file system; name a folder"):
        find(repository)
    write("migration-guard.toml", "paths = ['v']\n")
    assert names(find(repository)) == ["v/1.py"]


# What git tracks ----------------------------------------------------------------------------------------------------


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True)


@pytest.mark.parametrize("folder", ["venv", ".venv", "node_modules/x", "lib/site-packages/x", ".tox", "build", "env"])
def test_what_git_tracks_is_read_whatever_its_folder_is_called(repository: Path, write: Write, folder: str) -> None:
    write(".gitignore", "build/\n")
    write("env/pyvenv.cfg", "")
    write(f"{folder}/a/1.py")
    write(f"{folder}/a/2.py")
    write("own/a.py")
    assert names(find(repository)) == ["own/a.py"]
    git(repository, "add", "-f", f"{folder}/a/1.py")
    assert names(find(repository)) == sorted(["own/a.py", f"{folder}/a/1.py"])
    assert names(find(repository, folder.partition("/")[0])) >= [f"{folder}/a/1.py"]


def test_a_tracked_file_is_not_ignored(repository: Path, write: Write) -> None:
    write(".gitignore", "2.py\n")
    write("v/1.py")
    write("v/2.py")
    assert names(find(repository)) == ["v/1.py"]
    git(repository, "add", "-f", "v/2.py")
    assert names(find(repository)) == ["v/1.py", "v/2.py"]


def test_without_a_repository_only_installed_packages_are_left_out(tmp_path: Path, write: Write) -> None:
    write("env/pyvenv.cfg", "home = /usr/bin\n")
    write("env/lib/python3.12/site-packages/pkg/1.py")
    write("env/Lib/site-packages/pkg/1.py")
    write("env/own/2.py")
    write("new/pyvenv.cfg", "")
    write("new/3.py")
    write("lib/site-packages/4.py")
    write("venv/5.py")
    assert names(find(tmp_path)) == ["env/own/2.py", "lib/site-packages/4.py", "new/3.py", "venv/5.py"]


# What lies beside ---------------------------------------------------------------------------------------------------


def beside(found: Discovery) -> list[str]:
    return [one.shown for one in found.beside]


def test_what_lies_beside_migrations_and_may_change_data_is_named(repository: Path, write: Write) -> None:
    write("shop/migrations/0001_a.py", DJANGO)
    write("shop/migrations/helper.py", "def f(c):\n    c.execute('UPDATE leads SET a = 1')\n")
    write("shop/migrations/sql/fill.sql", "DELETE FROM leads;")
    write("shop/migrations/sql/schema.sql", "CREATE TABLE a (b int);")
    write("shop/migrations/constants.py", "X = 1\n")
    write("shop/migrations/sql/broken.py", "print 'DELETE'\n")
    write("shop/fill.py", "def f(c):\n    c.execute('UPDATE leads SET a = 1')\n")
    write("addons/x/migrations/16.0/fixes.py", "def fix(cr, version):\n    cr.execute('UPDATE a SET b = 1')\n")
    assert beside(find(repository)) == [
        "addons/x/migrations/16.0/fixes.py", "shop/migrations/helper.py",
        "shop/migrations/sql/broken.py", "shop/migrations/sql/fill.sql",
    ]  # fmt: skip
    write("migration-guard.toml", "exclude = ['broken.py', 'addons/']")
    assert beside(find(repository)) == ["shop/migrations/helper.py", "shop/migrations/sql/fill.sql"]


ENV = Path(__file__).parents[1] / "examples" / "crm" / "alembic" / "env.py"


def test_what_only_runs_migrations_need_not_be_named(repository: Path, write: Write) -> None:
    write("alembic/versions/1.py")
    write("alembic/env.py", ENV.read_bytes())
    write("migrations/versions/1.py")
    write("migrations/env.py", ENV.read_bytes())
    assert beside(find(repository)) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("db/migrate/2024_fill.rb", "Lead.where(a: nil).update_all(a: 1)\n"),
        ("src/migrations/1-fill.ts", "await runner.query(`UPDATE leads SET a = 1`)\n"),
        ("src/migrations/1-fill.js", "await knex('leads').where({a: 1}).del()\n"),
        ("src/main/java/db/migration/V2__Fill.java", 's.execute("DELETE FROM leads");\n'),
        (
            "db/changelog/fill.xml",
            "<databaseChangeLog><changeSet><update tableName='leads'/></changeSet></databaseChangeLog>",
        ),
        (
            "db/changelog/fill.yaml",
            "databaseChangeLog:\n- changeSet:\n    changes:\n    - delete:\n        tableName: leads\n",
        ),
        ("v/fill.sh", "psql -f fill.txt\n"),
        ("v/fill.psql", "update leads set a = 1;\n"),
        ("v/2.pyc", b"\xa7\r\r\n"),
        ("v/1.cpython-311-x86_64-linux-gnu.so", b"\x7fELF"),
    ],
)
def test_what_lies_among_migrations_in_other_languages_is_named(
    repository: Path, write: Write, name: str, content: str | bytes
) -> None:
    write("v/1.py")
    write(name, content)
    assert beside(find(repository)) == [name]
    write("migration-guard.toml", f"exclude = ['{name}']")
    assert beside(find(repository)) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("app/jobs/fill.rb", "Lead.update_all(a: 1)\n"),
        ("db/migrate/2024_add.rb", "class A < Migration\n  def change\n    add_column :leads, :a, :int\n  end\nend\n"),
        ("v/README.md", "UPDATE leads SET a = 1\n"),
        ("v/openapi.yaml", "paths:\n  /leads:\n    delete:\n      summary: x\n"),
        ("v/1.pyc", b"\xa7\r\r\n"),
    ],
)
def test_what_changes_nothing_or_lies_elsewhere_is_not_named(
    repository: Path, write: Write, name: str, content: str | bytes
) -> None:
    write("v/1.py")
    write(name, content)
    assert beside(find(repository)) == []


def test_a_change_log_that_is_too_large_is_named(repository: Path, write: Write) -> None:
    write("changelog/all.xml", f"<databaseChangeLog>{' ' * SOURCE_LIMIT}<update tableName='leads'/>")
    write("changelog/data.json", f"[{' ' * SOURCE_LIMIT}]")
    assert beside(find(repository)) == ["changelog/all.xml"]


def test_a_link_to_another_language_is_named_once(repository: Path, write: Write) -> None:
    write("v/1.py")
    write("tools/fill.sh", "psql -f fill.txt\n")
    (repository / "v" / "fill.sh").symlink_to("../tools/fill.sh")
    assert beside(find(repository, ".", "v")) == ["v/fill.sh"]


def test_compiled_python_that_django_loads_is_a_problem(repository: Path, write: Write) -> None:
    write("shop/migrations/0001_a.py", DJANGO)
    write("shop/migrations/0002_b.pyc", b"\xa7\r\r\n")
    (problem,) = find(repository).problems
    assert (problem.path, problem.message) == (
        "shop/migrations/0002_b.pyc", "cannot be read: it is compiled Python, which Django loads",
    )  # fmt: skip


def test_what_is_run_with_every_migration_is_named(repository: Path, write: Write) -> None:
    write("alembic/versions/1.py")
    write("alembic/env.py", ENV.read_text() + "\nconnection.exec_driver_sql('UPDATE leads SET a = 1')\n")
    assert beside(find(repository)) == ["alembic/env.py"]


def test_numbered_sql_beside_anything_but_migrations_is_one(repository: Path, write: Write) -> None:
    write("db/migrations/0001_x.sql", "UPDATE leads SET a = 1;")
    write("db/migrations/tool.py", "")
    assert names(find(repository)) == ["db/migrations/0001_x.sql"]
    write("db/migrations/0002_y.py", DJANGO)
    assert names(find(repository)) == ["db/migrations/0002_y.py"]
    assert beside(find(repository)) == ["db/migrations/0001_x.sql"]


def test_a_folder_of_paths_is_read_though_nothing_in_it_is_recognised(repository: Path, write: Write) -> None:
    write("deploy/fill.sql", "UPDATE leads SET a = 1;")
    write("deploy/deep/fill.py", "def f(c):\n    c.execute('UPDATE leads SET a = 1')\n")
    write("deploy/schema.sql", "CREATE TABLE a (b int);")
    write("deploy/__init__.py", "")
    for stated in ("deploy", "./deploy/", "dep*"):
        write("migration-guard.toml", f"paths = ['{stated}']")
        found = find(repository)
        assert [(one.shown, one.candidate and one.candidate.framework) for one in found.beside] == [
            ("deploy/deep/fill.py", "script"), ("deploy/fill.sql", "sql_file"),
        ]  # fmt: skip
        assert found.asked == ()
    write("migration-guard.toml", "paths = ['.']")
    assert find(repository).beside == ()
