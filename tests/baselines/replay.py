"""Replays the history of repositories: a baseline at each commit, held against what is found at the next one.

    python tests/baselines/replay.py REPOSITORY … [--last N] [--list]

What an unchanged operation is, is not asked of fingerprints: it is the same text in a migration of the same name, told with
the same rule and tables by two plain runs. Called new, that is a false alarm; and what was not there at the commit before,
by that measure, and passes for old, is hidden. A file in which nothing changed but comments and layout gives certain
answers, unless something changed in a module that it imports; the others are listed (`--list`) with both texts, to be looked at. Ends with 1 if a certain answer is wrong.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import os
import subprocess
import sys
import tempfile
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from hashlib import sha256
from pathlib import Path

from baselines.project import IDENTITY, Project
from migration_guard.baseline import Filed, dump, updated
from migration_guard.findings import Finding, Status
from migration_guard.pipeline import Run

Signature = tuple[str, str, tuple[str, ...], str]
"""Rule, direction, tables and text."""


@dataclass(slots=True)
class Tally:
    """A row of the table."""

    commits: int = 0
    pairs: int = 0
    operations: int = 0
    """Unchanged from one commit to the next."""
    called_new: int = 0
    """… and called new, though nothing in their file changed."""
    to_look_at: int = 0
    """… or although their own text is the same, in a file that changed otherwise."""
    new: int = 0
    hidden: int = 0
    """New, and taken for old, though nothing in their file is what it was: a finding of another text in a new file."""
    passed: int = 0
    """New by their text, and taken for an old one of the same file: to be looked at."""
    stale_wrongly: int = 0

    def add(self, other: Tally) -> None:
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


@dataclass(slots=True)
class State:
    """What a plain look at a commit tells, without fingerprints."""

    texts: dict[str, str] = field(default_factory=dict)
    """Each file without comments and layout, with the modules of the repository that it imports."""
    signatures: dict[int, Signature] = field(default_factory=dict)
    there: dict[str, Counter[Signature]] = field(default_factory=lambda: defaultdict(Counter))
    """By migration, whatever its file is called."""
    filed: dict[object, Filed] = field(default_factory=dict)
    forms: dict[tuple[str, Signature], str] = field(default_factory=dict)
    """What each operation is by its canonical form, to see where two of them differ."""

    @staticmethod
    def of(run: Run, root: Path) -> State:
        state = State()
        imports = _Imports(root)
        for one in run.checked:
            if not one.findings:
                continue
            name = os.path.relpath(one.candidate.path, root)
            source = _Text(one.candidate.source.decode("utf-8", "replace"), sql=name.endswith(".sql"))
            state.texts[name] = imports.with_all(one.candidate.path, source)
            for finding in one.findings:
                signature = _signature(finding, source)
                state.signatures[id(finding)] = signature
                state.there[finding.migration or name][signature] += 1
                state.forms[finding.migration or name, signature] = _form(finding)
                state.filed.update((filed.key, filed) for filed in Filed.each(finding, name))
        return state


class _Imports:
    """The modules of a repository that a file imports, and those that they import: more than it runs."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._texts: dict[Path, _Text] = {}
        self._found: dict[Path, tuple[Path, ...]] = {}

    def with_all(self, path: Path, source: _Text) -> str:
        self._texts[path] = source
        seen: dict[Path, None] = {path: None}
        waiting = [path]
        while waiting:
            for one in self._of(waiting.pop()):
                if one not in seen:
                    seen[one] = None
                    waiting.append(one)
        return "".join(self._text(one).whole for one in sorted(seen, key=lambda one: (one != path, one)))

    def _text(self, path: Path) -> _Text:
        if path not in self._texts:
            self._texts[path] = _Text(path.read_text(encoding="utf-8", errors="replace"), sql=False)
        return self._texts[path]

    def _of(self, path: Path) -> tuple[Path, ...]:
        if path not in self._found:
            self._found[path] = tuple(
                found for name, level in self._text(path).imports for found in self._named(path, name, level)
            )
        return self._found[path]

    def _named(self, path: Path, name: str, level: int) -> Iterator[Path]:
        folders = (
            [path.parents[level - 1]] if level else [one for one in path.parents if one.is_relative_to(self._root)]
        )
        for folder in folders:
            there = folder.joinpath(*name.split(".")) if name else folder
            yield from (one for one in (there.with_suffix(".py"), there / "__init__.py") if one.is_file())


class _Text:
    """A source, and what its statements say apart from comments and layout."""

    def __init__(self, source: str, *, sql: bool) -> None:
        self._lines = source.splitlines()
        self._tree: ast.Module | None = None
        if not sql:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with contextlib.suppress(SyntaxError, ValueError):
                    self._tree = ast.parse(source)
        said = ast.dump(self._tree) if self._tree is not None else _plain(source)
        self.whole = sha256(said.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def imports(self) -> Iterator[tuple[str, int]]:
        """The modules that are imported, each with its dots; what is taken out of one may be a module too."""
        for node in ast.walk(self._tree) if self._tree is not None else ():
            if isinstance(node, ast.Import):
                yield from ((alias.name, 0) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                module = node.module or ""
                yield module, node.level
                yield from ((f"{module}.{alias.name}".lstrip("."), node.level) for alias in node.names)

    def at(self, first: int, last: int) -> str:
        """The innermost statement around some lines, else the lines."""
        found: ast.stmt | None = None
        for node in ast.walk(self._tree) if self._tree is not None else ():
            if isinstance(node, ast.stmt) and node.lineno <= first and (node.end_lineno or 0) >= last:
                found = node
        if found is None or hasattr(found, "body"):
            return _plain("\n".join(self._lines[first - 1 : last]))
        return ast.unparse(found)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _signature(finding: Finding, source: _Text) -> Signature:
    operation = finding.operation
    if operation is None:
        return (finding.code, "", (), "")
    text = source.at(finding.span.line, max(finding.span.line, finding.span.end_line))
    return (finding.code, operation.direction.value, operation.tables, text)


class Replay:
    """One repository."""

    def __init__(self, repository: Path, last: int, *, lists: bool) -> None:
        self._repository = repository
        self._last = last
        self._lists = lists
        self._baseline: str | None = None
        """As it was written at the commit before: one that the repository has itself does not count."""
        self.tally = Tally()
        self.wrong = False

    def run(self) -> Tally:
        with tempfile.TemporaryDirectory() as folder:
            there = Path(folder) / "work"
            command = ["git", "clone", "--quiet", "--shared", "--no-checkout", str(self._repository), str(there)]
            subprocess.run(command, check=True, env={**os.environ, **IDENTITY})
            project = Project(there)
            listed = project.git("rev-list", "--first-parent", "--reverse", "HEAD").split()
            before: State | None = None
            for commit in listed[-self._last :]:
                project.git("checkout", "--quiet", "--force", commit)
                before = self._step(project, commit, before)
        return self.tally

    def _step(self, project: Project, commit: str, before: State | None) -> State:
        if self._baseline is None:
            project.baseline.unlink(missing_ok=True)
        else:
            project.baseline.write_text(self._baseline, encoding="utf-8")
        found = project.run(writes_baseline=True)
        self.tally.commits += 1
        state = State.of(found, project.root)
        if before is not None:
            self.tally.pairs += 1
            shown = project.git("log", "-1", "--format=%h %s", commit).strip()
            for line in self._compared(found, before, state, project.root):
                if self._lists:
                    print(f"   {shown}: {line}")
        (shelf,) = found.shelves or (None,)
        if shelf is not None:
            change = updated(shelf.baseline.entries, shelf.matching, shelf.matching.new)
            self._baseline = dump(change.entries)
        return state

    def _compared(self, found: Run, before: State, state: State, root: Path) -> Iterator[str]:
        new = {id(one.finding) for shelf in found.shelves for one in shelf.matching.new}
        taken = {id(one.filed.finding): one for shelf in found.shelves for one in shelf.matching.matched}
        left = {home: Counter(every) for home, every in before.there.items()}
        for one in found.checked:
            name = os.path.relpath(one.candidate.path, root)
            same = before.texts.get(name) == state.texts.get(name)
            for finding in one.findings:
                signature = state.signatures[id(finding)]
                home = left.get(finding.migration or name, Counter())
                if finding.status is Status.IGNORED:
                    continue
                if home[signature] > 0:
                    home[signature] -= 1
                    self.tally.operations += 1
                    if id(finding) in new:
                        self.tally.called_new += same
                        self.tally.to_look_at += not same
                        form = before.forms[finding.migration or name, signature]
                        kind = "UNCHANGED CALLED NEW" if same else "same text, new"
                        yield f"{kind}: {_shown(finding, signature)}\n      {_difference(form, _form(finding))}"
                elif id(finding) in new:
                    self.tally.new += 1
                elif id(finding) in taken:
                    entry = taken[id(finding)].entry
                    old = before.filed.get(entry.key)
                    was = before.signatures[id(old.finding)] if old is not None else None
                    certain = was is not None and (was[0], was[2]) != (signature[0], signature[2])
                    self.tally.hidden += certain
                    self.tally.passed += not certain
                    yield f"{'HIDDEN' if certain else 'other text, old'}: {_shown(finding, signature)}\n      was {was and (was[:3], was[3][:200])}"
        for shelf in found.shelves:
            for entry, count in shelf.matching.stale:
                old = before.filed.get(entry.key)
                if old is not None and before.texts.get(entry.file) == state.texts.get(entry.file, ""):
                    self.tally.stale_wrongly += count
                    yield f"STALE WRONGLY: {entry.what}"


def _form(finding: Finding) -> str:
    return " | ".join(part.form for part in finding.operation.parts) if finding.operation is not None else ""


def _difference(was: str, now: str) -> str:
    """What stands between the common beginning and the common end."""
    start = _alike(was, now)
    end = _alike(was[start:][::-1], now[start:][::-1])
    begin = max(start - _AROUND, 0)
    cut = [text[begin : len(text) - end][: 6 * _AROUND] for text in (was, now)]
    return f"form was {cut[0]!r}\n      form is  {cut[1]!r}"


def _alike(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    return next((index for index, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))


_AROUND = 60
"""Characters that are shown on the way to a difference."""


def _shown(finding: Finding, signature: Signature) -> str:
    return f"{finding.path}:{finding.span.line} {signature[:3]} {signature[3][:200]!r}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", type=Path)
    parser.add_argument("--last", type=int, default=10_000, help="how many commits, from the end")
    parser.add_argument("--list", action="store_true", help="each disagreement with its texts")
    asked = parser.parse_args()
    names = [one.name.replace("_", " ") for one in fields(Tally)]
    print(f"| history | {' | '.join(names)} |\n|{'---|' * (len(names) + 1)}", flush=True)
    total = Tally()
    for repository in asked.repositories:
        tally = Replay(repository.resolve(), asked.last, lists=asked.list).run()
        total.add(tally)
        _row(repository.name, tally)
    if len(asked.repositories) > 1:
        _row("all", total)
    return 1 if total.called_new or total.hidden or total.stale_wrongly else 0


def _row(name: str, tally: Tally) -> None:
    print(f"| {name} | {' | '.join(str(getattr(tally, one.name)) for one in fields(tally))} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
