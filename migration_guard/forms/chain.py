"""The form of a chain of attributes, items and calls: `session.execute(sa.update(t).where(…).values(…))`.

Several spellings of one statement have one form here: a verb as a function or as a method, the order of `where` and
`values`, a column as an attribute or as an item, and what only says how rows are fetched.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Protocol

import libcst as cst

from migration_guard.lean import dataclass


class Says(Protocol):
    """What a chain asks of the room that it is said in."""

    def of(self, node: cst.CSTNode) -> str:
        """The form of an expression."""

    def result(self, call: cst.Call) -> str | None:
        """What a function of the repository returns, None where a call leads to none."""

    def is_module(self, node: cst.CSTNode) -> bool:
        """Whether an expression is a module of the repository."""

    def is_class(self, node: cst.CSTNode) -> bool:
        """Whether an expression is a plain class of the repository that another one holds."""

    def member(self, owner: cst.CSTNode, link: cst.CSTNode) -> str | None:
        """What a class of the repository has under a name, None where it is none."""

    def rows(self, node: cst.CSTNode) -> str:
        """The form of what is gone over."""

    def behind(self, node: cst.BaseExpression) -> tuple[cst.BaseExpression, Says]:
        """The expression that a name was bound to, and who says it; else the node itself."""

    def sent(self, name: str) -> str | None:
        """What a cursor was given last, None where a name is none."""

    def named(self, node: cst.CSTNode) -> Sequence[tuple[str, str]] | None:
        """The names and values of a dictionary that is wholly written out."""


_FETCHING = frozenset(
    "iterator execution_options yield_per only defer select_related prefetch_related select_for_update returning options "
    "fetchall mappings unique tuples _clone".split()
)
"""Links that say how rows are fetched, and not which."""
_SENDS = frozenset(
    "execute exec_driver_sql executemany scalar scalars stream stream_scalars exec fetch fetchval fetchrow query".split()
)
"""Methods that are given what the database shall do: their receiver is only the way to it."""
_SENT = {"exec_driver_sql": "execute", "exec": "execute", "stream": "execute", "stream_scalars": "scalars"}
_OTHERWISE = {"columns": "c", "notin_": "not_in", "isnot": "is_not"}
"""Names that libraries have changed."""
_BULK = frozenset({"bulk_create", "bulk_update", "abulk_create", "abulk_update"})
_LISTED = frozenset({"select", "case"})
"""What SQLAlchemy 1 was given a list for."""
_JOINING = {"sqlalchemy.and_": "&", "sqlalchemy.or_": "|"}
_VERBS = frozenset({"update", "delete", "insert", "select"})
_CLAUSES = ("where", "filter", "values")
_COPIES = frozenset({"list", "tuple", "iter"})
"""What gives the same elements."""
_TABLES = frozenset({"sqlalchemy.table", "sqlalchemy.Table", "sqlalchemy.schema.Table"})
_STATEMENTS = {
    f"{module}.{verb}": verb for module in ("sqlalchemy", "sqlalchemy.orm") for verb in ("update", "delete", "insert")
}
_TEXTS = frozenset({"sqlalchemy.text", "textwrap.dedent", "psycopg.sql.SQL", "psycopg2.sql.SQL"})


_QUESTION = "django.db.models.Q"
_ASKS = frozenset({"filter", "exclude", "get"})
"""Methods of querysets that conditions are given to, by name or as `Q`."""
_CONDITIONS = frozenset({"where", "filter"})
_TESTS = (cst.Comparison, cst.Call, cst.BinaryOperation, cst.UnaryOperation, cst.Name)
_NAMES_OF_NAMES = 20
_SETS = frozenset({"values", "update"})
_HOW = frozenset({"synchronize_session"})
"""Arguments that say how something is done, and not to which rows."""
_CONSTANT = ('"', *"0123456789")
"""What the form of a literal begins with."""


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


def chained(node: cst.Attribute | cst.Call | cst.Subscript, says: Says) -> str:
    """Give the form of a chain."""
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
    while len(links) > 1 and isinstance(links[-1], cst.Attribute) and says.is_module(root):
        root = links.pop()  # what a module holds is as if it stood here
    while len(links) > 1 and isinstance(links[-1], cst.Attribute) and says.is_class(links[-1]):
        root = links.pop()
    if (
        links
        and isinstance(links[-1], (cst.Attribute, cst.Call))
        and (made := says.member(root, links[-1])) is not None
    ):
        rest = [_link(one, says) for one in reversed(links[:-1])]
        if rest and rest[0] == _Link("value") and made[:1] in _CONSTANT:
            rest = rest[1:]  # a member of an enumeration
        return _joined(made, rest)
    made, rest = _begun(root, [_link(one, says) for one in reversed(links)], says)
    return _joined(made, rest)


def _begun(root: cst.CSTNode, links: list[_Link], says: Says) -> tuple[str, list[_Link]]:
    """What a chain begins with, functions of libraries included, and the links behind."""
    if isinstance(root, cst.Call):
        made = says.result(root)
        if made is not None:
            return made, links
        name = says.of(root.func)
        if name in _COPIES and len(root.args) == 1 and not root.args[0].star:
            return says.rows(root.args[0].value), links
        if name in {"set", "frozenset"} and len(root.args) == 1:
            match root.args[0].value:
                case cst.List() | cst.Tuple() as listed:
                    return says.of(listed), links
                case cst.ListComp() | cst.GeneratorExp() as listed:
                    return says.of(cst.SetComp(listed.elt, listed.for_in)), links
        if name == "typing.cast" and len(root.args) == len(("type", "value")):
            return says.of(root.args[1].value), links
        if name == "dict" and (pairs := says.named(root)) is not None:
            return f"{{{', '.join(sorted(f'{json.dumps(key)}: {value}' for key, value in pairs))}}}", links
        return _library(name, _call(root, name.rpartition(".")[2], says), links)
    made = says.of(root)
    while made == "sqlalchemy" and len(links) > 1 and links[0] in _WITHIN:
        links = links[1:]
    if isinstance(root, cst.Name) and links and links[0].placed is not None and links[0].name.startswith("fetch"):
        made = says.sent(root.value) or made
    dotted = made
    for number, link in enumerate(links):
        if link.name == "[]":
            break
        dotted = f"{dotted}.{link.name}"
        if link.placed is not None:
            known = dotted in _STATEMENTS or dotted in _TABLES or dotted in _TEXTS or dotted in _JOINING
            return _library(dotted, link, links[number + 1 :]) if known else (made, links)
    return made, links


_WITHIN = (_Link("sql"), _Link("expression"))
"""Modules of SQLAlchemy whose names it has itself."""


def _library(name: str, called: _Link, rest: list[_Link]) -> tuple[str, list[_Link]]:
    """A function of a library: a statement begins with its table, and a table is its name."""
    placed = called.placed or ()
    if placed and name in _STATEMENTS:
        return placed[0], [_Link(_STATEMENTS[name], placed[1:], called.named), *rest]
    if placed and name in _TABLES:
        schema = dict(called.named).get("schema")
        return f"table {placed[0]}{f' in {schema}' if schema else ''}", rest
    if len(placed) > 1 and name in _JOINING and not called.named:
        return f"({f' {_JOINING[name]} '.join(placed)})", rest
    if len(placed) == 1 and name in _TEXTS:
        return placed[0], rest
    return f"{name}({called.arguments})", rest


def _link(node: cst.CSTNode, says: Says) -> _Link:
    match node:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value=name))):
            return _call(node, name, says)
        case cst.Attribute(attr=cst.Name(value=name)):
            return _Link(_OTHERWISE.get(name, name))
        case cst.Subscript(slice=parts):
            return _Link("[]", tuple(says.of(_index(part)) for part in parts))
    return _Link("", ())


def _index(part: cst.SubscriptElement) -> cst.CSTNode:
    return part.slice.value if isinstance(part.slice, cst.Index) else part.slice


def _call(node: cst.Call, name: str, says: Says) -> _Link:
    placed: list[str] = []
    named: list[tuple[str, str]] = []
    asks = name in _ASKS or (name == "Q" and says.of(node.func) == _QUESTION)
    args = [one for one in node.args if one.keyword is None or one.keyword.value not in _HOW]
    if name == "filter" and len(args) == 1 and (denied := _denied(args[0].value, says)) is not None:
        name, args = "exclude", [cst.Arg(denied)]
    for one in args:
        if name in _LISTED and one is args[0] and isinstance(one.value, cst.List):
            placed += [says.of(element.value) for element in one.value.elements]
            continue
        if name in _BULK and one.keyword is not None and one.keyword.value == "batch_size":
            continue
        plain = name in _SETS and len(args) == 1 and one.keyword is None and not one.star
        pairs = says.named(one.value) if one.star == "**" or plain else None
        if pairs is not None:
            named += pairs
        elif one.keyword is not None:
            named.append((one.keyword.value, says.of(one.value)))
        elif (asks or name in _CONDITIONS) and not one.star:
            for part, there in _all_of(one.value, says):
                if (question := _question(part, there)) is not None:
                    placed += question.placed or ()
                    named += question.named
                else:
                    placed.append(there.of(part))
        else:
            placed.append(one.star + says.of(one.value))
    if name == "get_model" and len(placed) == 1:
        placed = placed[0].replace(".", '", "', 1).split(", ", 1)
    if asks:
        named = [(key.removesuffix("__exact"), value) for key, value in named]
    return _Link(_OTHERWISE.get(name, name), tuple(placed), tuple(named))


def _question(node: cst.BaseExpression, says: Says) -> _Link | None:
    """What Django's `Q` is made of: a condition that can be joined with others; None if it is none, or says how."""
    if not isinstance(node, cst.Call) or says.of(node.func) != _QUESTION:
        return None
    if any(one.star or (one.keyword is not None and one.keyword.value.startswith("_")) for one in node.args):
        return None
    return _call(node, "Q", says)


def _denied(node: cst.BaseExpression, says: Says) -> cst.BaseExpression | None:
    """What must not hold: `filter(~Q(…))` is `exclude(…)`."""
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.BitInvert):
        return node.expression if _question(node.expression, says) is not None else None
    return None


def _all_of(
    node: cst.BaseExpression, says: Says, depth: int = _NAMES_OF_NAMES
) -> list[tuple[cst.BaseExpression, Says]]:
    """The conditions that one is made of, all of which must hold."""
    behind, there = says.behind(node) if depth else (node, says)
    if behind is not node:
        return _all_of(behind, there, depth - 1)
    match node:
        case cst.BinaryOperation(left=left, operator=cst.BitAnd(), right=right) if isinstance(
            left, _TESTS
        ) and isinstance(right, _TESTS):
            return [*_all_of(left, says, depth), *_all_of(right, says, depth)]
        case cst.Call(func=function, args=args) if args and not any(one.star or one.keyword for one in args):
            if _JOINING.get(says.of(function)) == "&":
                return [part for one in args for part in _all_of(one.value, says, depth)]
    return [(node, says)]


def _joined(made: str, links: Sequence[_Link]) -> str:
    """Say the links one after the other; what a statement is made of in one order."""
    said: list[_Link] = []
    statement = False
    for link in links:
        if link.placed is not None and link.name in _SENDS and (link.placed or link.named):
            name = _SENT.get(link.name, link.name)
            if name in {"scalar", "scalars"}:  # of what is executed
                said = [_Link("execute", link.placed, link.named), _Link(name, ())]
            else:
                said = [_Link(name, link.placed, link.named)]
            made, statement = "", False
        elif (link.placed is not None and link.name in _FETCHING) or (
            link.name in {"all", "filter"} and link.placed == () and not link.named
        ):
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
