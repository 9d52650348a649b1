"""Some readers at work: each is given one file after the other, and whatever becomes of it, its file is answered.

Whoever waits for answers starts and replaces the readers: on Linux a process ends with the thread that started it, and
that one is there for as long as anybody waits. Only asking is done in threads, one for each reader.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from queue import SimpleQueue

from migration_guard.operations import Job
from migration_guard.pool import limits, starting
from migration_guard.pool.process import EndedError, GoneError, Process
from migration_guard.pool.wire import Answer, unread

MAX_WAITING = 256
"""Files held at once: the sources of a huge repository stay with the caller, and a reader has some folders to choose from."""
_DIED = "the reading process died"

FEW_FILES, FEW_BYTES = 12, 64 * 1024
"""What one reader has read before a second one would have loaded the parsers."""

Work = tuple[Job, bytes]


class Readers:
    """Readers that go through one run after the other. They are started when there is something to read."""

    def __init__(self, workers: int, *, forked: bool = False, wanted: Callable[[], bool]) -> None:
        self._workers = workers
        self._wanted = wanted
        self._forked = forked
        """Whether this process is one that readers may be copies of."""
        self._processes: list[Process] = []
        self._run: _Run | None = None

    def read(self, work: Iterator[Work], most: int, meanwhile: Callable[[], None]) -> Iterator[tuple[Job, Answer]]:
        """Answer one run by at most so many readers. Those that still read what nobody waits for are replaced."""
        self._run = run = _Run(self._wanted)
        try:
            held = list[Work]()
            readers = self._start(work, held, min(most, self._workers))
            run.begin(chain(held, work))
            yield from self._answers(run, readers, meanwhile)
        except BaseException:
            self.close()
            raise
        finally:
            run.stop()
            self._run = None

    def _start(self, work: Iterator[Work], held: list[Work], most: int) -> list[Process]:
        """Give readers, the first one before it is known how many files there are. No thread runs yet."""
        readers = [self._process(0)]
        size = 0
        for one in work:
            held.append(one)
            size += len(one[1])
            if len(held) > FEW_FILES or size > FEW_BYTES:
                readers += (self._process(number) for number in range(1, most))
                break
        return readers

    def _answers(
        self, run: _Run, readers: list[Process], meanwhile: Callable[[], None]
    ) -> Iterator[tuple[Job, Answer]]:
        for process in readers:
            run.ask(process)
        meanwhile()
        asking = len(readers)
        while asking:
            said = run.said.get()
            if isinstance(said, tuple):
                run.answered()
                yield said
                continue
            asking -= 1
            if said.is_over and said in self._processes:
                self._processes.remove(said)
                if run.wants_readers:
                    run.ask(self._process(len(self._processes)))
                    asking += 1
        yield from run.left()

    def prepare(self) -> None:
        """Start them before anything is known to be read, if they can be copies of this process: they grow as it has grown."""
        if self._forked and starting.can_fork():
            for number in range(self._workers):
                self._process(number)

    def _process(self, number: int) -> Process:
        if number < len(self._processes):
            return self._processes[number]
        process = Process(forked=self._forked)
        self._processes.append(process)
        return process

    def close(self) -> None:
        """End the readers at once, and with them a run that waits for them."""
        if self._run is not None:
            self._run.give_up()
        while self._processes:
            self._processes.pop().end()


class _Run:
    """The files of one run, on their way to whichever reader is free."""

    def __init__(self, wanted: Callable[[], bool]) -> None:
        self._wanted = wanted
        self.said = SimpleQueue[tuple[Job, Answer] | Process]()
        """Answers, and the readers that are asked nothing more."""
        self._name = os.urandom(8).hex()
        self._places = threading.Semaphore(MAX_WAITING)
        self._waiting = _Waiting()
        self._given_up = False
        self._stopped = threading.Event()
        self._failure: BaseException | None = None
        self._asked: list[Process] = []

    def begin(self, work: Iterable[Work]) -> None:
        """Take files, and watch who reads them, each in a thread."""
        threading.Thread(target=self._feed, args=(work,), daemon=True).start()
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def wants_readers(self) -> bool:
        """Whether one that is gone has to be replaced."""
        return not self._given_up and not self._waiting.is_over()

    def ask(self, process: Process) -> None:
        """Have a reader take part."""
        self._asked.append(process)
        threading.Thread(target=self._go_through, args=(process,), daemon=True).start()

    def answered(self) -> None:
        """Let one more file be held: an answer was taken."""
        self._places.release()

    def give_up(self) -> None:
        """Have no reader asked any more."""
        self._given_up = True

    def stop(self) -> None:
        """Nobody waits for answers any more."""
        self._given_up = True
        self._stopped.set()
        self._places.release()
        self._waiting.end()

    def left(self) -> Iterator[tuple[Job, Answer]]:
        """Give what no reader was left for, and then raise what went wrong while files were looked for."""
        while (one := self._waiting.take()) is not None:
            self._places.release()
            yield one[0], unread(one[0], _DIED)
        if self._failure is not None:
            raise self._failure

    def _feed(self, work: Iterable[Work]) -> None:
        try:
            for one in work:
                self._places.acquire()
                if self._stopped.is_set():
                    return
                self._waiting.put(one)
        except BaseException as failure:  # noqa: BLE001 - the caller's generator failed: told in the caller's thread
            self._failure = failure
        finally:
            self._waiting.end()

    def _go_through(self, process: Process) -> None:
        """Ask one reader, until it is gone or nothing is left."""
        try:
            while not process.is_over and not self._given_up and (one := self._waiting.take(process)) is not None:
                job, source = one
                try:
                    answer = process.ask(self._name, job, source)
                except GoneError:
                    self._waiting.put_back(one)
                except EndedError as ended:
                    answer = unread(job, _DIED if self._given_up else str(ended))
                    self.said.put((job, answer))
                else:
                    self.said.put((job, answer))
        finally:
            self._waiting.leave(process)
            self.said.put(process)

    def _watch(self) -> None:
        """End readers that exceed their limits, and all of them when nobody wants to know what they read."""
        while not self._stopped.wait(limits.WATCH_INTERVAL):
            if not self._wanted():
                self.give_up()
            for process in tuple(self._asked):
                if self._given_up:
                    process.end()
                else:
                    process.check()


class _Waiting:
    """Files that nobody reads yet, by the folders that they lie in.

    What a reader finds out for one file, as its app's history and the modules beside it, serves others of its folder. So it
    gets them one after the other, and as long as there are other folders none in which another one reads.
    """

    def __init__(self) -> None:
        self._folders = dict[str, deque[Work]]()
        """In the order in which their first files came."""
        self._reading = dict[object, str]()
        """Where each reader is."""
        self._ended = False
        self._changed = threading.Condition()

    def put(self, one: Work) -> None:
        with self._changed:
            self._folders.setdefault(_folder(one), deque()).append(one)
            self._changed.notify()

    def put_back(self, one: Work) -> None:
        with self._changed:
            self._folders.setdefault(_folder(one), deque()).appendleft(one)
            self._changed.notify()

    def end(self) -> None:
        """No more come."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def take(self, reader: object = None) -> Work | None:
        """Give a reader its next file, None behind the last."""
        with self._changed:
            self._changed.wait_for(lambda: self._folders or self._ended)
            if not self._folders:
                return None
            folder = self._next(reader)
            waiting = self._folders[folder]
            one = waiting.popleft()
            if not waiting:
                del self._folders[folder]
            self._reading[reader] = folder
            return one

    def leave(self, reader: object) -> None:
        """It takes no more."""
        with self._changed:
            self._reading.pop(reader, None)

    def _next(self, reader: object) -> str:
        own = self._reading.pop(reader, None)
        if own is not None and own in self._folders:
            return own
        others = set(self._reading.values())
        return next((one for one in self._folders if one not in others), next(iter(self._folders)))

    def is_over(self) -> bool:
        with self._changed:
            return self._ended and not self._folders


def _folder(work: Work) -> str:
    return os.path.dirname(work[0].path)
