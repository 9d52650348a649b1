"""What reading a file of backfills yields: procedures, as plain values. Shared by every layer, like Operations."""

from __future__ import annotations

from enum import Enum

from migration_guard.lean import dataclass
from migration_guard.operations import Span

LOCK_TIMEOUT = "lock_timeout"
STATEMENT_TIMEOUT = "statement_timeout"
IDLE_TIMEOUT = "idle_in_transaction_session_timeout"


@dataclass(frozen=True, slots=True)
class Setting:
    """A time-out that is set on the server."""

    name: str
    seconds: float | None
    """None where the source does not say; 0 means no limit."""
    text: str
    """The value as it is written."""
    local: bool
    """Whether it ends with the transaction."""
    span: Span


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a place waits at most that locks or changes rows, as far as one time-out says."""

    name: str
    settings: tuple[Setting, ...]
    """Those that may hold there, by the way that leads there."""
    limited: bool
    """Whether one of them surely does."""
    span: Span
    """The place."""


class Why(str, Enum):
    """Why rows may be left out that nobody hears of."""

    ERROR = "error"
    """An error is passed over in silence."""
    OFFSET = "offset"
    """Rows are counted off that are no longer there."""
    CURSOR = "cursor"
    """A commit has closed the cursor that the rows come from."""
    WINDOW = "window"
    """A range of keys may hold more rows than the LIMIT within it takes, and is not come back to."""


@dataclass(frozen=True, slots=True)
class Lapse:
    """Where rows may be left out, and work then seems to be complete."""

    why: Why
    span: Span


@dataclass(frozen=True, slots=True)
class Selection:
    """A SELECT that picks the rows of a batch: it locks them, or limits them."""

    table: str | None
    lock: str | None
    """`UPDATE`, `NO KEY UPDATE`, `SHARE` or `KEY SHARE`; None where it takes no lock."""
    skips: bool
    """Whether it skips the rows that others hold."""
    ordered: bool
    limit: str | None
    """Its LIMIT as it is written."""
    fixed: int | None
    """The same, where the number stands in the SQL."""
    tested: tuple[str, ...]
    """The columns by whose values it leaves rows out, in lower case."""
    span: Span
    nested: bool = False
    """Whether it stands inside the statement that changes the rows."""
    most: int | None = None
    """The number that its LIMIT is given, where that is told; the largest of several."""


@dataclass(frozen=True, slots=True)
class Alteration:
    """A statement that changes rows."""

    verb: str
    table: str
    columns: tuple[str, ...]
    """The columns that it writes, in lower case."""
    tested: tuple[str, ...]
    """The columns by whose values its own conditions, or those of its batch, leave rows out."""
    confined: bool
    """Whether it changes only rows of a batch: the ids that were selected, or a range of keys."""
    repeats: bool
    """Whether a second run would change the same rows again."""
    together: bool
    """Whether a loop may run it for batch after batch in one transaction."""
    span: Span
    lasting: bool = False
    """Whether the session that changes them may end without a commit."""
    sources: tuple[str, ...] = ()
    """The columns that it reads, in lower case."""
    locked: bool = False
    """Whether its rows were picked and locked in the same transaction, on every way there, or by the statement itself."""

    @property
    def target(self) -> str:
        """Its table, as messages name it."""
        return self.table or "a table that the source does not name"


@dataclass(frozen=True, slots=True)
class BatchSize:
    """How many rows a batch has."""

    number: int | None
    """None where the source does not say."""
    span: Span


@dataclass(frozen=True, slots=True)
class Procedure:
    """One backfill: a function that changes rows, or a declarative definition, for which the runner does the rest."""

    name: str
    key: str | None
    """Its key in a registry."""
    span: Span
    """The line that defines it."""
    elsewhere: str | None = None
    """The file that holds its function, where that is another one."""
    managed: bool = False
    """Whether our runner picks and locks its rows, sets time-outs, commits and pauses."""
    size: BatchSize | None = None
    settings: tuple[Setting, ...] = ()
    patience: tuple[Patience, ...] = ()
    selections: tuple[Selection, ...] = ()
    alterations: tuple[Alteration, ...] = ()
    schema_changes: tuple[Span, ...] = ()
    loop: Span | None = None
    """The loop that goes from batch to batch."""
    pause: Span | None = None
    """Where it rests between batches."""
    held_pauses: tuple[Span, ...] = ()
    """Where it rests while it holds the locks of a batch."""
    table_locks: tuple[Span, ...] = ()
    """Where it locks a whole table."""
    rowcounts: tuple[Span, ...] = ()
    """Tests that end the work by the number of rows that a statement changed."""
    error_texts: tuple[Span, ...] = ()
    """Tests that tell errors apart by their messages."""
    lapses: tuple[Lapse, ...] = ()
    untimed: Span | None = None
    """A loop of batches that does not ask for the limit of time which the file states."""

    @property
    def shown(self) -> str:
        return self.key or self.name

    @property
    def batches(self) -> tuple[Selection, ...]:
        """The selections that pick the rows of a batch: those that lock, else those that limit in a loop."""
        return tuple(one for one in self.selections if one.lock or one.nested) or tuple(
            one for one in self.selections if one.limit is not None
        )


@dataclass(frozen=True, slots=True)
class Contraction:
    """A schema change that relies on the data of a column: NOT NULL, a validated check, a column that goes."""

    table: str
    columns: tuple[str, ...]
    """In lower case; empty where the source does not say which."""
    what: str
    span: Span
