"""The words of a piece of Python, and of what it needs: what may be read where it runs."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator, Sequence

import libcst as cst

from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.operations import Span
from migration_guard.rewriting.expressions import last_name
from migration_guard.rewriting.layout import plain_code
from migration_guard.rewriting.names import Names, names_of
from migration_guard.rewriting.reached import CannotRemove
from migration_guard.rewriting.removal import Migration

_ASKS = frozenset(
    "objects _default_manager _base_manager get_model get_bind connection session cursor execute scalar scalars query Session "
    "sessionmaker".lower().split()
)
"""The words of what leads to the database."""
_WAITS = frozenset(
    "get_model get_bind get_context table column Column Table MetaData select text Q F Value Session sessionmaker str "
    "filter exclude all order_by select_related prefetch_related only defer annotate alias values values_list using where join "
    "outerjoin getLogger compile declarative_base".split()
)
"""What reads no rows yet where it stands: handles, statements and querysets, which ask where they are used."""

_KNOWN = frozenset({"django", "sqlalchemy", "sqlmodel", "alembic", *sys.stdlib_module_names})
"""Packages whose functions ask for no rows but those that they are told of."""


def words_of(code: str) -> frozenset[str]:
    """Every word of a piece of Python, in lower case: names, attributes, keywords and texts, lookups taken apart."""
    return frozenset(word for name in _named(ast.parse(code)) for word in _parts(name.lower()))


def _named(tree: ast.AST, own: Collection[str] = ()) -> Iterator[str]:
    """The names in a piece of Python, but for those of its `own` variables."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) if name in own:
                continue
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.keyword(arg=str() as name):
                yield name
            case ast.Constant(value=str() as text):
                yield from re.findall(r"\w+", text)


def _parts(name: str) -> Iterator[str]:
    yield name
    if "__" in name:
        yield from filter(None, name.split("__"))


@dataclass(frozen=True, slots=True)
class _Line:
    """A statement in front of a change, which that needs."""

    node: cst.CSTNode
    names: Names


def words_behind(migration: Migration, calls: Sequence[Span]) -> frozenset[str]:
    """The words of the statement of a function in which a call stands, and of what it needs of that function."""
    call = migration.call_of(calls)
    if call is None:
        return frozenset()
    top = _top_of(migration, call)
    nodes = [top, *(line.node for line in _needed(migration, [top]))]
    return frozenset(word for node in nodes for word in words_of(plain_code(node)))


@dataclass(frozen=True, slots=True)
class Beside:
    """Another change of the migration: where it stands, and what a piece of Python says that asks for the rows it writes."""

    spans: tuple[Span, ...]
    names: frozenset[str] | None
    """Its table, its model, and what leads there, in lower case; None where it is not known which rows it changes."""


def refuse_overtaken(migration: Migration, statements: Sequence[cst.CSTNode], others: Sequence[Beside]) -> None:
    """Refuse a change that goes by rows which are read before another change of its migration makes others of them.

    A backfill would read them behind it. Raises CannotRemove.
    """
    if not statements or not all(isinstance(one, (cst.BaseStatement, cst.SimpleStatementLine)) for one in statements):
        return
    begin = min(map(migration.line, statements))
    for line in _needed(migration, statements):
        if not _asks(migration, line):
            continue
        first = migration.line(line.node)
        between = [
            (other, span)
            for other in others
            for span in other.spans
            if first <= span.line < begin and not migration.holds(line.node, span)
        ]
        asked = _asked_by(migration, line) if between else None
        for other, span in between:
            if asked is None or other.names is None or asked & other.names:
                raise CannotRemove(
                    f"it goes by rows that are read in line {first}, before line {span.line} makes another change; read them "
                    "behind that, or take it out by hand"
                )


def _asked_by(migration: Migration, line: _Line) -> frozenset[str] | None:
    """The words by which a statement, with what it needs, may ask for rows; None where what it calls is out of sight."""
    waiting, before = [line.node], list(migration.before(line.node))
    models = {name for one in before for name in _models_in(ast.parse(plain_code(one)))}
    own = {name for one in before for name in _names(one).binds} | line.names.binds
    words: set[str] = set()
    seen = {id(line.node)}
    while waiting:
        tree = _Unmade(models).visit(ast.parse(plain_code(waiting.pop())))
        loads = {one.id for one in ast.walk(tree) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}
        if loads & _out_of_sight(migration) or any(isinstance(one, ast.FunctionDef) for one in ast.walk(tree)):
            return None
        if not _asks_the_schema(tree):
            words |= {part for name in _named(tree, own) for part in _parts(name.lower())}
        more = [one for one in before if id(one) not in seen and _names(one).touched & loads]
        seen |= set(map(id, more))
        waiting += more
    return frozenset(words)


def _out_of_sight(migration: Migration) -> frozenset[str]:
    """The names of a module of what may ask for any rows: its own functions, and what it imports of the application."""
    found: set[str] = set()
    for one in migration.module_body:
        tree = ast.parse(plain_code(one))
        for line in ast.walk(tree):
            match line:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    found.add(name)
                case ast.ImportFrom(module=module, level=level) if level or (module or "").split(".")[0] not in _KNOWN:
                    found |= {alias.asname or alias.name for alias in line.names}
                case ast.Import(names=names):
                    roots = [(alias, alias.name.split(".")[0]) for alias in names]
                    found |= {alias.asname or root for alias, root in roots if root not in _KNOWN}
        for line in tree.body:
            inside = ast.walk(line) if isinstance(line, (ast.Assign, ast.AnnAssign)) else ()
            if any(
                isinstance(part, ast.Lambda) or (isinstance(part, ast.Name) and part.id in found) for part in inside
            ):
                found |= _names(one).binds
    return frozenset(found)


def _models_in(tree: ast.Module) -> Iterator[str]:
    """The variables that hold a model of Django's."""
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call) if last_name(call) == "get_model":
                yield name


def _asks_the_schema(tree: ast.AST) -> bool:
    """Whether a statement is `meta.reflect(…)`, which reads no rows."""
    match tree:
        case ast.Module(body=[ast.Expr(value=ast.Call() as call)]):
            return last_name(call) == "reflect"
    return False


class _Unmade(ast.NodeTransformer):
    """Leaves the model out of rows that are made of it, and saved elsewhere: `Visit(lead=lead)`."""

    def __init__(self, models: Collection[str]) -> None:
        self._models = models

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in self._models:
            return ast.copy_location(ast.Tuple([*node.args, *(one.value for one in node.keywords)], ast.Load()), node)
        return node


def _asks(migration: Migration, line: _Line) -> bool:
    """Whether a statement may ask the database where it stands."""
    tree = ast.parse(plain_code(line.node))
    if not _calls(tree):
        return False
    around = migration.function_around(line.node)
    given = {one.name.value for one in (*around.params.posonly_params, *around.params.params)} if around else set()
    leads = {name for one in migration.module_body for name in _names(one).binds if isinstance(one, cst.FunctionDef)}
    before = [_Line(one, _names(one)) for one in migration.before(line.node)]
    leads |= given | {
        name
        for one in before
        if words_of(plain_code(one.node)) & _ASKS or one.names.loads & given
        for name in one.names.touched
    }
    return bool(words_of(plain_code(line.node)) & _ASKS or line.names.loads & leads)


def _top_of(migration: Migration, node: cst.CSTNode) -> cst.CSTNode:
    """The statement of its function in which a piece of code stands."""
    top = node
    for parent in migration.above(node):
        if isinstance(parent, cst.FunctionDef):
            break
        if isinstance(parent, (cst.BaseCompoundStatement, cst.SimpleStatementLine)):
            top = parent
    return top


def _needed(migration: Migration, statements: Sequence[cst.CSTNode]) -> list[_Line]:
    """What a function does before some of its statements, and these need."""
    before = [_Line(one, _names(one)) for one in migration.before(min(statements, key=migration.line))]
    wanted = {name for one in statements for name in _names(one).loads}
    found: list[_Line] = []
    while more := [one for one in before if one not in found and one.names.touched & wanted]:
        found += more
        wanted |= {name for one in more for name in one.names.loads}
    return found


def _names(node: cst.CSTNode) -> Names:
    try:
        return names_of(ast.parse(plain_code(node)))
    except SyntaxError:
        return Names(frozenset(), frozenset(), frozenset())


def _calls(tree: ast.AST) -> bool:
    """Whether a statement does more than to put together what asks later."""
    written_out = (ast.List, ast.Tuple, ast.Set, ast.Dict)
    return any(
        (isinstance(node, (ast.For, ast.comprehension)) and not isinstance(node.iter, written_out))
        or (isinstance(node, ast.Call) and last_name(node) not in _WAITS)
        for node in ast.walk(tree)
    )
