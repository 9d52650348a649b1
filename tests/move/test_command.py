"""`migration-guard move` as its users run it: in a repository, with a baseline, and with what goes wrong."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import program
import pytest
from backfill.server import Server

from move.test_shapes import checksum_of, connected, upgrade

ROOT = Path(__file__).resolve().parents[2]
HEAD = 'import sqlalchemy as sa\nfrom alembic import op\n\nrevision = "{0}"\ndown_revision = "{1}"\n\n\n'
CREATE = HEAD.format("1a", "") + (
    "def upgrade():\n"
    '    op.create_table("leads", sa.Column("id", sa.BigInteger(), primary_key=True), sa.Column("status", sa.Text()))\n'
)
OWNER = HEAD.format("2b", "1a") + (
    "def upgrade():\n"
    '    op.add_column("leads", sa.Column("owner_id", sa.Integer()))\n'
    "    op.execute(\n"
    '        """\n'
    "        UPDATE leads SET owner_id = 7 WHERE status = 'new'\n"
    '        """\n'
    "    )  # by hand\n\n\n"
    'def downgrade():\n    op.drop_column("leads", "owner_id")\n'
)
STATUS = (
    HEAD.format("3c", "2b")
    + "def upgrade():\n    op.execute(\"UPDATE leads SET status = 'old' WHERE status = 'new'\")\n"
)
CONFIGURATION = '[backfill]\nmodules = ["backfills.py"]\n'


class Project:
    """A repository with migrations, all of it committed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "versions").mkdir()
        self.git("init", "--quiet")
        self.put("migration-guard.toml", CONFIGURATION)
        self.put("versions/1a.py", CREATE)
        self.put("versions/2b.py", OWNER)
        self.put("versions/3c.py", STATUS)
        self.commit()

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "core.autocrlf=false")
        command = ["git", *identity, *arguments]
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True).stdout

    def put(self, name: str, text: str) -> None:
        (self.folder / name).write_bytes(text.encode())

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "change")

    def text(self, name: str) -> str:
        return (self.folder / name).read_bytes().decode()

    def guard(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return program.run(
            *arguments, cwd=self.folder, env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **environment}
        )

    def run(self, command: list[str], **environment: str) -> None:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={"PATH": "/usr/bin:/bin", **environment},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def unchanged(self) -> bool:
        return self.git("status", "--porcelain") == ""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_the_change_is_shown_and_nothing_is_written(project: Project) -> None:
    shown = project.guard("move", "versions/2b.py:12")
    assert shown.returncode == 0, shown.stderr
    assert "-        UPDATE leads SET owner_id = 7 WHERE status = 'new'" in shown.stdout
    assert "+    # migration-guard move: the UPDATE of leads is now 2b_leads_owner_id" in shown.stdout
    assert "+    where=\"status = 'new' AND owner_id IS NULL\"," in shown.stdout
    assert project.unchanged()


def test_what_is_not_understood_is_not_printed(project: Project) -> None:
    """SQL beside it may hold anything, be it a password."""
    project.put("versions/1a.py", f"{CREATE}    op.execute('ALTER TABLE leads VALIDATE CONSTRAINT secret')\n")
    listed = project.guard("move", "--check")
    assert (listed.returncode, listed.stderr) == (0, "")


def test_all_else_in_the_migration_stays_byte_for_byte(project: Project) -> None:
    project.put("versions/2b.py", OWNER.replace("\n", "\r\n"))
    project.commit()
    assert project.guard("move", "versions/2b.py:12", "--write").returncode == 0
    begins, ends = OWNER.index("    op.execute("), OWNER.index("\n\n\ndef downgrade")
    comment = "    # migration-guard move: the UPDATE of leads is now 2b_leads_owner_id"
    assert project.text("versions/2b.py") == (OWNER[:begins] + comment + OWNER[ends:]).replace("\n", "\r\n")


def test_an_empty_body_becomes_pass_and_the_baseline_entry_goes(project: Project) -> None:
    assert project.guard("baseline", "--config", "backfill.modules=[]").returncode == 0
    project.commit()
    assert project.guard("move", "--all", "--rule", "update-in-migration", "--write").returncode == 0
    assert project.text("versions/3c.py").endswith(
        "def upgrade():\n    # migration-guard move: the UPDATE of leads is now 3c_leads_status\n    pass\n"
    )
    assert project.text(".migration-guard-baseline.jsonl") == '{"format":1}\n'
    clean = project.guard("check", "--strict-baseline")
    assert (clean.returncode, clean.stdout.split(",")[1]) == (0, " 0 new"), clean.stdout


def test_the_backfill_leaves_what_the_migration_left(project: Project, server: Server) -> None:
    rows = "INSERT INTO leads SELECT n, (ARRAY['new', 'won', NULL])[1 + n % 3] FROM generate_series(1, 2000) AS n"
    with server.fresh() as old, server.fresh() as new:
        wanted = ""
        for name, sources in ((old, (CREATE, OWNER)), (new, (CREATE, None))):
            with connected(server.url(name)) as connection:
                upgrade(connection, CREATE)
                connection.exec_driver_sql(rows.replace("%", "%%"))
                if sources[1] is None:
                    assert project.guard("move", "versions/2b.py:12", "--write").returncode == 0
                upgrade(connection, sources[1] or project.text("versions/2b.py"))
                wanted = wanted or checksum_of(connection, "leads")
        for told in ("666 changed", "completed before"):
            done = project.guard("backfill", "run", "--all", "--strict", DATABASE_URL=server.url(new))
            assert done.returncode == 0, done.stdout + done.stderr
            with connected(server.url(new)) as connection:
                assert checksum_of(connection, "leads") == wanted
            assert told in done.stdout + done.stderr


def test_what_could_be_moved_is_listed(project: Project) -> None:
    project.put("versions/4d.py", STATUS.replace("3c", "4d").replace("'old'", "now()"))
    listed = project.guard("move", "--check")
    assert listed.returncode == 0
    assert "versions/2b.py:12: UPDATE of leads: can be moved\n" in listed.stdout
    assert "versions/4d.py:9: UPDATE of leads: stays: CURRENT_TIMESTAMP depends on the time of running" in listed.stdout
    assert listed.stdout.endswith("2 of 3 data changes can be moved.\n")


def test_a_definition_is_formatted_as_its_neighbours(project: Project) -> None:
    project.put(
        "backfills.py",
        'from migration_guard import backfill\n\nBACKFILLS = [\n    backfill.Backfill(\n        key="a",\n        table="a",\n'
        '        where="x IS NULL",\n        update="UPDATE a SET x = 1 WHERE id = ANY(:ids)",\n        priority="LOW",\n'
        "    ),\n]\n",
    )
    project.commit()
    assert project.guard("move", "versions/3c.py:9", "--write").returncode == 0
    written = project.text("backfills.py")
    assert written.startswith(
        'from migration_guard import backfill\n\nBACKFILLS = [\n    backfill.Backfill(\n        key="a"'
    )
    assert '    backfill.Backfill(\n        key="3c_leads_status",\n' in written
    assert '        priority="MEDIUM",\n    ),\n]\n' in written


def test_a_folder_gets_a_module(project: Project) -> None:
    project.put("migration-guard.toml", CONFIGURATION.replace(".py", ""))
    (project.folder / "backfills").mkdir()
    project.put("backfills/__init__.py", "")
    project.commit()
    assert project.guard("move", "versions/3c.py:9", "--write").returncode == 0
    assert 'key="3c_leads_status"' in project.text("backfills/leads_status.py")


def test_one_module_takes_two_changes_of_one_column(project: Project) -> None:
    project.put("versions/4d.py", STATUS.replace("3c", "4d"))
    project.commit()
    assert project.guard("move", "--all", "--write").returncode == 0
    listed = project.guard("backfill", "list", DATABASE_URL="postgresql://127.0.0.1:1/none")
    for key in ("2b_leads_owner_id", "3c_leads_status", "4d_leads_status"):
        assert key in listed.stdout + listed.stderr


def test_a_skeleton_is_yet_to_be_finished(project: Project) -> None:
    project.put("versions/4d.py", STATUS.replace("3c", "4d").replace("'old'", "random_status(id)"))
    project.commit()
    assert project.guard("move", "versions/4d.py:9").returncode == 1
    written = project.guard("move", "versions/4d.py:9", "--skeleton", "--write")
    assert written.returncode == 0, written.stderr
    module = project.text("backfills.py")
    assert "def fill_leads_rows_4d(connection, ids):" in module
    assert "random_status(id)" in module
    assert "status=Status.DEPRECATED" in module
    assert project.text("versions/4d.py") == STATUS.replace("3c", "4d").replace("'old'", "random_status(id)")
    listed = project.guard("backfill", "list", DATABASE_URL="postgresql://127.0.0.1:1/none")
    assert "    Not moved by itself: " in project.text("backfills.py")
    assert "4d_leads_skeleton" in listed.stdout + listed.stderr


REFUSALS: tuple[tuple[list[str], int, str], ...] = (
    (["versions/2b.py:1"], 2, "no data change is found at versions/2b.py:1"),
    (["versions/9z.py:1"], 2, "versions/9z.py"),
    (["1:00000000000000000000"], 2, "no data change is found at 1:0000"),
    ([], 2, "expected PATH:LINE or FINGERPRINT"),
    (["--all", "--rule", "update-in-migratoin"], 2, "did you mean"),
    (["versions/2b.py:12", "--all"], 2, "expected PATH:LINE or FINGERPRINT"),
    (["leads"], 2, "expected FINGERPRINT, PATH:LINE"),
)


@pytest.mark.parametrize(("arguments", "code", "message"), REFUSALS)
def test_what_is_no_finding_is_said_so(project: Project, arguments: list[str], code: int, message: str) -> None:
    refused = project.guard("move", *arguments, "--write")
    assert (refused.returncode, message in refused.stderr) == (code, True), refused.stderr
    assert project.unchanged()


@pytest.mark.parametrize("way", ["force", "index"])
def test_what_git_does_not_hold_is_changed_by_force_alone(project: Project, way: str) -> None:
    """What is in the index can be brought back: a hook refuses the commit that the migration would be in."""
    project.put("versions/2b.py", "# mine\n" + OWNER)
    refused = project.guard("move", "versions/2b.py:13", "--write")
    said = "2b.py has changes that git does not hold; `git add` it first, or say --force"
    assert (refused.returncode, said in refused.stderr) == (1, True), refused.stderr
    assert project.text("versions/2b.py") == "# mine\n" + OWNER
    assert not (project.folder / "backfills.py").exists()
    if way == "index":
        subprocess.run(["git", "add", "."], cwd=project.folder, check=True)
    assert project.guard("move", "versions/2b.py:13", "--write", *["--force"][: way == "force"]).returncode == 0
    assert project.text("versions/2b.py").startswith("# mine\nimport")
    if way == "index":
        subprocess.run(["git", "restore", "versions/2b.py"], cwd=project.folder, check=True)
        assert project.text("versions/2b.py") == "# mine\n" + OWNER


def test_a_read_only_file_is_refused(project: Project) -> None:
    (project.folder / "versions" / "2b.py").chmod(0o444)
    refused = project.guard("move", "versions/2b.py:12", "--write")
    assert (refused.returncode, "2b.py is read-only" in refused.stderr) == (1, True)
    assert not (project.folder / "backfills.py").exists()


def test_a_module_that_does_not_parse_is_refused(project: Project) -> None:
    project.put("backfills.py", "def half(:\n")
    project.commit()
    refused = project.guard("move", "versions/2b.py:12", "--write")
    assert refused.returncode == 2
    assert "backfills.py: no definition can be added: SyntaxError" in refused.stderr
    assert project.unchanged()


def test_a_migration_that_does_not_parse_is_a_problem(project: Project) -> None:
    project.put("versions/2b.py", OWNER.replace("def upgrade():", "def upgrade(:"))
    project.commit()
    refused = project.guard("move", "versions/2b.py:12", "--write")
    assert (refused.returncode, "SyntaxError" in refused.stderr) == (2, True)
    assert project.unchanged()


def test_a_key_that_exists_is_refused(project: Project) -> None:
    assert project.guard("move", "versions/2b.py:12", "--write").returncode == 0
    project.put("versions/2b.py", OWNER)
    project.commit()
    refused = project.guard("move", "versions/2b.py:12", "--write")
    assert refused.returncode == 1
    assert "a backfill with the key 2b_leads_owner_id exists already, in backfills.py" in refused.stderr
    assert project.unchanged()


@pytest.mark.parametrize("there", ["", "migration-guard.toml", "pyproject.toml"])
def test_no_module_for_backfills_says_what_to_configure(project: Project, there: str) -> None:
    """What is said is added, as it stands, to the file that is named; then it works."""
    (project.folder / "migration-guard.toml").unlink()
    if there:
        header = "[tool.migration-guard]\n" if there == "pyproject.toml" else ""
        project.put(there, f'{header}hot-tables = ["leads"]\n[tool.black]\n' if header else 'hot-tables = ["leads"]\n')
    (project.folder / "db").mkdir()
    project.put("db/V1__a.sql", "UPDATE leads SET status = 'new';\n")
    project.commit()
    stays = project.guard("move", "db/V1__a.sql:1")
    assert (stays.returncode, "the migration is no Python file" in stays.stderr) == (1, True), (
        "nobody makes room for it"
    )
    refused = project.guard("move", "versions/2b.py:12")
    assert refused.returncode == 2
    file, lines = re.fullmatch(r".* say in (\S+), for instance:\n(.*)\n", refused.stderr, re.DOTALL).groups()  # type: ignore[union-attr]
    assert file == (there or "migration-guard.toml")
    path = project.folder / file
    path.write_text((path.read_text() if there else "") + lines + "\n", encoding="utf-8")
    assert project.guard("move", "versions/2b.py:12").returncode == 0


def test_a_key_that_no_migration_tells_is_assumed_and_said(project: Project) -> None:
    project.put("versions/4d.py", STATUS.replace("3c", "4d").replace("leads", "calls"))
    project.commit()
    assumed = project.guard("move", "versions/4d.py:9")
    assert (
        assumed.returncode,
        "note: the migrations do not say what the primary key of calls is" in assumed.stdout,
    ) == (0, True)
    shown = project.guard("move", "versions/4d.py:9", "--key", "call_id")
    assert (shown.returncode, "call_id = ANY(:ids)" in shown.stdout, "note:" in shown.stdout) == (0, True, False)
    shown = project.guard("move", "versions/4d.py:9", "--key", "lead_id,at")
    assert (shown.returncode, "(lead_id, at) IN (:ids)" in shown.stdout) == (0, True), shown.stdout


SEVERAL = """    op.execute(
        '''
        UPDATE leads SET status = 'b' WHERE status = 'a';
        UPDATE leads SET status = 'c' WHERE status = 'b';
        ALTER TABLE leads ADD COLUMN kind text;
        '''
    )
"""


def test_what_the_rest_of_a_text_builds_on_stays(project: Project) -> None:
    text = "UPDATE leads SET status = 'b' WHERE status IS NULL;\n        ALTER TABLE leads ALTER status SET NOT NULL;"
    project.put(
        "versions/4d.py",
        HEAD.format("4d", "3c") + f'def upgrade():\n    op.execute(\n        """\n        {text}\n        """\n    )\n',
    )
    project.commit()
    refused = project.guard("move", "versions/4d.py:11", "--write")
    assert (refused.returncode, "line 12 builds on it (ALTER TABLE leads" in refused.stderr) == (1, True), (
        refused.stderr
    )


def test_statements_that_build_on_each_other_become_ordered_backfills(project: Project, server: Server) -> None:
    """One call holds them, and keeps what is no data change."""
    project.put("versions/4d.py", HEAD.format("4d", "3c") + f"def upgrade():\n{SEVERAL}")
    project.commit()
    shown = project.guard("move", "versions/4d.py:11", "--write")
    assert (shown.returncode, "2 moved" in shown.stdout) == (0, True), shown.stdout + shown.stderr
    assert "ADD COLUMN kind" in project.text("versions/4d.py")
    assert "UPDATE leads" not in project.text("versions/4d.py")
    assert 'after=("4d_leads_status",)' in project.text("backfills.py")
    with server.fresh() as name:
        with connected(server.url(name)) as connection:
            upgrade(connection, CREATE)
            connection.exec_driver_sql("INSERT INTO leads VALUES (1, 'a'), (2, 'b'), (3, 'x')")
            upgrade(connection, project.text("versions/4d.py"))
        only = project.guard("backfill", "run", "--only", "4d_leads_status_2", DATABASE_URL=server.url(name))
        assert "waits for 4d_leads_status" in only.stdout + only.stderr
        done = project.guard("backfill", "run", "--all", "--strict", DATABASE_URL=server.url(name))
        assert done.returncode == 0, done.stdout + done.stderr
        with connected(server.url(name)) as connection:
            rows = connection.exec_driver_sql("SELECT status FROM leads ORDER BY id").scalars().all()
    assert rows == ["c", "c", "x"]


SESSION = """import sqlalchemy.orm


Base = sa.orm.declarative_base()


class Lead(Base):
    __tablename__ = "leads"
    id = sa.Column(sa.BigInteger, primary_key=True)
    status = sa.Column(sa.Text)


class Audit(Base):
    __tablename__ = "audits"
    lead_id = sa.Column(sa.BigInteger, primary_key=True)


def upgrade():
    session = sa.orm.Session(bind=op.get_bind())
    for lead in session.query(Lead).filter(Lead.status == "new"):
        lead.status = "seen"
        {0}
    session.commit()

    print("done")
"""


def session_loop(project: Project, line: str) -> subprocess.CompletedProcess[str]:
    project.put("versions/4d.py", HEAD.format("4d", "3c") + SESSION.format(line))
    project.commit()
    return project.guard("move", "versions/4d.py:28", "--write")


def test_what_follows_a_loop_stays(project: Project) -> None:
    moved = session_loop(project, "session.add(lead)")
    assert moved.returncode == 0, moved.stderr
    _, body = project.text("versions/4d.py").split("bind=op.get_bind())\n")
    assert body == (
        "    # migration-guard move: the UPDATE of leads is now 4d_leads_status\n"
        '    session.commit()\n\n    print("done")\n'
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("session.add(Audit(lead_id=lead.id))", "its loop uses the session for more than its own row"),
        ("print(session.execute(sa.text('DELETE FROM audits')))", "makes another change too (line 29, of audits)"),
    ],
)
def test_a_loop_that_makes_another_change_stays(project: Project, line: str, reason: str) -> None:
    refused = session_loop(project, line)
    assert (refused.returncode, reason in refused.stderr) == (1, True), refused.stderr
    assert line in project.text("versions/4d.py")


RUN_SQL = """from django.db import migrations


class Migration(migrations.Migration):
    operations = [
        migrations.RunSQL(
            "UPDATE leads SET status = 'b' WHERE status = 'a'; UPDATE leads SET status = 'c' WHERE status = 'b';",
            reverse_sql="UPDATE leads SET status = 'a'",
        ),
    ]
"""
LOOP = """from django.db import migrations


def forwards(apps, schema_editor):
    Lead = apps.get_model("crm", "Lead")
    for lead in {0}:
        lead.status = "x"
        lead.save()


class Migration(migrations.Migration):
    operations = [migrations.RunPython(forwards)]
"""


def django(project: Project, source: str) -> None:
    (project.folder / "crm" / "migrations").mkdir(parents=True)
    project.put("crm/__init__.py", "")
    project.put("crm/migrations/__init__.py", "")
    project.put("crm/migrations/0001_change.py", source)
    project.commit()


def test_the_way_back_stays_where_every_statement_of_a_text_is_moved(project: Project) -> None:
    django(project, RUN_SQL)
    moved = project.guard("move", "crm/migrations/0001_change.py:7", "--write")
    assert (moved.returncode, "2 moved" in moved.stdout) == (0, True), moved.stderr
    text = project.text("crm/migrations/0001_change.py")
    assert text.count("# migration-guard move: the UPDATE of leads is now") == 2
    assert "            migrations.RunSQL.noop,\n            reverse_sql=\"UPDATE leads SET status = 'a'\",\n" in text


@pytest.mark.parametrize("rows", ["Lead.objects.all()[:100]", "Lead.objects"])
def test_rows_that_are_no_chain_of_calls_are_refused(project: Project, rows: str) -> None:
    django(project, LOOP.format(rows))
    refused = project.guard("move", "crm/migrations/0001_change.py:8")
    assert (refused.returncode, "cannot be narrowed to those of a batch" in refused.stderr) == (1, True), refused.stderr


def test_what_could_not_be_proven_is_moved_and_counted(project: Project, server: Server) -> None:
    project.put("versions/4d.py", STATUS.replace("3c", "4d").replace("= 'new'", "= 'new' AND status = 'won'"))
    project.commit()
    shown = project.guard("move", "versions/4d.py:9", "--prove", "--scratch-database-url", server.url())
    assert shown.returncode == 1
    assert "not proven: the statement changes none of the made-up rows" in shown.stderr
    assert "1 moved (shown; --write makes the changes), 1 of them not proven, 0 refused." in shown.stdout
    proven = project.guard("move", "versions/3c.py:9", "--prove", "--scratch-database-url", server.url())
    assert (proven.returncode, "proven: " in proven.stdout, "not proven" in proven.stdout) == (0, True, False)


@pytest.mark.parametrize("option", ["--check", "--skeleton"])
def test_proving_is_refused_where_nothing_is_moved(project: Project, option: str) -> None:
    what = [] if option == "--check" else ["versions/3c.py:9"]
    refused = project.guard("move", *what, option, "--prove")
    assert (refused.returncode, f"which {option} does not" in refused.stderr) == (2, True), refused.stderr


@pytest.mark.parametrize("url", ["postgresql://127.0.0.1:1/postgres", "no url"])
def test_a_scratch_server_that_is_none_is_told(project: Project, url: str) -> None:
    refused = project.guard("move", "versions/3c.py:9", "--prove", "--scratch-database-url", url)
    assert (refused.returncode, "Traceback" in refused.stderr) == (2, False)
    assert "--prove: the scratch server" in refused.stderr


ANNOTATED = """from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Lead(Base):
    __tablename__ = "leads"
    id: Mapped[int] = mapped_column(primary_key=True)
    points: Mapped[int] = mapped_column("score")
    state: Mapped[str] = mapped_column(sa.Text, name="status")


def upgrade():
    session = Session(bind=op.get_bind())
    session.query(Lead).filter(Lead.points == 5).update({"state": "five"})
"""


def test_an_attribute_that_is_annotated_has_the_column_that_it_names(project: Project) -> None:
    project.put("versions/4d.py", HEAD.format("4d", "3c") + ANNOTATED)
    project.commit()
    moved = project.guard("move", "versions/4d.py:24")
    assert moved.returncode == 0, moved.stderr
    assert "leads.score = 5 AND status IS DISTINCT FROM 'five'" in moved.stdout
