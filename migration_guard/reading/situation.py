"""What a migration has done so far, as far as it decides how bad its next step is: part of the state of a path."""

from __future__ import annotations

from dataclasses import field

from migration_guard.interpreter.flow import Content, Store
from migration_guard.interpreter.spot import Spot
from migration_guard.lean import dataclass, replace

_OF_SESSION = "pg_temp"
"""The schema of temporary tables: what is written to `public.leads` is not written to them."""


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """Where paths meet, what is certain is what all say, and what is possible is what any says."""

    created: dict[str, Spot] = field(default_factory=dict)
    """Tables that are new and empty for sure, and where they were created."""
    exactly: dict[str, str] = field(default_factory=dict)
    """How those of them are spelled whose names a server does not fold."""
    passing: frozenset[str] = frozenset()
    """Those of them that go when the transaction ends."""
    gone: frozenset[str] = frozenset()
    """Tables that do not exist for sure: IF NOT EXISTS then creates them."""
    transactions: frozenset[int] = frozenset({0})
    """The transactions that may be open."""
    autocommit: int = 0
    """How many blocks are open in which each statement commits on its own."""
    limited: bool = False
    """Whether the session surely waits for locks for a limited time only."""
    limited_here: bool | None = None
    """The same, as far as it is said for the transaction alone."""
    ways: frozenset[object] = frozenset()
    """Ways to a database that it has made for itself."""
    apart: bool = False
    """Whether what is written may go another way than what was created, or under another schema: nothing is new for sure."""

    @property
    def is_limited(self) -> bool:
        return self.limited if self.limited_here is None else self.limited_here

    @property
    def key(self) -> object:
        created = tuple((name, spot.key) for name, spot in self.created.items())
        return (
            created, tuple(self.exactly.items()), self.passing, self.gone, self.transactions, self.autocommit,
            self.limited, self.limited_here, self.ways, self.apart)  # fmt: skip

    def shape(self, depth: int) -> object:
        return self.key

    def joined(self, others: list[Content]) -> Moment:
        result = self
        for other in others:
            if isinstance(other, Moment):
                same = result.limited_here == other.limited_here
                result = Moment(
                    {name: spot for name, spot in result.created.items() if name in other.created},
                    {**result.exactly, **other.exactly},
                    result.passing | other.passing,
                    result.gone & other.gone,
                    result.transactions | other.transactions,
                    min(result.autocommit, other.autocommit),
                    result.limited and other.limited,
                    result.limited_here if same else result.is_limited and other.is_limited,
                    result.ways | other.ways,
                    result.apart or other.apart,
                )
        return result


class Situation(Store):
    """The one slot that holds the Moment."""

    __slots__ = ()

    @property
    def now(self) -> Moment:
        found = self.read("now")
        return found if isinstance(found, Moment) else Moment()

    def become(self, moment: Moment) -> None:
        self.write("now", moment)

    def create(
        self,
        table: str,
        spot: Spot,
        *,
        certain: bool,
        folded: bool = False,
        temporary: bool = False,
        until_commit: bool = False,
    ) -> None:
        """A table is created; not `certain` where it may have been there: IF NOT EXISTS."""
        now, name = self.now, _of_session(table) if temporary else named(table)
        if now.apart or not (certain or name in now.gone) or (until_commit and now.autocommit):
            return
        exactly = {other: spelled for other, spelled in now.exactly.items() if other != name}
        if not folded and own_name(table) != own_name(table).lower():
            exactly[name] = own_name(table)
        self.become(
            replace(
                now,
                created={**now.created, name: spot},
                exactly=exactly,
                passing=now.passing | {name} if until_commit else now.passing - {name},
                gone=now.gone - {name},
            )
        )

    def part(self) -> None:
        """From now on the same name may mean different tables."""
        self.become(replace(self.now, created={}, gone=frozenset(), apart=True))

    def open(self, way: object, *, own: int) -> None:
        """It makes a way to a database for itself; `own` many of them lead to the one in which it creates tables."""
        ways = self.now.ways | {way}
        self.become(replace(self.now, ways=ways))
        if len(ways) > own:
            self.part()

    def committed(self) -> None:
        """The transaction has ended, and with it what was to last no longer."""
        for name in self.now.passing:
            self.drop(name)
        if self.now.limited_here is not None:
            self.become(replace(self.now, limited_here=None))

    def drop(self, table: str) -> None:
        now, name = self.now, self._meant(table)
        created = {other: spot for other, spot in now.created.items() if other != name}
        self.become(replace(now, created=created, passing=now.passing - {name}, gone=now.gone | {name}))

    def doubt(self, table: str | None) -> None:
        """What was created under a name need not be what it means now; None for every name."""
        now = self.now
        kept = {} if table is None else {name: spot for name, spot in now.created.items() if name != self._meant(table)}
        self.become(replace(now, created=kept, gone=frozenset() if table is None else now.gone))

    def rename(self, old: str, new: str) -> None:
        now, source = self.now, self._meant(old)
        target = _of_session(new) if source.startswith(f"{_OF_SESSION}.") else named(new)
        created = {name: spot for name, spot in now.created.items() if name not in {source, target}}
        if source in now.created:
            created[target] = now.created[source]
        exactly = {name: spelled for name, spelled in now.exactly.items() if name not in {source, target}}
        self.become(replace(now, created=created, exactly=exactly, gone=now.gone - {target}))

    def origin(self, table: str, *, quoted: bool = False) -> Spot | None:
        """Where a table was created, if it surely is new: `"Leads"` in quotes is not `leads`."""
        now, name = self.now, self._meant(table)
        exactly = now.exactly.get(name)
        is_same = not quoted if exactly is None else own_name(table) == exactly
        return now.created.get(name) if is_same else None

    def _meant(self, table: str) -> str:
        """The name under which a table is kept: without a schema it may be one of the session's own."""
        name = named(table)
        own = _of_session(name)
        return own if "." not in table and own in self.now.created else name


def own_name(table: str) -> str:
    """A table's name without its schema and quotes."""
    return table.rpartition(".")[2].strip('"`[]')


def _of_session(table: str) -> str:
    """The name under which a temporary table is kept."""
    return f"{_OF_SESSION}.{own_name(table).lower()}"


def named(table: str) -> str:
    """A table's name with its schema, without quotes and case; `public` is where one without a schema lies."""
    parts = [part.strip('"`[]').lower() for part in table.split(".")]
    return ".".join(parts[1:] if len(parts) == 2 and parts[0] == "public" else parts)
