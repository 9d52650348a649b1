"""All constructs, by family."""

from __future__ import annotations

from witness.construct import Construct, Family
from witness.constructs import (  # noqa: F401 - they add to these families
    calls,
    core,
    django_rows,
    exits,
    flow,
    given,
    held,
    idioms,
    mapped,
    mappers,
    metaclasses,
    modules,
    objects,
    state,
    text,
    texts,
    ways,
)

FAMILIES: dict[str, Family] = {
    module.FAMILY.name: module.FAMILY for module in (text, ways, flow, state, core, django_rows, idioms)
}


def every() -> list[Construct]:
    return [one for family in FAMILIES.values() for one in family.constructs]


def named(name: str) -> Construct:
    """Give a construct by `family.id`."""
    family, _, own = name.partition(".")
    return next(one for one in FAMILIES[family].constructs if one.id == own)
