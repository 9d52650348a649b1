"""Chains of calls as they are written: `Lead.objects.filter(…).order_by("pk")[:500]`, through variables to their root.

What a query leaves out is asked of its source, since the interpreter keeps of a query only what it is about.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import libcst as cst

from migration_guard.interpreter.kinds import within
from migration_guard.interpreter.syntax import dotted
from migration_guard.lean import dataclass

_WRAPS = frozenset({"list", "tuple", "set", "sorted", "iter", "reversed", "tqdm", "enumerate"})
"""Functions that give the rows that they are given."""
_ROOTS = frozenset({"select", "update", "delete", "insert"})
"""SQLAlchemy's functions with which a statement begins."""
RUNS = frozenset({"execute", "scalars", "scalar", "stream", "stream_scalars", "exec"})
"""Methods that run the statement that they are given."""
_MOST = 40
"""Variables behind variables that are looked up."""


@dataclass(frozen=True, slots=True)
class Link:
    """One step of a chain: a method with its arguments, a slice (`[]`), or an attribute (`.objects`)."""

    name: str
    node: cst.BaseExpression
    certain: bool = True
    """Whether it belongs to the chain on every path."""

    @property
    def arguments(self) -> tuple[cst.Arg, ...]:
        return tuple(self.node.args) if isinstance(self.node, cst.Call) else ()

    def positional(self) -> list[cst.BaseExpression]:
        return [one.value for one in self.arguments if one.keyword is None and not one.star]

    def named(self) -> dict[str, cst.BaseExpression]:
        return {one.keyword.value: one.value for one in self.arguments if one.keyword is not None}


@dataclass(frozen=True, slots=True)
class Chain:
    """What a query is made of."""

    root: cst.BaseExpression | None
    """Where it begins; None where that is not in sight."""
    links: tuple[Link, ...] = ()

    def having(self, *names: str) -> Iterator[Link]:
        return (one for one in self.links if one.name in names)

    def has(self, *names: str) -> bool:
        return any(True for _ in self.having(*names))

    @property
    def subject(self) -> str:
        """The model or table that it is about, as the source calls it."""
        for one in self.having("query", *_ROOTS):
            for given in one.positional():
                name = _first(given)
                if name:
                    return name
        return _first(self.root) if self.root is not None else ""

    @property
    def lazy(self) -> bool:
        """Whether it is a queryset that nothing has read yet."""
        return self.has("objects", "_default_manager", "_base_manager") and not self.has("read")


@dataclass(frozen=True, slots=True)
class Binding:
    """What a name is bound to somewhere in a function."""

    value: cst.BaseExpression
    element: bool
    """Whether it is an element of that, as in a `for`."""
    certain: bool
    """Whether it is so on every path: not under an `if`."""
    loop: cst.For | None = None
    """The loop that binds it."""


def chain_of(node: cst.BaseExpression, around: cst.CSTNode, seen: frozenset[str] = frozenset()) -> Chain:
    """The chain that an expression ends, as a function spells it."""
    match node:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value=name)), args=[first, *_]) if name in RUNS:
            begun = chain_of(first.value, around, seen)
            return Chain(begun.root, (*begun.links, Link("read", node)))
        case cst.Call(func=cst.Attribute(value=base, attr=cst.Name(value=name))):
            begun = chain_of(base, around, seen)
            return Chain(begun.root, (*begun.links, Link(name, node)))
        case cst.Call(func=cst.Name(value=name), args=[first, *_]) if name in _WRAPS:
            begun = chain_of(first.value, around, seen)
            return Chain(begun.root, (*begun.links, Link("read", node)))
        case cst.Call(func=cst.Name(value="Paginator"), args=[first, *_]):
            begun = chain_of(first.value, around, seen)
            return Chain(begun.root, (*begun.links, Link("page", node)))
        case cst.Call(func=cst.Name(value=name)) if name in _ROOTS:
            return Chain(node.func, (Link(name, node),))
        case cst.Subscript(value=base):
            begun = chain_of(base, around, seen)
            return Chain(begun.root, (*begun.links, Link("[]", node)))
        case cst.Await(expression=inner) | cst.NamedExpr(value=inner):
            return chain_of(inner, around, seen)
        case cst.ListComp(for_in=loop) | cst.SetComp(for_in=loop) | cst.GeneratorExp(for_in=loop):
            begun = chain_of(loop.iter, around, seen)
            return Chain(begun.root, (*begun.links, Link("read", node)))
        case cst.Attribute(value=base, attr=cst.Name(value=name)):
            begun = chain_of(base, around, seen)
            return Chain(begun.root, (*begun.links, Link(name, node)))
        case cst.Name(value=name):
            return _named(name, around, seen) or Chain(None if name in seen else node)
    return Chain(None)


@lru_cache(maxsize=256)
def _named(name: str, around: cst.CSTNode, seen: frozenset[str]) -> Chain | None:
    """The chain behind a name that is bound in a function. Each is followed once: names of names would take for ever."""
    bound = list(bindings(name, around)) if name not in seen and len(seen) < _MOST else []
    if not bound:
        return None
    root: cst.BaseExpression | None = None
    links: list[Link] = []
    for one in bound:
        found = chain_of(one.value, around, seen | {name})
        root = root if root is not None else found.root
        certain = one.certain and all(other is one or _continues(other.value, name) for other in bound)
        links += (link if certain else replace(link, certain=False) for link in found.links)
    return Chain(root, tuple(dict.fromkeys(links)))


def _continues(value: cst.BaseExpression, name: str) -> bool:
    """Whether a value is made of what the name was bound to before: `query = query.filter(…)`."""
    while True:
        match value:
            case cst.Call(func=cst.Attribute(value=inner)) | cst.Subscript(value=inner) | cst.Attribute(value=inner):
                value = inner
            case cst.Name(value=root):
                return root == name
            case _:
                return False


def bindings(name: str, around: cst.CSTNode) -> Iterator[Binding]:
    """Every value that a name is bound to in a function, in order."""
    waiting: list[tuple[cst.CSTNode, bool]] = [(around, True)]
    while waiting:
        node, certain = waiting.pop(0)
        yield from _bound_by(name, node, certain=certain)
        if node is not around and isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.Lambda)):
            continue
        inner = certain and not isinstance(node, (cst.If, cst.ExceptHandler))
        waiting[:0] = [(child, inner) for child in node.children]


def _bound_by(name: str, node: cst.CSTNode, *, certain: bool) -> Iterator[Binding]:
    match node:
        case cst.Assign(targets=targets, value=value) if any(_is_name(one.target, name) for one in targets):
            yield Binding(value, element=False, certain=certain)
        case cst.AnnAssign(target=target, value=value) if value is not None and _is_name(target, name):
            yield Binding(value, element=False, certain=certain)
        case cst.NamedExpr(target=target, value=value) if _is_name(target, name):
            yield Binding(value, element=False, certain=certain)
        case cst.For(target=target, iter=value) if _is_name(target, name) or _holds(target, name):
            yield Binding(value, element=True, certain=certain, loop=node)
        case cst.CompFor(target=target, iter=value) if _is_name(target, name) or _holds(target, name):
            yield Binding(value, element=True, certain=certain)


def assigned_attributes(name: str, around: cst.CSTNode) -> tuple[str, ...]:
    """The attributes of an object that a function assigns to."""
    found: dict[str, None] = {}
    for node in within(around):
        targets: tuple[cst.BaseExpression, ...] = ()
        if isinstance(node, cst.Assign):
            targets = tuple(one.target for one in node.targets)
        elif isinstance(node, (cst.AnnAssign, cst.AugAssign)):
            targets = (node.target,)
        for target in targets:
            if isinstance(target, cst.Attribute) and _is_name(target.value, name):
                found[target.attr.value] = None
    return tuple(found)


def _is_name(node: cst.CSTNode, name: str) -> bool:
    return isinstance(node, cst.Name) and node.value == name


def _holds(node: cst.CSTNode, name: str) -> bool:
    return isinstance(node, cst.Tuple) and any(_is_name(one.value, name) for one in node.elements)


def _first(node: cst.BaseExpression) -> str:
    """The first name of a dotted one: `Lead` of `Lead.objects`, `leads` of `leads.c.id`; of a module's member the member."""
    spelled = (dotted(node) or "").split(".")
    capital = next((part for part in spelled if part[:1].isupper()), None)
    return capital or next((part for part in spelled if part not in {"models", "tables", "schema", "db", "self"}), "")


__all__ = ["RUNS", "Binding", "Chain", "Link", "assigned_attributes", "bindings", "chain_of"]
