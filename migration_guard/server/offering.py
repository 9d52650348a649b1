"""What can be done about a finding, each as a change of files that the editor makes and can take back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lsprotocol import types
from pygls.workspace import PositionCodec

from migration_guard.baseline import dump, updated
from migration_guard.files import Unreadable, exists, read_source
from migration_guard.findings import Finding
from migration_guard.interpreter.syntax import Refused
from migration_guard.lean import dataclass
from migration_guard.move.place import NoPlace
from migration_guard.move.plan import Refusal, movable
from migration_guard.offers import planned
from migration_guard.reading.remarks import with_remarks
from migration_guard.report.mends import difference, with_ends
from migration_guard.rules import all_rules
from migration_guard.server.documents import uri_of
from migration_guard.server.judging import Verdict
from migration_guard.server.saying import at, diagnostic
from migration_guard.sight.unsaved import Texts, instead

MOVE = "migration-guard.move"
BASELINE = "migration-guard.baseline"


class Stays(Exception):
    """That nothing is changed; the message says why."""


@dataclass(frozen=True, slots=True)
class Changes:
    """How files would change, and what is to be known about it."""

    edit: types.WorkspaceEdit
    notes: tuple[str, ...] = ()


def actions(verdict: Verdict, wanted: types.Range, codec: PositionCodec) -> Iterator[types.CodeAction]:
    """Offer what can be done about the findings of the statements on some lines."""
    found = {id(one): one for line in range(wanted.start.line, wanted.end.line + 1) for one in at(verdict, line)}
    upkeep = {rule.code for rule in all_rules() if rule.upkeep}
    for one in found.values():
        if one.code in upkeep:
            continue
        about = [diagnostic(one, verdict.document.lines, codec)]
        what = f"{one.name} (line {one.span.line})"
        if movable(one):
            yield _asking(f"Move into a backfill: {what}", MOVE, verdict, one, about)
        edit = _ignoring(verdict, one, codec)
        if edit is not None:
            yield types.CodeAction(
                f"Ignore {what}, and say why", kind=types.CodeActionKind.QuickFix, diagnostics=about, edit=edit
            )
        yield _asking(f"Add to the baseline: {what}", BASELINE, verdict, one, about)


def _asking(
    title: str, name: str, verdict: Verdict, finding: Finding, about: list[types.Diagnostic]
) -> types.CodeAction:
    asked = types.Command(title, name, arguments=[verdict.document.uri, finding.fingerprint, finding.span.line])
    return types.CodeAction(title, kind=types.CodeActionKind.QuickFix, diagnostics=about, command=asked)


def _ignoring(verdict: Verdict, finding: Finding, codec: PositionCodec) -> types.WorkspaceEdit | None:
    """Write a remark whose reason is still to be written: until it is, `reasonless-ignore` is found."""
    document = verdict.document
    try:
        after = with_remarks(document.path, document.content, {finding.span.line: frozenset({finding.name})}, "")
    except (Refused, UnicodeError):
        return None
    return _edit({document.path: (document.content, after)}, codec)


def meant(verdict: Verdict, fingerprint: str, line: int) -> Finding:
    """Give the finding that an action was offered for. Raises Stays if it is gone."""
    same = [one for one in verdict.findings if one.fingerprint == fingerprint]
    if not same:
        raise Stays("the finding is gone")
    return min(same, key=lambda one: abs(one.span.line - line))


def moving(verdict: Verdict, finding: Finding, shown: Texts, codec: PositionCodec) -> Changes:
    """Give the files as `migration-guard move` would leave them. Raises Stays."""
    try:
        with instead(shown):
            outcome = planned(verdict.run, finding) if verdict.run else None
    except NoPlace as error:
        raise Stays(str(error)) from None
    if outcome is None:
        raise Stays("the finding is gone")
    if isinstance(outcome, Refusal):
        raise Stays(outcome.reason)
    files = {change.path: (change.before, change.after) for change in outcome.changes}
    return Changes(_edit(files, codec), outcome.notes)


def grandfathering(verdict: Verdict, finding: Finding, shown: Texts, codec: PositionCodec) -> Changes:
    """Give the baseline as `migration-guard baseline add` would leave it. Raises Stays."""
    for shelf in verdict.run.shelves if verdict.run else ():
        accepted = [one for one in shelf.matching.new if one.finding.sort_key == finding.sort_key]
        if accepted:
            path = shelf.baseline.path
            change = updated(shelf.baseline.entries, shelf.matching, accepted, prune=False)
            try:
                with instead(shown):
                    before = read_source(path) if exists(path) else None
            except Unreadable as error:
                raise Stays(f"{path.name}: {error}") from None
            return Changes(_edit({path: (before, dump(change.entries).encode())}, codec))
    raise Stays("it cannot be grandfathered")


def _edit(files: Mapping[Path, tuple[bytes | None, bytes]], codec: PositionCodec) -> types.WorkspaceEdit:
    changes: list[types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile] = []
    for path, (before, after) in files.items():
        if before is None:
            changes.append(types.CreateFile(uri_of(path), options=types.CreateFileOptions(ignore_if_exists=True)))
        there = types.OptionalVersionedTextDocumentIdentifier(uri_of(path))
        changes.append(types.TextDocumentEdit(there, [_difference(_text(before or b""), _text(after), codec)]))
    return types.WorkspaceEdit(document_changes=changes)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _difference(before: str, after: str, codec: PositionCodec) -> types.TextEdit:
    """Give the lines that differ as one edit, so that what stands around them keeps its cursor."""
    old = with_ends(before)
    head, end, text = difference(old, with_ends(after))
    last = _end_of(old, codec) if end == len(old) else types.Position(end, 0)
    start = types.Position(head, 0) if head < len(old) or not old else _end_of(old, codec)
    return types.TextEdit(types.Range(start, last), text)


def _end_of(lines: Sequence[str], codec: PositionCodec) -> types.Position:
    if not lines or lines[-1].endswith(("\n", "\r")):
        return types.Position(len(lines), 0)
    return codec.position_to_client_units(list(lines), types.Position(len(lines) - 1, len(lines[-1])))
