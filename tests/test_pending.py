"""`--since` and `--unapplied`: only migrations that are still to run are of interest, told without git."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from migration_guard.cli import run as guard
from migration_guard.config import SettingsLoader
from migration_guard.discover import UsageError
from migration_guard.pending import Pending, listed
from migration_guard.pipeline import Request, check

ALEMBIC = "from alembic import op\n\nrevision = {0!r}\ndown_revision = {1!r}\n\n\ndef upgrade():\n    op.execute('UPDATE a SET b = 1')\n"
DJANGO = (
    "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    dependencies = {0!r}\n"
    "    operations = [migrations.RunSQL('UPDATE a SET b = 1')]\n"
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("pending")
    (root / ".git").mkdir()
    revisions: list[tuple[str, object]] = [
        ("aaaa11", None),
        ("bbbb22", "aaaa11"),
        ("cccc33", "bbbb22"),
        ("bbbb44", ("bbbb22",)),
    ]
    for own, before in revisions:
        path = root / f"alembic/versions/{own}_x.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ALEMBIC.format(own, before))
    for app in ("crm", "blog"):
        (root / app / "migrations").mkdir(parents=True)
        for name, after in (("0001_initial", []), ("0002_more", [(app, "0001_initial")])):
            (root / app / f"migrations/{name}.py").write_text(DJANGO.format(after))
    (root / "alembic.ini").write_text("")
    return root


def told(root: Path, pending: Pending) -> list[str]:
    report = check(Request((), root, SettingsLoader(cwd=root), 1, pending=pending))
    assert not report.problems
    assert report.outside is not None
    assert len(report.new) + report.outside == 8, "what is left out is counted"
    return [str(one.migration) for one in report.new]


EVERY = [
    "aaaa11",
    "bbbb22",
    "bbbb44",
    "cccc33",
    "blog.0001_initial",
    "blog.0002_more",
    "crm.0001_initial",
    "crm.0002_more",
]


@pytest.mark.parametrize(
    ("since", "left"),
    [
        ("bbbb22", {"aaaa11", "bbbb22"}),
        ("cccc", {"aaaa11", "bbbb22", "cccc33"}),  # a branch beside it is not before it
        ("crm.0001_initial", {"crm.0001_initial"}),
        ("crm.0002", {"crm.0001_initial", "crm.0002_more"}),
    ],
)
def test_what_comes_after_a_migration_is_told_and_what_has_no_place_in_its_order(
    root: Path, since: str, left: set[str]
) -> None:
    assert sorted(told(root, Pending(since))) == sorted(set(EVERY) - left)


@pytest.mark.parametrize(("since", "why"), [("dddd", "there is no"), ("bbbb", "may be"), ("0001_initial", "may be")])
def test_a_migration_that_is_not_there_or_is_several_is_an_error(root: Path, since: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        told(root, Pending(since))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("cccc33\nbbbb44\n", ["bbbb44", "cccc33"]),
        ("bbbb22 -> cccc33 (head), say what\n<base> -> aaaa11, first\n", ["aaaa11", "cccc33"]),
        ("bbbb22 -> cccc33 (head), (current)\naaaa11 -> bbbb22 (branchpoint) (current), more\n", ["cccc33"]),
        ("bbbb22 -> cccc33 (head) (current), say what\n", []),
        ("crm\n [X] 0001_initial\n [ ] 0002_more\nblog\n [X] 0001_initial\n [X] 0002_more\n", ["crm.0002_more"]),
        ("[X]  crm.0001_initial\n[ ]  crm.0002_more\n[ ]  auth.0001_other\n", ["crm.0002_more"]),
        (" [ ] 0002_more\n", ["blog.0002_more", "crm.0002_more"]),
        ("label.0002_more\n", ["blog.0002_more", "crm.0002_more"]),  # an app whose folder is called otherwise
        ("[ ]  auth.0001_other\n", []),
        ("none\n", []),
        ("crm\n [X] 0001_initial\n", []),
    ],
)
def test_what_has_not_run_is_told_as_the_tools_print_it(root: Path, text: str, kept: list[str]) -> None:
    assert sorted(told(root, Pending(unapplied=listed(text)))) == kept


@pytest.mark.parametrize(
    "text", ["", "\n \n", "Traceback (most recent call last):\n", "dddd55\n", "[ ]  crm.0009_gone\n"]
)
def test_a_list_that_names_nothing_is_an_error(
    root: Path, text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(root)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert guard(["check", "--unapplied"]) == 2
    assert "--unapplied" in capsys.readouterr().err


@pytest.fixture
def apps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two apps: in one nothing is found, and its label is not what its folder is called by."""
    (tmp_path / ".git").mkdir()
    for name, text in (
        ("crm/migrations/0001_initial.py", DJANGO.format([])),
        ("crm/migrations/0002_more.py", DJANGO.format([("crm", "0001_initial")])),
        ("quiet/migrations/0001_initial.py", DJANGO.format([]).replace("UPDATE a SET b = 1", "SELECT 1")),
        ("quiet/apps.py", "class A:\n    label = 'silent'\n"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("apps")
@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("[ ]  silent.0001_initial\n", 0, None),
        ("[ ]  silent.0009_gone\n", 2, "there is no migration 'silent.0009_gone'"),
        ("[ ]  silent.0002_more\n", 2, "there is no migration 'silent.0002_more'"),  # another app has one
        (
            "[ ]  auth.0009_other\n[ ]  crm.0002_more\n",
            1,
            "passed over, as nothing of these apps is checked: auth.0009_other",
        ),
        ("[ ]  auth.0009_other\n[ ]  admin.0003_x\n", 0, "auth.0009_other, admin.0003_x"),
    ],
)
def test_every_app_that_is_checked_is_known_and_what_is_passed_over_is_told(
    text: str, code: int, said: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert guard(["check", "--unapplied", "--no-cache"]) == code
    told = capsys.readouterr().err
    assert said in told if said else "--unapplied" not in told


@pytest.mark.parametrize(
    "folder",
    [
        "db/shop_history",
        "project/migrations/shop",
        "shop/migrations_postgres",
        "users/shop_history",
        "history/migrations",
    ],
)
def test_an_app_is_known_wherever_migration_modules_puts_its_migrations(tmp_path: Path, folder: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / folder).mkdir(parents=True)
    user, first, second = ("users", "0001_initial"), ("shop", "0001_initial"), ("shop", "0002_more")
    for name, after in (("0001_initial", [user]), ("0002_more", [first, user]), ("0003_last", [second])):
        (tmp_path / folder / f"{name}.py").write_text(DJANGO.format(after))
    asked = Request((), tmp_path, SettingsLoader(cwd=tmp_path), 1, pending=Pending("shop.0002_more"))
    assert [one.migration for one in check(asked).new] == ["shop.0003_last"]
