"""What a backfill is: one table, what is still to do on it, and how that is done for the keys of a batch."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import InitVar, dataclass, field, replace
from difflib import get_close_matches
from enum import Enum
from typing import Any, TypeVar

from migration_guard.backfill.arguments import Argument, given, named
from migration_guard.backfill.policy import TimeoutPolicy
from migration_guard.backfill.sqltext import SqlRefused, check_expression, check_statement, parameters, squeezed

SMALLEST, LARGEST = 10, 10_000
RECOMMENDED = (200, 1_000)
LONGEST_KEY = 100
E_ = TypeVar("E_", bound=Enum)


class DefinitionError(ValueError):
    """A definition that cannot be run; the message names the backfill, the field and what was expected."""


class Priority(str, Enum):
    """Which backfills go first."""

    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


class Status(str, Enum):
    """What its owner says of a backfill; only active ones are run."""

    ACTIVE = "active"
    COMPLETED = "completed"
    DEPRECATED = "deprecated"


Apply = Callable[..., object]
"""Takes a connection and a list of keys, and the definition's arguments by name."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a backfill says of a table when it is complete: that no row of it matches `where`."""

    key: str
    table: str
    where: str
    key_columns: tuple[str, ...] = ("id",)
    search_path: str | None = None
    role: str | None = None
    arguments: tuple[Argument, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """A data change in batches.

    `where` says which rows are still to do, so that a row that is done no longer matches it. `update` is a whole
    statement over `:ids`, the keys of a batch; `apply`, in its place, is a function that is given a connection and
    these keys. Either changes each row of the batch at most once, and nothing else.
    """

    key: str
    table: str
    where: str
    update: str | None = None
    apply: Apply | None = None
    key_column: str | None = None
    key_columns: tuple[str, ...] = ()
    target: str | None = None
    """The table that is written, where rows are copied or deleted elsewhere; otherwise `table`."""
    per: str | None = None
    """A column of tenants, each of which gets its turn."""
    settles: bool = False
    """Of a function: that it leaves a row as it is which it has changed. Then `where` may go on to match that row; each batch
    calls the function again for such rows, and is refused if they are written once more."""
    after: tuple[str, ...] = ()
    """Keys of backfills that must be complete before this one begins."""
    migration: str = ""
    description: str = ""
    tables: tuple[str, ...] = ()
    """What is written: a function may write other tables than its target if they are named here."""
    batch_size: int = 500
    max_runtime: float = 600.0
    priority: Priority = Priority.MEDIUM
    safe_to_run_online: bool = True
    status: Status = Status.ACTIVE
    policy: TimeoutPolicy = field(default_factory=TimeoutPolicy)
    search_path: str | None = None
    role: str | None = None
    arguments: tuple[Argument, ...] = ()
    """What a run gives to it (`--arg NAME=VALUE`): its SQL says `:name`, a function takes it by its name."""
    name: str = ""
    """The key as it is declared; `key` also names the arguments that a run has given."""
    migration_number: InitVar[str | None] = None
    max_runtime_seconds: InitVar[float | None] = None

    def __post_init__(self, migration_number: str | None, max_runtime_seconds: float | None) -> None:
        self._settle("name", self.name or self.key)
        self._check_key()
        self._settle("arguments", self._declared())
        self._settle("migration", str(migration_number or self.migration))
        self._settle("max_runtime", self.max_runtime if max_runtime_seconds is None else max_runtime_seconds)
        self._settle("key_columns", self._columns())
        self._settle("after", self._before())
        self._settle("tables", tuple(self.tables) or (self.table,))
        self._settle("priority", chosen(self.key, "priority", self.priority, Priority))
        self._settle("status", chosen(self.key, "status", self.status, Status))
        check_size(self.key, self.batch_size)
        check_runtime(self.key, self.max_runtime)
        check_truth(self.key, "safe_to_run_online", self.safe_to_run_online)
        check_truth(self.key, "settles", self.settles)
        self._check_sql()

    @property
    def written(self) -> str:
        """The one table that the backfill writes."""
        return self.target or self.table

    @property
    def claim(self) -> Claim:
        """What holds when it is complete."""
        return Claim(self.key, self.table, self.where, self.key_columns, self.search_path, self.role, self.arguments)

    @property
    def missing(self) -> tuple[Argument, ...]:
        """The arguments that have no value: without them it cannot be run."""
        return tuple(one for one in self.arguments if one.bound is None)

    def bind(self, values: Mapping[str, str]) -> Backfill:
        """Give the definition with values for some of its arguments: a backfill of its own, with a key of its own."""
        unknown = sorted(set(values) - {one.name for one in self.arguments})
        if unknown:
            near = nearest(unknown[0], [one.name for one in self.arguments])
            raise DefinitionError(f"backfill {self.name}: has no argument {unknown[0]}{near}")
        arguments = given(self.arguments, values)
        return self._changed(key=named(self.name, arguments), arguments=arguments)

    def behind(self, after: tuple[str, ...]) -> Backfill:
        """Give the definition as it waits for those with other keys, or for fewer."""
        return self if after == self.after else self._changed(after=after)

    def _changed(self, **changes: Any) -> Backfill:
        return replace(self, key_column=None, **changes)  # which is among `key_columns`

    @property
    def function(self) -> str | None:
        """The name of its Python function, if it has one."""
        return f"{self.apply.__module__}.{self.apply.__qualname__}" if self.apply else None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is allowed, and rarely meant."""
        return size_warnings(self.batch_size)

    @property
    def fingerprint(self) -> str:
        """A digest of all that decides which rows are changed, and how."""
        change = squeezed(self.update) if self.update else _source(self.apply)
        parts = (self.table, self.target, *self.key_columns, self.per, squeezed(self.where), change, self.search_path)
        parts = (*parts, *(("settles",) if self.settles else ()))
        parts = (*parts, *(part for one in self.arguments for part in (one.name, one.type, one.bound)))
        return hashlib.sha256("\0".join(str(part) for part in (*parts, self.role)).encode()).hexdigest()[:20]

    def _settle(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _check_key(self) -> None:
        if not isinstance(self.key, str) or not self.key.strip() or len(self.name) > LONGEST_KEY:
            raise DefinitionError(f"key: expected a name of at most {LONGEST_KEY} characters, found {self.key!r}")
        if not isinstance(self.table, str) or not self.table.strip() or "," in self.table:
            raise DefinitionError(f"backfill {self.key}: table: expected the name of one table, found {self.table!r}")

    def _declared(self) -> tuple[Argument, ...]:
        declared: object = self.arguments
        found = (declared,) if isinstance(declared, Argument) else tuple(self.arguments)  # without the comma
        for one in found:
            odd: object = one
            if not isinstance(odd, Argument):
                expected = 'expected Argument("name", "type")'
                raise DefinitionError(f"backfill {self.key}: arguments: {expected}, found {type(odd).__name__}")
        if len({one.name for one in found}) < len(found):
            raise DefinitionError(f"backfill {self.key}: arguments: expected different names")
        return found

    def _before(self) -> tuple[str, ...]:
        given: object = self.after
        keys = (given,) if isinstance(given, str) else tuple(self.after)
        if self.key in keys:
            raise DefinitionError(f"backfill {self.key}: after: expected the keys of others, found its own")
        return keys

    def _columns(self) -> tuple[str, ...]:
        if self.key_column is not None and self.key_columns not in ((), (self.key_column,)):  # a copy says it twice
            raise DefinitionError(f"backfill {self.key}: expected key_column or key_columns, found both")
        columns: object = self.key_columns  # somebody may have forgotten the comma
        if isinstance(columns, str):
            raise DefinitionError(f"backfill {self.key}: key_columns: expected a tuple, found {columns!r}")
        return tuple(self.key_columns) or (self.key_column or "id",)

    def _check_sql(self) -> None:
        if (self.update is None) == (self.apply is None):
            raise DefinitionError(f"backfill {self.key}: expected either update or apply")
        if self.settles and self.apply is None:
            raise DefinitionError(f"backfill {self.key}: settles: expected a function (apply), found an update")
        if self.apply is not None and not callable(self.apply):
            raise DefinitionError(f"backfill {self.key}: apply: expected a function, found {self.apply!r}")
        for name, sql, check in (("where", self.where, check_expression), ("update", self.update, check_statement)):
            if sql is None:
                continue
            text: object = sql
            if not isinstance(text, str):
                raise DefinitionError(f"backfill {self.key}: {name}: expected text, found {text!r}")
            try:
                check(text, [one.name for one in self.arguments])
            except SqlRefused as refused:
                raise DefinitionError(f"backfill {self.key}: {name}: {refused}") from None
        said = parameters(self.where) | parameters(self.update or "")
        if self.update is not None and (idle := [one.name for one in self.arguments if one.name not in said]):
            raise DefinitionError(f"backfill {self.key}: arguments: neither where nor update says :{idle[0]}")


def check_size(key: str, size: object) -> None:
    """Refuse batches that are none, or that would hold locks for long."""
    if isinstance(size, bool) or not isinstance(size, int):
        raise DefinitionError(f"backfill {key}: batch_size: expected a whole number, found {size!r}")
    if not SMALLEST <= size <= LARGEST:
        near = min(max(size, SMALLEST), LARGEST)
        expected = f"expected {SMALLEST} to {LARGEST:,}, found {size:,}; nearest: {near:,}"
        raise DefinitionError(f"backfill {key}: batch_size: {expected}")


def size_warnings(size: int) -> tuple[str, ...]:
    """Say where a size lies outside of what is recommended."""
    if RECOMMENDED[0] <= size <= RECOMMENDED[1]:
        return ()
    return (f"batch_size is {size:,}; {RECOMMENDED[0]} to {RECOMMENDED[1]:,} is recommended to start with",)


def check_runtime(key: str, seconds: object) -> None:
    """Refuse budgets that are none."""
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds < float("inf"):
        raise DefinitionError(f"backfill {key}: max_runtime: expected seconds, more than 0, found {seconds!r}")


def check_truth(key: str, name: str, value: object) -> None:
    """Refuse what is neither: any text would be true, also "false"."""
    if not isinstance(value, bool):
        raise DefinitionError(f"backfill {key}: {name}: expected True or False, found {value!r}")


def chosen(key: str, name: str, value: object, choices: type[E_]) -> E_:
    """Read a value as one of an enumeration, or refuse it with the nearest one."""
    for choice in choices:
        if value in {choice, choice.value}:
            return choice
    spelt = [choice.value for choice in choices]
    message = f"expected one of {', '.join(spelt)}, found {value!r}{nearest(str(value), spelt)}"
    raise DefinitionError(f"backfill {key}: {name}: {message}")


def nearest(word: str, words: Iterable[str]) -> str:
    """Continue a message with the word that was probably meant, or with nothing."""
    by_lower = {one.lower(): one for one in words}
    close = get_close_matches(word.lower(), list(by_lower), n=1, cutoff=0.5)
    return f'; did you mean "{by_lower[close[0]]}"?' if close else ""


def _source(function: Apply | None) -> str:
    """Give the text of a function; one that has none is known by its name."""
    if function is None:
        return ""
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        return getattr(function, "__qualname__", repr(type(function)))
