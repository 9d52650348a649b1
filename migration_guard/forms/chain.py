"""The form of a chain of attributes, items and calls: `session.execute(sa.update(t).where(…).values(…))`.

Several spellings of one statement have one form here: a verb as a function or as a method, the order of `where` and
`values`, a column as an attribute or as an item, and what only says how rows are fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import libcst as cst

Of = Callable[[cst.CSTNode], str]

_FETCHING = frozenset(
    "iterator execution_options yield_per select_related prefetch_related returning options _clone".split()
)
"""Links that say how rows are fetched, and not which."""
_SENDS = frozenset(
    "execute exec_driver_sql executemany scalar scalars stream stream_scalars exec fetch fetchval fetchrow query".split()
)
"""Methods that are given what the database shall do: their receiver is only the way to it."""
_SENT = {"exec_driver_sql": "execute", "exec": "execute", "stream": "execute", "stream_scalars": "scalars"}
_VERBS = frozenset({"update", "delete", "insert", "select"})
_CLAUSES = ("where", "filter", "values")
_TABLES = frozenset({"sqlalchemy.table", "sqlalchemy.Table", "sqlalchemy.schema.Table"})
_STATEMENTS = {
    f"{module}.{verb}": verb for module in ("sqlalchemy", "sqlalchemy.orm") for verb in ("update", "delete", "insert")
}
_TEXTS = frozenset({"sqlalchemy.text", "textwrap.dedent", "psycopg.sql.SQL", "psycopg2.sql.SQL"})


@dataclass(frozen=True, slots=True)
class _Link:
    name: str
    placed: tuple[str, ...] | None = None
    """The forms of what it is called with; None if it is not called."""
    named: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f".{self.name}" if self.placed is None else f".{self.name}({self.arguments})"

    @property
    def arguments(self) -> str:
        return ", ".join([*(self.placed or ()), *(f"{name}={value}" for name, value in sorted(self.named))])


def chained(
    node: cst.Attribute | cst.Call | cst.Subscript, of: Of, value_of_call: Callable[[cst.Call], str | None]
) -> str:
    """Give the form of a chain; `of` gives that of a node, `value_of_call` what a function of the repository returns."""
    links: list[cst.CSTNode] = []
    root: cst.CSTNode = node
    while True:
        if isinstance(root, cst.Call) and isinstance(root.func, cst.Attribute):
            links.append(root)
            root = root.func.value
        elif isinstance(root, (cst.Attribute, cst.Subscript)):
            links.append(root)
            root = root.value
        else:
            break
    made, rest = _begun(root, [_link(one, of) for one in reversed(links)], of, value_of_call)
    return _joined(made, rest)


def _begun(
    root: cst.CSTNode, links: list[_Link], of: Of, value_of_call: Callable[[cst.Call], str | None]
) -> tuple[str, list[_Link]]:
    """What a chain begins with, functions of libraries included, and the links behind."""
    if isinstance(root, cst.Call):
        made = value_of_call(root)
        if made is not None:
            return made, links
        called = _call(root, "", of)
        return _library(of(root.func), called, links)
    made = of(root)
    dotted = made
    for number, link in enumerate(links):
        if link.name == "[]":
            break
        dotted = f"{dotted}.{link.name}"
        if link.placed is not None:
            known = dotted in _STATEMENTS or dotted in _TABLES or dotted in _TEXTS
            return _library(dotted, link, links[number + 1 :]) if known else (made, links)
    return made, links


def _library(name: str, called: _Link, rest: list[_Link]) -> tuple[str, list[_Link]]:
    """A function of a library: a statement begins with its table, and a table is its name."""
    placed = called.placed or ()
    if placed and name in _STATEMENTS:
        return placed[0], [_Link(_STATEMENTS[name], placed[1:], called.named), *rest]
    if placed and name in _TABLES:
        schema = dict(called.named).get("schema")
        return f"table {placed[0]}{f' in {schema}' if schema else ''}", rest
    if len(placed) == 1 and name in _TEXTS:
        return placed[0], rest
    return f"{name}({called.arguments})", rest


def _link(node: cst.CSTNode, of: Of) -> _Link:
    match node:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value=name))):
            return _call(node, name, of)
        case cst.Attribute(attr=cst.Name(value=name)):
            return _Link("c" if name == "columns" else name)
        case cst.Subscript(slice=parts):
            return _Link("[]", tuple(of(_index(part)) for part in parts))
    return _Link("", ())


def _index(part: cst.SubscriptElement) -> cst.CSTNode:
    return part.slice.value if isinstance(part.slice, cst.Index) else part.slice


def _call(node: cst.Call, name: str, of: Of) -> _Link:
    placed = tuple(one.star + of(one.value) for one in node.args if one.keyword is None)
    named = tuple((one.keyword.value, of(one.value)) for one in node.args if one.keyword is not None)
    return _Link(name, placed, named)


def _joined(made: str, links: Sequence[_Link]) -> str:
    """Say the links one after the other; what a statement is made of in one order."""
    said: list[_Link] = []
    statement = False
    for link in links:
        if link.placed is not None and link.name in _SENDS and (link.placed or link.named):
            made, said, statement = "", [_Link(_SENT.get(link.name, link.name), link.placed, link.named)], False
        elif (link.placed is not None and link.name in _FETCHING) or (link.name == "all" and link.placed == ()):
            continue
        elif (
            said and said[-1].name == "c" and said[-1].placed is None and link.name == "[]" and link.placed is not None
        ):
            said.append(_Link(_column(link.placed)))
        elif statement and link.name in _CLAUSES and link.placed is not None:
            said += [_Link(link.name, (one,)) for one in link.placed] or [link]
            if link.named:
                said[-1] = _Link(link.name, said[-1].placed, link.named)
        else:
            said.append(link)
        statement = statement or (link.name in _VERBS and link.placed is not None)
    return f"{made}{''.join(map(str, _ordered(said)))}".removeprefix(".")


def _column(placed: tuple[str, ...]) -> str:
    """The name of a column that is looked up as an item."""
    name = placed[0]
    return name[1:-1] if name.startswith('"') else f"[{name}]"


def _ordered(links: Sequence[_Link]) -> list[_Link]:
    """Bring the clauses behind a verb into one order, as far as they stand side by side."""
    found: list[_Link] = []
    run: list[_Link] = []
    behind = False
    for link in links:
        if behind and link.placed is not None and link.name in _CLAUSES:
            run.append(link)
            continue
        found += sorted(run, key=lambda one: (_CLAUSES.index(one.name), str(one)))
        run = []
        found.append(link)
        behind = behind or (link.name in _VERBS and link.placed is not None)
    return [*found, *sorted(run, key=lambda one: (_CLAUSES.index(one.name), str(one)))]
