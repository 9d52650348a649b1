"""What ran beside what was told: one verdict for each statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from witness.guard import Told
from witness.program import Program
from witness.record import Ran, Record

_INSERTS = {"INSERT_VALUES", "INSERT_SELECT", "INSERT_LOOP", "UPSERT_VALUES", "MERGE"}
_LIKE = {
    "UPDATE": {"UPDATE", "UPSERT_VALUES", "MERGE", "INSERT_LOOP"},  # an upsert for each row is an INSERT_LOOP
    "DELETE": {"DELETE", "MERGE"},
    "INSERT": _INSERTS,
    "CTAS": {"CTAS"},
    "TRUNCATE": {"TRUNCATE"},
    "MERGE": {"MERGE", "UPSERT_VALUES"},
    "CALL": {"DML_CALL", "OPAQUE"},
}
_BLIND = {"OPAQUE", "DML_CALL", "PROBLEM"}


class Verdict(str, Enum):
    """How a statement that ran was told, from best to worst."""

    TOLD = "told"
    TABLE_UNKNOWN = "table unknown"
    OPAQUE = "OPAQUE"
    WRONG = "wrong table or kind"
    SILENT = "silent"

    @property
    def bad(self) -> bool:
        return self in {Verdict.WRONG, Verdict.SILENT}


@dataclass(frozen=True, slots=True)
class Compared:
    """A program, what ran of it, and how that was told."""

    program: Program
    verdicts: tuple[tuple[Ran, Verdict], ...]
    told: tuple[Told, ...]
    surplus: tuple[Told, ...]
    """What was told of tables that no run has changed."""
    failures: tuple[str, ...]

    @property
    def bad(self) -> bool:
        return (
            any(verdict.bad for _, verdict in self.verdicts)
            or bool(self.surplus and self._is("exact"))
            or bool(self.told and self._is("hushed"))
        )

    @property
    def blind(self) -> int:
        """How many statements are OPAQUE although their text could be known."""
        unknown = self.program.unknowable
        opaque = [ran for ran, verdict in self.verdicts if verdict is Verdict.OPAQUE]
        return sum(self.program.owner(ran.table) not in unknown for ran in opaque)

    def _is(self, option: str) -> bool:
        """Whether an option holds for the whole program: that of a construct that stands alone, or is filled with what asks nothing."""
        if len(self.program.tree) != 1:
            return False
        first, *inner = self.program.constructs
        asks = any(word in one.whole for one in inner for word in ("cond(", "except "))
        return option in first.options and not asks


def compare(program: Program, record: Record, told: Sequence[Told]) -> Compared:
    """Judge each statement that ran."""
    beside = {table for construct in program.constructs for table in construct.beside}
    verdicts = tuple(
        (ran, _verdict(program, record, ran, lines, told))
        for ran, lines in sorted(record.ran.items())
        if not _is_beside(ran.table, beside)
    )
    tables = {ran.table for ran in record.ran}
    surplus = tuple(one for one in told if one.kind not in _BLIND and one.table is not None and one.table not in tables)
    return Compared(program, verdicts, tuple(told), surplus, tuple(dict.fromkeys(record.failures)))


def _is_beside(table: str, beside: set[str]) -> bool:
    return "".join("_g" if letter.isdigit() else letter for letter in table) in beside or table in beside


def _verdict(program: Program, record: Record, ran: Ran, lines: set[int], told: Sequence[Told]) -> Verdict:
    here = [one for one in told if one.table == ran.table]
    if any(one.kind in _LIKE[ran.kind] for one in here):
        return Verdict.TOLD
    owner = program.owner(ran.table)
    near = [one for one in told if one.lines & lines or any(_owner(program, line) == owner for line in one.lines)]
    near = near if owner is not None else list(told)
    if ran.kind == "CALL" and any(one.kind in _LIKE["CALL"] for one in near):
        return Verdict.TOLD
    if any(one.table is None and one.kind in _LIKE[ran.kind] for one in near):
        return Verdict.TABLE_UNKNOWN
    if any(one.kind in _BLIND for one in (*near, *here)) or any(one.kind == "PROBLEM" for one in told):
        return Verdict.OPAQUE
    tables = {one.table for one in record.ran}
    if here or any(one.kind in _LIKE[ran.kind] and one.table not in tables for one in near):
        return Verdict.WRONG
    return Verdict.SILENT


def _owner(program: Program, line: int) -> int | None:
    return program.owners[line - 1] if 0 < line <= len(program.owners) and program.owners[line - 1] else None
