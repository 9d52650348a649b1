"""What is found in other states of the repository: in the index, before a change, when a baseline was written.

Each is written out as a folder of its own, in which the same run is made once more.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from migration_guard.baseline import Baseline, Filed
from migration_guard.changes import Changes
from migration_guard.discover import UsageError
from migration_guard.findings import Finding
from migration_guard.git import Git, GitError
from migration_guard.request import Request, Run

Runner = Callable[[Request], Run]


def in_index(request: Request, changes: Changes, run: Runner) -> Run:
    """Run where the index is written out: migrations, helpers, configuration and baseline are those of the next commit."""
    if not changes.every and not changes.gone:
        return run(replace(request, changes=changes))
    try:
        with changes.git.snapshot("", changes.names) as root:
            inside = _moved(request, changes.git.root, root)
            return run(replace(inside, changes=changes.moved(root)))
    except GitError as error:
        raise UsageError(f"--staged: {error}") from None


def _moved(request: Request, root: Path, to: Path) -> Request:
    """The same request, of a folder that holds the files of another one."""
    cwd = to / os.path.relpath(os.path.realpath(request.cwd), os.path.realpath(root))
    cwd.mkdir(parents=True, exist_ok=True)
    paths = [os.path.relpath(path, request.cwd) if os.path.isabs(path) else path for path in request.paths]
    return replace(request, cwd=cwd, paths=paths, load=request.load.moved(root, to), cache=None)


def before(request: Request, changes: Changes, paths: Sequence[Path], run: Runner) -> dict[Path, tuple[Finding, ...]]:
    """Give what is found in files, under their old names, as all that they lead to was before the changes."""
    root = request.load.git_root(request.cwd) or changes.git.root
    names: dict[str, Path] = {}
    for path in paths:
        change = changes.of(path)
        name = os.path.relpath(os.path.realpath(path), os.path.realpath(root)) if change is None else change.before
        if name is not None:
            names[name] = path
    if not names:
        return {}
    try:
        with changes.git.snapshot(changes.base, changes.names) as there:
            inside = _moved(request, root, there)
            files = {os.path.join(there, name): path for name, path in names.items()}
            old = tuple(file for file in files if os.path.isfile(file))
            if not old:
                return {}
            plain = Request(old, inside.cwd, inside.load, request.workers, baseline=False)
            found = run(plain)
            return {files[str(one.candidate.path)]: one.findings for one in found.checked}
    except GitError as error:
        raise UsageError(f"{'--staged' if request.staged else '--diff'}: {error}") from None


def look_back(request: Request, run: Runner, baseline: Baseline) -> tuple[Filed, ...]:
    """Give what is found today in the files of outdated entries as they were when the baseline was written.

    Raises GitError.
    """
    git = Git.at(baseline.folder)
    since = request.baseline_from
    commit = git.merge_base(since) if since is not None else git.last_change(baseline.path)
    with git.snapshot(commit) as root:
        folder = root / git.name(baseline.folder / "x").rpartition("/")[0]
        files = dict.fromkeys(os.path.normpath(folder / entry.file) for entry in baseline.outdated)
        there = tuple(file for file in files if os.path.isfile(file))
        if not there:
            return ()
        found = run(Request(there, folder, request.load, request.workers, baseline=False))
        unread = [os.path.relpath(one.candidate.path, folder) for one in found.checked if not one.whole]
        if unread or len(found.checked) < len(there):
            met = {os.path.relpath(one.candidate.path, folder) for one in found.checked}
            unread += [name for name in (os.path.relpath(path, folder) for path in there) if name not in met]
            raise GitError(f"{unread[0]} could not be read as it was in {commit[:12]}")
        return tuple(
            filed
            for one in found.checked
            for finding in one.findings
            for filed in Filed.each(finding, os.path.relpath(one.candidate.path, folder))
        )
