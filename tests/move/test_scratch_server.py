"""The server that a proof starts for itself."""

from __future__ import annotations

import subprocess
import sys

from backfill import process
from backfill.server import OwnServer

WAITS = """
import sys
from pathlib import Path
from migration_guard.prove.server import guarded
with guarded(Path(sys.argv[1])):
    print("guarded", flush=True)
    input()
"""


def test_nothing_stays_behind_of_a_proof_that_is_killed() -> None:
    with process.guarded_folder("prove") as folder:
        server = OwnServer(folder)
        server.start()
        command = [sys.executable, "-c", WAITS, str(folder)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as proof:
            assert proof.stdout is not None
            assert proof.stdout.readline() == "guarded\n"
            assert server.running
            proof.kill()
        process.until(lambda: not server.running and not folder.exists())
