"""The third room: what stands in the files. The cache has its place here, before the gate and before the readers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain

from migration_guard.cache import Cache
from migration_guard.discover import BACKFILL, Beside, Candidate, Discovery
from migration_guard.gating import Gate
from migration_guard.lean import dataclass
from migration_guard.narrowing import led_to
from migration_guard.operations import UNKNOWN_DIALECT, Job, Problem, Reading, Unread
from migration_guard.pipeline.found import Found
from migration_guard.pipeline.laws import is_critical
from migration_guard.pool import answer_all, nothing, read_all
from migration_guard.request import Request


@dataclass(frozen=True, slots=True)
class Read:
    """What stands in the migrations."""

    found: Found
    discovery: Discovery
    """What is checked in the end: less than was found where only changes are of interest, and what lies beside it."""
    readings: tuple[tuple[Candidate, Reading], ...]
    cleared: tuple[Candidate, ...]
    """Files in which the gate sees that there is nothing."""
    unread: tuple[Unread, ...]
    problems: tuple[Problem, ...]


def read(found: Found) -> Read:
    """Read what has to be read."""
    asked, discovery = found.asked, found.discovery
    request = asked.request
    done = request.watch(len(discovery.candidates))
    contracts = bool(found.beside) or any(one.framework == BACKFILL for one in discovery.candidates)
    gate = Gate(done, contracts=contracts, cache=request.cache, wanted=lambda one: is_critical(one.settings))
    readings: list[tuple[Candidate, Reading]] = []
    kept = chain(found.beside, gate.kept(discovery.candidates))
    for candidate, reading in _readings(kept, request, found.laws.make):
        readings.append((candidate, reading))
        done()
    if found.direct is not None:
        discovery, readings = led_to(request, asked.changes, discovery, readings, found.direct)
    unreached = _unreached(discovery, readings)
    more = tuple(one.candidate for one in unreached if one.candidate is not None)
    readings += _readings(more, request)
    discovery = replace(discovery, candidates=(*discovery.candidates, *more))
    unread = tuple(Unread(one.shown, one.reason) for one in unreached if one.candidate is None)
    strict = unread if request.strict_discovery else ()
    still = {candidate.path for candidate in discovery.candidates}
    if request.cache is not None:
        request.cache.close()
    return Read(
        found,
        discovery,
        tuple(readings),
        tuple(one for one in gate.cleared if one.path in still),
        unread,
        tuple(Problem(one.path, None, f"is not read: {one.reason}") for one in strict),
    )


def _unreached(discovery: Discovery, readings: Iterable[tuple[Candidate, Reading]]) -> tuple[Beside, ...]:
    """Give what lies beside migrations and none of them leads to."""
    if not discovery.beside:
        return ()
    reached = {os.path.realpath(path) for _, reading in readings for path in reading.reached}
    return tuple(one for one in discovery.beside if os.path.realpath(one.path) not in reached)


def _readings(
    candidates: Iterable[Candidate], request: Request, meanwhile: Callable[[], None] = nothing
) -> Iterator[tuple[Candidate, Reading]]:
    """Give what is remembered of files, and have the others read in other processes while `candidates` are found."""
    cache = request.cache
    if cache is None:
        yield from read_each(candidates, request, meanwhile=meanwhile)
        return
    waiting: dict[str, Candidate] = {}
    known: list[tuple[Candidate, Reading]] = []
    work = _unknown(candidates, request, cache, waiting, known)
    for job, answer in answer_all(work, request.workers, meanwhile):
        candidate = waiting.pop(job.path)
        cache.keep(job, candidate.source, answer.reading, answer.looks, answer.records)
        yield candidate, answer.reading
    yield from known


def _unknown(
    candidates: Iterable[Candidate],
    request: Request,
    cache: Cache,
    waiting: dict[str, Candidate],
    known: list[tuple[Candidate, Reading]],
) -> Iterator[tuple[Job, bytes]]:
    """Give the files that have to be read, and note the others."""
    for candidate in candidates:
        job = _job(candidate, request)
        reading = cache.reading(job, candidate.source)
        if reading is not None:
            known.append((candidate, reading))
        else:
            waiting[job.path] = candidate
            yield job, candidate.source


def read_each(
    candidates: Iterable[Candidate],
    request: Request,
    *,
    explain: bool = False,
    meanwhile: Callable[[], None] = nothing,
) -> Iterator[tuple[Candidate, Reading]]:
    """Read in other processes, whatever is remembered; `candidates` are consumed while readings come in."""
    by_path: dict[str, Candidate] = {}

    def work() -> Iterator[tuple[Job, bytes]]:
        for candidate in candidates:
            by_path[str(candidate.path)] = candidate
            yield _job(candidate, request, explain=explain), candidate.source

    for job, reading in read_all(work(), request.workers, meanwhile):
        yield by_path.pop(job.path), reading


def _job(candidate: Candidate, request: Request, *, explain: bool = False) -> Job:
    settings = candidate.settings
    return Job(
        path=str(candidate.path),
        shown=candidate.shown,
        root=str(candidate.root),
        framework=candidate.framework,
        dialect=settings.dialect or UNKNOWN_DIALECT,
        dml_helpers=settings.dml_helpers,
        migration_marker=settings.migration_marker,
        seconds=settings.file_timeout,
        explain=explain,
        renders=request.renders,
        critical=is_critical(settings),
        unsaved=tuple((name, text.decode("latin-1")) for name, text in request.unsaved.items()),
    )
