"""The pool of readers: every file gets one answer, whatever happens to the processes that read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import program
import psutil
import pytest

from migration_guard.operations import Job, OperationKind, Reading
from migration_guard.pool import _kept, kept_readers, limits, read_all, starting
from migration_guard.pool.readers import _Waiting
from migration_guard.pool.starting import NAME

ROOT = Path(__file__).parents[1]
BAD = b'revision = "1"\ndown_revision = None\nfrom alembic import op\n\n\ndef upgrade():\n    op.execute("UPDATE leads SET a = 1")\n'
LONG = BAD + b"".join(b'    op.execute("SELECT %d")\n' % n for n in range(12_000))
"""Takes a while to read, on any machine more than it takes to kill who reads it."""
ENDLESS = BAD + b"    match 1:\n        case %b1%b:\n            pass\n" % (b"(" * 60, b")" * 60)
"""Is read to its end on no machine: libcst's parser takes twice as long for each bracket around a pattern."""


def job(name: str, seconds: float = 120.0) -> Job:
    return Job(path=f"/nowhere/{name}", shown=name, root="/nowhere", framework="alembic", seconds=seconds)


def answers(work: list[tuple[Job, bytes]], workers: int = 2) -> dict[str, Reading]:
    found = list(read_all(iter(work), workers))
    assert len(found) == len(work)
    return {job.shown: reading for job, reading in found}


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """End the processes of other tests, so that what runs below this one belongs to the test."""
    program.close()
    shared = _kept.get()
    if shared is not None:
        shared.close()
    before = _kept.set(None)
    yield
    _kept.reset(before)


def readers(of: int | None = None) -> list[psutil.Process]:
    """The reader processes below this one."""

    def reads(one: psutil.Process) -> bool:
        try:
            return one.name() == NAME or "pool.reader" in " ".join(one.cmdline())
        except psutil.Error:  # it is just ending
            return False

    return list(filter(reads, psutil.Process(of).children(recursive=True)))


def eventually(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


def test_every_file_gets_its_answer() -> None:
    found = answers([(job(f"{n}.py"), BAD) for n in range(70)])
    assert all([o.kind for o in reading.operations] == [OperationKind.UPDATE] for reading in found.values())


def test_nothing_to_read_starts_nothing() -> None:
    assert list(read_all(iter(()), 2)) == []


def test_a_file_that_takes_too_long_is_a_problem_and_the_others_are_read() -> None:
    found = answers([(job("slow.py", 0.2), ENDLESS), (job("a.py"), BAD), (job("b.py"), BAD)], workers=1)
    (problem,) = found["slow.py"].problems
    assert "file-timeout" in problem.message
    assert found["a.py"].operations
    assert found["b.py"].operations


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no signals to kill with")
def test_a_reader_that_dies_is_replaced() -> None:
    work = [(job(f"{n}.py"), ENDLESS if n < 1 else BAD) for n in range(6)]
    found: dict[str, Reading] = {}
    thread = threading.Thread(target=lambda: found.update(answers(work)))
    thread.start()
    assert eventually(lambda: any(reader.cpu_times().user > 2 for reader in readers()), 120)
    max(readers(), key=lambda reader: reader.cpu_times().user).send_signal(signal.SIGSEGV)
    thread.join(180)
    problems = [problem for reading in found.values() for problem in reading.problems]
    assert len(found) == 6
    assert [problem.message for problem in problems] == ["the reader crashed (SIGSEGV)"]
    assert sum(bool(reading.operations) for reading in found.values()) == 5


def test_readers_that_are_ended_from_elsewhere_leave_problems() -> None:
    work = [(job(f"{n}.py"), ENDLESS) for n in range(6)]
    found: dict[str, Reading] = {}
    told, tells = threading.Event(), list[Callable[[], None]]()

    def run() -> None:
        with kept_readers(2) as end:
            tells.append(end)
            told.set()
            found.update(answers(work))

    thread = threading.Thread(target=run)
    thread.start()
    assert told.wait(20)
    assert eventually(lambda: bool(readers()))
    tells[0]()
    thread.join(180)
    assert len(found) == 6
    assert {p.message for reading in found.values() for p in reading.problems} == {"the reading process died"}


def test_a_reader_that_cannot_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "_START", "raise SystemExit(3)  # {path} {parent}")
    found = answers([(job("a.py"), BAD), (job("b.py"), BAD * 10_000)])
    messages = [problem.message for reading in found.values() for problem in reading.problems]
    assert messages == ["the reader ended with exit code 3"] * 2


_OF_ANOTHER_VERSION = """
from migration_guard.pool import wire
ours = wire.answer_message
wire.answer_message = lambda ticket, answer: ours(ticket, answer).replace(b'"kind"', b'"sort"')
main("""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing tells a reader what it holds")
@pytest.mark.parametrize(("worth", "started"), [(0, 4), (3, 2), (5, 1)])
def test_a_reader_that_remembers_too_much_is_replaced_and_no_file_is_lost(
    monkeypatch: pytest.MonkeyPatch, worth: int, started: int
) -> None:
    """It goes after it has answered, also while it is asked already, and no sooner than that was worth loading it."""
    grown = f"from migration_guard.pool import limits; limits.GROWTH, limits.WORTH = -(2**33), {worth}; from"
    monkeypatch.setattr(starting, "_START", starting._START.replace("from", grown, 1))
    spawned, spawn = list[starting.Started](), starting.spawned

    def counted() -> starting.Started:
        spawned.append(spawn())
        return spawned[-1]

    monkeypatch.setattr(starting, "spawned", counted)
    found = answers([(job(f"{n}.py"), BAD) for n in range(4)], workers=1)
    assert all(reading.operations and not reading.problems for reading in found.values())
    assert len(spawned) == started


def test_an_answer_that_cannot_be_understood_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where another version is installed while a run starts its readers: no file may be lost."""
    monkeypatch.setattr(starting, "_START", starting._START.replace(" main(", _OF_ANOTHER_VERSION))
    found = answers([(job("a.py"), BAD), (job("b.py"), b"revision = '1'\n"), (job("c.py"), BAD)])
    assert "cannot be understood" in found["a.py"].problems[0].message
    assert not found["b.py"].problems
    assert "cannot be understood" in found["c.py"].problems[0].message


def test_the_callers_own_failure_is_the_callers() -> None:
    def work() -> Iterator[tuple[Job, bytes]]:
        yield job("a.py"), BAD
        raise ValueError("of the caller")

    with pytest.raises(ValueError, match="of the caller"):
        list(read_all(work(), 1))


def test_readers_end_with_the_caller() -> None:
    for _ in read_all(((job(f"{n}.py"), ENDLESS if n else BAD) for n in range(4)), 2):
        break
    assert eventually(lambda: not readers())


def test_kept_readers_read_run_after_run_and_remember_nothing(tmp_path: Path) -> None:
    helper = tmp_path / "helper.py"
    source = BAD.replace(b"from alembic import op", b"from alembic import op\nfrom helper import SQL")
    source = source.replace(b'"UPDATE leads SET a = 1"', b"SQL")
    one = replace(job("a.py"), path=str(tmp_path / "a.py"), root=str(tmp_path))
    with kept_readers(1):
        for verb, kind in (
            ("UPDATE leads SET a = 1", OperationKind.UPDATE),
            ("DELETE FROM leads", OperationKind.DELETE),
        ):
            helper.write_text(f"SQL = {verb!r}\n")
            assert [operation.kind for operation in answers([(one, source)])["a.py"].operations] == [kind]
            (reader,) = readers()
    assert eventually(lambda: not psutil.pid_exists(reader.pid))


def test_kept_readers_survive_a_run_that_is_given_up_and_a_death_between_runs() -> None:
    with kept_readers(1):
        for _ in read_all(iter([(job("a.py"), BAD), (job("slow.py"), ENDLESS)]), 1):
            break
        assert answers([(job("b.py"), BAD)])["b.py"].operations
        (reader,) = readers()
        reader.kill()  # while nobody waits for it
        reader.wait(20)
        assert answers([(job("c.py"), BAD)])["c.py"].operations
        assert answers([(job("d.py"), BAD)])["d.py"].operations
    assert eventually(lambda: not readers())


# --- Forked ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def forked() -> Iterator[None]:
    """Readers of this test are copies of this process, as those of a command are of it."""
    if not starting.can_fork():
        pytest.skip("no process can be forked here")
    with kept_readers(2, forked=True):
        yield
    assert eventually(lambda: not readers())


def test_a_forked_reader_reads_the_same_and_keeps_nothing_of_the_run(forked: None, tmp_path: Path) -> None:
    with (tmp_path / "held").open("w"):
        found = answers([(job(f"{n}.py"), BAD) for n in range(70)])
        assert all([o.kind for o in reading.operations] == [OperationKind.UPDATE] for reading in found.values())
        both = readers()
        assert [one.name() for one in both] == [NAME] * 2
        for one in both:
            assert one.cwd() == "/"
            assert sorted(os.listdir(f"/proc/{one.pid}/fd"), key=int)[:4] == ["0", "1", "2", "3"]
            assert not [link for link in links(one.pid) if link.startswith(("/tmp", str(tmp_path)))]
            assert one.rlimit(psutil.RLIMIT_AS)[0] == limits.MEMORY


def links(pid: int) -> list[str]:
    return [os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")]


def test_few_files_are_read_by_one(forked: None) -> None:
    answers([(job(f"{n}.py"), BAD) for n in range(5)])
    assert len(readers()) == 1


def test_a_forked_reader_that_takes_too_long_is_ended(forked: None) -> None:
    found = answers([(job("slow.py", 0.2), ENDLESS), (job("a.py"), BAD)])
    assert "file-timeout" in found["slow.py"].problems[0].message
    assert found["a.py"].operations


def test_what_a_fork_has_no_stack_for_is_read_by_another(forked: None) -> None:
    killed = list[psutil.Process]()

    def kill() -> None:
        assert eventually(lambda: bool(readers()))
        killed.extend(readers())
        killed[0].send_signal(signal.SIGSEGV)

    def work() -> Iterator[tuple[Job, bytes]]:
        yield job("slow.py"), LONG
        threading.Thread(target=kill).start()  # the reader is there by now

    ((_, reading),) = read_all(work(), 1)
    assert len(killed) == 1
    assert reading.operations
    assert not reading.problems


def test_a_thread_that_only_waits_hinders_no_fork() -> None:
    over, begun = threading.Event(), threading.Event()

    def wait() -> None:
        begun.wait()
        starting.acts()
        over.wait()

    thread = threading.Thread(target=wait)
    starting.only_waits(thread)
    before = starting.can_fork()
    thread.start()
    assert starting.can_fork() == before
    begun.set()
    assert eventually(lambda: not starting.can_fork())
    over.set()
    thread.join()
    assert starting.can_fork() == before


def test_a_fork_ends_when_nobody_holds_its_pipe(tmp_path: Path) -> None:
    """Also amid a parser's own code: here in an endless one of Python's, in a process that is killed."""
    code = (
        "import os, sys, time; from migration_guard.pool import limits; r, w = os.pipe(); child = os.fork()\n"
        "if not child: os.close(w); limits.die_with_writer(r); print(os.getpid(), flush=True); sum(iter(int, 1))\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        child.wait(20)


# --- Without `resource`, as on Windows -------------------------------------------------------------------------------


ELSEWHERE = """\
import os, select, signal, sys

import asyncio, ctypes, getpass, psutil, shutil, socket, subprocess, tempfile  # as this system has them

sys.platform = "elsewhere"
for module, names in (
    (os, "fork forkpty killpg getuid geteuid getpgid setsid O_NOFOLLOW O_NONBLOCK O_ASYNC O_DIRECTORY"),
    (signal, "SIGHUP SIGQUIT SIGIO SIGUSR1 SIGALRM SIGPIPE pthread_sigmask setitimer"),
    (select, "poll epoll"),
):
    for name in names.split():
        vars(module).pop(name, None)
for name in ("fcntl", "grp", "pwd", "resource", "termios", "tty"):
    sys.modules[name] = None
"""


@pytest.fixture
def without_resource(tmp_path: Path) -> dict[str, str]:
    """An environment in which every process of a run finds nothing that only Unix has."""
    (tmp_path / "stubs").mkdir()
    (tmp_path / "stubs" / "sitecustomize.py").write_text(ELSEWHERE, encoding="utf-8")
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path / "stubs"), str(ROOT)))}


def test_a_run_without_resource_finds_the_same(tmp_path: Path, without_resource: dict[str, str]) -> None:
    (tmp_path / "0001_a.py").write_bytes(BAD)
    (tmp_path / "0002_slow.py").write_bytes(ENDLESS)
    command = [
        sys.executable,
        "-m",
        "migration_guard",
        "check",
        "--isolated",
        "--output-format",
        "concise",
        str(tmp_path),
    ]
    command += ["--config", "file-timeout=2.0"]
    done = subprocess.run(
        command, env=without_resource, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert "0001_a.py:7:17: MG101" in done.stdout
    assert "takes longer than 2 s" in done.stdout + done.stderr
    assert done.returncode == 2


def test_without_resource_limits_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "resource", None)
    with limits.stack_of_readers():
        limits.for_file(1.0)


def test_a_system_that_refuses_limits_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        RLIM_INFINITY = -1
        RLIMIT_STACK = RLIMIT_AS = RLIMIT_CORE = 0

        def getrlimit(self, _: int) -> tuple[int, int]:
            return -1, -1

        def setrlimit(self, *_: object) -> None:
            raise ValueError("current limit exceeds maximum limit")

    monkeypatch.setattr(limits, "resource", Refusing())
    with limits.stack_of_readers():
        pass


def test_memory_is_watched_where_it_cannot_be_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "resource", None)
    monkeypatch.setattr(limits, "MEMORY", 10_000_000)  # less than any reader has
    (problem,) = answers([(job("a.py"), ENDLESS)])["a.py"].problems
    assert "of memory" in problem.message


def test_the_stack_of_this_process_stays_as_it_is() -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_STACK)
    assert answers([(job("a.py"), BAD)])["a.py"].operations
    assert resource.getrlimit(resource.RLIMIT_STACK) == before


@pytest.mark.parametrize(
    ("code", "words"),
    [(-9, "killed"), (-11, "crashed"), (-24, "CPU time"), (3, "exit code 3"), (None, "exit code None")],
)
def test_the_reason_of_a_death_is_told(code: int | None, words: str) -> None:
    assert words in limits.reason_of_death(code, 30.0)


def test_a_reader_stays_in_a_folder_and_out_of_those_of_others() -> None:
    """What it has found out for one file serves the others of the folder; but nobody waits where there is something to read."""
    waiting = _Waiting()
    for name in ("a/1.py", "a/2.py", "b/1.py", "a/3.py", "b/2.py"):
        waiting.put((job(name), b""))
    waiting.end()
    taken = []
    for reader in (1, 2, 1, 2, 2, 1):
        one = waiting.take(reader)
        taken.append(one and (reader, one[0].shown))
    assert taken == [(1, "a/1.py"), (2, "b/1.py"), (1, "a/2.py"), (2, "b/2.py"), (2, "a/3.py"), None]
    assert waiting.is_over()
