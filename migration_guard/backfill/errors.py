"""What went wrong, told by SQLSTATE and never by text; and what may be said of it without giving rows or secrets away."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum

import psycopg
from sqlalchemy.exc import DBAPIError, InterfaceError


class Trouble(Enum):
    """What an error means for a batch."""

    CONNECTION = "the connection was lost"
    LOCKS = "locks"
    TIMEOUT = "the batch takes too long"
    CANCELLED = "somebody cancelled the statement"
    RESOURCES = "the server cannot take more"
    DEFINITION = "the definition does not fit the database"
    DATA = "a row cannot be changed"
    INTERNAL = "the server failed in itself"
    REFUSED = "the runner refused what the definition did"


class CannotRun(Exception):
    """A reason for which nothing could be run at all; the message says what to do."""


class Refused(Exception):
    """The definition did what it must not; the batch was rolled back."""


class AllFail(Exception):
    """All rows that were tried fail as a wrong definition does: too many for it to be theirs; the batch was rolled back."""


class FunctionFailed(Exception):
    """The definition's function raised an error of its own; the message is the error's type, as its text may hold rows."""


class LostClaim(Exception):
    """Another runner has taken the backfill over; the batch was rolled back."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An error, judged."""

    trouble: Trouble
    sqlstate: str | None
    message: str
    name: str = ""
    """What the server calls it and what it was about, where the message may hold a row's data."""

    @property
    def of_row(self) -> Fault:
        """The same, as it may be told of a row."""
        return replace(self, message=self.name or self.message)

    def __str__(self) -> str:
        return f"{self.message} (SQLSTATE {self.sqlstate})" if self.sqlstate else self.message


_BY_STATE = {
    "55P03": Trouble.LOCKS,
    "40P01": Trouble.LOCKS,
    "40001": Trouble.LOCKS,
    "57014": Trouble.CANCELLED,
    "25P03": Trouble.CONNECTION,
    "25P04": Trouble.TIMEOUT,
    "25006": Trouble.CONNECTION,  # a server that reads only, as during a failover
    "53300": Trouble.CONNECTION,
    "0A000": Trouble.DEFINITION,
    "3F000": Trouble.DEFINITION,
    "42501": Trouble.DEFINITION,
}
_BY_CLASS = {
    "08": Trouble.CONNECTION,
    "57": Trouble.CONNECTION,  # shut down, starting, terminated
    "53": Trouble.RESOURCES,
    "58": Trouble.RESOURCES,
    "42": Trouble.DEFINITION,
    "XX": Trouble.INTERNAL,  # also what extensions say of values that they cannot take
    "28": Trouble.DEFINITION,
    "26": Trouble.CONNECTION,  # a pooler gave us another server's session
}
_RAISED_IN = {"pl_exec.c", "plpy_elog.c", "plperl.c", "pltcl.c"}
"""The server's files from which a function in one of its languages raises what it likes."""
_NAMELESS = "inline_code_block"
_OF_ROWS = {Trouble.DATA, Trouble.INTERNAL}
_TOLD_BY_ANYBODY = {Trouble.DATA, Trouble.INTERNAL, Trouble.LOCKS, Trouble.DEFINITION}
"""What means the same whoever says it: to the other kinds of trouble only the server can testify."""
_WORD = re.compile(r"(?<!^)([A-Z])")
_NEARLY = 0.9
"""A statement that was cancelled after this part of its time-out ran into it."""


def judged(error: Exception, *, seconds: float = 0.0, statement_timeout: float = 0.0) -> Fault:
    """Judge an error of the driver, of SQLAlchemy, of the definition's function or of ours."""
    if isinstance(error, Refused):
        return Fault(Trouble.REFUSED, None, str(error))
    if isinstance(error, FunctionFailed):
        return Fault(Trouble.DATA, None, f"the function raised {error}")
    cause = error.orig if isinstance(error, DBAPIError) else error
    lost = isinstance(error, (DBAPIError, InterfaceError)) and error.connection_invalidated
    if not isinstance(cause, psycopg.Error):
        raise error
    state = cause.sqlstate
    trouble = _BY_STATE.get(state or "") or _BY_CLASS.get((state or "")[:2])
    if trouble is None:
        unusable = lost or (state is None and isinstance(cause, (psycopg.OperationalError, psycopg.InterfaceError)))
        trouble = Trouble.CONNECTION if unusable else Trouble.DATA
    if not lost and trouble not in _TOLD_BY_ANYBODY and _is_raised(cause):
        trouble = Trouble.DATA
    if trouble is Trouble.CANCELLED and statement_timeout and seconds >= _NEARLY * statement_timeout:
        trouble = Trouble.TIMEOUT
    fault = Fault(trouble, state, primary(cause), _named(state, cause))
    return fault.of_row if trouble in _OF_ROWS else fault


def _is_raised(error: psycopg.Error) -> bool:
    """Tell whether a function of the database's, a trigger say, has raised it: it may say that the server is going down.

    What a block without a name raises is said by who has sent it, and he is believed.
    """
    diag = error.diag
    raised = diag.severity_nonlocalized == "ERROR" and (diag.source_file or "").split("/")[-1] in _RAISED_IN
    return raised and _NAMELESS not in (diag.context or "").partition("\n")[0]


def fault_of(sqlstate: str, table: str = "", constraint: str = "", column: str = "") -> Fault:
    """Give the fault of a row: what the server calls it, and what it was about, but nothing that may hold a row's data."""
    trouble = _BY_STATE.get(sqlstate) or _BY_CLASS.get(sqlstate[:2]) or Trouble.DATA
    try:
        words = _WORD.sub(r" \1", psycopg.errors.lookup(sqlstate).__name__).strip().lower()
    except KeyError:
        words = "an error of its own"
    parts = (("constraint", constraint), ("column", column), ("table", table))
    about = ", ".join(f"{what} {name}" for what, name in parts if name)
    return Fault(trouble, sqlstate, f"{words}: {about}" if about else words)


def _named(state: str | None, error: psycopg.Error) -> str:
    diag = error.diag
    names = (diag.table_name or "", diag.constraint_name or "", diag.column_name or "")
    return fault_of(state, *names).message if state else type(error).__name__


def primary(error: psycopg.Error) -> str:
    """Give the primary message only: details hold rows. Of errors about rows it may hold their data as well."""
    text = error.diag.message_primary or str(error).strip().split("\n")[0]
    return text or type(error).__name__


def told_of(error: BaseException) -> str:
    """Say of any error what may be said: what the server says in its first line, or else its type."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(error, Exception) and isinstance(cause, psycopg.Error):
        return str(judged(error))
    return f"failed with {type(error).__name__}"
