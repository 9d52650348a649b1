"""Which message of an editor leads to what."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from migration_guard import __version__
from migration_guard.report.sanitise import one_line
from migration_guard.server.documents import Document, contents, path_of
from migration_guard.server.judging import Asked, Judge, Verdict, failure
from migration_guard.server.offering import BASELINE, MOVE, Changes, Stays, actions, grandfathering, meant, moving
from migration_guard.server.saying import SOURCE, diagnostics, hover, unchecked

QUIET = 0.01
"""Seconds without a change before a document is judged: what belongs to one keystroke comes together."""
PATIENCE = 0.5
"""Seconds after which it is judged although somebody goes on typing."""
_WATCHED = ("**/*.py", "**/*.sql", "**/*.toml", "**/*.ini", "**/*.jsonl")
"""What a migration may rest on, or what governs it."""
_SUFFIXES = (".py", ".sql")


class Guard(LanguageServer):
    """The server of one editor."""

    def __init__(self) -> None:
        # Whole texts are sent: pygls counts lines as `str.splitlines` does, so that behind a form feed it would put a
        # partial change into the wrong place, and another text than the one that is shown would be judged.
        super().__init__("migration-guard", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full)
        self.judge = Judge()
        self.verdicts: dict[str, Verdict] = {}
        self._changed: dict[str, None] = {}
        """Documents to be judged, in the order in which they changed."""
        self._beside: dict[str, None] = {}
        """Documents that may rest on what changed."""
        self._told = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def document(self, uri: str) -> Document | None:
        """Give an open document that may be a migration."""
        path = path_of(uri)
        if path is None or path.suffix.lower() not in _SUFFIXES or uri not in self.workspace.text_documents:
            return None
        open_one = self.workspace.get_text_document(uri)
        return Document(uri, path, open_one.source, open_one.version)

    def changed(self, uri: str) -> None:
        """Have a document judged, and then those that may rest on it."""
        self._changed[uri] = None
        self.others_changed()
        self._beside.pop(uri, None)

    def others_changed(self) -> None:
        """Have all documents judged that are not about to be."""
        self._beside.update(dict.fromkeys(uri for uri in self.workspace.text_documents if uri not in self._changed))
        self._told.set()

    def start(self) -> None:
        self.judge.start()
        self._task = asyncio.create_task(self._work())

    def close(self) -> None:
        if self._task is not None:
            with contextlib.suppress(RuntimeError):  # its loop has ended
                self._task.cancel()
        self.judge.close()

    async def _work(self) -> None:
        """Judge what changed, the newest text first of all; then what lies beside it."""
        while True:
            await self._told.wait()
            await self._quiet()
            while self._changed or self._beside:
                waiting = self._changed or self._beside
                uri = next(iter(waiting))
                del waiting[uri]
                try:
                    verdict = await self.verdict(uri)
                    if verdict is not None and uri not in self._changed:
                        self._publish(uri, verdict)
                except Exception as error:  # noqa: BLE001 -- else nothing would be judged any more, and nobody told
                    self._failed(uri, error)
                if self._changed:
                    await self._quiet()

    async def _quiet(self) -> None:
        """Wait until nobody types for a moment, but not for ever."""
        end = asyncio.get_running_loop().time() + PATIENCE
        while self._told.is_set() and asyncio.get_running_loop().time() < end:
            self._told.clear()
            await asyncio.sleep(QUIET)
        self._told.clear()

    async def verdict(self, uri: str, *, renders: bool = False, writes: bool = False) -> Verdict | None:
        """Judge a document as it is shown now, beside all others that are."""
        document = self.document(uri)
        if document is None:
            return None
        return await self.judge.judge(Asked(document, self._folder(document.path), self.shown(), renders, writes))

    def shown(self) -> dict[str, bytes]:
        """Give what is read in place of files."""
        known = [self.document(uri) for uri in self.workspace.text_documents]
        others = [
            Document(uri, path, one.source, one.version)
            for uri, one in self.workspace.text_documents.items()
            if (path := path_of(uri)) is not None and path.suffix.lower() not in _SUFFIXES
        ]
        return contents([*(one for one in known if one is not None), *others])

    def _folder(self, path: Path) -> Path:
        """Give the innermost folder of the editor that holds a file: its run's working directory."""
        folders = [path_of(uri) for uri in self.workspace.folders]
        holding = [
            one for one in (*folders, path_of(self.workspace.root_uri or "")) if one and path.is_relative_to(one)
        ]
        return max(holding, key=lambda one: len(one.parts), default=path.parent)

    def _publish(self, uri: str, verdict: Verdict) -> None:
        if uri not in self.workspace.text_documents:
            return
        self.verdicts[uri] = verdict
        found = diagnostics(verdict, self.workspace.position_codec)
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, verdict.document.version))

    def _failed(self, uri: str, error: Exception) -> None:
        shown = self.workspace.text_documents.get(uri)
        if shown is not None:
            said = [unchecked(failure(error))]
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, said, shown.version))

    def forget(self, uri: str) -> None:
        """A document was closed: what is said of it is not known to hold any more."""
        self.verdicts.pop(uri, None)
        self._changed.pop(uri, None)
        self._beside.pop(uri, None)
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))
        self.others_changed()

    async def apply(self, name: str, uri: str, fingerprint: str, line: int) -> None:
        """Change files as an action offered, or say why they stay."""
        try:
            change = await self._change(name, uri, fingerprint, line)
        except Stays as stays:
            self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, f"{SOURCE}: {stays}"))
            return
        done = await self.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(change.edit))
        if not done.applied:
            reason = done.failure_reason or "the editor refused the change"
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"{SOURCE}: {reason}"))
            return
        for note in change.notes:
            self.window_show_message(types.ShowMessageParams(types.MessageType.Info, f"{SOURCE}: {one_line(note)}"))

    async def _change(self, name: str, uri: str, fingerprint: str, line: int) -> Changes:
        """Say how files would change, as they are shown now. Raises Stays."""
        verdict = await self.verdict(uri, renders=name == MOVE, writes=name == BASELINE)
        if verdict is None:
            raise Stays("the file is not open")
        finding = meant(verdict, fingerprint, line)
        changing = moving if name == MOVE else grandfathering
        return changing(verdict, finding, self.shown(), self.workspace.position_codec)


def serve() -> None:
    """Serve an editor on standard input and output until it leaves."""
    server = make()
    try:
        with _lines() as (asked, answered):
            server.start_io(asked, answered)
    finally:
        server.close()


@contextlib.contextmanager
def _lines() -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """Keep the editor's lines from whatever a library might print; pygls closes them, and the process goes on to its end."""
    with os.fdopen(os.dup(0), "rb") as asked, os.fdopen(os.dup(1), "wb") as answered:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.close(quiet)
        yield asked, answered


def make() -> Guard:
    """Make a server that knows its messages."""
    server = Guard()
    _lifecycle(server)
    _asking(server)
    return server


def _lifecycle(server: Guard) -> None:
    @server.feature(types.INITIALIZED)
    async def initialized(ls: Guard, _: types.InitializedParams) -> None:
        ls.start()
        watched = ls.client_capabilities.workspace and ls.client_capabilities.workspace.did_change_watched_files
        if watched and watched.dynamic_registration:
            options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(one) for one in _WATCHED])
            wish = types.Registration("watch", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
            await ls.client_register_capability_async(types.RegistrationParams([wish]))

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def changed(
        ls: Guard,
        params: types.DidOpenTextDocumentParams | types.DidChangeTextDocumentParams | types.DidSaveTextDocumentParams,
    ) -> None:
        ls.changed(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(ls: Guard, params: types.DidCloseTextDocumentParams) -> None:
        ls.forget(params.text_document.uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def others_changed(ls: Guard, _: Any) -> None:
        ls.others_changed()


def _asking(server: Guard) -> None:
    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hovered(ls: Guard, params: types.HoverParams) -> types.Hover | None:
        verdict = ls.verdicts.get(params.text_document.uri)
        said = hover(verdict, params.position.line) if verdict else None
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, said)) if said else None

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])
    )
    async def offered(ls: Guard, params: types.CodeActionParams) -> list[types.CodeAction]:
        uri = params.text_document.uri
        verdict, now = ls.verdicts.get(uri), ls.document(uri)
        if verdict is not None and now is not None and verdict.document.text != now.text:
            verdict = await ls.verdict(uri)  # places in an older text would change the wrong lines
        return list(actions(verdict, params.range, ls.workspace.position_codec)) if verdict else []

    @server.command(MOVE)
    async def move(ls: Guard, uri: str, fingerprint: str, line: int) -> None:
        await ls.apply(MOVE, uri, fingerprint, line)

    @server.command(BASELINE)
    async def grandfather(ls: Guard, uri: str, fingerprint: str, line: int) -> None:
        await ls.apply(BASELINE, uri, fingerprint, line)
