"""Data changes beside the files that everybody knows: hooks, lists of patches, an application's own runner. None is passed over."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

import pytest

from migration_guard.config import SettingsLoader
from migration_guard.pipeline import Request, check

UPDATE = '.execute("UPDATE leads SET hot = 1")\n'
MODEL = 'from odoo import models, tools\n\n\nclass Lead(models.Model):\n    _inherit = "crm.lead"\n\n'
HOOK = f"def fill(env):\n    env.cr{UPDATE}"
PATCH = "import frappe\n\n\ndef execute():\n    frappe.reload_doc('a', 'b', 'c')\n"
WAYS = f"def upgrade(connection):\n    connection{UPDATE}\n\ndef downgrade(connection):\n    pass\n"
SEED = "from masoniteorm.seeds import Seeder\nfrom app import User\n\n\nclass UserSeeder(Seeder):\n    def run(self):\n        User.where('a', 1).update({'b': 2})\n"
REVISION = f"from alembic import op\n\n\ndef upgrade():\n    op{UPDATE}"


class Told(NamedTuple):
    """What is said of a project: lines of findings, files that are named as unread, and those that are problems."""

    found: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


CASES: Mapping[str, tuple[Mapping[str, str], Told]] = {
    "a line of patches.txt is Python": (
        {
            "crm/patches.txt": "[pre_model_sync]\ncrm.patches.v1.fill  # a note\n"
            'execute:frappe.db.sql("update `tabLead` set hot=0")\nexecute:import frappe; frappe.reload_doc("a", "b", "c") # 1\n',
            "crm/patches/v1/fill.py": PATCH,
        },
        Told(("crm/patches.txt:3",)),
    ),
    "patches.txt that only names": ({"crm/patches.txt": "crm.patches.fill\n", "crm/patches/fill.py": PATCH}, Told()),
    "a line of patches.txt that is no Python": (
        {"crm/patches.txt": "execute:frappe.db.sql(\n"}, Told(problems=("crm/patches.txt",))
    ),
    "hooks.py names what every migration runs": (
        {
            "crm/hooks.py": 'app_name = "crm"\nafter_migrate = [\n    "crm.setup.after_migrate",\n    "crm.setup.nothing",\n]\n',
            "crm/setup.py": "import frappe\n\n\ndef after_migrate():\n    frappe.db.sql('delete from `tabLead`')\n\n\ndef nothing():\n    pass\n",
        },
        Told(("crm/hooks.py:3",)),
    ),
    "hooks.py names what is out of sight": (
        {"crm/hooks.py": 'app_name = "crm"\nafter_migrate = "other.setup.run"\n'}, Told(("crm/hooks.py:2",))
    ),
    "hooks.py without such a name": ({"crm/hooks.py": 'app_name = "crm"\nscheduler_events = {}\n'}, Told()),
    "a model's init runs at each update": (
        {"a/__manifest__.py": "{}", "a/models/lead.py": f"{MODEL}    def init(self):\n        self.env.cr{UPDATE}"},
        Told(("a/models/lead.py:8",)),
    ),
    "a model's init writes its own rows": (
        {"a/models/lead.py": f"{MODEL}    def _auto_init(self):\n        super()._auto_init()\n        self.search([]).write({{'a': 1}})\n"},
        Told(("a/models/lead.py:9",)),
    ),
    "a model's init makes a view": (
        {"a/models/lead.py": f'{MODEL}    def init(self):\n        tools.drop_view_if_exists(self.env.cr, self._table)\n        self.env.cr.execute("CREATE VIEW v AS SELECT 1")\n'},
        Told(),
    ),
    "a hook deep in its addon": (
        {"a/__manifest__.py": '{"post_init_hook": "fill"}', "a/b/c/d/e/f/g/hooks.py": HOOK}, Told(("a/b/c/d/e/f/g/hooks.py:2",))
    ),
    "a hook whose name is computed": (
        {"a/__manifest__.py": '{"post_init_hook": "fi" + NAME}', "a/hooks.py": HOOK},
        Told(("a/hooks.py:2",), problems=("a/hooks.py",)),
    ),
    "a manifest that is no Python": (
        {"a/__manifest__.py": '{"post_init_hook":', "a/hooks.py": HOOK}, Told(("a/hooks.py:2",), problems=("a/hooks.py",))
    ),
    "a function that is no hook": ({"a/__manifest__.py": '{"name": "a"}', "a/tools.py": HOOK}, Told()),
    "data of an addon that runs a method": (
        {"a/__manifest__.py": "{}", "a/data/fix.xml": '<odoo><function model="res.partner" name="write"/></odoo>'},
        Told(unread=("a/data/fix.xml",)),
    ),
    "data of an addon that only shows": (
        {"a/__manifest__.py": "{}", "a/views/view.xml": '<odoo><record id="a" model="ir.ui.view"/></odoo>'}, Told()
    ),
    "a module that migrates by itself": (
        {"app/migrations.py": f"def v2(conn):\n    conn{UPDATE}"}, Told(unread=("app/migrations.py",))
    ),
    "a module with texts by their numbers": (
        {"bot/migrations.py": 'MIGRATIONS = {2: "UPDATE a SET id=2"}\n'}, Told(unread=("bot/migrations.py",))
    ),
    "a module of upgrades": (
        {"srv/schema_upgrades.py": f"async def to_4(conn):\n    await conn{UPDATE}"}, Told(unread=("srv/schema_upgrades.py",))
    ),
    "a module that asks and writes nothing": ({"app/migrate.py": "def pending(names):\n    return sorted(names)\n"}, Told()),
    "a test of such a module": ({"tests/test_migrations.py": f"def test_it(conn):\n    conn{UPDATE}"}, Told()),
    "seeds in Python": ({"databases/seeds/users.py": SEED}, Told(unread=("databases/seeds/users.py",))),
    "caribou": ({"db/changes/20240101120000_fill.py": WAYS}, Told(("db/changes/20240101120000_fill.py:2",))),
    "mschematool": (
        {"db/m20140615132455_fill.py": f"def migrate(connection):\n    connection.cursor(){UPDATE}"},
        Told(("db/m20140615132455_fill.py:2",)),
    ),
    "a numbered module that takes no connection": (
        {"reports/2024_sales.py": f"def run(year):\n    open_it(){UPDATE}"}, Told()
    ),
    "sqlite-migrate": (
        {
            "app/changes.py": "from sqlite_migrate import Migrations\n\nmigration = Migrations('x')\n\n\n@migration()\ndef first(db):\n"
            "    db['dogs'].create({'id': int})\n    db['cats'].update(1, {'a': 2})\n    db.execute('DELETE FROM cats')\n"
        },
        Told(("app/changes.py:10", "app/changes.py:9")),
    ),
    "simple-db-migrate": (
        {"migrations/20240101_fill.migration": 'SQL_UP = "UPDATE leads SET a=1"\n'}, Told(unread=("migrations/20240101_fill.migration",))
    ),
    "sqlalchemy-migrate's SQL": (
        {
            "repo/versions/001_postgresql_upgrade.sql": "UPDATE a SET b=1;",
            "repo/versions/001_postgresql_downgrade.sql": "SELECT 1;",
            "repo/versions/002_x.py": f"def upgrade(migrate_engine):\n    migrate_engine{UPDATE}",
        },
        Told(("repo/versions/001_postgresql_upgrade.sql:1", "repo/versions/002_x.py:2")),
    ),
    "MongoDB is out of scope": (
        {"migrations/20240101_fill.py": "from beanie import free_fall_migration\n"}, Told(unread=("migrations/20240101_fill.py",))
    ),
    "settings that cannot be parsed": (
        {"alembic.ini": "[alembic\nscript_location = db\n", "db/versions/a.py": REVISION},
        Told(unread=("db/versions/a.py",), problems=("alembic.ini",)),
    ),
}  # fmt: skip
PIPES = {
    "an SQL file among migrations": ("migrations/0002_fill.sql", {"migrations/0001_a.sql": "SELECT 1;"}, "migrations/0002_fill.sql"),
    "the manifest of a hook's addon": ("a/__manifest__.py", {"a/hooks.py": HOOK}, "a/hooks.py"),
    "Alembic's settings": ("alembic.ini", {"a.py": ""}, "alembic.ini"),
    "a package's settings": ("crm/pyproject.toml", {"a.py": ""}, "crm/pyproject.toml"),
    "Frappe's patches": ("crm/patches.txt", {"a.py": ""}, "crm/patches.txt"),
}  # fmt: skip
"""Files that cannot be read, which are no files at all, with what stands beside them and of what it is a problem."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Told]:
    """What one run says of all projects, each a repository of its own."""
    root = tmp_path_factory.mktemp("projects")
    names = {f"p{number:02}": name for number, name in enumerate((*CASES, *PIPES))}
    for folder, name in names.items():
        (root / folder / ".git").mkdir(parents=True)
        for path, text in (CASES[name][0] if name in CASES else PIPES[name][1]).items():
            (root / folder / path).parent.mkdir(parents=True, exist_ok=True)
            (root / folder / path).write_text(text, encoding="utf-8")
        if name in PIPES:
            (root / folder / PIPES[name][0]).parent.mkdir(parents=True, exist_ok=True)
            os.mkfifo(root / folder / PIPES[name][0])
    (root / "z").mkdir()
    (root / "z" / "z.py").write_text('revision = "1"\ndown_revision = None\n', encoding="utf-8")
    report = check(Request(paths=["."], cwd=root, load=SettingsLoader(cwd=root, isolated=True), workers=2))

    def of(folder: str, shown: set[str]) -> tuple[str, ...]:
        return tuple(sorted(one.partition("/")[2] for one in shown if one.partition("/")[0] == folder))

    found = {f"{one.path}:{one.span.line}" for one in report.new if one.code.startswith("MG1")}
    unread, problems = {one.path for one in report.unread}, {one.path for one in report.problems}
    return {name: Told(of(folder, found), of(folder, unread), of(folder, problems)) for folder, name in names.items()}


@pytest.mark.parametrize("name", CASES)
def test_what_changes_data_is_read_or_named_and_nothing_else(name: str, told: Mapping[str, Told]) -> None:
    assert told[name] == CASES[name][1]


@pytest.mark.parametrize("name", PIPES)
def test_what_is_recognised_and_cannot_be_read_is_a_problem(name: str, told: Mapping[str, Told]) -> None:
    assert PIPES[name][2] in told[name].problems
