"""The isolated process that keeps the readers: reads jobs from its input, answers each once on its output."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from functools import partial
from multiprocessing import get_context
from typing import BinaryIO

from pebble import ProcessExpired, ProcessPool

from migration_guard.operations import Job, Problem, Reading
from migration_guard.pool import limits, wire
from migration_guard.sight import looking, records, unsaved

MAX_WAITING = 64
"""Jobs held at once: the sources of a huge repository stay with the caller."""
_run = ""
"""In a reader: the run that its last file belonged to."""
_sent = set[str]()
"""In a reader: the records of what it looked at that it has sent in this run."""


def main(workers: int) -> None:
    """Serve until the input ends."""
    output = _private_output()
    limits.before_readers()
    limits.watch_readers()
    limits.end_with_parent()
    lock, places = threading.Lock(), threading.Semaphore(MAX_WAITING)

    def reply(ticket: str, job: Job, future: Future[bytes]) -> None:
        message = _message(ticket, job, future)
        places.release()
        with lock:
            wire.send(output, message)

    with ProcessPool(max_workers=workers, initializer=limits.in_reader, context=get_context("spawn")) as pool:
        jobs = sys.stdin.buffer
        while (message := wire.receive(jobs)) is not None:
            if wire.is_end(message):
                with lock:
                    wire.send(output, message)
                continue
            source = wire.receive(jobs)
            if source is None:
                break
            ticket, job = wire.read_job(message)
            places.acquire()
            future = pool.schedule(read_file, args=(message, source), timeout=job.seconds)
            future.add_done_callback(partial(reply, ticket, job))
        pool.stop()  # whoever asked is gone, or wants nothing more
        pool.join()


def _private_output() -> BinaryIO:
    """Keep the answers' pipe from whatever a library might print."""
    output = os.fdopen(os.dup(1), "wb")
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    return output


def read_file(message: bytes, source: bytes) -> bytes:
    """Read one file; runs in a reader."""
    from migration_guard.reading.migration import forget, read  # noqa: PLC0415 - only readers load the parsers

    global _run  # noqa: PLW0603 - a reader reads one file after the other
    ticket, job = wire.read_job(message)
    if wire.run_of(ticket) != _run:
        forget()
        _sent.clear()
        _run = wire.run_of(ticket)
    limits.for_file(job.seconds)
    typed = {name: text.encode("latin-1") for name, text in job.unsaved}
    with unsaved.instead(typed), looking() as looks:
        reading = read(job, source)
    return wire.answer_message(ticket, wire.Answer(reading, *records.written(looks, _sent)))


def _message(ticket: str, job: Job, future: Future[bytes]) -> bytes:
    try:
        return future.result()
    except FutureTimeoutError:
        reason = f"reading it takes longer than {job.seconds:g} s; `file-timeout` allows more"
    except ProcessExpired as died:
        reason = limits.reason_of_death(died.exitcode, job.seconds)
    except MemoryError:
        reason = f"reading it takes more than {limits.MEMORY // 1024**2} MB of memory"
    except Exception as error:  # noqa: BLE001 - a defect of ours: told as such, and the other files are still read
        reason = f"internal error: {type(error).__name__}; please report it"
    return wire.answer_message(ticket, wire.Answer(Reading(problems=(Problem(job.shown, None, reason),))))
