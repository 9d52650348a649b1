"""Histories as in test_property.py, one after the other until the time is over, and what was tried in them.

    python tests/backfill/histories.py [--minutes N] [--seed N]

Each history comes from a seed of its own, which is printed where one fails; `--seed` begins with it. It exits with 1 then.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import hypothesis.core
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

if __name__ == "__main__":
    sys.path.append(str(Path(__file__).resolve().parents[1]))

from backfill.server import Server, embedded
from backfill.test_property import History

STEPS = 25
AT_ONCE = 3
"""Of a seed: the first is the simplest there is."""


def histories(server: Server, tried: Counter[str], *, unseen: bool) -> type[History]:
    """Give what makes histories, and counts what happens in them."""

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def count(*arguments: Any, **given: Any) -> Any:
            tried[function.__name__] += 1
            return function(*arguments, **given)

        count.__name__ = function.__name__
        return count

    class Counted(History):
        def __init__(self) -> None:
            tried["histories"] += 1
            super().__init__()

    Counted.server, Counted.unseen = server, unseen
    rules = Counted.setup_state().rules
    rules[:] = [dataclasses.replace(one, function=counted(one.function)) for one in rules]
    return Counted


def main(arguments: Sequence[str]) -> int:
    """Try histories, and say which."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--minutes", type=float, default=10.0)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was tried until then is told
    deadline, seed, failed = time.monotonic() + 60 * chosen.minutes, chosen.seed, 0
    tried: dict[bool, Counter[str]] = {False: Counter(), True: Counter()}
    how = settings(
        max_examples=AT_ONCE,
        stateful_step_count=STEPS,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    with embedded() as server, tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # no configuration, and a place for what hypothesis keeps
        ways = {unseen: histories(server, tried[unseen], unseen=unseen) for unseen in tried}
        while time.monotonic() < deadline:
            hypothesis.core.global_force_seed = seed
            unseen = bool(seed % 2)
            try:
                run_state_machine_as_test(ways[unseen], settings=how)
            except KeyboardInterrupt:
                break
            except Exception as error:  # noqa: BLE001 -- the others are tried as well
                failed += 1
                notes = "\n".join(getattr(error, "__notes__", ()))
                print(f"seed {seed}: {type(error).__name__}: {error}\n{notes}", flush=True)
            seed += 1
    os.chdir("/")
    print(f"seeds {chosen.seed} to {seed - 1}, {failed} of them failed")
    for what in sorted({*tried[False], *tried[True]}, key=lambda name: (name != "histories", name)):
        print(f"{what:24} {tried[False][what]:6,} the long way {tried[True][what]:6,} the quick way")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
