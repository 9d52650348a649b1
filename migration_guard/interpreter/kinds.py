"""Kinds of nodes, asked for by a table: libcst's classes are abstract ones, whose `isinstance` costs ten times as much."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import libcst as cst


def kind_of(*kinds: type) -> Callable[[type], bool]:
    """Make the question whether something's type is one of these kinds, or derived from one."""

    @cache
    def asked(kind: type) -> bool:
        return issubclass(kind, kinds)

    return asked


is_node = kind_of(cst.CSTNode)
is_many = kind_of(list, tuple)
