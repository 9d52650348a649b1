"""Definitions are found in modules, files and folders; what cannot be loaded is told in a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from migration_guard.backfill import Backfill, DefinitionError, LegacyBackfill, load_definitions

HEAD = "from migration_guard.backfill import Backfill\n"
ONE = 'Backfill(key="{0}", table="leads", where="status IS NULL", update="DELETE FROM leads WHERE id = ANY(:ids)")'


def put(root: Path, name: str, *keys: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEAD + "".join(f"b{n} = {ONE.format(key)}\n" for n, key in enumerate(keys)), encoding="utf-8")


def keys(*modules: str, root: Path) -> list[str]:
    return [one.key for one in load_definitions(modules, root)]


def test_files_folders_and_modules(tmp_path: Path) -> None:
    put(tmp_path, "one.py", "a", "b")
    put(tmp_path, "folder/z.py", "z")
    put(tmp_path, "folder/c.py", "c")
    put(tmp_path, "folder/test_c.py", "no")
    put(tmp_path, "package_of_backfills/__init__.py")
    put(tmp_path, "package_of_backfills/d.py", "d")
    assert keys("one.py", "folder", "package_of_backfills.d", root=tmp_path) == ["a", "b", "c", "z", "d"]
    assert keys("package_of_backfills", root=tmp_path) == ["d"]


def test_lists_count_and_what_is_imported_counts_once(tmp_path: Path) -> None:
    (tmp_path / "listed.py").write_text(
        f"{HEAD}BACKFILLS = [{ONE.format('a')}, {ONE.format('b')}]\nfirst = BACKFILLS[0]\n"
    )
    (tmp_path / "importing.py").write_text("from listed import BACKFILLS, first\n")
    assert keys("listed", "importing.py", root=tmp_path) == ["a", "b"]


def test_a_key_twice_names_both_places(tmp_path: Path) -> None:
    put(tmp_path, "one.py", "a")
    put(tmp_path, "two.py", "a")
    with pytest.raises(DefinitionError, match=r"backfill a: key: defined twice, in one.py and in two.py"):
        keys("one.py", "two.py", root=tmp_path)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module' (bad.py, line 1)"),
        ("x = (", "SyntaxError: '(' was never closed (line 1)"),
        ("import sys\nsys.exit(3)", "SystemExit: 3 (bad.py, line 2)"),
        (f"{HEAD}b = Backfill(key='a', table='t', wher='x', update='y')", 'no field wher; did you mean "where"?'),
        (f"{HEAD}b = Backfill(key='a', table='t', where='x')", "backfill a: expected either update or apply"),
        ("BACKFILL_DEFS = [{'key': 'a', 'functoin': print}]", "unknown key 'functoin'; did you mean \"function\"?"),
        ("BACKFILL_DEFS = [{'key': 'a'}]", "function: expected a function"),
        ("BACKFILL_DEFS = [{'key': 'a', 'function': print, 'batch_size': 0}]", "nearest: 10"),
        (
            "BACKFILL_DEFS = [{'key': 'a', 'function': print, 'safe_to_run_online': 'false'}]",
            "safe_to_run_online: expected True or False, found 'false'",
        ),
        ("BACKFILL_DEFS = [1]", "expected dictionaries"),
    ],
)
def test_bad_modules(tmp_path: Path, source: str, message: str) -> None:
    (tmp_path / "bad.py").write_text(source, encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        keys("bad.py", root=tmp_path)
    assert message in str(caught.value)
    assert str(caught.value).startswith("bad.py: ")
    assert "\n" not in str(caught.value)


def test_names_that_are_nearly_right(tmp_path: Path) -> None:
    put(tmp_path, "backfills.py", "a")
    with pytest.raises(DefinitionError, match=r'there is no such file .*did you mean "backfills.py"'):
        keys("backfill.py", root=tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DefinitionError, match="holds no Python file"):
        keys("empty", root=tmp_path)


def test_registries_of_dictionaries(tmp_path: Path) -> None:
    (tmp_path / "old.py").write_text(
        """
def fill(engine, batch_size=100, max_time_seconds=600):
    return 0, True

BACKFILL_DEFS = [
    {
        'key': 'migration_36_last_call_direction',
        'migration_number': '36',
        'description': 'Populate last_call_direction on leads from first call in call_log',
        'tables': ['leads', 'call_log'],
        'batch_size': 200,
        'max_runtime_seconds': 600,
        'priority': 'HIGH',
        'safe_to_run_online': True,
        'function': fill,
        'status': 'active',
    },
]
"""
    )
    (found,) = load_definitions(["old.py"], tmp_path)
    assert isinstance(found, LegacyBackfill)
    assert (found.key, found.migration, found.table) == ("migration_36_last_call_direction", "36", "leads")
    assert found.tables == ("leads", "call_log")
    assert any("gate" in warning for warning in found.warnings)


def test_loading_needs_no_driver(tmp_path: Path) -> None:
    import subprocess
    import sys

    put(tmp_path, "one.py", "a")
    check = (
        "import sys; sys.modules.update(psycopg=None, sqlalchemy=None, tenacity=None)\n"
        "from migration_guard.backfill import load_definitions\n"
        "print([one.key for one in load_definitions(['one.py'])])"
    )
    ran = subprocess.run([sys.executable, "-c", check], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout == "['a']\n"


@pytest.mark.parametrize("package", ["psycopg", "sqlalchemy", "tenacity"])
def test_running_without_a_package_of_the_extra_names_the_extra(package: str, tmp_path: Path) -> None:
    import subprocess
    import sys

    put(tmp_path, "one.py", "a")
    (tmp_path / "migration-guard.toml").write_text('[backfill]\nmodules = ["one.py"]\n')
    run = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "sys.argv[1:] = ['backfill', 'run', '--all']\n"
        "from migration_guard.__main__ import main\nmain()"
    )
    ran = subprocess.run([sys.executable, "-c", run], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "the extra is not installed: pip install 'migration-guard[backfill]'" in ran.stderr + ran.stdout


def test_definitions_are_values() -> None:
    assert Backfill(key="a", table="t", where="x", update="DELETE FROM t WHERE id = ANY(:ids)") == Backfill(
        key="a", table="t", where="x", update="DELETE FROM t WHERE id = ANY(:ids)"
    )
