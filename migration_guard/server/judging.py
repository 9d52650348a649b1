"""One thread that makes a run for a document, with readers that stay warm."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from migration_guard import sight
from migration_guard.config import ConfigError, SettingsLoader
from migration_guard.discover import UsageError, discover
from migration_guard.files import printable, shown_path
from migration_guard.findings import Finding
from migration_guard.lean import dataclass
from migration_guard.operations import Job, Problem
from migration_guard.pipeline import Request, Run, run
from migration_guard.pool import kept_readers, read_all
from migration_guard.server.documents import Document
from migration_guard.sight.unsaved import Texts, instead

_WARMING = b"from alembic import op\n\n\ndef upgrade():\n    op.execute('UPDATE a SET b = 1')\n"


@dataclass(frozen=True, slots=True)
class Asked:
    """A document to be judged, and all that is shown at that moment."""

    document: Document
    folder: Path
    """The working directory of the run."""
    shown: Texts
    renders: bool = False
    """Whether statements are wanted, as `move` needs them."""
    writes: bool = False
    """Whether the baseline is going to be written."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run says of a document."""

    document: Document
    findings: tuple[Finding, ...] = ()
    """The new ones in this file."""
    problems: tuple[Problem, ...] = ()
    """What could not be checked, in this file or anywhere that the run looked at."""
    run: Run | None = None
    """None where there was none: the file is no migration, or the run failed."""

    @property
    def names(self) -> frozenset[str]:
        """What the run calls this document, whichever links lead to it."""
        real = os.path.realpath(self.document.path)
        checked = [one.candidate for one in self.run.checked] if self.run is not None else []
        return frozenset(one.shown for one in checked if os.path.realpath(one.path) == real)


class Judge:
    """The thread and its readers. It is asked from the thread of an event loop."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="judge")
        self._held = ExitStack()
        self._end_readers: Future[Callable[[], None]] | None = None

    def start(self) -> None:
        """Start the readers, and have them load what they need before anybody waits for it."""
        self._end_readers = self._thread.submit(self._held.enter_context, kept_readers(1))
        self._thread.submit(_warm)

    async def judge(self, asked: Asked) -> Verdict:
        """Make a run. Whatever goes wrong is in the verdict: what was not looked at is never clean."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, judged, asked)

    def close(self) -> None:
        """End the readers at once, and with them a run that waits for them."""
        ended = threading.Event()
        if self._end_readers is not None and self._end_readers.done():
            self._end_readers.result()()
        self._thread.submit(self._held.close).add_done_callback(lambda _: ended.set())
        self._thread.shutdown(wait=False)
        ended.wait(10)


def judged(asked: Asked) -> Verdict:
    """Judge one document."""
    document = asked.document
    try:
        return _judged(asked)
    except ConfigError as error:
        place = shown_path(error.path, asked.folder) if error.path.is_absolute() else str(error.path)
        reason = f"{place}{f':{error.line}' if error.line else ''}: {error.message}"
    except UsageError as error:
        reason = str(error)
    except Exception as error:  # noqa: BLE001 -- a defect of ours must not look like a clean file
        reason = failure(error)
    return Verdict(document, problems=(Problem(shown_path(document.path, asked.folder), None, reason),))


def failure(error: Exception) -> str:
    """Say that a defect of ours stands in the way."""
    return f"migration-guard failed, nothing can be relied on: {type(error).__name__}: {error}"


def _judged(asked: Asked) -> Verdict:
    sight.forget()  # since the last time
    document, load = asked.document, SettingsLoader(cwd=asked.folder)
    with instead(asked.shown):  # a file that is no migration is left alone, and what leads to it is not looked for
        alone = discover([str(document.path)], cwd=asked.folder, load=load, force_exclude=True)
    if not alone.candidates:
        return Verdict(document, problems=alone.problems)
    found = run(
        Request(
            paths=(str(document.path),),
            cwd=asked.folder,
            load=load,
            workers=1,
            force_exclude=True,
            unsaved=asked.shown,
            renders=asked.renders,
            writes_baseline=asked.writes,
        )
    )
    verdict = Verdict(document, problems=found.report.problems, run=found)
    names = verdict.names
    return replace(verdict, findings=tuple(one for one in found.report.new if one.path in names))


def _warm() -> None:
    job = Job(printable(os.path.join(os.sep, "nowhere.py")), "nowhere.py", os.sep, "alembic")
    for _ in read_all([(job, _WARMING)], 1):
        pass
