"""How Jobs and Readings are written down: as plain values of JSON. Nothing is pickled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from sys import intern
from typing import Any, TypeVar

from migration_guard.operations import (
    Direction,
    Ignore,
    Job,
    Note,
    Omission,
    Omitted,
    Operation,
    OperationKind,
    Part,
    Problem,
    Reading,
    Rendition,
    Rows,
    Span,
)
from migration_guard.procedures import (
    Alteration,
    BatchSize,
    Contraction,
    Lapse,
    Patience,
    Procedure,
    Selection,
    Setting,
    Why,
)

T = TypeVar("T")


def job_fields(job: Job) -> dict[str, Any]:
    return asdict(job)


def job_of(fields: dict[str, Any]) -> Job:
    lists = {
        "dml_helpers": tuple(fields["dml_helpers"]),
        "unsaved": tuple((name, text) for name, text in fields["unsaved"]),
    }
    return Job(**{**fields, **lists})


def reading_fields(reading: Reading) -> dict[str, Any]:
    return asdict(reading)


def reading_of(fields: dict[str, Any]) -> Reading:
    """Make a Reading of its fields; whatever they are not raises TypeError, KeyError, ValueError or AttributeError."""
    return Reading(
        operations=tuple(_operation(one) for one in fields["operations"]),
        notes=tuple(Note(**one) for one in fields["notes"]),
        problems=tuple(Problem(**one) for one in fields["problems"]),
        ignores=tuple(Ignore(**{**one, "rules": tuple(one["rules"])}) for one in fields["ignores"]),
        migration=fields["migration"],
        replaces=tuple(fields["replaces"]),
        procedures=tuple(_procedure(one) for one in fields["procedures"]),
        contractions=tuple(_placed(Contraction, one) for one in fields["contractions"]),
        omissions=tuple(_placed(Omission, {**one, "omitted": Omitted(one["omitted"])}) for one in fields["omissions"]),
        blocks=tuple(fields["blocks"]),
        required=tuple(fields["required"]),
        reached=_named(fields["reached"]),
    )


def _procedure(fields: dict[str, Any]) -> Procedure:
    parts = {"settings": Setting, "selections": Selection, "alterations": Alteration}
    patience = (
        {**one, "settings": tuple(_placed(Setting, it) for it in one["settings"])} for one in fields["patience"]
    )
    return Procedure(
        **{
            **fields,
            **{name: tuple(_placed(kind, one) for one in fields[name]) for name, kind in parts.items()},
            **{
                name: tuple(Span(**one) for one in fields[name])
                for name in ("schema_changes", "held_pauses", "table_locks", "rowcounts", "error_texts")
            },
            **{name: Span(**fields[name]) if fields[name] else None for name in ("loop", "pause", "untimed")},
            "lapses": tuple(_placed(Lapse, {**one, "why": Why(one["why"])}) for one in fields["lapses"]),
            "patience": tuple(_placed(Patience, one) for one in patience),
            "span": Span(**fields["span"]),
            "size": _placed(BatchSize, fields["size"]) if fields["size"] else None,
        }
    )


def _placed(kind: Callable[..., T], fields: dict[str, Any]) -> T:
    """A record with a span, whose lists are tuples."""
    plain = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
    return kind(**{**plain, "span": Span(**fields["span"])})


def _named(names: list[str]) -> tuple[str, ...]:
    """Names that many readings have in common: each is held once."""
    return tuple(map(intern, names))


_NAMES = ("how", "migration", "via", "callee", "scope")


def _operation(fields: dict[str, Any]) -> Operation:
    names = {name: intern(fields[name]) for name in _NAMES if fields[name] is not None}
    return Operation(
        **{
            **fields,
            **names,
            "kind": OperationKind(fields["kind"]),
            "direction": Direction(fields["direction"]),
            "span": Span(**fields["span"]),
            "tables": _named(fields["tables"]),
            "anywhere": _named(fields["anywhere"]),
            "trail": _named(fields["trail"]),
            "parts": tuple(Part(_named(part["tables"]), part["form"]) for part in fields["parts"]),
            "batch": Span(**fields["batch"]) if fields["batch"] else None,
            "rendition": _rendition(fields["rendition"]) if fields["rendition"] else None,
        }
    )


def _rendition(fields: dict[str, Any]) -> Rendition:
    spans: dict[str, object] = {name: Span(**fields[name]) if fields[name] else None for name in ("within", "loop")}
    rows = fields["rows"]
    lists = (
        {name: tuple(rows[name]) for name in ("conditions", "columns", "fields", "read", "takes_others")}
        if rows
        else {}
    )
    spans["rows"] = Rows(**{**rows, **lists}) if rows else None
    return Rendition(
        **{**fields, **spans, "calls": tuple(Span(**span) for span in fields["calls"]), "ways": tuple(fields["ways"])}
    )
