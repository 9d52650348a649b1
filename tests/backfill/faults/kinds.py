"""The kinds of accidents of the campaign, each a function that lets them happen in a scene."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from backfill import process
from backfill.faults import pressed
from backfill.faults.accidents import OBSERVER
from backfill.faults.crowd import crowd, one_cut_off, one_killed, one_stopped, one_stopped_for_long, server_restarted
from backfill.faults.ledger import APPLICATION
from backfill.faults.office import office, tasks_doubled, tasks_lost, worker_killed
from backfill.faults.office import server_restarted as office_restarted
from backfill.faults.proxy import Loss, proxied
from backfill.faults.scene import Scene
from backfill.faults.subject import KEY, Guard, Runner, running
from backfill.pooler import installed, pooling
from backfill.server import Stop
from migration_guard.backfill.policy import UNATTENDED

BACKENDS = f"""
    FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'migration-guard%' AND backend_type = 'client backend'
        AND application_name NOT IN ('{OBSERVER}', '{APPLICATION}')
"""
POISON = """
CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {what}
    RETURN NEW;
END $$;
CREATE TRIGGER poison BEFORE UPDATE OF name ON leads FOR EACH ROW WHEN (NEW.id % {every} = 0) EXECUTE FUNCTION poison()
"""
_SEGMENT = 16 * 2**20
"""A file of the write-ahead log, which must still be made."""
_ROOM = 256 * 1024
_UNANSWERED = 600.0
"""Seconds in which a run must have ended by itself, although nothing answers."""
HELD = 0.5
"""Seconds that the application holds what it has locked."""


def signalled(number: signal.Signals) -> Callable[[Scene], None]:
    """End the runner by a signal."""

    def act(scene: Scene) -> None:
        def strike(runner: Runner) -> None:
            runner.send_signal(number)
            runner.wait(process.PATIENCE)

        scene.strike(strike)

    return act


def stopped(scene: Scene) -> None:
    """Stop the runner in the middle of a batch, let another one try, and let the first go on."""

    def strike(runner: Runner) -> None:
        runner.send_signal(signal.SIGSTOP)
        try:
            _another(scene)
        finally:
            runner.send_signal(signal.SIGCONT)

    scene.strike(strike)


def two_runners(scene: Scene) -> None:
    """Start two others beside the one that runs."""

    def strike(_: Runner) -> None:
        with running(scene.subject) as second, running(scene.subject) as third:
            for one in (second, third):
                output, _error = one.communicate(timeout=3 * process.PATIENCE)
                scene.hear(output, one.returncode, alone=False)
        scene.happened += 1  # the other one is counted by who has struck

    scene.strike(strike)


def on_the_backend(statement: str) -> Callable[[Scene], None]:
    """Do something to the runner's sessions on the server."""
    return lambda scene: scene.strike(lambda _: _nothing(scene.execute(f"SELECT {statement} {BACKENDS}")))


def backend_killed(scene: Scene) -> None:
    """Kill the process of its session: the server takes all others down with it, and recovers."""

    def strike(_: Runner) -> None:
        started = _started(scene.url)
        for (pid,) in scene.execute(f"SELECT pid {BACKENDS}")[:1]:
            os.kill(int(str(pid)), signal.SIGKILL)
            process.until(lambda: _started(scene.url) not in {None, started})

    scene.strike(strike)


def server_stopped(mode: Stop) -> Callable[[Scene], None]:
    """Stop the server, and start it again."""
    return lambda scene: scene.strike(lambda _: scene.server.restart(mode))


def connection_reset(scene: Scene) -> None:
    """Reset its connections on their way."""
    with proxied(scene.url) as proxy:
        scene.by(proxy.url)
        scene.strike(lambda _: proxy.reset())
        scene.by(scene.url)


def black_hole(scene: Scene) -> None:
    """Let its packets vanish: no answer comes any more, and no end of the connection."""
    with proxied(scene.url) as proxy:
        scene.by(proxy.url)
        scene.times = 1

        def strike(runner: Runner) -> None:
            proxy.swallow()
            runner.wait(_UNANSWERED)

        scene.strike(strike)
        scene.by(scene.url)


def lost_commit(loss: Loss) -> Callable[[Scene], None]:
    """Lose a COMMIT, or the reply to it."""

    def act(scene: Scene) -> None:
        with proxied(scene.url) as proxy:
            scene.by(proxy.url)

            def strike(runner: Runner) -> None:
                lost = proxy.lost
                proxy.arm(loss)
                process.until(lambda: proxy.lost > lost or runner.poll() is not None)

            scene.strike(strike)
            scene.by(scene.url)

    return act


def held(*statements: str) -> Callable[[Scene], None]:
    """Let the application lock something, keep it for a moment, and commit."""

    def act(scene: Scene) -> None:
        def strike(_: Runner) -> None:
            number = scene.chance.randint(0, 9)
            with psycopg.connect(scene.url, application_name=OBSERVER) as application:
                application.execute("SET LOCAL lock_timeout = '10s'")
                try:
                    for statement in statements:
                        application.execute(statement.replace("{n}", str(number)).encode())
                    time.sleep(HELD)
                except (psycopg.errors.DeadlockDetected, psycopg.errors.LockNotAvailable):
                    application.rollback()

        scene.strike(strike)

    return act


def poisoned(what: str, every: int) -> Callable[[Scene], None]:
    """Make some rows fail, or slow; heal them in the end."""

    def act(scene: Scene) -> None:
        scene.execute(POISON.format(what=what, every=every))
        report = scene.finish()
        scene.happened = int(str(scene.execute(f"SELECT count(*) FROM ledger.expected WHERE id % {every} = 0")[0][0]))
        if "RAISE" in what and report.state == "completed":
            scene.false.append("completed, although rows cannot be changed")
        scene.execute("DROP TRIGGER poison ON leads")
        if report.state != "completed" and isinstance(scene.subject, Guard):
            scene.subject.ask("retry", KEY)

    return act


def disk_full(scene: Scene) -> None:
    """Let no file of the server grow, until the runner has met that; then there is room again."""
    scene.execute("SELECT ledger.fatten()")  # what grows with each change is to be the largest file
    largest = max(file.stat().st_size for file in (scene.server.data / "base").rglob("*") if file.is_file())
    scene.server.stop()
    scene.server.start(max(largest, _SEGMENT) + _ROOM)
    try:
        with running(scene.subject) as runner:
            full = "could not extend file"
            logged = scene.server.log.stat().st_size
            process.until(lambda: full in _since(scene, logged) or runner.poll() is not None)
            scene.happened += full in _since(scene, logged)
            scene.server.restart()
            output, _ = runner.communicate(timeout=3 * process.PATIENCE)
        scene.hear(output, runner.returncode)
    finally:
        scene.server.restart()


def _since(scene: Scene, position: int) -> str:
    with scene.server.log.open(errors="replace") as log:
        log.seek(position)
        return log.read()


def two_versions(scene: Scene) -> None:
    """Deploy a changed definition while the one before is unfinished."""
    first = scene.subject
    assert isinstance(first, Guard)

    def strike(runner: Runner) -> None:
        # Who looks on counts the application's edits as well: there may be no run yet that another could disagree with.
        process.until(lambda: scene.has_begun() or runner.poll() is not None)
        runner.kill()
        runner.wait(process.PATIENCE)
        scene.subject = Guard(first.url, version="second")
        with running(scene.subject) as second:
            output, _ = second.communicate(timeout=3 * process.PATIENCE)
        if "All complete" in output:
            scene.false.append("a changed definition was called complete")
        scene.subject = first

    scene.strike(strike)


def pooler(how: str) -> Callable[[Scene], None]:
    """Reach the server through a pooler that is killed, or paused."""

    def act(scene: Scene) -> None:
        program = installed()
        assert program is not None
        database = scene.url.rsplit("/", 1)[1]
        with pooling(program, scene.server) as between:
            scene.by(between.url(database))

            def strike(_: Runner) -> None:
                if how == "killed":
                    between.restart(Stop.IMMEDIATE)
                    return
                with psycopg.connect(between.url("pgbouncer"), autocommit=True) as console:
                    console.execute(f"PAUSE {database}".encode())
                    time.sleep(HELD)
                    console.execute(f"RESUME {database}".encode())

            scene.strike(strike)
            scene.by(scene.url)

    return act


def undisturbed(scene: Scene) -> None:
    """Let nothing happen."""
    scene.finish()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of accident."""

    name: str
    act: Callable[[Scene], None]
    times: int
    """How many there are in an episode."""
    version: str = ""
    kills: bool = False
    needs_pooler: bool = False
    needs_broker: bool = False
    own: float = 0.0
    """Seconds that the application may wait for a lock of its own."""
    counts: bool = True
    """Whether the runner's counts still are those of the ledger."""


KINDS = (
    Kind("undisturbed", undisturbed, 0),
    Kind("SIGKILL", signalled(signal.SIGKILL), 16, kills=True),
    Kind("SIGTERM", signalled(signal.SIGTERM), 12, kills=True),
    Kind("SIGINT", signalled(signal.SIGINT), 6, kills=True),
    Kind("SIGHUP", signalled(signal.SIGHUP), 4, kills=True),
    Kind("SIGSTOP, another, SIGCONT", stopped, 4, own=UNATTENDED),
    Kind("two runners", two_runners, 5),
    Kind("one of several runs killed", crowd(one_killed), 4, kills=True),
    Kind("one of several runs stopped", crowd(one_stopped), 3, own=UNATTENDED),
    Kind("one of several runs stopped for long", crowd(one_stopped_for_long), 1, own=UNATTENDED),
    Kind("one of several runs cut off", crowd(one_cut_off, through=True), 3, own=UNATTENDED),
    Kind("server stopped under several runs", crowd(server_restarted), 2),
    Kind("held by the brake", pressed.alone, 3),
    Kind("held by the brake, several runs", pressed.among_several, 3, kills=True),
    Kind("worker of an engine killed", office(worker_killed), 4, kills=True, needs_broker=True),
    Kind("tasks doubled", office(tasks_doubled), 3, needs_broker=True),
    Kind("tasks lost", office(tasks_lost), 3, needs_broker=True),
    Kind("server stopped under engines", office(office_restarted), 2, needs_broker=True),
    Kind("backend terminated", on_the_backend("pg_terminate_backend(pid)"), 8),
    Kind("statement cancelled", on_the_backend("pg_cancel_backend(pid)"), 5),
    Kind("backend killed", backend_killed, 3),
    Kind("server stopped at once", server_stopped(Stop.IMMEDIATE), 3),
    Kind("server stopped fast", server_stopped(Stop.FAST), 3),
    Kind("connection reset", connection_reset, 8),
    Kind("packets vanish", black_hole, 1, own=UNATTENDED),
    Kind("COMMIT lost", lost_commit(Loss.COMMIT), 6),
    Kind("reply to COMMIT lost", lost_commit(Loss.REPLY), 8),
    Kind("rows locked", held("SELECT FROM leads WHERE id % 100 = {n} * 10 FOR UPDATE SKIP LOCKED"), 8, own=HELD),
    Kind("table locked", held("LOCK TABLE leads IN ACCESS EXCLUSIVE MODE"), 5, own=HELD),
    Kind("parent locked", held("SELECT FROM parents WHERE id = {n} FOR UPDATE"), 6, version="parents", own=HELD),
    Kind(
        "deadlock over a parent",
        held(
            "SELECT FROM parents WHERE id = {n} FOR UPDATE",
            "SELECT FROM leads WHERE id % 10 = {n} AND name IS NULL ORDER BY id DESC LIMIT 40 FOR UPDATE",
        ),
        6,
        version="parents",
        own=HELD,
    ),
    Kind("rows that fail", poisoned("RAISE EXCEPTION 'poison';", 7_001), 8, counts=False),
    Kind("rows that take long", poisoned("PERFORM pg_sleep(0.4);", 9_001), 6, counts=False),
    Kind("disk full", disk_full, 1),
    Kind("two versions", two_versions, 3, kills=True),
    Kind("pooler killed", pooler("killed"), 4, needs_pooler=True),
    Kind("pooler paused", pooler("paused"), 4, needs_pooler=True),
)


def _another(scene: Scene) -> None:
    with running(scene.subject) as second:
        output, _ = second.communicate(timeout=3 * process.PATIENCE)
    scene.hear(output, second.returncode, alone=False)


def _started(url: str) -> object:
    """Say when the server's helpers were started, which they are anew after a crash; None while it does not answer."""
    sql = "SELECT backend_start FROM pg_stat_activity WHERE backend_type = 'checkpointer'"
    try:
        with psycopg.connect(url, connect_timeout=5, application_name=OBSERVER) as connection:
            return (connection.execute(sql).fetchone() or (None,))[0]
    except psycopg.Error:
        return None


def _nothing(_: object) -> None:
    """Drop a value."""
