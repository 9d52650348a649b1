"""A campaign of accidents against the runner, on a real server, with the application beside it.

    python tests/backfill/faults/campaign.py [--minutes N] [--seed N] [--accidents N] [--log FILE] [--only KIND ...]

Rounds over all kinds, at least one, until so many accidents of either sort have happened, or the time is over. With --log each episode is written down, and a campaign that was broken off
goes on behind it. It prints a line a kind, and exits with 1 if anything was lost, done twice, or said untruly.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

if __name__ == "__main__":
    sys.path.append(str(Path(__file__).resolve().parents[2]))

from backfill import process
from backfill.faults import ledger, office
from backfill.faults.kinds import KINDS, Kind
from backfill.faults.scene import Scene
from backfill.faults.subject import Guard, Subject
from backfill.faults.writer import writing
from backfill.pooler import installed
from backfill.server import HASTY, OwnServer, embedded

ROWS = 60_000
PARENTS = """
CREATE TABLE parents (id int PRIMARY KEY);
INSERT INTO parents SELECT generate_series(0, 9);
ALTER TABLE leads ADD parent int REFERENCES parents
"""
WANTED = 200
"""So many kills, and so many other accidents, make a whole campaign, if nobody wants another number."""


@dataclass(frozen=True, slots=True)
class Episode:
    """What became of one."""

    number: int
    kind: str
    kills: bool
    accidents: int
    lost: int
    twice: int
    outside: int
    false: tuple[str, ...]
    longest: float
    """Seconds that the application waited for one of its edits at most."""
    seconds: float
    takeover: float = 0.0
    """Seconds that it took at most until others had taken over what a run was at."""
    unseen: bool = False
    """Whether the ledger was out of the runner's sight, so that its batches went the quick way."""

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, done twice, done outside or said untruly."""
        return not (self.lost or self.twice or self.outside or self.false)


@contextmanager
def prepared(rows: int = ROWS) -> Iterator[tuple[OwnServer, tuple[str, str]]]:
    """Start a server with tables to be copied for each episode: one whose ledger the runner sees, and one where it does not."""
    settings = (*HASTY, "max_connections=60")
    with embedded(settings) as server, server.fresh() as seen, server.fresh() as unseen:
        ledger.install(server.url(seen), rows)
        ledger.install(server.url(unseen), rows, unseen=True)
        yield server, (seen, unseen)


def episode(
    server: OwnServer,
    templates: tuple[str, str],
    kind: Kind,
    *,
    number: int,
    unseen: bool = False,
    seed: int,
    subject: Callable[[str], Subject] | None = None,
    times: int | None = None,
) -> Episode:
    """Let accidents of a kind happen to a runner, let it finish, and hold everything against the ledger."""
    began = time.monotonic()
    with server.fresh(templates[unseen]) as name:
        url = server.url(name)
        made = subject(url) if subject else Guard(url, version=kind.version)
        scene = Scene(server, made, random.Random(f"{seed} {kind.name} {number}"), times or kind.times)
        if "parents" in kind.version:
            scene.execute(PARENTS)
        with writing(url, seed + number) as writer:
            kind.act(scene)
            report = scene.finish()
        audit = ledger.audit(url, report)
        false = list(scene.false)
        if not report.finished:
            false.append(f"never finished: {report.state}")
        if kind.counts and (audit.miscounted or audit.unaccounted or audit.uncounted_batches):
            false.append(f"counts: {audit.miscounted}, {audit.unaccounted}, {audit.uncounted_batches}")
        outside = audit.outside + audit.elsewhere + audit.other_tables
        return Episode(
            number, kind.name, kind.kills, scene.happened, audit.lost + audit.wrong, audit.twice, outside,
            tuple(false), writer.longest, time.monotonic() - began, max(scene.takeovers, default=0.0), unseen,
        )  # fmt: skip


def table(episodes: Sequence[Episode]) -> str:
    """Give a line a kind."""
    quiet = max((one.longest for one in episodes if one.kind == "undisturbed"), default=0.0)
    heads = (
        "kind",
        "episodes",
        "accidents",
        "lost",
        "twice",
        "outside",
        "false",
        "taken over in",
        "longest wait",
        "its own lock",
        "beyond, of undisturbed",
    )
    rows: list[tuple[str, ...]] = [heads]
    for kind in dict.fromkeys(one.kind for one in episodes):
        own = [one for one in episodes if one.kind == kind]
        longest = max(one.longest for one in own)
        lock = next((one.own for one in KINDS if one.name == kind), 0.0)
        ratio = f"{max(0.0, longest - lock) / quiet:.1f}" if quiet else ""
        own_lock = f"{lock * 1000:.0f} ms" if lock else ""
        sums = (sum(getattr(one, name) for one in own) for name in ("accidents", "lost", "twice", "outside"))
        false = sum(len(one.false) for one in own)
        took = max(one.takeover for one in own)
        taken = f"{took:.1f} s" if took else ""
        rows.append(
            (kind, str(len(own)), *map(str, sums), str(false), taken, f"{longest * 1000:.0f} ms", own_lock, ratio)
        )
    kills = sum(one.accidents for one in episodes if one.kills)
    others = sum(one.accidents for one in episodes) - kills
    widths = [max(len(row[n]) for row in rows) for n in range(len(heads))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join((*lines, f"{kills} kills, {others} other accidents"))


def main(arguments: Sequence[str]) -> int:
    """Run a campaign."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--minutes", type=float, default=25.0)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--accidents", type=int, default=WANTED)
    options.add_argument("--log", type=Path)
    options.add_argument("--only", nargs="*", choices=[kind.name for kind in KINDS])
    chosen = options.parse_args(arguments)
    deadline = time.monotonic() + 60 * chosen.minutes
    done = list(_logged(chosen.log))
    kinds = [kind for kind in KINDS if (not chosen.only or kind.name in chosen.only) and _possible(kind)]
    with prepared() as (server, templates):
        for number in range(1, 1_000):
            for kind in kinds:
                if time.monotonic() > deadline or (number > 1 and _whole(done, chosen.accidents)):
                    return _ended(done)
                if any((one.number, one.kind) == (number, kind.name) for one in done):
                    continue
                unseen = bool(number % 2)
                try:
                    process.until(server.answers)
                    one = episode(server, templates, kind, number=number, seed=chosen.seed, unseen=unseen)
                except Exception as error:  # noqa: BLE001 -- an episode that breaks is a finding, the others go on
                    told = f"{type(error).__name__}: {error}"[:300]
                    one = Episode(number, kind.name, kind.kills, 0, 0, 0, 0, (told,), 0.0, 0.0, 0.0, unseen)
                    if not server.running:
                        server.start()
                done.append(one)
                _log(chosen.log, one)
    return _ended(done)


def _whole(episodes: Iterable[Episode], wanted: int) -> bool:
    counted = list(episodes)
    kills = sum(one.accidents for one in counted if one.kills)
    return kills >= wanted and sum(one.accidents for one in counted) - kills >= wanted


def _possible(kind: Kind) -> bool:
    return (not kind.needs_pooler or installed() is not None) and (not kind.needs_broker or office.possible())


def _ended(episodes: Sequence[Episode]) -> int:
    print(table(episodes))
    dirty = [one for one in episodes if not one.clean]
    for one in dirty:
        print(
            f"{one.kind} {one.number}: lost {one.lost}, twice {one.twice}, outside {one.outside}, {'; '.join(one.false)}"
        )
    return 1 if dirty else 0


def _log(file: Path | None, one: Episode) -> None:
    how = "quick" if one.unseen else "long"
    became = "clean" if one.clean else one
    print(f"{one.kind} {one.number} ({how} way): {one.accidents} accidents in {one.seconds:.0f} s, {became}")
    sys.stdout.flush()
    if file is not None:
        with file.open("a", encoding="utf-8") as log:
            log.write(json.dumps(asdict(one)) + "\n")


def _logged(file: Path | None) -> Iterator[Episode]:
    if file is not None and file.exists():
        for line in file.read_text(encoding="utf-8").splitlines():
            found = json.loads(line)
            yield Episode(**{**found, "false": tuple(found["false"])})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
