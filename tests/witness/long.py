"""The long run: pieces of work, shared among processes, whose results are kept on disk until something changes."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import migration_guard
from witness import known
from witness.compare import Compared
from witness.grow import smaller
from witness.kinds import programs, size
from witness.listing import counted, described, table
from witness.program import Program, build
from witness.same import CHANGES, differences
from witness.witness import Witness

_PIECE = 50
"""Programs in a piece of work: some seconds."""
_SHRUNK = 3
"""Failures of a piece that are made smaller; when there are more, those are enough to go on with."""
_TRIES = 60
_SHOWN = 400
"""Failures in a listing."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is asked for."""

    kinds: list[str]
    count: int
    pairs: int
    minutes: float
    jobs: int
    keep: Path


@dataclass(frozen=True, slots=True)
class Piece:
    """Programs of one kind, by their numbers."""

    kind: str
    start: int
    stop: int

    @property
    def file(self) -> str:
        return f"{self.kind.replace(' ', '-')}-{self.start}.json"


@dataclass(slots=True)
class Result:
    """What a piece of work has given."""

    kind: str
    counts: dict[str, int] = field(default_factory=dict)
    known: list[str] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)
    """The smallest form of a tree that fails, and how it reads."""


@dataclass(slots=True)
class Done:
    """The results of a run."""

    results: list[Result]
    whole: bool
    """Whether there was time for everything."""

    @property
    def known(self) -> set[str]:
        return {line for one in self.results for line in one.known}

    @property
    def failing(self) -> int:
        return sum(one.counts.get("failing", 0) for one in self.results)

    def table(self) -> str:
        rows: dict[str, Counter[str]] = {}
        for one in self.results:
            rows.setdefault(one.kind, Counter()).update(one.counts)
        return table(rows) + ("" if self.whole else "\nThere was no time for all; the next run goes on.")

    def listing(self) -> str:
        """Give the failures, each tree once, the smallest first."""
        found = {tree: (one.kind, text) for one in self.results for tree, text in one.failures}
        shown = sorted(found, key=lambda tree: _order(*found[tree]))[:_SHOWN]
        names = [found[tree][1].partition("\n")[0].removeprefix("### ") for tree in shown]
        return "\n".join([self.table(), "", *names, "", *(found[tree][1] + "\n" for tree in shown)])


def _order(kind: str, text: str) -> tuple[str, int, str]:
    """What stands alone by family, then what is smallest."""
    return (kind if kind.startswith("alone") else "pair", 0 if kind.startswith("alone") else len(text), text)


def run(options: Options) -> Done:
    """Do what is not done yet, for so long as there is time."""
    folder = options.keep / _fingerprint()
    folder.mkdir(parents=True, exist_ok=True)
    pieces = list(_pieces(options))
    missing = [piece for piece in pieces if not (folder / piece.file).exists()]
    end = time.monotonic() + options.minutes * 60
    if missing:
        context = multiprocessing.get_context("fork")
        with context.Pool(min(options.jobs, len(missing)), _open) as pool:
            for piece, result in pool.imap_unordered(_work, [(piece, end) for piece in missing]):
                if result is not None:
                    (folder / piece.file).write_text(json.dumps(asdict(result)))
    kept = [folder / piece.file for piece in pieces if (folder / piece.file).exists()]
    return Done([Result(**json.loads(path.read_text())) for path in kept], whole=len(kept) == len(pieces))


def _pieces(options: Options) -> Iterator[Piece]:
    """Give the work, each kind's first piece before any kind's second, so that a short run has seen of everything."""
    fewer = ("pair", "same")
    wanted = {kind: size(kind, options.pairs if kind.startswith(fewer) else options.count) for kind in options.kinds}
    for start in range(0, max(wanted.values()), _PIECE):
        for kind, number in wanted.items():
            if start < number:
                yield Piece(kind, start, min(start + _PIECE, number))


def _fingerprint() -> str:
    """Name the state of the guard and of the witness: what was found with another is worth nothing."""
    digest = hashlib.sha256()
    for root in (Path(migration_guard.__file__).parent, Path(__file__).parent):
        for path in sorted(root.rglob("*")):
            if path.suffix in {".py", ".txt"} and path != known.LIST:
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


_open_witness: list[Witness] = []


def _open() -> None:
    """Be a process of the run: have a witness, and no warnings."""
    warnings.simplefilter("ignore")
    _open_witness.append(Witness())


def _work(task: tuple[Piece, float]) -> tuple[Piece, Result | None]:
    piece, end = task
    if time.monotonic() > end:
        return piece, None
    result, counts = Result(piece.kind), Counter[str]()
    witness = _open_witness[0]
    if piece.kind.startswith("same"):
        return piece, _spelled(piece, witness)
    for program in programs(piece.kind, piece.start, piece.stop):
        one = witness.ask(program)
        counts.update(counted(one))
        result.known += known.lines([one]) if piece.kind.startswith("alone") else []
        if one.bad or (one.blind and piece.kind.startswith("alone")):
            if not piece.kind.startswith("alone") and len(result.failures) < _SHRUNK:
                one = shrunk(witness, one)
            if len(result.failures) < _SHRUNK or piece.kind.startswith("alone"):
                result.failures.append(("; ".join(map(str, one.program.tree)), "\n".join(described(one))))
    result.counts = dict(counts)
    return piece, result


def _spelled(piece: Piece, witness: Witness) -> Result:
    """Read programs in every spelling."""
    result, counts = Result(piece.kind), Counter[str]()
    for program in programs(piece.kind, piece.start, piece.stop):
        path = witness.root / "versions" / f"{program.name}.py"
        for change in CHANGES if not program.files else ():
            counts["programs"] += 1
            difference = differences(program, path, witness.root, change)
            if difference:
                counts["failing"] += 1
                told = f"### {program.name}, spelled with {change}\ntold in only one: {sorted(map(str, difference[0]))}"
                result.failures.append((f"{program.name} {change}", f"{told}\n\n{program.source}\n\n{difference[1]}"))
    result.counts = dict(counts)
    return result


def shrunk(witness: Witness, failing: Compared) -> Compared:
    """Make a failing program smaller for as long as it fails."""
    tries = 0
    better: Compared | None = failing
    while better is not None:
        failing, better = better, None
        for tree in smaller(failing.program.tree):
            tries += 1
            if tries > _TRIES:
                return failing
            one = witness.ask(_rebuilt(failing.program, tree))
            if one.bad:
                better = one
                break
    return failing


def _rebuilt(program: Program, tree: tuple) -> Program:  # type: ignore[type-arg]
    return build(program.name, tree, program.framework)
