"""Edits of a project that keeps one set of migrations three times: for Alembic, for Django and in a script.

Each edit says what must come out of it for each of the three. The documentation shows the same table.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from baselines.project import Project

STATEMENT = '''"""
        UPDATE leads l
        SET status = 'new'
        FROM settings s
        WHERE l.tenant_id = s.tenant_id AND s.name = 'default status'
        """'''
FRAMEWORKS = ("alembic", "django", "script")
FILES = {
    "alembic": "db/versions/a36f_status.py",
    "django": "apps/crm/migrations/0036_status.py",
    "script": "server/db_migrate.py",
}
OTHERS = {
    "alembic": "db/versions/b37e_owner.py",
    "django": "apps/crm/migrations/0037_owner.py",
    "script": "worker/db_migrate.py",
}
ALEMBIC = f'''"""Status of leads."""

import sqlalchemy as sa
from alembic import op

revision = "a36f"
down_revision = "935d"

leads = sa.table("leads", sa.column("status"), sa.column("owner_id"), sa.column("score"))


def upgrade():
    op.execute(
        {STATEMENT}
    )
    op.execute("DELETE FROM settings WHERE name = 'old status'")
    fill(op.get_bind())


def fill(connection):
    older = leads.c.status == "old"
    connection.execute(leads.update().where(older).values(status="closed", owner_id=None))


def downgrade():
    pass
'''
DJANGO = f"""from django.db import migrations


def forwards(apps, schema_editor):
    schema_editor.execute(
        {STATEMENT}
    )
    schema_editor.execute("DELETE FROM settings WHERE name = 'old status'")
    fill(apps.get_model("crm", "Lead"))


def fill(Lead):
    older = Lead.objects.filter(status="old")
    older.update(status="closed", owner_id=None)


class Migration(migrations.Migration):
    dependencies = [("crm", "0035_leads")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
"""
SCRIPT = f'''"""Numbered blocks, run at every start."""

import os

import sqlalchemy as sa

leads = sa.table("leads", sa.column("status"), sa.column("owner_id"), sa.column("score"))


def apply_migrations(connection):
    # Migration 35: a column
    connection.execute(sa.text("ALTER TABLE leads ADD COLUMN status text"))
    connection.commit()

    # Migration 36: status of leads
    connection.execute(sa.text(
        {STATEMENT}
    ))
    connection.execute(sa.text("DELETE FROM settings WHERE name = 'old status'"))
    older = leads.c.status == "old"
    connection.execute(leads.update().where(older).values(status="closed", owner_id=None))
    connection.commit()

    # Migration 37: another column
    connection.execute(sa.text("ALTER TABLE leads ADD COLUMN owner_id bigint"))


with sa.create_engine(os.environ["DATABASE_URL"]).begin() as connection:
    apply_migrations(connection)
'''
SOURCES = {"alembic": ALEMBIC, "django": DJANGO, "script": SCRIPT}
EMPTY = {
    "alembic": 'revision = "b37e"\ndown_revision = "a36f"\n\nfrom alembic import op\nimport sqlalchemy as sa\n\nleads = sa.table("leads")\n\n\ndef upgrade():\n    pass\n',
    "django": "from django.db import migrations\n\n\ndef forwards(apps, schema_editor):\n    pass\n\n\n"
    'class Migration(migrations.Migration):\n    dependencies = [("crm", "0036_status")]\n'
    "    operations = [migrations.RunPython(forwards)]\n",
    "script": '"""The worker\'s own."""\n\nimport sqlalchemy as sa\n\n\ndef apply_migrations(connection):\n'
    "    # Migration 36: nothing yet\n    pass\n",
}
CONFIGURATION = """paths = [".", "**/*migrate.py"]
migration-marker = 'Migration (\\d+[a-z]?):'
"""
DELETION = {
    "alembic": "    op.execute(\"DELETE FROM settings WHERE name = 'old status'\")\n",
    "django": "    schema_editor.execute(\"DELETE FROM settings WHERE name = 'old status'\")\n",
    "script": "    connection.execute(sa.text(\"DELETE FROM settings WHERE name = 'old status'\"))\n",
}
CHAIN = {
    "alembic": 'leads.update().where(older).values(status="closed", owner_id=None)',
    "django": 'older.update(status="closed", owner_id=None)',
    "script": 'leads.update().where(older).values(status="closed", owner_id=None)',
}


def project(where: Project) -> Project:
    """Write the project as it was when its findings were grandfathered."""
    where.write("migration-guard.toml", CONFIGURATION)
    for framework in FRAMEWORKS:
        where.write(FILES[framework], SOURCES[framework])
        where.write(OTHERS[framework], EMPTY[framework])
    return where


@dataclass(frozen=True, slots=True)
class Outcome:
    """What must be said of one of the three after an edit: its three findings and what came to them."""

    new: int = 0
    known: int = 3
    stale: int = 0
    unknown: int = 0

    def __str__(self) -> str:
        return ", ".join(f"{getattr(self, name)} {name}" for name in self.__slots__ if getattr(self, name)) or "silent"


KNOWN = Outcome()
Change = Callable[[Project, str], None]
"""What an edit does to the files of one framework."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A row of the table."""

    name: str
    change: Change
    outcome: Outcome | dict[str, Outcome] = KNOWN
    run: tuple[str, ...] = ()
    """The paths that are checked; all if there are none."""
    problems: int = 0

    def of(self, framework: str) -> Outcome:
        return self.outcome[framework] if isinstance(self.outcome, dict) else self.outcome


def _in_file(edit: Callable[[str], str]) -> Change:
    def change(where: Project, framework: str) -> None:
        before = where.read(FILES[framework])
        after = edit(before)
        assert after != before, "the edit changes nothing"
        where.write(FILES[framework], after)

    return change


def _nothing(where: Project, framework: str) -> None:
    pass


def _above(text: str) -> str:
    head, keyword, rest = text.partition("\nimport ") if "\nimport " in text else ("", "from django", text[11:])
    return f"{head}\n# One more line.\n\nimport logging{keyword}{rest}" if head else f"# More.\n\nimport re\n{text}"


def _reflowed(text: str) -> str:
    return text.replace(STATEMENT, " ".join(STATEMENT.split()).replace('""" ', '"""').replace(' """', '"""'))


def _black(text: str) -> str:
    for call in CHAIN.values():
        text = text.replace(
            call,
            "(\n        "
            + call.replace(".where(", "\n        .where(")
            .replace(".values(", "\n        .values(")
            .replace(
                'status="closed", owner_id=None', '\n            status="closed",\n            owner_id=None,\n        '
            )
            + "\n    )",
        )
    for line in DELETION.values():
        opening = line.index("(") + 1
        text = text.replace(line, f"{line[:opening]}\n        {line[opening:-2]},\n    )\n")
    return text


def _respelt(text: str) -> str:
    text = text.replace('status="closed", owner_id=None', "owner_id=None,  # nobody\n        status='closed'")
    text = text.replace('"old"', "'''old'''")
    sql = (
        '"update Leads l /* all */ "\n        "set \\"status\\" = \'new\' "\n        "from settings s -- of the tenant\\n"'
        "\n        \"where l.tenant_id = s.tenant_id and s.name = 'default status'\""
    )
    text = text.replace(STATEMENT, sql)
    return text.replace(
        "\"DELETE FROM settings WHERE name = 'old status'\"",
        '"""\n    delete from settings\n    where name = \'old status\';\n    """',
    )


def _reindented(text: str) -> str:
    return re.sub(r"^( {4})+", lambda match: "\t" * (len(match[0]) // 4), text, flags=re.MULTILINE)


def _under_a_condition(text: str) -> str:
    for line in DELETION.values():
        text = text.replace(line, f"    if True:\n    {line}")
    return text


def _renamed_names(text: str) -> str:
    text = re.sub(r"\bolder\b", "those_that_are_old", text)
    text = re.sub(r"\bfill\b", "close_leads", text)
    text = re.sub(r"\bapply_migrations\b", "main", text)
    text = re.sub(r"\bforwards\b", "run", text)
    return re.sub(r"\bconnection\b", "conn", text)


def _swap(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new)


def _file_renamed(where: Project, framework: str) -> None:
    old = FILES[framework]
    where.git("mv", old, old.replace("status.py", "renamed.py").replace("db_migrate.py", "numbered_migrate.py"))


def _folder_moved(where: Project, framework: str) -> None:
    if framework == "django":
        (where.root / "lib").mkdir(exist_ok=True)
        where.git("mv", "apps/crm", "lib/crm")
    else:
        folder = FILES[framework].partition("/")[0]
        (where.root / "lib").mkdir(exist_ok=True)
        where.git("mv", folder, f"lib/{folder}")


def _squashed(where: Project, framework: str) -> None:
    """A migration that replaces the one with the findings; a script has no word for that, and gets another number."""
    text = where.read(FILES[framework])
    match framework:
        case "alembic":
            text = text.replace('"a36f"', '"c38d"\nreplaces = ["a36f", "b37e"]')
            where.write("db/versions/c38d_squashed.py", text)
        case "django":
            replaces = '    replaces = [("crm", "0036_status"), ("crm", "0037_owner")]\n'
            where.write(
                "apps/crm/migrations/0036_squashed_0037.py",
                text.replace("    dependencies", f"{replaces}    dependencies"),
            )
        case _:
            where.write(FILES[framework], text.replace("Migration 36:", "Migration 38:"))


def _squashed_and_gone(where: Project, framework: str) -> None:
    _squashed(where, framework)
    if framework != "script":
        where.git("rm", "--quiet", FILES[framework], OTHERS[framework])


def _moved(where: Project, framework: str) -> None:
    where.replace(FILES[framework], DELETION[framework], "")
    where.replace(OTHERS[framework], "    pass\n", DELETION[framework])


def _duplicated(text: str) -> str:
    for line in DELETION.values():
        text = text.replace(line, f"{line}{line}")
    return text


def _duplicated_elsewhere(where: Project, framework: str) -> None:
    where.replace(OTHERS[framework], "    pass\n", DELETION[framework])


def _swapped(text: str) -> str:
    return text.replace(
        "DELETE FROM settings WHERE name = 'old status'", "DELETE FROM settings WHERE name = 'a status'"
    )


def _fixed(where: Project, framework: str) -> None:
    where.replace(FILES[framework], DELETION[framework], "")


def _fixed_and_back(where: Project, framework: str) -> None:
    before = where.read(FILES[framework])
    _fixed(where, framework)
    where.commit()
    where.write(FILES[framework], before)


def _deleted(where: Project, framework: str) -> None:
    where.git("rm", "--quiet", FILES[framework])


def _broken(where: Project, framework: str) -> None:
    where.write(FILES[framework], where.read(FILES[framework]) + "\ndef (:\n")


_ONE_NEW = Outcome(new=1)
_CHANGED = Outcome(new=1, known=2, stale=1)
_CUT = {"alembic": "db/versions", "django": "apps/crm", "script": "server"}

EDITS = (
    Edit("nothing", _nothing),
    Edit("lines added above", _in_file(_above)),
    Edit("statement reflowed", _in_file(_reflowed)),
    Edit("formatted with another line width", _in_file(_black)),
    Edit("quotes, order of keywords, case of SQL, comments, triple quotes changed", _in_file(_respelt)),
    Edit("re-indented", _in_file(_reindented)),
    Edit("put under a condition", _in_file(_under_a_condition)),
    Edit("function or local variable renamed", _in_file(_renamed_names)),
    Edit("file renamed", _file_renamed),
    Edit("app or folder moved", _folder_moved),
    Edit("checked in part, without this file", _nothing, Outcome(known=0, unknown=3), run=tuple(OTHERS.values())),
    Edit("checked in part, this file alone", _nothing, run=tuple(FILES.values())),
    Edit("renamed, and the new file alone checked", _file_renamed, run=(
        "db/versions/a36f_renamed.py", "apps/crm/migrations/0036_renamed.py", "server/numbered_migrate.py",
    )),
    Edit("one fixed", _fixed, Outcome(known=2, stale=1)),
    Edit("one fixed and the same added again", _fixed_and_back),
    Edit("one fixed and a different one added", _in_file(_swapped), _CHANGED),
    Edit("literal in SQL changed", _in_file(_swap("'new'", "'open'")), _CHANGED),
    Edit("literal in Python changed", _in_file(_swap('"closed"', '"lost"')), _CHANGED),
    Edit("condition changed through a local variable", _in_file(_swap('"old"', '"dead"')), _CHANGED),
    Edit("column changed", _in_file(_swap("owner_id=None", "score=None")), _CHANGED),
    Edit("table changed", _in_file(_swap("DELETE FROM settings", "DELETE FROM options")), _CHANGED),
    Edit("exact duplicate in the same file", _in_file(_duplicated), _ONE_NEW),
    Edit("duplicate in another file", _duplicated_elsewhere, _ONE_NEW),
    Edit("moved to another file", _moved, _CHANGED),
    Edit(
        "squashed (`replaces`), the originals still there",
        _squashed,
        {"alembic": Outcome(known=6), "django": Outcome(known=6), "script": Outcome(new=3, known=0, stale=3)},
    ),
    Edit(
        "squashed (`replaces`), the originals deleted",
        _squashed_and_gone,
        {"alembic": KNOWN, "django": KNOWN, "script": Outcome(new=3, known=0, stale=3)},
    ),
    Edit("file deleted", _deleted, Outcome(known=0, stale=3)),
    Edit("file deleted, another one checked", _deleted, Outcome(known=0, unknown=3), run=tuple(OTHERS.values())),
    Edit("parse error in the file", _broken, Outcome(known=0, unknown=3), problems=1),
)  # fmt: skip
