"""A loop of Django's with all that it changes, for some of its rows: what it writes belongs to the row that it is at."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import libcst as cst

from migration_guard.interpreter.syntax import dotted
from migration_guard.lean import dataclass
from migration_guard.rendition.loops import row_of
from migration_guard.rewriting.again import adds_to_itself, trades, updates_by_itself
from migration_guard.rewriting.births import Birth, Births, MakesRows
from migration_guard.rewriting.carried import gives_a_key, goes_by_order, is_of_a_queryset, taken_along, written_twice
from migration_guard.rewriting.definitions import literal
from migration_guard.rewriting.elsewhere import Elsewhere
from migration_guard.rewriting.expressions import MANAGERS, behind, gone_through, held, last_name
from migration_guard.rewriting.functions import Asked, Django, renames
from migration_guard.rewriting.layout import is_import
from migration_guard.rewriting.narrowed import Narrowed
from migration_guard.rewriting.owned import Owned, Tables, changed, spoken
from migration_guard.rewriting.reached import CannotRemove
from migration_guard.rewriting.removal import Migration
from migration_guard.rewriting.slices import BY_HAND, Used

_OTHERS = "its loop writes rows that may belong to several of those that it goes through"
_IN_ORDER = "in_order"
_ALONE = "one_at_a_time"
_QUERYSETS = frozenset("all filter exclude order_by select_related prefetch_related only defer distinct".split())


@dataclass(frozen=True, slots=True)
class Member:
    """One of the changes of a loop."""

    call: cst.Call
    asked: Asked
    makes: bool = False
    """Whether its call makes rows."""


class Family(Django):
    """The outermost loop over the rows of a model, each of which is changed together with all that belongs to it."""

    def __init__(
        self,
        migration: Migration,
        path: Path,
        statements: Sequence[cst.CSTNode],
        every: Sequence[Member],
        schema: tuple[Tables, Callable[[str], str]],
    ) -> None:
        """`every` is all that the loop changes; `schema` what is told of tables, and the table of each model. Raises CannotRemove."""
        told, table_of = schema
        super().__init__(migration, path, statements, [every[0].call], every[0].asked)
        self._every = every
        self._alone: tuple[str, ...] = ()
        row = row_of(self._loop)[0] if isinstance(self._loop, cst.For) else None
        self._told = Tables(told.children, told.parents, told.relations, self._models(table_of))
        if row is None or not isinstance(self._loop, cst.For):
            raise CannotRemove(f"it is no loop over rows; {BY_HAND}")
        self.row = row
        self.model, self.table = self._source(self._loop)

    def _models(self, table_of: Callable[[str], str]) -> Mapping[str, str]:
        """The tables of the models that variables of the function hold, which are set once."""
        self._names_of_models: dict[str, str] = {}
        found: dict[str, str] = {}
        stored = [name for one in self._migration.before(self._loop) for name in self._names(one).touched]
        for one in self._migration.before(self._loop):
            for line in ast.parse(self._code(one)).body:
                match line:
                    case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call) if (
                        last_name(call) == "get_model" and stored.count(name) == 1 and not call.keywords
                    ):
                        parts = [given.value for given in call.args if isinstance(given, ast.Constant)]
                        model = ".".join(map(str, parts))
                        if len(parts) == len(call.args) and model.count(".") == 1:
                            found[name] = table_of(model)
                            self._names_of_models[name] = model
        return found

    def _source(self, loop: cst.For) -> tuple[str, str]:
        """The model whose rows the loop goes through, and its table."""
        narrowed = Narrowed(self._migration, self._function(), self._statements)
        narrowed.by_loop(loop)
        root = dotted(narrowed.old) if isinstance(narrowed.old, cst.Attribute) else None
        name, _, manager = (root or "").rpartition(".")
        if name not in self._told.models or manager not in MANAGERS:
            raise CannotRemove(f"of which model the rows are that its loop goes through is not seen; {BY_HAND}")
        return self._names_of_models[name], self._told.models[name]

    def _function(self) -> cst.FunctionDef:
        if self._around is None:
            raise CannotRemove(f"it stands in no function of the migration; {BY_HAND}")
        return self._around

    def _first(self) -> Iterator[Any]:
        for table in self._alone:
            yield cst.parse_statement(f"{_ALONE}(connection, {literal(table)})")

    def _narrowed(self, function: cst.FunctionDef) -> Iterator[Narrowed]:
        found = Narrowed(self._migration, function, self._statements)
        found.by_loop(cst.ensure_type(self._loop, cst.For))
        yield found

    def read(self) -> frozenset[str]:
        """The attributes of its rows that the loop speaks of."""
        return frozenset(
            node.attr
            for node in ast.walk(ast.parse(self._code(self._loop)))
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == self.row
        )

    # --- Whether each row stands for itself, with all that belongs to it ---------------------------------------------

    def _refuse_others(self, used: Used) -> None:
        """Refuse what makes other changes on the way to the loop: it would make them for each batch."""
        nodes = [*used.before.values(), *used.module.values()]
        if any(self._migration.holds(node, one) for one in self._asked.others for node in nodes):
            raise CannotRemove(f"what its loop uses makes another change too; {BY_HAND}")

    def _check(
        self, before: list[Any], body: list[Any], module: list[Any], _lists: frozenset[str], *, fills: bool
    ) -> None:
        setup = ast.parse("".join(self._code(one) for one in before))
        helpers = ast.parse("".join(self._code(one) for one in module if not is_import(one) or renames(one)))
        whole = ast.parse("".join(self._code(one) for one in body))
        loop = next(one for one in whole.body if isinstance(one, ast.For))
        owned = Owned(loop, self.row, self.table, self._told)
        births = Births(loop, self.row, owned, list(self._births(loop)), self._fields())
        own = {name for one in (*self._migration.module_body, self._loop) for name in self._names(one).touched}
        if taken := own & {_IN_ORDER, _ALONE}:
            raise CannotRemove(f"it has a name of its own that its function needs ({min(taken)}); {BY_HAND}")
        reason = taken_along(self._unmade(loop), setup, helpers, self.row, frozenset(), fills=fills)
        if reason is None and (made := births.reason()) is not None:
            raise MakesRows(f"{made}; {BY_HAND}")
        reason = (
            reason
            or adds_to_itself(ast.Module(loop.body, []), owned.rows)
            or next(filter(None, (trades(_body_of(loop, name), name, ()) for name in owned.rows)), None)
            or next(self._of_others(loop, owned), None)
            or next(_in_no_order(loop, owned), None)
        )
        self._alone = tuple(sorted(births.shared))
        free = frozenset(map(id, (*owned.free(loop), *births.free())))
        for one in self._every:
            asked = one.asked
            if not asked.model:
                continue  # of a table between two others, of which `births` says all
            elsewhere = Elsewhere(asked.model, asked.table, asked.accessors, asked.fields, asked.row)
            if one.makes:
                reason = reason or elsewhere.read(setup, whole, helpers, free)
                continue
            reason = reason or gives_a_key(whole, owned.rows, asked.fields, asked.keys)
            reason = reason or updates_by_itself(ast.Module([*setup.body, *whole.body], []), helpers, asked.fields)
            reason = reason or elsewhere.read(setup, whole, helpers, free)
        if reason is not None:
            raise CannotRemove(f"{reason}; {BY_HAND}")

    def _fields(self) -> frozenset[str]:
        return frozenset(field for one in self._every if not one.makes for field in one.asked.fields)

    def _births(self, loop: ast.For) -> Iterator[Birth]:
        for one in self._every:
            if one.makes:
                yield from (Birth(node, one.asked.table) for node in self._places(loop, one))

    def _places(self, loop: ast.For, member: Member) -> list[ast.Call]:
        """Where in a loop a change is made, as it is written."""
        wanted = ast.dump(ast.parse(self._code(member.call).strip(), mode="eval").body)
        return [node for node in ast.walk(loop) if isinstance(node, ast.Call) and ast.dump(node) == wanted]

    def _unmade(self, loop: ast.For) -> ast.For:
        """The loop as it is without the calls that make rows for nothing else: what these do is known."""
        made = {ast.dump(one.node) for one in self._births(loop)}
        return _Without(made).visit(deepcopy(loop)) if made else loop

    def _of_others(self, loop: ast.For, owned: Owned) -> Iterator[str]:
        """Say what of the changes reaches rows that belong to no row of the loop, or to several."""
        paths = owned.paths(loop)
        for one in self._every:
            if one.makes:
                continue
            whose = [changed(node) for node in self._places(loop, one)]
            given = [owned.of(node) if node is not None else None for node in whose]
            if not given or any(found is None or found.table != one.asked.table for found in given):
                yield _OTHERS
            if len(paths.get(one.asked.table, ())) != 1 or one.asked.takes_others:
                yield _OTHERS
            leads = {field for every in paths.values() for path in every for of, field in path if of == one.asked.table}
            if {field.removesuffix("_id") for field in one.asked.fields} & {one.removesuffix("_id") for one in leads}:
                yield "its loop writes to which of its rows others belong"
            if any(
                names & {field.lower() for field in one.asked.fields}
                for names in (*owned.chosen_by(loop, one.asked.table), *_ordered_by(loop, owned, one.asked.table))
            ):
                yield "its loop takes one of several rows, or orders them, by what it writes"
        if written_twice(loop, self.row):
            yield "its loop writes one row more than once"

    # --- In an order that stays --------------------------------------------------------------------------------------

    def _as_it_comes(self, node: cst.CSTNode) -> Any:
        """Loops inside whose rows count for each other go through them in one order each time, where they say none."""
        made = super()._as_it_comes(node)
        return made.with_changes(body=made.body.visit(_InOrder(self._code))) if node is self._loop else made


class _Without(ast.NodeTransformer):
    """Leaves calls out that stand for themselves; what they are given stays."""

    def __init__(self, calls: Collection[str]) -> None:
        self._calls = calls

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        match node.value:
            case ast.Call(args=args, keywords=keywords) if ast.dump(node.value) in self._calls:
                given = ast.Tuple([*args, *(one.value for one in keywords)], ast.Load())
                return ast.copy_location(ast.Expr(given), node)
        return node


class _InOrder(cst.CSTTransformer):
    def __init__(self, code: Callable[[cst.CSTNode], str]) -> None:
        super().__init__()
        self._code = code

    def leave_For(self, original_node: cst.For, updated_node: cst.For) -> cst.For:
        loop = ast.parse(self._code(original_node).strip("\n")).body[0]
        if not isinstance(loop, ast.For) or not goes_by_order(loop):
            return updated_node
        source = row_of(original_node)[1]
        if "order_by(" in self._code(source) or not _is_queryset(source):
            return updated_node
        ordered = cst.Call(cst.Name(_IN_ORDER), [cst.Arg(source)])
        changed_iter = updated_node.iter.deep_replace(row_of(updated_node)[1], ordered)
        return updated_node.with_changes(iter=changed_iter)


def _ordered_by(loop: ast.For, owned: Owned, table: str) -> Iterator[frozenset[str]]:
    """The names that choose and order rows of a table where these count for each other."""
    known = dict(held(loop))
    for inner in ast.walk(ast.Module(loop.body, [])):
        if isinstance(inner, ast.For) and goes_by_order(inner):
            rows = owned.of(gone_through(inner))
            if rows is not None and rows.table == table:
                yield spoken(behind(gone_through(inner), known))


def _in_no_order(loop: ast.For, owned: Owned) -> Iterator[str]:
    """Say it of loops inside whose rows count for each other, and which may go through them in another order each time."""
    known = dict(held(loop))
    for inner in ast.walk(ast.Module(loop.body, [])):
        match inner:
            case ast.For() if goes_by_order(inner):
                source = behind(gone_through(inner), known)
            case ast.Call(func=ast.Attribute(value=rows, attr="pop")) if owned.of(rows) is not None:
                source = behind(rows, known)
            case _:
                continue
        asks = owned.of(source) is not None or is_of_a_queryset(source)
        if asks and last_name(source) != _IN_ORDER and "order_by(" not in ast.unparse(source):
            yield "its loop goes through rows in no order that stays, and what it does depends on that"


def _body_of(loop: ast.For, row: str) -> list[ast.stmt]:
    """The statements that are run for each row that a variable holds."""
    inner = [one for one in ast.walk(loop) if isinstance(one, ast.For) and _holds(one, row)]
    return inner[-1].body if inner else loop.body


def _holds(loop: ast.For, row: str) -> bool:
    return any(isinstance(one, ast.Name) and one.id == row for one in ast.walk(loop.target))


def _is_queryset(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value in _QUERYSETS
