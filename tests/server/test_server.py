"""The language server, by a real editor's messages over standard input and output."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import psutil
import pytest
from lsprotocol import types

from server.editor import Editor, applied, editing
from server.edits import NAME, START, campaign, family, prepare

HELPED = START.replace("from alembic import op\n", "from alembic import op\nfrom app.helpers import fill\n").replace(
    "    op.execute(\"UPDATE leads SET status = 'new'\")\n", "    fill(op.get_bind())\n"
)
AT = START.split("\n").index("    op.execute(\"UPDATE leads SET status = 'new'\")")


Does = Callable[[Editor], Coroutine[Any, Any, None]]
Session = Callable[[Path, Does], None]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """One editor for all tests, which does something in the folder of each."""
    loop = asyncio.new_event_loop()
    opened = editing(Path(os.path.realpath(tmp_path_factory.getbasetemp())))
    editor = loop.run_until_complete(opened.__aenter__())

    def edit(root: Path, does: Does) -> None:
        editor.root = root
        editor.messages.clear()
        loop.run_until_complete(does(editor))

    yield edit
    loop.run_until_complete(opened.__aexit__(None, None, None))
    loop.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return prepare(Path(os.path.realpath(tmp_path)) / "work")


def test_after_each_edit_the_editor_is_told_what_check_says(tmp_path: Path, session: Session) -> None:
    folder = Path(os.path.realpath(tmp_path))

    async def does(editor: Editor) -> None:
        wrong, compared, _ = await campaign(editor, folder, 15, seed=7)
        assert not wrong, wrong[0]
        assert compared > 10

    session(tmp_path, does)


def test_findings_say_why_and_what_can_be_done(root: Path, session: Session) -> None:
    (root / "migration-guard.toml").write_text('tables-file = "tables.toml"\n[backfill]\nmodules = ["backfills.py"]\n')
    (root / "tables.toml").write_text(
        '[tables]\n"public.leads" = { heat = "hot", rows = 12000000, bytes = 9, writes-per-day = 90000 }\n'
    )

    pages = list[str]()

    async def does(editor: Editor) -> None:
        found = await editor.open(NAME, START)
        assert [(one.code, one.severity) for one in found] == [
            ("MG101", types.DiagnosticSeverity.Error),
            ("MG301", types.DiagnosticSeverity.Error),
        ]
        said = await editor.hover(NAME, AT)
        assert said is not None
        assert "12,000,000 rows, 90,000 writes a day" in said
        page = found[0].code_description
        assert page is not None
        assert f"[update-in-migration]({page.href})" in said
        pages.append(page.href)
        assert await editor.hover(NAME, 0) is None
        offers = await editor.offers(NAME, AT)
        assert not await editor.offers(NAME, 0)
        line = AT + 1
        ignoring = offers[f"Ignore update-in-migration (line {line}), and say why"]
        assert ignoring.edit is not None
        text = applied(ignoring.edit, START, editor.uri(NAME))
        assert text.split("\n")[AT] == "    # migration-guard: ignore[update-in-migration] -- "
        assert "MG902" in {one.code for one in await editor.type(NAME, text)}  # until there is a reason
        await editor.type(NAME, START)
        await editor.do(offers[f"Move into a backfill: update-in-migration (line {line})"])
        assert ["id is taken for it" in one for one in editor.messages] == [True]
        moved = applied(editor.edits[-1], START, editor.uri(NAME))
        assert "UPDATE leads" not in moved
        assert not [one.code for one in await editor.type(NAME, moved)]
        assert "UPDATE leads" in applied(editor.edits[-1], "", editor.uri("backfills.py"))
        await editor.type(NAME, START)
        await editor.do(offers[f"Add to the baseline: update-in-migration (line {line})"])
        baseline = next(
            one.text_document.uri
            for one in editor.edits[-1].document_changes or []
            if isinstance(one, types.TextDocumentEdit)
        )
        kept = applied(editor.edits[-1], "", baseline)
        name = Path(baseline.removeprefix(root.as_uri() + "/"))
        (root / name).write_text(kept)
        assert [one.code for one in await editor.type(NAME, START + "\n")] == ["MG301"]

    session(root, does)
    (page,) = pages
    assert Path(url2pathname(urlsplit(page).path)).read_text().startswith("# MG101 update-in-migration\n")


def test_what_builds_on_a_moved_change_goes_to_the_migration_that_waits_for_it(root: Path, session: Session) -> None:
    """The editor writes each file that `move --write` would: a step that is cut out here stands there."""
    (root / "migration-guard.toml").write_text('[backfill]\nmodules = ["backfills.py"]\n')
    update = "    op.execute(\"UPDATE leads SET status = 'new'\")\n"
    builds = START.replace(update, f'{update}    op.alter_column("leads", "status", nullable=False)\n')

    async def does(editor: Editor) -> None:
        await editor.open(NAME, builds)
        line = builds.split("\n").index(update.rstrip())
        offers = await editor.offers(NAME, line)
        await editor.do(offers[f"Move into a backfill: update-in-migration (line {line + 1})"])
        assert "nullable=False" not in applied(editor.edits[-1], builds, editor.uri(NAME))
        waiting = NAME.replace("_leads", "_leads_contract")
        assert "nullable=False" in applied(editor.edits[-1], "", editor.uri(waiting))
        assert any("run the backfills between the two migrations" in one for one in editor.messages)

    session(root, does)


def test_what_is_not_saved_counts_in_whatever_rests_on_it(root: Path, session: Session) -> None:
    (root / "app").mkdir()
    (root / "app/__init__.py").write_text("")
    (root / "app/helpers.py").write_text("def fill(c):\n    pass\n")

    async def does(editor: Editor) -> None:
        assert not await editor.open(NAME, HELPED)
        await editor.open("app/helpers.py", "def fill(c):\n    pass\n")
        version = editor.told[editor.uri(NAME)]
        await editor.type("app/helpers.py", "def fill(c):\n    c.exec_driver_sql('DELETE FROM leads')\n")
        await editor.until(
            lambda: editor.told[editor.uri(NAME)] is not version and editor.told[editor.uri(NAME)].diagnostics
        )
        assert "DELETE" in editor.told[editor.uri(NAME)].diagnostics[0].message

    session(root, does)


def test_what_could_not_be_checked_is_an_error_and_no_silence(root: Path, session: Session) -> None:
    async def does(editor: Editor) -> None:
        found = await editor.open(NAME, START.replace("def upgrade():", "def upgrade(:"))
        assert [one.severity for one in found] == [types.DiagnosticSeverity.Error]
        assert found[0].message.startswith("Could not be checked: ")
        (root / "migration-guard.toml").write_text('select = ["MG999"]\n')
        found = await editor.type(NAME, START)
        assert ["MG999" in one.message for one in found] == [True]
        (root / "migration-guard.toml").write_text("")
        assert len(await editor.type(NAME, START)) == 2

    session(root, does)


def test_files_that_are_no_migrations_are_left_alone(root: Path, session: Session) -> None:
    async def does(editor: Editor) -> None:
        assert not await editor.open("app.py", "connection.execute('DELETE FROM leads')\n")
        assert not await editor.open("notes.txt.py", "")

    session(root, does)


def test_a_document_that_cannot_be_judged_is_told_and_ends_nothing(root: Path, session: Session) -> None:
    async def does(editor: Editor) -> None:
        uri = f"{root.as_uri()}/versions/no\0thing.py"  # as pygls gives it back
        editor.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, START)))
        await editor.until(lambda: uri in editor.told)
        found = editor.told[uri].diagnostics
        assert ["Could not be checked" in one.message for one in found] == [True]
        editor.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))
        assert len(await editor.open(NAME, START)) == 2

    session(root, does)


DJANGO = """from django.db import migrations


def fill(apps, schema_editor):
    apps.get_model("crm", "Lead").objects.update(status="new")


class Migration(migrations.Migration):
    dependencies = []
    operations = [migrations.RunPython(fill)]
"""


@pytest.mark.parametrize(
    "shown",
    [
        (NAME, START, AT, "update-in-migration"),
        ("crm/migrations/0002_fill.py", DJANGO, 4, "update-in-migration"),
        ("db/migrate/V2__fill.sql", "SELECT 1;\nDELETE FROM leads;\n", 1, "delete-in-migration"),
        (NAME, START.replace("\n", "\r\n"), AT, "update-in-migration"),
        (NAME, START.replace("status = 'new'\"", f"status = '{'🐘' * 30_000}'\""), AT, "update-in-migration"),
    ],
    ids=["alembic", "django", "sql", "line ends of Windows", "a very long line"],
)
def test_each_framework_has_what_a_finding_has(root: Path, session: Session, shown: tuple[str, str, int, str]) -> None:
    """Nothing of it was ever saved, not even the folder."""
    name, text, line, rule = shown
    name = f"unsaved/{name}"

    async def does(editor: Editor) -> None:
        found = await editor.open(name, text)
        first = next(one for one in found if one.code != "MG301")
        written = text.replace("\r\n", "\n").split("\n")[line]
        assert first.range.start.line == line
        assert first.range.end.character <= len(written.encode("utf-16-le")) // 2
        assert f"[{rule}](" in (await editor.hover(name, line) or "")
        ignoring = (await editor.offers(name, line))[f"Ignore {rule} (line {line + 1}), and say why"]
        assert ignoring.edit is not None
        remarked = applied(ignoring.edit, text, editor.uri(name)).replace(" -- ", " -- nine rows", 1)
        assert remarked.count("\r\n") in {0, remarked.count("\n")}
        assert [one.code for one in await editor.type(name, remarked)] in ([], ["MG301"])

    session(root, does)


def test_files_come_and_go_and_what_governs_them_changes(root: Path, session: Session) -> None:
    (root / "other/versions").mkdir(parents=True)
    (root / "other/migration-guard.toml").write_text('ignore = ["MG301"]\n')
    renamed, elsewhere = NAME.replace("_leads", "_renamed"), "other/versions/0001.py"

    def level(editor: Editor) -> types.DiagnosticSeverity | None:
        found = editor.told[editor.uri(renamed)].diagnostics
        return next(one.severity for one in found if one.code == "MG101")

    async def does(editor: Editor) -> None:
        async def close(name: str) -> None:
            editor.told.pop(editor.uri(name), None)
            uri = types.TextDocumentIdentifier(editor.uri(name))
            editor.text_document_did_close(types.DidCloseTextDocumentParams(uri))
            await editor.until(lambda: editor.uri(name) in editor.told)
            assert not editor.told[editor.uri(name)].diagnostics, "what is closed is no longer known"

        assert len(await editor.open(NAME, START)) == 2
        await close(NAME)
        assert len(await editor.open(renamed, START)) == 2
        # A folder of the editor that came later has a configuration of its own.
        more = types.WorkspaceFolder((root / "other").as_uri(), "other")
        event = types.WorkspaceFoldersChangeEvent(added=[more], removed=[])
        editor.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
        assert [one.code for one in await editor.open(elsewhere, START)] == ["MG101"]
        # The configuration is typed beside it, closed without saving, and saved by somebody else.
        toml = types.TextDocumentItem(editor.uri("migration-guard.toml"), "toml", 1, 'small-tables = ["leads"]\n')
        editor.text_document_did_open(types.DidOpenTextDocumentParams(toml))
        await editor.until(lambda: level(editor) == types.DiagnosticSeverity.Information)
        await close("migration-guard.toml")
        await editor.until(lambda: level(editor) == types.DiagnosticSeverity.Warning)
        (root / "migration-guard.toml").write_text('hot-tables = ["leads"]\n')
        editor.workspace_did_change_configuration(types.DidChangeConfigurationParams({}))
        await editor.until(lambda: level(editor) == types.DiagnosticSeverity.Error)

    session(root, does)


def test_a_reader_that_dies_is_replaced(root: Path, session: Session) -> None:
    async def does(editor: Editor) -> None:
        assert len(await editor.open(NAME, START)) == 2
        for one in family(psutil.Process(editor.pid))[1:]:
            one.kill()
        found = await editor.type(NAME, START + "# more\n")
        assert found, "nobody looked, and nothing was said"
        assert len(await editor.type(NAME, START)) == 2

    session(root, does)


def test_an_editor_that_vanishes_leaves_nothing_behind(root: Path) -> None:
    async def vanishing() -> None:
        async with editing(root) as editor:
            await editor.open(NAME, START)
            processes = family(psutil.Process(editor.pid))
            server = editor._server
            assert server is not None
            assert server.stdin is not None
            server.stdin.close()
            await asyncio.wait_for(server.wait(), 60)
            _, alive = psutil.wait_procs(processes[1:], timeout=30)
            assert not alive

    asyncio.run(vanishing())
