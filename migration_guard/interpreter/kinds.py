"""Kinds of nodes, asked for by a table: libcst's classes are abstract ones, whose `isinstance` costs ten times as much.

To find out that something is none of them, an abstract class asks all that are derived from it, each anew: no other class
claims to be one of libcst's, so what a class is derived from is all that there is to know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import cache
from typing import Any

import libcst as cst


@cache
def kind_of(*kinds: type) -> Callable[[type], bool]:
    """Make the question whether something's type is one of these kinds, or derived from one."""

    @cache
    def asked(kind: type) -> bool:
        return not set(kinds).isdisjoint(kind.__mro__)

    return asked


is_node = kind_of(cst.CSTNode)
is_many = kind_of(list, tuple)


@cache
def code_fields(kind: type) -> tuple[str, ...]:
    """The fields of a kind of node that hold code: white space and punctuation do not."""
    return tuple(one.name for one in fields(kind) if not one.name.startswith("whitespace") and one.name not in _SIGNS)


_SIGNS = frozenset(
    "lpar rpar lbracket rbracket lbrace rbrace comma semicolon colon dot equal leading_lines lines_after_decorators "
    "header footer trailing_whitespace first_colon second_colon".split()
)


def within(node: object, *but: type) -> Iterator[cst.CSTNode]:
    """A node, or several, and all code below, without what stands inside nodes of some kinds. No order is kept."""
    waiting: list[Any] = [node]
    ends = kind_of(*but)
    while waiting:
        inner: Any = waiting.pop()
        kind: type = type(inner)
        if kind is str:
            continue
        if is_many(kind):
            waiting += inner
        elif is_node(kind):
            yield inner
            if not ends(kind):
                waiting += [part for name in code_fields(kind) if (part := getattr(inner, name)) is not None]
