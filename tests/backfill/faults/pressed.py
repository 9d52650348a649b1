"""Accidents while the brake holds: pressure on the server comes and goes, and runs are killed meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from backfill import process
from backfill.faults.crowd import crowd
from backfill.faults.ledger import APPLICATION
from backfill.faults.scene import Missed, Scene
from backfill.faults.subject import Guard, Runner
from migration_guard.backfill.swift import KNOWN

PRESSURE = """
    CREATE TABLE pressure (load int);
    INSERT INTO pressure VALUES (1);
    CREATE FUNCTION ledger.linger() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_sleep(0.08) WHERE current_setting('application_name') LIKE 'migration-guard%';
        RETURN NULL;
    END $$;
    CREATE TRIGGER linger AFTER UPDATE ON leads FOR EACH STATEMENT EXECUTE FUNCTION ledger.linger();
"""
"""What holds the brake, and what makes a run last until it looks: it does so once a second, and a run may be over before."""
HELD = "SELECT count(*) > 0 FROM migration_guard.brakes WHERE reason IS NOT NULL"
KNOWN_TO_ALL = f"""
    SELECT count(*) = 0 FROM migration_guard.brakes WHERE held_since > clock_timestamp() - interval '{KNOWN + 0.1} s'
"""
"""Whether it has held for so long that nobody goes by what he had asked before."""
BEFORE = f"""
    SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'migration-guard%'
        AND xact_start < (SELECT max(held_since) + interval '{KNOWN} s' FROM migration_guard.brakes)
"""
"""Transactions that were begun before that, and may end."""
LOOKED = "SELECT max(measured_at) FROM migration_guard.brakes"
CHANGED = f"SELECT count(*) FROM ledger.entries WHERE application <> '{APPLICATION}'"


def alone(scene: Scene) -> None:
    """Put pressure on while one runs."""
    _braked(scene)
    scene.strike(lambda runner: _pressed(scene, [runner]))


def among_several(scene: Scene) -> None:
    """The same while several run, of which one is killed while all are held."""
    _braked(scene)

    def act(scene: Scene, runs: list[Runner]) -> None:
        _pressed(scene, runs, scene.chance.choice(runs).kill)

    crowd(act)(scene)


def _braked(scene: Scene) -> None:
    assert isinstance(scene.subject, Guard)
    scene.execute(PRESSURE)
    scene.subject = replace(scene.subject, braked=True)


def _pressed(scene: Scene, runs: list[Runner], meanwhile: Callable[[], None] = lambda: None) -> None:
    """Let it hold, see that nothing goes on as long as it does, and let it go."""

    def is_over() -> bool:
        return all(one.poll() is not None for one in runs)

    scene.execute("UPDATE pressure SET load = 12")
    try:
        process.until(lambda: is_over() or scene.stored(HELD) == [(True,)])
        if scene.stored(HELD) != [(True,)]:
            raise Missed
        process.until(lambda: is_over() or scene.stored(KNOWN_TO_ALL) == [(True,)])
        process.until(lambda: is_over() or scene.stored(BEFORE) == [(0,)])
        if is_over():  # nobody is left who could begin a batch
            raise Missed
        before = scene.execute(CHANGED)
        meanwhile()
        for _ in range(2):
            _looked(scene, is_over)
        if scene.execute(CHANGED) != before:
            scene.false.append("held, and a batch was begun")
    finally:
        scene.execute("UPDATE pressure SET load = 1")
    process.until(lambda: is_over() or scene.stored(HELD) == [(False,)])


def _looked(scene: Scene, is_over: Callable[[], bool]) -> None:
    """Wait until somebody has looked at the server once more."""
    before = scene.stored(LOOKED)
    process.until(lambda: is_over() or scene.stored(LOOKED) != before)
