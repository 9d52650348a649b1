"""A standby of a server of ours: its copy, which replays what the other writes, and may be told to stop."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator

from backfill import process
from backfill.server import HASTY, OWNER, OwnServer, Stop

_NUMBERS = itertools.count()


class Standby(OwnServer):
    """A server that was copied from another, and follows it."""

    def __init__(self, primary: OwnServer) -> None:
        self._primary = primary
        super().__init__(primary.folder, (*HASTY, "archive_mode=off"), f"standby{next(_NUMBERS)}")

    def replays(self, *, goes_on: bool) -> None:
        """Let it replay, or stop it; what it is sent it takes in either case."""
        self.execute("SELECT pg_wal_replay_resume()" if goes_on else "SELECT pg_wal_replay_pause()")

    def _initialise(self) -> None:
        source = ["-h", "127.0.0.1", "-p", str(self._primary.port), "-U", OWNER]
        copy = [str(self._binaries / "pg_basebackup"), "-D", str(self.data), "--no-sync", "--checkpoint=fast"]
        made = process.start([*copy, "--write-recovery-conf", *source], self.log)
        if made.wait(process.PATIENCE):
            raise process.Died(self.log.read_text(errors="replace"))


@contextlib.contextmanager
def standby_of(primary: OwnServer) -> Iterator[Standby]:
    """Start a standby, wait until it follows, and leave nothing of it behind."""
    made = Standby(primary)
    made.start()
    try:
        following = "SELECT 1 FROM pg_stat_replication WHERE state = 'streaming' AND replay_lsn IS NOT NULL"
        process.until(lambda: bool(primary.execute(following)), alive=lambda: made.running, what="no standby follows")
        yield made
    finally:
        made.stop(Stop.IMMEDIATE)
