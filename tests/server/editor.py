"""An editor that speaks to a real server over its standard input and output."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Union

from cattrs import Converter
from lsprotocol import types
from pygls.lsp.client import LanguageClient
from pygls.protocol import default_converter

PATIENCE = 60


def _converter() -> Converter:
    """As pygls has it, but that an action which holds a command is no command: lsprotocol takes it for one."""
    made: Converter = default_converter()  # type: ignore[no-untyped-call]

    def told(value: Any, _: object) -> Any:
        kind = types.Command if isinstance(value.get("command"), str) else types.CodeAction
        return made.structure(value, kind)

    made.register_structure_hook(types.Command | types.CodeAction, told)
    made.register_structure_hook(Union[types.Command, types.CodeAction], told)  # noqa: UP007 -- as lsprotocol spells it
    return made


class Editor(LanguageClient):
    """What it was told, and what it was asked to change."""

    def __init__(self, root: Path) -> None:
        super().__init__("editor", "1", converter_factory=_converter)
        self.root = root
        self.told: dict[str, types.PublishDiagnosticsParams] = {}
        self.messages: list[str] = []
        self.edits: list[types.WorkspaceEdit] = []
        self._news = asyncio.Event()
        self._version = 0

        handlers: tuple[tuple[str, Callable[[Any], Any]], ...] = (
            (types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, self._published),
            (types.WINDOW_SHOW_MESSAGE, self._shown),
            (types.WORKSPACE_APPLY_EDIT, self._asked_to_change),
        )
        for name, told in handlers:
            self.feature(name)(partial(told))  # pygls writes on what it is given, which a method refuses

    def _published(self, params: types.PublishDiagnosticsParams) -> None:
        self.told[params.uri] = params
        self._news.set()

    def _shown(self, params: types.ShowMessageParams) -> None:
        self.messages.append(params.message)

    def _asked_to_change(self, params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        self.edits.append(params.edit)
        return types.ApplyWorkspaceEditResult(applied=True)

    @property
    def pid(self) -> int:
        assert self._server is not None
        return self._server.pid

    def uri(self, name: str) -> str:
        return (self.root / name).as_uri()

    async def open(self, name: str, text: str) -> list[types.Diagnostic]:
        self._version += 1
        item = types.TextDocumentItem(self.uri(name), "python", self._version, text)
        self.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return await self.diagnostics(name)

    async def type(self, name: str, text: str) -> list[types.Diagnostic]:
        """Have the document hold another text, and give what is said of that text."""
        self._version += 1
        there = types.VersionedTextDocumentIdentifier(version=self._version, uri=self.uri(name))
        whole = types.TextDocumentContentChangeWholeDocument(text)
        self.text_document_did_change(types.DidChangeTextDocumentParams(there, [whole]))
        return await self.diagnostics(name)

    async def diagnostics(self, name: str) -> list[types.Diagnostic]:
        uri, wanted = self.uri(name), self._version

        def is_told() -> bool:
            told = self.told.get(uri)
            return told is not None and (told.version or 0) >= wanted

        await self.until(is_told)
        return list(self.told[uri].diagnostics)

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds that what is told may change."""
        while not holds():
            self._news.clear()
            await asyncio.wait_for(self._news.wait(), PATIENCE)

    async def offers(self, name: str, line: int) -> dict[str, types.CodeAction]:
        there = types.Range(types.Position(line, 0), types.Position(line, 0))
        asked = types.CodeActionParams(types.TextDocumentIdentifier(self.uri(name)), there, types.CodeActionContext([]))
        found = await self.text_document_code_action_async(asked)
        return {one.title: one for one in found or [] if isinstance(one, types.CodeAction)}

    async def hover(self, name: str, line: int) -> str | None:
        place = types.Position(line, 8)
        found = await self.text_document_hover_async(
            types.HoverParams(types.TextDocumentIdentifier(self.uri(name)), place)
        )
        if found is None:
            return None
        assert isinstance(found.contents, types.MarkupContent)
        return found.contents.value

    async def do(self, action: types.CodeAction) -> None:
        assert action.command is not None
        asked = types.ExecuteCommandParams(action.command.command, action.command.arguments)
        await self.workspace_execute_command_async(asked)


@asynccontextmanager
async def editing(root: Path) -> AsyncIterator[Editor]:
    """An editor with a server of its own, which has ended afterwards."""
    editor = Editor(root)
    await editor.start_io(sys.executable, "-m", "migration_guard", "server", cwd=str(root))
    folder = types.WorkspaceFolder(root.as_uri(), "root")
    await editor.initialize_async(
        types.InitializeParams(types.ClientCapabilities(), root_uri=root.as_uri(), workspace_folders=[folder])
    )
    editor.initialized(types.InitializedParams())
    try:
        yield editor
    finally:
        server = editor._server
        assert server is not None
        if server.returncode is None:
            await asyncio.wait_for(editor.shutdown_async(None), PATIENCE)
            editor.exit(None)
            assert await asyncio.wait_for(server.wait(), PATIENCE) == 0, "an editor would say that it crashed"
        await editor.stop()  # type: ignore[no-untyped-call]


def applied(edit: types.WorkspaceEdit, text: str, uri: str) -> str:
    """Give a text as an edit leaves it; columns are counted in UTF-16, as editors do that say nothing else."""
    lines = text.split("\n")

    def offset(place: types.Position) -> int:
        before = "\n".join([*lines[: place.line], ""]) if place.line else ""
        inside = lines[place.line] if place.line < len(lines) else ""
        return len(before) + len(inside.encode("utf-16-le")[: 2 * place.character].decode("utf-16-le"))

    for change in edit.document_changes or []:
        if isinstance(change, types.TextDocumentEdit) and change.text_document.uri == uri:
            for one in change.edits:
                assert isinstance(one, types.TextEdit)
                text = text[: offset(one.range.start)] + one.new_text + text[offset(one.range.end) :]
    return text
