"""What reading a migration yields: Operations, Notes and Problems. Plain values, shared by every layer."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from migration_guard.lean import dataclass

if TYPE_CHECKING:
    from migration_guard.procedures import Contraction, Procedure


class OperationKind(str, Enum):
    """What a data change does to rows, however it is written (SQL, Core, ORM)."""

    UPDATE = "UPDATE"
    DELETE = "DELETE"
    TRUNCATE = "TRUNCATE"
    MERGE = "MERGE"
    INSERT_SELECT = "INSERT_SELECT"
    CTAS = "CTAS"
    INSERT_LOOP = "INSERT_LOOP"
    INSERT_VALUES = "INSERT_VALUES"
    UPSERT_VALUES = "UPSERT_VALUES"
    DML_CALL = "DML_CALL"
    OPAQUE = "OPAQUE"
    MARKER = "MARKER"


class Direction(str, Enum):
    """Which of a migration's entry points reach an operation."""

    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"
    BOTH = "both"

    def joined(self, other: Direction) -> Direction:
        return self if self is other else Direction.BOTH


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A range of source text: lines and columns count from 1, columns in code points, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Rendition:
    """An operation as `move` needs it: as one statement in SQL, and where it is run."""

    sql: str = ""
    refusal: str = ""
    """Why there is no such statement."""
    calls: tuple[Span, ...] = ()
    """The calls in the migration that run it, innermost first."""
    within: Span | None = None
    """Where it stands in a text that holds other statements too, which the same call runs."""
    statements: int = 1
    """How many that text holds."""
    loop: Span | None = None
    """The loop that it stands for, where it is made of one."""
    rows: Rows | None = None
    """What is known of the rows of a loop that SQL does not say."""
    ways: tuple[str, ...] = ()
    """The statements that it is, one after the other, where one place runs several: in a loop over what is written out."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that a loop of an object mapper goes through, and what it assigns to them."""

    mapper: str
    """`django-orm` or `sqlalchemy-orm`."""
    row: str
    """The variable."""
    conditions: tuple[str, ...]
    """What holds of all of them, in SQL, as far as that can be said."""
    columns: tuple[str, ...]
    """The columns that may be written."""
    fields: tuple[str, ...] = ()
    """The fields that the loop speaks of, if it does nothing to a row but to use these and to save it …"""
    read: tuple[str, ...] = ()
    """… and their columns."""
    takes_others: tuple[str, ...] = ()
    """The tables whose rows go, or are changed, with those that are deleted."""
    decided: bool = False
    """Whether the conditions are all that decides which rows are deleted."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one place does to one table, or to several at once: a loop over three tables has three."""

    tables: tuple[str, ...]
    form: str
    """The canonical form: equal for two spellings of it. Fingerprints are made of it."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One data change that a migration would execute (or, for MARKER, one text that speaks of a backfill)."""

    kind: OperationKind
    span: Span
    direction: Direction
    how: str
    """`sql`, `sqlalchemy-core`, `sqlalchemy-orm`, `django-orm`, `helper`, `comment`, or another ORM's name."""
    tables: tuple[str, ...] = ()
    """Every table written, as the source names it, without quotes; empty where it is not known."""
    model: str | None = None
    """The class that is written: `app.Model` in Django, else the class's name."""
    migration: str | None = None
    """The migration that the operation belongs to: a revision, `app.name`, or a marker's id."""
    via: str | None = None
    """`path:line` of the statement, where it stands in another file than the migration."""
    text: str | None = None
    """The SQL text (holes as `{name}`), or the marker's text."""
    parts: tuple[Part, ...] = ()
    """What it does, by the tables that it is done to."""
    dynamic: bool = False
    """Whether verb, table or schema are put together while running."""
    anywhere: tuple[str, ...] = ()
    """The tables among them whose schema is put together while running; no part of the fingerprint."""
    created_here: bool = False
    """Whether the same migration created the table that is written."""
    callee: str | None = None
    """The name of the function that writes, where only the call is visible (DML_CALL, OPAQUE)."""
    beyond: bool = False
    """Whether a limit, or a module that is not known, was met on the way: where, as `callee` says, is no part of the fingerprint."""
    scope: str = ""
    """The function or migration block in which the operation stands; operations of one scope are neighbours."""
    mixed: bool = False
    """Whether the same transaction also changes the schema."""
    batch: Span | None = None
    """The batching loop around it, where nothing commits between the batches."""
    trail: tuple[str, ...] = ()
    """The calls followed from the entry point to the operation, each `path:line name`."""
    rendition: Rendition | None = None
    """As one statement, where that was asked for."""

    @property
    def table(self) -> str | None:
        return self.tables[0] if self.tables else None

    @property
    def target(self) -> str:
        """The table, else the model, for people to read."""
        return self.table or self.model or "an unknown table"


@dataclass(frozen=True, slots=True)
class Note:
    """Why something that looks like a data change is none: shown by `explain`."""

    line: int
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Ignore:
    """A remark in a migration which says that findings there are meant."""

    line: int
    rules: tuple[str, ...]
    """Names, codes or prefixes, as written."""
    reason: str | None
    first: int
    """The first line of the code that it is about …"""
    last: int
    """… and the last."""
    text: str
    """The remark itself, without what stands around it."""
    whole_file: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be checked. It is never silent, never baselined, and makes the exit code 2."""

    path: str
    """POSIX, relative to the working directory where it is reported."""
    line: int | None
    message: str


class Omitted(str, Enum):
    """What a migration may leave out that a team asks for."""

    LOCK_TIMEOUT = "lock_timeout"
    SIZE = "size"


@dataclass(frozen=True, slots=True)
class Omission:
    """Something that a migration leaves out: known where a rule asks for it that is off by default."""

    omitted: Omitted
    what: str
    """The operation without it."""
    span: Span
    migration: str | None = None
    """The migration that it belongs to, where a file holds several."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that may change data, and that nobody looked into."""

    path: str
    """POSIX, relative to the working directory."""
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """All that one file yields."""

    operations: tuple[Operation, ...] = ()
    notes: tuple[Note, ...] = ()
    problems: tuple[Problem, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    migration: str | None = None
    replaces: tuple[str, ...] = ()
    """The migrations that this one was squashed from."""
    procedures: tuple[Procedure, ...] = ()
    """What a file of backfills defines."""
    contractions: tuple[Contraction, ...] = ()
    omissions: tuple[Omission, ...] = ()
    """What it leaves out, where that was asked for."""
    required: tuple[str, ...] = ()
    """The keys of the backfills that the migration requires to be complete."""
    blocks: tuple[str, ...] = ()
    """The ids of the migrations that marker comments begin in a script, in the order in which they stand."""
    reached: tuple[str, ...] = ()
    """Other files that it leads to and that were read: modules that it imports, statements that it opens. Absolute."""


UNKNOWN_DIALECT = "unknown"
"""The dialect of a project that names none: its SQL is read as each server might."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a reader needs in order to read one file. Crosses the process boundary as JSON."""

    path: str
    """Absolute, in the file system's own form."""
    shown: str
    """The name that messages use: POSIX, relative to the working directory."""
    root: str
    """Where the search for imported modules of the repository ends: the git root or the PATH that was given."""
    framework: str
    """A module name of `migration_guard.frameworks`."""
    dialect: str = UNKNOWN_DIALECT
    dml_helpers: tuple[str, ...] = ("exec_dml",)
    migration_marker: str | None = None
    seconds: float = 30.0
    """Wall clock allowed for this file."""
    explain: bool = False
    """Whether Notes are wanted; they cost positions."""
    renders: bool = False
    """Whether each operation is wanted as one statement of SQL."""
    critical: bool = False
    """Whether it is wanted what the migration leaves out."""
    unsaved: tuple[tuple[str, str], ...] = ()
    """Files that hold something else than the disk says, and what: a character for each byte."""
