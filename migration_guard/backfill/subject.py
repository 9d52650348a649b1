"""A definition and what the server says of it: all that a batch needs to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from migration_guard.backfill.arguments import spelt
from migration_guard.backfill.definition import Backfill, Claim
from migration_guard.backfill.keys import Key, quoted
from migration_guard.backfill.parents import Parent
from migration_guard.backfill.sqltext import bound, is_local


class Unfit(Exception):
    """A definition that does not fit the database; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Server:
    """What kind of server it is."""

    version: int
    superuser: bool
    counts_writes: bool
    deadlock_seconds: float = 1.0
    """After which time of waiting the server looks for a deadlock."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table as the server knows it."""

    oid: int
    schema: str
    name: str
    kind: str
    identity: str
    rows: int
    owned: bool

    @property
    def sql(self) -> str:
        return quoted(self.schema, self.name)


@dataclass(frozen=True, slots=True)
class Source:
    """Where the rows of a claim are: all that reading them needs."""

    claim: Claim
    table: Table
    key: Key
    members: tuple[int, ...]
    """The table and its partitions."""
    identity: tuple[int, ...]
    """The same, as they are now: what was proved of other ones does not hold."""
    grows: bool
    """Whether new keys come after all that there are."""
    hidden: str | None = None
    """The sequence that counts its keys, where the role may not see how far."""
    moves: str | None = None
    """What the predicate asks beside its row."""

    @property
    def where(self) -> str:
        return bound(self.claim.where, arguments=spelt(self.claim.arguments))


@dataclass(frozen=True, slots=True)
class Way:
    """What the quick way through a batch rests on."""

    attached: str
    """What is checked or run when the table is written, and must be the same when a batch has gone it."""
    change: tuple[str, str]
    """The update, as what stands before and behind its keys; its condition is in brackets."""
    ranged: bool
    """Whether what stands between these is a condition, and not a list of keys."""
    exact: bool
    """Whether it is all of the condition."""
    repeats: bool
    """Whether doing a batch once more, after a crash that took it back, gives the same again."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A definition and what the server says of it: all that a batch needs to know."""

    definition: Backfill
    server: Server
    table: Table
    target: Table
    key: Key
    tenant_type: str | None
    strength: str
    tenants: str
    """The name of the statement that lists tenants: by steps in an index, where there is one."""
    members: tuple[int, ...]
    """The table and its partitions."""
    identity: tuple[int, ...]
    """The same, as they are now: what was proved of other ones does not hold."""
    target_members: frozenset[int]
    reaches: tuple[str, ...]
    """Triggers and cascading foreign keys of the target, through which a batch reaches other rows."""
    warnings: tuple[str, ...]
    parents: tuple[Parent, ...] = ()
    """Whose rows the update refers to."""
    grows: bool = False
    """Whether new keys come after all that there are."""
    hidden: str | None = None
    """The sequence that counts its keys, where the role may not see how far."""
    moves: str | None = None
    """What the predicate asks beside its row."""
    swift: Way | None = None
    """What the quick way rests on; None if no batch may go it."""
    sourced: bool = True
    """Whether a row that the update leaves as it is may be without what it would get."""
    preventing: tuple[str, ...] = ()
    """Triggers and rules of the target that may keep the update from a row, and say nothing."""
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What a function is given by name: the arguments, as the server has read them."""

    @property
    def per(self) -> str | None:
        return quoted(self.definition.per) if self.definition.per else None

    @property
    def where(self) -> str:
        return bound(self.definition.where, arguments=spelt(self.definition.arguments))

    @property
    def change(self) -> str:
        """The update. A predicate that looks beyond the row that is held is repeated, in the update's own snapshot."""
        assert self.definition.update is not None
        local = is_local(self.definition.where)
        ids = self.key.ids if local else self.key.still(self.table.sql, self.where)
        return bound(self.definition.update, ids, spelt(self.definition.arguments))
