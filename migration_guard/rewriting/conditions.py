"""What a condition asks: how the schema is, or which database it is; or something of the rows, or of the world."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator

from migration_guard.rewriting.dialects import Unclear, asks_which, on_postgresql
from migration_guard.rewriting.expressions import last_name, values_of
from migration_guard.rewriting.vacant import asks_for_rows, changed_by, changes_nothing_else

_SCHEMA = frozenset(
    "get_columns get_table_names get_view_names get_schema_names get_indexes get_unique_constraints get_pk_constraint "
    "get_foreign_keys get_check_constraints get_enums get_sequence_names get_temp_table_names has_table has_index has_sequence "
    "has_schema has_column is_offline_mode table_names get_table_list get_table_description get_constraints applied_migrations "
    "get_materialized_view_names get_multi_columns".split()
)
"""Calls that ask how the schema is, or what has been applied to it."""
_DATABASE = frozenset({"dialect", "vendor", "offline_mode", "as_sql"})
"""Attributes that tell which database it is."""
_COMPUTES = frozenset(
    "len set list tuple dict frozenset sorted any all bool str int isinstance getattr hasattr get keys values items lower upper "
    "strip startswith endswith union difference intersection issubset issuperset isdisjoint split format next iter map filter "
    "copy index count enumerate zip".split()
)
"""Calls that ask nobody."""
_GIVES = frozenset(
    {"get_bind", "inspect", "get_context", "get_impl", "from_engine", "get_inspector", "connection", "MetaData"}
)
"""Calls that give who can be asked."""
_EXECUTES = frozenset(
    {"execute", "scalar", "scalars", "fetchone", "fetchall", "first", "all", "one", "text", "exec_driver_sql"}
)
_OF_CATALOGS = re.compile(
    r"information_schema|\bpg_(?:catalog|class|tables|indexes|constraint|attribute|type|enum|namespace)\b",
    re.IGNORECASE,
)
_BY_NAME = re.compile(
    r"_?(?:(?:(?:has|is|does)_)?(?:table|column|index|constraint|schema|sequence|enum|foreign_?key|fk|view)s?_?(?:exists?|present)"
    r"|has_(?:table|column|index|constraint|schema|sequence|foreign_?key|view)|(?:get_)?(?:table|column|index)_?names"
    r"|is_(?:postgres(?:ql)?|sqlite|mysql|oracle)|(?:get_)?dialect(?:_name)?)",
    re.IGNORECASE,
)
"""Functions out of sight whose name says what they ask of the schema."""
_NAMES = frozenset({"op", "sa", "sqlalchemy", "context", "alembic", "self", "inspect", "connection", *dir(builtins)})
_MOST = 12


class Conditions:
    """The conditions of a function of a migration, with what its variables hold and its functions return."""

    def __init__(self, module: ast.Module, function: ast.AST | None) -> None:
        self._module = module
        self._scopes = [function, module] if function is not None else [module]
        given = {one.arg for scope in self._scopes for one in ast.walk(scope) if isinstance(one, ast.arg)}
        self._plain = given | _NAMES
        """Names that ask nobody anything by themselves."""

    def asks_the_schema(self, test: ast.expr) -> bool:
        """Whether an expression depends on nothing but the schema, or the kind of database."""
        self._plain = self._plain | {one.id for one in ast.walk(test) if isinstance(one, ast.Name) and _is_set(one)}
        return self._schema(test, 0) is True

    def asks_for_rows_of(self, test: ast.expr, statement: ast.stmt, *, holds: bool) -> bool:
        """Whether a condition only asks if there are rows that a statement of the function changes, and finds them as they are."""
        rows = changed_by(statement)
        if rows is None or not changes_nothing_else(self._scopes[0], statement):
            return False
        try:
            return asks_for_rows(self._whole(test, 0), self._whole(rows, 0), holds=holds)
        except Unclear:
            return False

    def runs_on_postgresql(self, test: ast.expr, *, holds: bool) -> bool:
        """Whether the branch of a condition may be PostgreSQL's: not where what it asks of databases is not understood."""
        try:
            return on_postgresql(self._whole(test, 0)) in (holds, None)
        except Unclear:
            return False

    # --- What an expression asks -------------------------------------------------------------------------------------

    def _schema(self, node: ast.AST, depth: int) -> bool | None:
        """True where it asks the schema, None where it asks nothing, False for all else."""
        if depth > _MOST:
            return False
        match node:
            case ast.Constant() | ast.Load() | ast.Store():
                return None
            case ast.Name(id=name):
                held = list(self._held(name))
                if held or name in self._plain:
                    return self._all(held, depth) if held else None
                return _BY_NAME.fullmatch(name) is not None
            case ast.Attribute(attr=attr) if attr in _DATABASE:
                return True
            case ast.Call():
                return self._of_call(node, depth)
            case ast.Lambda() | ast.Await() | ast.Yield() | ast.YieldFrom() | ast.NamedExpr():
                return False
        return self._all(list(ast.iter_child_nodes(node)), depth)

    def _of_call(self, call: ast.Call, depth: int) -> bool | None:
        name = last_name(call)
        inside = [*call.args, *(one.value for one in call.keywords)]
        on = [call.func.value] if isinstance(call.func, ast.Attribute) else []
        if name in _SCHEMA:
            return True
        if (own := self._function(name)) is not None and not on:
            return self._of_function(own, depth + 1)
        if name in _GIVES:
            return None
        if name in _COMPUTES:
            return self._all([*on, *inside], depth)
        if name in _EXECUTES:
            texts = [
                one.value for one in ast.walk(call) if isinstance(one, ast.Constant) and isinstance(one.value, str)
            ]
            return bool(texts) and any(map(_OF_CATALOGS.search, texts))
        return _BY_NAME.fullmatch(name) is not None

    def _of_function(self, function: ast.FunctionDef, depth: int) -> bool | None:
        """What a function asks that the same file defines: by all that it returns, and all on which that depends."""
        inner = Conditions(self._module, function)
        given = [one.value for one in ast.walk(function) if isinstance(one, ast.Return) and one.value is not None]
        tests = [one.test for one in ast.walk(function) if isinstance(one, (ast.If, ast.While))]
        return inner._all([*given, *tests], depth)

    def _all(self, nodes: list[ast.AST] | list[ast.expr], depth: int) -> bool | None:
        found = [self._schema(one, depth + 1) for one in nodes]
        if False in found:
            return False
        return True if True in found else None

    # --- What names stand for ----------------------------------------------------------------------------------------

    def _held(self, name: str) -> Iterator[ast.expr]:
        """Whatever a variable may hold, in the function or else in the module."""
        for scope in self._scopes:
            found = [one for node in ast.walk(scope) for one in values_of(node, name)]
            if found:
                yield from found
                return

    def _function(self, name: str) -> ast.FunctionDef | None:
        found = [one for one in self._module.body if isinstance(one, ast.FunctionDef) and one.name == name]
        return found[0] if len(found) == 1 else None

    def _whole(self, node: ast.expr, depth: int) -> ast.expr:
        """The expression as it would be without variables and functions of its own. Raises Unclear."""
        conditions = self

        class Replaced(ast.NodeTransformer):
            def visit_Name(self, one: ast.Name) -> ast.AST:
                held = list(conditions._held(one.id)) if depth < _MOST else []
                return conditions._whole(held[0], depth + 1) if len(held) == 1 else one

            def visit_Call(self, one: ast.Call) -> ast.AST:
                function = conditions._function(last_name(one))
                if function is None or depth >= _MOST:
                    return self.generic_visit(one)
                lines = function.body
                if isinstance(lines[-1], ast.Return) and lines[-1].value is not None and _goes_straight(lines):
                    inner = Conditions(conditions._module, function)
                    return inner._whole(lines[-1].value, depth + 1)
                if asks_which(function):
                    raise Unclear(ast.unparse(one))
                return self.generic_visit(one)

        found = Replaced().visit(ast.parse(ast.unparse(node), mode="eval").body)
        assert isinstance(found, ast.expr)
        return found


def _goes_straight(lines: list[ast.stmt]) -> bool:
    """Whether a function has one way, which its last line ends."""
    branches = (ast.If, ast.While, ast.For, ast.Try, ast.Match)
    return not any(isinstance(one, branches) for line in lines for one in ast.walk(line))


def _is_set(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)
