"""What an error advises works: each is followed, and what was refused, or not found, then is done."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
import program
import pytest

from migration_guard.cli import cli

MIGRATION = "from alembic import op\nrevision = '1'\ndown_revision = None\ndef upgrade():\n    op.execute('UPDATE leads SET a = 1')\n"
FILES = {
    "versions/1.py": MIGRATION,
    "db_migrate.py": "def m1(connection):\n    connection.execute('DELETE FROM calls')\n",
    "other/none.txt": "",
    "linked/versions/2.py": MIGRATION,
    "settings.toml": "fail-on = 'high'\n",
}
CONFIGURATION = "migration-guard.toml"
STALE = '{"format":1}\n{"file":"versions/1.py","migration":"1","rule":"update-in-migration","at":"leads","fp":"3:4bb8ade7f461f1aa27f8"}\n'
BACKFILLS = "[backfill]\nmodules = ['backfills.py']\n"


@dataclass(frozen=True)
class Advice:
    """An error, the words that advise something, and what following them is: other arguments, or other files."""

    arguments: str
    said: str
    """A pattern; its groups are what the advice names."""
    follows: str
    """The arguments of whoever follows it, with the groups in them."""
    code: int = 1
    files: dict[str, str] = field(default_factory=dict)
    changes: dict[str, str] = field(default_factory=dict)
    """Files as they are when the advice was followed, with the groups in them."""
    refused: int = 2


CASES = {
    "a mistyped rule": Advice("check --select MG1O1", r'did you mean "(MG101)"', "check --select {0}"),
    "a mistyped rule by its name": Advice(
        "check --ignore update-in-migrations", r'did you mean "(update-in-migration)"', "check versions --ignore {0}", code=0
    ),
    "a mistyped option": Advice("check --exit-zer", r"(--exit-zero)", "check {0}", code=0),
    "a mistyped format": Advice("check --output-format jsn", r'did you mean "(json)"', "check --output-format {0}"),
    "a mistyped level": Advice("check --fail-on hihg", r"(high)", "check --fail-on {0}", code=0),
    "a mistyped command": Advice("chekc", r'the command "(check)"', "{0}"),
    "a mistyped folder": Advice("check verions", r"did you mean '(versions)'", "check {0}"),
    "a mistyped file": Advice("check versions/11.py", r"did you mean '(versions/1\.py)'", "check {0}"),
    "a mistyped folder of a file": Advice("check verions/1.py", r"did you mean '(versions/1\.py)'", "check {0}"),
    "a mistyped file to explain": Advice("explain versions/11.py", r"did you mean '(versions/1\.py)'", "explain {0}", code=0),
    "a mistyped file of settings": Advice("check --config seting.toml", r"did you mean '(settings\.toml)'", "check --config {0}", code=0),
    "a mistyped key": Advice(
        "check --config hot-table=['leads']", r"did you mean `(hot-tables)`", "check --config {0}=['leads']"
    ),
    "a mistyped dialect": Advice("check --config dialect='postgre'", r"did you mean `(postgres)`", "check --config dialect='{0}'"),
    "a mistyped key of a file": Advice(
        "check", r"did you mean `(fail-on)`", "check", code=0, files={CONFIGURATION: "fail-onn = 'high'\n"},
        changes={CONFIGURATION: "{0} = 'high'\n"},
    ),
    "a mistyped path of a file": Advice(
        "check", r"did you mean '(versions)'", "check", files={CONFIGURATION: "paths = ['version']\n"},
        changes={CONFIGURATION: "paths = ['{0}']\n"},
    ),
    "a mistyped rule of a file": Advice(
        "check", r"did you mean [\"`](MG101|update-in-migration)[\"`]", "check", code=0,
        files={CONFIGURATION: "ignore = ['update-in-migratio']\n"}, changes={CONFIGURATION: "ignore = ['{0}']\n"},
    ),
    "no migration here": Advice("check other", r"name the folder that holds them", "check versions"),
    "no migration here, but a script": Advice(
        "check other", r"let `migration-guard (init)` look for scripts", "{0}", code=0
    ),
    "statistics instead": Advice(
        "check --statistics --output-format json", r"(--output json)=FILE", "check --statistics {0}=report.json"
    ),
    "one file for two reports": Advice(
        "check --output json=a --output sarif=a", r"a file of its own", "check --output json=a --output sarif=b"
    ),
    "remarks without a reason": Advice("check --add-ignores", r"takes (--reason) TEXT", "check --add-ignores {0} later", code=0),
    "there is no --fix": Advice(
        "check --fix", r"`migration-guard (move) PATH:LINE`", "{0} versions/1.py:5 --skeleton", code=0,
        files={CONFIGURATION: BACKFILLS},
    ),
    "no module for backfills": Advice(
        "move versions/1.py:5 --skeleton", r"say in (migration-guard\.toml), for instance: (\[backfill\]) (modules = \[.*?\])",
        "move versions/1.py:5 --skeleton", code=0, changes={CONFIGURATION: "{1}\n{2}\n"},
    ),
    "a baseline that is not there": Advice(
        "check --baseline own.jsonl", r"`migration-guard (baseline)` writes it", "{0} --baseline own.jsonl", code=0
    ),
    "a remark that names no rule": Advice(
        "check", r"expected `(migration-guard: ignore)\[rule-name, …\] (-- reason)`", "check versions", code=0,
        files={"versions/1.py": MIGRATION.rstrip() + "  # migration-guard: ignore\n"},
        changes={"versions/1.py": MIGRATION.rstrip() + "  # {0}[update-in-migration] {1}\n"},
    ),
    "a remark that names a wrong rule": Advice(
        "check versions", r'did you mean "(MG101)"', "check versions", code=0,
        files={"versions/1.py": MIGRATION.rstrip() + "  # migration-guard: ignore[MG1O1] -- so\n"},
        changes={"versions/1.py": MIGRATION.rstrip() + "  # migration-guard: ignore[{0}] -- so\n"},
    ),
    "a mistyped file to move": Advice(
        "move versions/11.py:5", r"did you mean '(versions/1\.py)'", "move {0}:5 --skeleton", code=0, files={CONFIGURATION: BACKFILLS}
    ),
    "a line without a change": Advice(
        "move versions/1.py:4", r"`migration-guard (check)` lists them", "{0}", files={CONFIGURATION: BACKFILLS}
    ),
    "a mistyped command of backfills": Advice(
        "backfill lst", r"[Dd]id you mean (?:one of: )?'(list)'", "backfill {0}", code=0, files={CONFIGURATION: BACKFILLS, "backfills.py": ""}
    ),
    "a mistyped module of backfills": Advice(
        "backfill list", r'did you mean "(backfills\.py)"', "backfill list", code=0,
        files={CONFIGURATION: BACKFILLS.replace("backfills", "backfill"), "backfills.py": ""},
        changes={CONFIGURATION: "[backfill]\nmodules = ['{0}']\n"},
    ),
    "no module of backfills": Advice(
        "backfill list", r"name modules, files or folders in `(backfill)\.(modules)`, or by (--module)", "backfill list {2} backfills.py",
        code=0, files={"backfills.py": ""},
    ),
    "a mistyped key of backfills": Advice(
        "backfill list", r"did you mean `(modules)`", "backfill list", code=0,
        files={CONFIGURATION: BACKFILLS.replace("modules", "module"), "backfills.py": ""},
        changes={CONFIGURATION: "[backfill]\n{0} = ['backfills.py']\n"},
    ),
    "a mistyped deploy script": Advice(
        "verify", r"did you mean '(deploy\.sh)'", "verify", files={CONFIGURATION: "[verify]\ndeploy-scripts = ['deploi.sh']\n", "deploy.sh": ""},
        changes={CONFIGURATION: "[verify]\ndeploy-scripts = ['{0}']\n"},
    ),
    "a mistyped option of verify": Advice("verify --outputformat json", r"Did you mean '(--output-format)'", "verify {0} json"),
    "a finding, to be kept": Advice("check versions", r"only new findings fail: migration-guard (baseline)", "{0} versions", code=0, refused=1),
    "a finding, and why": Advice("check versions", r"with an example: migration-guard (rule MG101)", "{0}", code=0, refused=1),
    "a finding, to be moved": Advice(
        "check versions", r"try: migration-guard (move versions/1\.py:5)", "{0} --skeleton", code=0, refused=1, files={CONFIGURATION: BACKFILLS}
    ),
    "a rule that is none": Advice("rule nosuch", r"`migration-guard (rule --all)` lists them", "{0}", code=0),
    "a mistyped code of a rule": Advice("rule MG1O1", r'did you mean "(MG101)"', "rule {0}", code=0),
    "an entry of what is gone": Advice(
        "check versions --strict-baseline", r"baseline: migration-guard (baseline prune)", "{0} versions", code=0, refused=1,
        files={"versions/1.py": MIGRATION.replace("UPDATE leads SET a = 1", "SELECT 1"), ".migration-guard-baseline.jsonl": STALE},
    ),
    "a remark on the file, further down": Advice(
        "check versions", r"`(file-ignore)` counts at the top of a file only", "check versions", code=0,
        files={"versions/1.py": MIGRATION.rstrip() + "  # migration-guard: file-ignore[MG101] -- so\n"},
        changes={"versions/1.py": "# migration-guard: {0}[MG101] -- so\n" + MIGRATION},
    ),
    "nothing to move": Advice(
        "move", r"or else (--all) or", "move {0} --skeleton", code=0, files={CONFIGURATION: BACKFILLS}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_who_follows_it_gets_on(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    (tmp_path / ".git").mkdir()
    for file, text in {**FILES, **case.files}.items():
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    refused = program.run(*case.arguments.split(), cwd=tmp_path)
    said = " ".join((refused.stdout + refused.stderr).split())
    assert refused.returncode == case.refused, said
    found = re.search(case.said, said)
    assert found is not None, said
    for file, text in case.changes.items():
        (tmp_path / file).write_text(text.format(*found.groups()), encoding="utf-8")
    followed = program.run(*case.follows.format(*found.groups()).split(), cwd=tmp_path)
    assert followed.returncode == case.code, followed.stdout + followed.stderr


TABLES = """from alembic import op
import sqlalchemy as sa
revision = '0'
down_revision = None
def upgrade():
    op.create_table('leads', sa.Column('id', sa.Integer(), primary_key=True), sa.Column('a', sa.Integer()), sa.Column('b', sa.Integer()))
    op.create_table('calls', sa.Column('id', sa.Integer(), primary_key=True), sa.Column('lead_id', sa.Integer()))
"""
BODY = """import os
import sqlalchemy as sa
from alembic import op
revision = '1'
down_revision = '0'
leads = sa.table('leads', sa.column('id'), sa.column('a'), sa.column('b'))
def upgrade():
    {0}
"""
WITHOUT = "UPDATE leads SET a = 1 WHERE a IS NULL"
PLAIN = f"op.execute('{WITHOUT}')"
SKELETON = "--skeleton"
MOVED = {
    "a TRUNCATE": ("op.execute('TRUNCATE leads')", "or move a DELETE", "op.execute('DELETE FROM leads')"),
    "a MERGE": (
        "op.execute('MERGE INTO leads USING calls ON leads.id = calls.lead_id WHEN MATCHED THEN UPDATE SET a = 1')",
        "write it as an UPDATE and an INSERT, then move these",
        "op.execute('UPDATE leads SET a = 1 WHERE a IS NULL AND id IN (SELECT lead_id FROM calls)')",
    ),
    "an unknown statement, written out": ("op.execute(os.environ['SQL'])", "write it out in the migration, or define the backfill by hand", PLAIN),
    "a loop with Python logic": (
        "for row in op.get_bind().execute(sa.text('SELECT id FROM calls')):\n        op.bulk_insert(leads, [work(row)])",
        f"finish a {SKELETON}",
        SKELETON,
    ),
    "an unknown table": (
        "op.execute(f\"UPDATE {os.environ['T']} SET a = 1\")", "name the table in the statement, then move it", PLAIN
    ),
    "a hole": (
        "op.execute(f\"UPDATE leads SET a = {os.environ['A']} WHERE a IS NULL\")", "write it into the statement, then move it", PLAIN
    ),
    "a parameter": (
        "op.get_bind().execute(sa.text('UPDATE leads SET a = :a WHERE a IS NULL'), {'a': os.environ['A']})",
        "write the value into the statement", "op.get_bind().execute(sa.text('UPDATE leads SET a = :a WHERE a IS NULL'), {'a': 1})",
    ),
    "a condition": (
        f"if os.environ['A']:\n        {PLAIN}", "say so in the statement, then move it",
        "\n    op.execute('UPDATE leads SET a = 1 WHERE a IS NULL AND b > 0')",
    ),
    "a loop": (f"for n in range(3):\n        {PLAIN}", "write what the loop does as one statement", f"\n    {PLAIN}"),
    "a computed value": (
        "op.execute(leads.update().values(a=int(os.environ['A'])).where(leads.c.a.is_(None)))", "write the statement in SQL, then move it", PLAIN,
    ),
    "a loop over rows": (
        ("for row in op.get_bind().execute(sa.text('SELECT id, b FROM leads')):\n"
        "        op.execute(leads.update().where(leads.c.id == row.id).values(a=work(row.b)))"),
        "write it as one UPDATE", "\n    op.execute('UPDATE leads SET a = b WHERE a IS NULL')",
    ),
    "two statements on a line": (f"{PLAIN}; x = 1", "give each a line of its own", PLAIN),
}  # fmt: skip


@pytest.mark.parametrize("name", MOVED)
def test_what_move_refuses_is_moved_as_it_says(name: str, tmp_path: Path) -> None:
    before, said, after = MOVED[name]
    files = {
        "versions/0.py": TABLES,
        "backfills.py": "",
        CONFIGURATION: BACKFILLS,
        "versions/1.py": BODY.format(before),
    }
    (tmp_path / ".git").mkdir()
    (tmp_path / "versions").mkdir()
    for file, text in files.items():
        (tmp_path / file).write_text(text, encoding="utf-8")
    line = 8 + before.count("\n")
    refused = program.run("move", f"versions/1.py:{line}", cwd=tmp_path)
    assert (refused.returncode, said in " ".join(refused.stderr.split())) == (1, True), refused.stdout + refused.stderr
    if after != SKELETON:
        (tmp_path / "versions/1.py").write_text(BODY.format(after), encoding="utf-8")
    how = (SKELETON,) if after == SKELETON else ()
    followed = program.run("move", f"versions/1.py:{line}", *how, cwd=tmp_path)
    assert (followed.returncode, "1 moved" in followed.stdout + followed.stderr) == (0, True), followed.stderr


WORKS = 'key="a", table="leads", where="a IS NULL", update="UPDATE leads SET a = 1 WHERE id = ANY(:ids)"'
DEFINED = {
    "a mistyped field": (f"{WORKS}, batchsize=500", r'did you mean "(batch_size)"', WORKS + ", {0}=500"),
    "too large a batch": (f"{WORKS}, batch_size=2_000_000", r"nearest: ([\d,]+)", WORKS + ", batch_size=int('{0}'.replace(',', ''))"),
    "a batch in words": (f"{WORKS}, batch_size='500'", r"expected (a whole number)", f"{WORKS}, batch_size=500"),
    "no time at all": (f"{WORKS}, max_runtime=0", r"expected (seconds, more than 0)", f"{WORKS}, max_runtime=1"),
    "a mistyped priority": (f"{WORKS}, priority='HIHG'", r'did you mean "(HIGH)"', WORKS + ", priority='{0}'"),
    "a mistyped status": (f"{WORKS}, status='actve'", r'did you mean "(active)"', WORKS + ", status='{0}'"),
    "a key twice": (f"{WORKS}, key_column='id', key_columns=('id', 'b')", r"expected (key_column) or", WORKS + ", {0}='id'"),
    "keys that are no tuple": (f"{WORKS}, key_columns='id'", r"expected a (tuple)", WORKS + ", key_columns={0}(['id'])"),
    "both ways": (f"{WORKS}, apply=print", r"expected (either update or apply)", WORKS),
    "never true": (
        WORKS.replace("IS NULL", "= NULL"), r"expected (IS NULL) or", WORKS.replace("IS NULL", "{0}"),
    ),
    "no rows of the batch": (
        WORKS.replace(" WHERE id = ANY(:ids)", ""), r"expected for instance (WHERE id = ANY\(:ids\))", WORKS.replace("WHERE id = ANY(:ids)", "{0}"),
    ),
    "another statement": (WORKS.replace("UPDATE leads SET a = 1", "SELECT 1"), r"begins with (UPDATE)", WORKS.replace("UPDATE", "{0}")),
    "a semicolon": (WORKS.replace("IS NULL", "IS NULL;"), r"expected (one statement, without it)", WORKS),
    "itself before it": (f"{WORKS}, after=('a',)", r"expected (the keys of others)", f"{WORKS}, after=('b',)"),
    "a word for no": (f"{WORKS}, safe_to_run_online='no'", r"expected True or (False)", WORKS + ", safe_to_run_online={0}"),
    "a function by its name": (
        'key="a", table="leads", where="a IS NULL", apply="print"', r"expected a (function)", 'key="a", table="leads", where="a IS NULL", apply=print',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DEFINED)
def test_a_definition_is_as_its_error_wants_it(name: str, tmp_path: Path) -> None:
    wrong, said, right = DEFINED[name]
    (tmp_path / CONFIGURATION).write_text(BACKFILLS, encoding="utf-8")
    text = "from migration_guard.backfill import Backfill\nA = Backfill({})\n"
    (tmp_path / "backfills.py").write_text(text.format(wrong), encoding="utf-8")
    refused = program.run("backfill", "list", cwd=tmp_path)
    found = re.search(said, refused.stderr)
    assert (refused.returncode, found is not None) == (2, True), refused.stderr
    assert found is not None
    (tmp_path / "backfills.py").write_text(text.format(right.format(*found.groups())), encoding="utf-8")
    followed = program.run("backfill", "list", cwd=tmp_path)
    assert followed.returncode == 0, followed.stderr


def test_a_link_that_leads_out_is_read_if_it_is_named(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside.py", tmp_path / "project" / "versions"
    outside.write_text(MIGRATION)
    inside.mkdir(parents=True)
    (inside / "0001_a.py").symlink_to(outside)
    refused = program.run("check", cwd=inside.parent)
    assert refused.returncode == 2
    assert "name the file to have it read" in refused.stdout
    assert program.run("check", "versions/0001_a.py", cwd=inside.parent).returncode == 1


PACKAGE = Path(__file__).parents[1] / "migration_guard"
COMMAND = re.compile(r"`migration-guard(?: ([^`]*))?`")
_NO_COMMANDS = {"PATHS", "FILE"}


def texts(tree: ast.AST) -> Iterator[str]:
    """All texts of a module; what is put into one while running is `VALUE`."""
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str() as text):
                yield text
            case ast.JoinedStr(values=values):
                yield "".join(str(one.value) if isinstance(one, ast.Constant) else "VALUE" for one in values)


def advised() -> dict[str, str]:
    """Every command line that a text of the program names, and where it stands."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for text in texts(ast.parse(path.read_text(encoding="utf-8"))):
            for line in COMMAND.findall(text):
                found[line] = path.relative_to(PACKAGE).as_posix()
    return found


def test_every_command_that_is_advised_is_there() -> None:
    every = advised()
    assert len(every) > 30
    for line, where in every.items():
        command: click.Command = cli
        for word in line.split():
            context = click.Context(command)
            if word.startswith("-"):
                alone = command.get_command(context, "update") if isinstance(command, click.Group) else None
                meant = alone or command  # `baseline` without a word is one, too
                known = {option for one in meant.params for option in (*one.opts, *one.secondary_opts)}
                assert word.partition("=")[0] in known | {"--help"}, f"{where}: migration-guard {line}"
            elif isinstance(command, click.Group) and (inner := command.get_command(context, word)) is not None:
                command = inner
            elif command is cli:
                assert word.strip("[]") in _NO_COMMANDS, f"{where}: migration-guard {line}"
