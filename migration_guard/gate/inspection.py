"""Looks at all that stands in a module: what is not known to be harmless makes it unsure."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from typing import Any

from migration_guard.gate.known import (
    COMPUTE,
    CONTEXTS,
    EXECUTES,
    FACTS,
    MIGRATIONS,
    NO_SQL,
    PLAIN_METHODS,
    PURE_BUILTINS,
    PURE_METHODS,
    PURE_PACKAGES,
    RUN_SQL,
    SCHEMA_OPERATIONS,
    SEPARATE,
    SOUTH_MIGRATION,
    TEXT,
    calls_known,
    is_class,
    is_handle,
    is_known,
    is_plain,
    may_be_built,
    may_call,
    same,
)
from migration_guard.gate.names import Names
from migration_guard.gate.text import only_calls_known

_HARMLESS = frozenset({
    ast.Module, ast.alias, ast.arguments, ast.Return, ast.AugAssign, ast.While,
    ast.If, ast.withitem, ast.Raise, ast.Try, ast.Assert, ast.Expr, ast.Pass, ast.Break, ast.Continue, ast.BoolOp,
    ast.NamedExpr, ast.BinOp, ast.UnaryOp, ast.Lambda, ast.IfExp, ast.Dict, ast.Set, ast.ListComp, ast.SetComp,
    ast.DictComp, ast.GeneratorExp, ast.comprehension, ast.Compare, ast.keyword, ast.FormattedValue, ast.JoinedStr,
    ast.Constant, ast.Starred, ast.List, ast.Tuple, ast.Slice,
})  # fmt: skip
"""Nodes that are what their parts are. Those with a meaning have a method of `Inspection`; all others are refused."""

_ENTRY_POINTS = frozenset({"upgrade", "downgrade", "operations", "Migration"})
_CHANGEABLE = frozenset({"Migration", "operations"})
_OPEN_DUNDERS = frozenset({"__name__", "__file__", "__doc__", "__tablename__", "__table_args__"})


class Unsure(Exception):
    """Something stands in the file that the gate does not know."""


class Inspection:
    """Looks at every node of a module once, and then, knowing what names mean, at what is called."""

    def __init__(self) -> None:
        self._names = Names()
        self._calls: list[tuple[ast.Call, bool]] = []
        """Each call, and whether it only builds an argument of another one."""
        self._classes: list[ast.ClassDef] = []
        self._contexts: list[ast.expr] = []
        self._values: list[ast.expr] = []
        """Where a handle may stand that can change data."""
        self._in_sight: set[ast.AST] = set()
        """Those of them with which nothing can happen that is not judged."""
        self._special: set[ast.AST] = set()
        """Nodes that were judged where they stand."""
        self._of_south = False
        self._stack: list[tuple[ast.AST, bool]] = []

    def run(self, tree: ast.Module) -> None:
        self._stack.append((tree, False))
        while self._stack:
            node, built = self._stack.pop()
            kind = type(node)
            if kind in _HARMLESS:
                self._parts(node, built)
            elif kind in _MEANINGFUL:
                _MEANINGFUL[kind](self, node, built)
            else:
                raise Unsure
        if any(not self._names.is_defined(name) and not self._names.is_free(name) for name in _DEFINED_ONCE):
            raise Unsure
        for definition in self._classes:
            top_level = definition.name == "Migration" and definition in tree.body
            (self._migration if top_level else self._class)(definition)
        for context in self._contexts:
            self._require(self._names.origin(context) in CONTEXTS)
        for call, only_built in self._calls:
            self._judge(call, only_built)
        for value in self._values:
            self._require(value in self._in_sight or not self._is_handle(value))

    @staticmethod
    def _require(condition: object) -> None:
        if not condition:
            raise Unsure

    def _parts(self, node: ast.AST, built: bool) -> None:
        for name in _FIELDS[type(node)]:
            part = getattr(node, name)
            if isinstance(part, list):
                self._stack.extend((one, built) for one in part if one is not None)
            elif isinstance(part, ast.AST):
                self._stack.append((part, built))

    # What names mean. A method for each kind of node that gives names a meaning, or uses them.

    def _name(self, node: ast.Name, _: bool) -> None:
        if node.id.startswith("__") and node.id not in _OPEN_DUNDERS:
            raise Unsure
        if not isinstance(node.ctx, ast.Load):
            if node not in self._special:
                self._names.bound.add(node.id)
        elif node.id in _CHANGEABLE:
            raise Unsure  # it could be changed under another name
        else:
            self._values.append(node)

    def _attribute(self, node: ast.Attribute, built: bool) -> None:
        # Setting an attribute of a loaded row is a write, and one of a class may be its `operations`.
        if not isinstance(node.ctx, ast.Load) or node.attr.startswith("__"):
            raise Unsure
        if node.attr in FACTS:
            self._in_sight.add(node.value)
            self._values.append(node)
        self._stack.append((node.value, built))

    def _subscript(self, node: ast.Subscript, built: bool) -> None:
        if not isinstance(node.ctx, ast.Load) and not isinstance(node.value, ast.Name):
            raise Unsure
        self._parts(node, built)

    def _argument(self, node: ast.arg, built: bool) -> None:
        self._names.bound.add(node.arg)
        self._parts(node, built)

    def _handler(self, node: ast.ExceptHandler, built: bool) -> None:
        if node.name:
            self._names.bound.add(node.name)
        self._parts(node, built)

    def _definition(self, node: ast.FunctionDef | ast.ClassDef, _: bool) -> None:
        if node.decorator_list or node.name == "__getattr__":
            raise Unsure
        self._names.defined.add(node.name)
        if isinstance(node, ast.ClassDef):
            self._classes.append(node)
        self._parts(node, False)

    def _import(self, node: ast.Import | ast.ImportFrom, _: bool) -> None:
        package = f"{'.' * node.level}{node.module or ''}." if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names:
            whole = bool(alias.asname or package)
            name = alias.asname or (alias.name if package else alias.name.partition(".")[0])
            if name == "*" or name in _ENTRY_POINTS:
                raise Unsure
            self._names.imports(name, package + alias.name if whole else name)

    def _assignment(self, node: ast.Assign | ast.AnnAssign, built: bool) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if len(targets) == 1 and node.value is not None:
            self._give(targets[0], node.value)
            if isinstance(targets[0], ast.Name) and not isinstance(node.value, ast.Name):
                self._in_sight.add(node.value)
        self._parts(node, built)

    def _loop(self, node: ast.For, built: bool) -> None:
        if isinstance(node.iter, (ast.List, ast.Tuple)):
            for element in node.iter.elts:
                self._give(node.target, element)
        self._parts(node, built)

    def _with(self, node: ast.With, built: bool) -> None:
        """Remember contexts: to enter one that is not known runs unknown code."""
        for item in node.items:
            self._contexts.append(item.context_expr)
            self._in_sight.add(item.context_expr)
            if item.optional_vars is not None:
                self._give(item.optional_vars, item.context_expr)
        self._parts(node, built)

    def _give(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._special.add(target)
            self._names.gives(target.id, value)

    def _call(self, node: ast.Call, built: bool) -> None:
        self._calls.append((node, built))
        parts = _dotted(node.func)
        # Arguments of `str()` and of functions of this file are not only built: something is done with them.
        built = built or len(parts) > 1 or not parts or is_class(parts[0])
        self._stack.extend((part, built) for part in (*node.args, *(keyword.value for keyword in node.keywords)))
        if any(part.startswith("__") for part in parts):
            raise Unsure
        if not parts and isinstance(node.func, ast.Attribute):
            self._in_sight.add(node.func.value)
        if not parts:
            self._stack.append((node.func, built))

    # What is called.

    def _is_handle(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Name):
            return any(map(is_handle, self._names.origins(node.id)))
        return is_handle(self._names.origin(node))

    def _judge(self, node: ast.Call, built: bool) -> None:
        if node in self._special:
            return
        origin = self._names.origin(node.func)
        if is_handle(same(f"{origin}()")):
            self._values.append(node)
        if origin in EXECUTES:
            self._require(len(node.args) == 1 and not node.keywords and self._names.origin(node.args[0]) == TEXT)
        elif (is_known(origin) and not _converts(node)) or self._is_of_file(node) or self._is_pure_method(node):
            self._require(not (is_known(origin) and may_call(origin) and self._is_given_a_stranger(node)))
            self._require(calls_known(origin) and not (origin in COMPUTE and self._computes(_expressions(node))))
            self._in_sight.update(node.args)
            self._in_sight.update(keyword.value for keyword in node.keywords)
        else:
            self._require((built and may_be_built(origin)) or self._is_frozen_field(node))

    def _computes(self, given: list[ast.expr]) -> bool:
        """Whether an argument is an expression of SQL that may call what is not known, and no text that changes the schema."""
        return any(
            (_may_compute(one) and self._names.origin(one) != TEXT) or any(map(self._is_strange, _elements(one)))
            for one in given
        )

    def _is_strange(self, node: ast.expr) -> bool:
        """Whether it is an attribute of something that is imported from nobody knows where: `expressions.LOWER`."""
        origin = self._names.origin(node) if isinstance(node, ast.Attribute) else ""
        return bool(origin) and not origin.startswith(PURE_PACKAGES)

    def _is_given_a_stranger(self, node: ast.Call) -> bool:
        """Whether something is handed over that is imported from nobody knows where, and may be a function."""
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        origins = [origin for one in given if isinstance(one, ast.Name) for origin in self._names.origins(one.id)]
        return any(origin and origin != TEXT and not origin.startswith(PURE_PACKAGES) for origin in origins)

    def _is_of_file(self, node: ast.Call) -> bool:
        """Pass functions of the file, which are looked at like all else, and builtins that call nothing."""
        if not isinstance(node.func, ast.Name):
            return False
        name = node.func.id
        if self._names.is_defined(name):  # a method of some class may be called like a builtin
            return not hasattr(builtins, name)
        harmless = name in PURE_BUILTINS and self._names.is_free(name)
        return harmless and not any(keyword.arg in (None, "key", "file") for keyword in node.keywords)

    def _is_pure_method(self, node: ast.Call) -> bool:
        """Pass methods of text that stands there, `sa.Text().with_variant(…)`, and plain ones of local variables."""
        while isinstance(node.func, ast.Attribute):
            match node.func.value:
                case ast.Constant() | ast.JoinedStr():
                    return True
                case owner if node.func.attr in PLAIN_METHODS and self._is_local(owner):
                    return True
                case ast.Call() as receiver if node.func.attr in PURE_METHODS:
                    if self._names.origin(receiver.func).startswith(PURE_PACKAGES):
                        return True
                    node = receiver
                case _:
                    return False
        return False

    def _is_local(self, node: ast.expr) -> bool:
        """Whether a value was made by this file, or comes from a call, which is judged by itself."""
        while isinstance(node, (ast.Attribute, ast.Subscript)):
            node = node.value
        if not isinstance(node, ast.Name):
            return isinstance(node, ast.Call)
        return (
            self._names.is_variable_only(node.id)
            and node.id not in _CHANGEABLE
            and all(map(is_plain, self._names.origins(node.id)))
        )

    def _is_frozen_field(self, node: ast.Call) -> bool:
        """Pass South's `self.gf("django.db.models.fields.TextField")(…)`, and the inner call of it."""
        match node.func if isinstance(node.func, ast.Call) else node:
            case ast.Call(ast.Attribute(ast.Name("self"), "gf"), [ast.Constant(str() as path)], []):
                return self._of_south and is_class(path.rpartition(".")[2])
        return False

    # What is run because of where it stands.

    def _class(self, node: ast.ClassDef) -> None:
        """Pass a class whose bases bring no code that is unknown; its own body is looked at like all else."""
        for base in node.bases:
            origin = self._names.origin(base)
            local = isinstance(base, ast.Name) and (
                self._names.is_defined(base.id) or (base.id in PURE_BUILTINS and self._names.is_free(base.id))
            )
            self._require(local or (origin.startswith(PURE_PACKAGES) and "(" not in origin))
        self._require(not node.keywords)

    def _migration(self, node: ast.ClassDef) -> None:
        bases = [self._names.origin(base) for base in node.bases]
        if bases == [SOUTH_MIGRATION] and not node.keywords:
            self._of_south = True
            return
        self._require(bases == [f"{MIGRATIONS}.Migration"] and not node.keywords)
        for statement in node.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    pass
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    pass
                case ast.Pass() | ast.Expr(value=ast.Constant()):
                    continue
                case _:
                    raise Unsure
            if name == "operations":
                self._operations(value)

    def _operations(self, value: ast.expr) -> None:
        """Pass a literal list of schema operations: whatever else stands there would be run."""
        match value:
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                for element in elements:
                    self._operation(element)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                self._operations(left)
                self._operations(right)
            case _:
                raise Unsure

    def _operation(self, element: ast.expr) -> None:
        if not isinstance(element, ast.Call):
            raise Unsure
        origin = self._names.origin(element.func)
        if origin == SEPARATE:
            self._special.add(element)
            for operations in (*element.args, *(keyword.value for keyword in element.keywords)):
                self._operations(operations)
        elif origin == RUN_SQL:
            self._special.add(element)
            self._run_sql(element)
        else:
            self._require(origin in SCHEMA_OPERATIONS)

    def _run_sql(self, node: ast.Call) -> None:
        self._require(len(node.args) <= 2)  # sql, reverse_sql
        for text in node.args:
            self._require(self._is_text(text))
        for keyword in node.keywords:
            match keyword.arg:
                case "sql" | "reverse_sql":
                    self._require(self._is_text(keyword.value))
                case "state_operations":
                    self._operations(keyword.value)
                case "elidable" | "hints":
                    pass
                case _:
                    raise Unsure

    def _is_text(self, node: ast.expr) -> bool:
        match node:
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                return all(self._names.origin(element) == TEXT for element in elements)
            case ast.Constant(value=None):
                return True
        return self._names.origin(node) in {TEXT, NO_SQL}


def _converts(node: ast.Call) -> bool:
    """Whether a call may compute each row's value by a function, as `postgresql_using="f(a)"` does."""
    given = [one for one in node.keywords if one.arg in _COMPUTING]
    return any(_may_compute(one.value) or (one.arg == "postgresql_using" and not _is_text(one.value)) for one in given)


def _may_compute(node: ast.expr) -> bool:
    """Whether an expression of SQL may call a function that the gate does not know."""
    match node:
        case ast.Constant(value=str() as text):
            return not only_calls_known(text)
        case ast.Constant() | ast.Call() | ast.Attribute():
            return False  # a call is judged by itself
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return any(map(_may_compute, elements))
    return True


def _expressions(node: ast.Call) -> list[ast.expr]:
    return [*node.args, *(one.value for one in node.keywords if one.arg in _COMPUTING)]


def _elements(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, (ast.List, ast.Tuple)) else [node]


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant)


_COMPUTING = frozenset(
    {"postgresql_using", "condition", "postgresql_where", "sqlite_where", "mssql_where", "sqltext", "text"}
)
"""Arguments that are expressions of SQL."""


def _dotted(node: ast.expr) -> tuple[str, ...]:
    """Give the parts of `a.b.c`, or nothing where the expression is something else."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return (node.id, *reversed(parts)) if isinstance(node, ast.Name) else ()


_DEFINED_ONCE = ("upgrade", "downgrade", "Migration")
_MEANINGFUL: dict[type[ast.AST], Callable[[Inspection, Any, bool], None]] = {
    ast.AnnAssign: Inspection._assignment,
    ast.Assign: Inspection._assignment,
    ast.Attribute: Inspection._attribute,
    ast.Call: Inspection._call,
    ast.ClassDef: Inspection._definition,
    ast.ExceptHandler: Inspection._handler,
    ast.For: Inspection._loop,
    ast.FunctionDef: Inspection._definition,
    ast.Import: Inspection._import,
    ast.ImportFrom: Inspection._import,
    ast.Name: Inspection._name,
    ast.Subscript: Inspection._subscript,
    ast.With: Inspection._with,
    ast.arg: Inspection._argument,
}
_KINDS: tuple[type[ast.AST], ...] = (*_HARMLESS, *_MEANINGFUL)
_FIELDS = {kind: tuple(name for name in kind._fields if name not in {"ctx", "op", "ops"}) for kind in _KINDS}
