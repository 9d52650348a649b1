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

MAX_WAITING = 64
"""Jobs held at once: the sources of a huge repository stay with the caller."""


def main(workers: int) -> None:
    """Serve until the input ends."""
    output = _private_output()
    limits.before_readers()
    limits.watch_readers()
    lock, places = threading.Lock(), threading.Semaphore(MAX_WAITING)

    def reply(number: int, job: Job, future: Future[bytes]) -> None:
        message = _message(number, job, future)
        places.release()
        with lock:
            wire.send(output, message)

    with ProcessPool(max_workers=workers, initializer=limits.in_reader, context=get_context("spawn")) as pool:
        jobs = sys.stdin.buffer
        while (message := wire.receive(jobs)) is not None and (source := wire.receive(jobs)) is not None:
            number, job = wire.read_job(message)
            places.acquire()
            future = pool.schedule(read_file, args=(message, source), timeout=job.seconds)
            future.add_done_callback(partial(reply, number, job))
        pool.close()
        pool.join()


def _private_output() -> BinaryIO:
    """Keep the answers' pipe from whatever a library might print."""
    output = os.fdopen(os.dup(1), "wb")
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    return output


def read_file(message: bytes, source: bytes) -> bytes:
    """Read one file; runs in a reader."""
    from migration_guard.walk.migration import read  # noqa: PLC0415 - only readers load the parsers

    number, job = wire.read_job(message)
    limits.for_file(job.seconds)
    return wire.answer(number, read(job, source))


def _message(number: int, job: Job, future: Future[bytes]) -> bytes:
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
    return wire.answer(number, Reading(problems=(Problem(job.shown, None, reason),)))
