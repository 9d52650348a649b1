"""Drops the files that cannot hold a data change, so that the costly parsers see only the others.

An allow-list, which may only be wrong on the safe side: a file is dropped if all that stands in it, reached or not, is
a known schema operation, the building of its arguments, or a call of something pure, and no text says backfill. Names
count for what they are imported as, and a name that is bound in two ways counts for nothing.
"""

from __future__ import annotations

import ast
import builtins
import re
import warnings
from collections.abc import Callable
from typing import Any

SIZE_LIMIT = 256 * 1024
"""Larger files are not judged here: parsing them would take the parent process too long."""

_TELLING = (b"RunPython", b"RunSQL", b"execute", b"bulk_insert", b"get_bind", b"listen", b"DDL")
"""Words that decide without parsing. Comments that use them only cost a closer look."""

_BACKFILL = re.compile(rb"back[\W_]{0,3}fill")
_COOKIE = re.compile(rb"coding[:=](?![ \t]*(?:utf-?8|ascii|us-ascii|latin-1)\b)", re.IGNORECASE)
"""An encoding under which the bytes need not mean what they seem to say."""

_OP = "alembic.op"
_BATCH = "alembic.batch"
_MIGRATIONS = "django.db.migrations"
_SEPARATE = f"{_MIGRATIONS}.SeparateDatabaseAndState"
_LOGGER = "logging.Logger"
_FACTS = frozenset({"dialect", "version_table_schema"})

_ON_TABLES = (
    "add_column alter_column create_check_constraint create_exclude_constraint create_foreign_key create_index "
    "create_primary_key create_table_comment create_unique_constraint drop_column drop_constraint drop_index "
    "drop_table_comment f"
).split()
_ALEMBIC = {
    *(f"{_BATCH}.{name}" for name in _ON_TABLES),
    *(f"{_OP}.{name}" for name in (*_ON_TABLES, "batch_alter_table", "create_table", "drop_table", "rename_table")),
}
_DJANGO = {
    *(
        f"{_MIGRATIONS}.{name}"
        for name in (
            "AddConstraint AddField AddIndex AlterConstraint AlterField AlterIndexTogether AlterModelManagers "
            "AlterModelOptions AlterModelTable AlterModelTableComment AlterOrderWithRespectTo AlterUniqueTogether "
            "CreateModel DeleteModel RemoveConstraint RemoveField RemoveIndex RenameField RenameIndex RenameModel"
        ).split()
    ),
    *(
        f"django.contrib.postgres.operations.{name}"
        for name in (
            "AddConstraintNotValid AddIndexConcurrently BloomExtension BtreeGinExtension BtreeGistExtension "
            "CITextExtension CreateCollation CreateExtension CryptoExtension HStoreExtension RemoveCollation "
            "RemoveIndexConcurrently TrigramExtension UnaccentExtension ValidateConstraint"
        ).split()
    ),
}
_LOGGING = {f"{_LOGGER}.{name}" for name in ("debug", "info", "warning", "error")}
_PURE = {
    f"{_MIGRATIONS}.swappable_dependency",
    "functools.partial",
    "logging.getLogger",
    "re.compile",
    "textwrap.dedent",
    "warnings.warn",
}
_KNOWN = _ALEMBIC | _DJANGO | _LOGGING | _PURE
_PURE_PACKAGES = (
    "collections.",
    "datetime.",
    "decimal.",
    "django.contrib.gis.db.models.",
    "django.contrib.postgres.",
    "django.core.validators.",
    "django.db.models.",
    "django.utils.",
    "enum.",
    "sqlalchemy.",
    "uuid.",
)
"""Packages whose functions and classes only build values."""

_PURE_BUILTINS = frozenset(
    "abs all any bool bytes dict enumerate float frozenset int isinstance len list max min object print range repr "
    "reversed round set sorted str sum tuple zip "
    "AssertionError Exception KeyError NotImplementedError RuntimeError TypeError ValueError".split()
)
"""Without those that call what they are given; `key=` and such are refused where they are used."""

_PURE_METHODS = frozenset({"asc", "desc", "is_", "is_not", "isnot", "label", "nulls_last", "with_variant"})
"""Methods of such values that give others of their kind."""

_HARMLESS = frozenset({
    ast.Module, ast.alias, ast.arguments, ast.Return, ast.AnnAssign, ast.AugAssign, ast.For, ast.While,
    ast.If, ast.withitem, ast.Raise, ast.Try, ast.Assert, ast.Expr, ast.Pass, ast.Break, ast.Continue, ast.BoolOp,
    ast.NamedExpr, ast.BinOp, ast.UnaryOp, ast.Lambda, ast.IfExp, ast.Dict, ast.Set, ast.ListComp, ast.SetComp,
    ast.DictComp, ast.GeneratorExp, ast.comprehension, ast.Compare, ast.keyword, ast.FormattedValue, ast.JoinedStr,
    ast.Constant, ast.Starred, ast.List, ast.Tuple, ast.Slice,
})  # fmt: skip
"""Nodes that are what their parts are. Those with a meaning have a method of `_Inspection`; all others are refused."""

_ENTRY_POINTS = frozenset({"upgrade", "downgrade", "operations", "Migration"})
_OPEN_DUNDERS = frozenset({"__name__", "__file__", "__doc__", "__tablename__", "__table_args__"})


class _Unsure(Exception):
    """Something stands in the file that this module does not know."""


def may_hold_operation(source: bytes) -> bool:
    """Say whether a file has to be read; False only if it cannot hold a data change or speak of a backfill."""
    if len(source) > SIZE_LIMIT or any(word in source for word in _TELLING):
        return True
    if _BACKFILL.search(source.lower()) or _COOKIE.search(b"".join(source.splitlines()[:2])):
        return True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd escapes are the affair of other tools
            tree = ast.parse(source)
        _Inspection().run(tree)
    except (_Unsure, SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return False


class _Inspection:
    """Looks at every node of a module once, and then, knowing what names mean, at what is called."""

    def __init__(self) -> None:
        self._origins: dict[str, str] = {}
        self._defined: set[str] = set()
        self._bound: set[str] = set()
        self._calls: list[tuple[ast.Call, bool]] = []
        """Each call, and whether it only builds an argument of another one."""
        self._classes: list[ast.ClassDef] = []
        self._loaded: set[str] = set()
        self._facts: set[ast.Call] = set()
        """Calls of `get_context` of which only a plain fact is asked: `op.get_context().dialect.name`."""
        self._special: set[ast.AST] = set()
        """Nodes that were judged where they stand."""
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
                raise _Unsure
        if self._bound & {"upgrade", "downgrade", "Migration"}:
            raise _Unsure
        self._bound |= self._defined & self._origins.keys()
        for name in self._bound:
            self._origins.pop(name, None)
        if any(self._origins.get(name) in (_OP, _BATCH) for name in self._loaded):
            raise _Unsure  # handed on as a value, to be used out of sight
        for definition in self._classes:
            top_level = definition.name == "Migration" and definition in tree.body
            (self._migration if top_level else self._class)(definition)
        for call, only_built in self._calls:
            self._judge(call, only_built)

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
            raise _Unsure
        if isinstance(node.ctx, ast.Load):
            self._loaded.add(node.id)
        elif node not in self._special:
            self._bound.add(node.id)

    def _attribute(self, node: ast.Attribute, built: bool) -> None:
        # Setting an attribute of a loaded row is a write, and one of a class may be its `operations`.
        if not isinstance(node.ctx, ast.Load) or node.attr.startswith("__"):
            raise _Unsure
        if node.attr in _FACTS and isinstance(node.value, ast.Call):
            self._facts.add(node.value)
        self._stack.append((node.value, built))

    def _subscript(self, node: ast.Subscript, built: bool) -> None:
        if not isinstance(node.ctx, ast.Load) and not isinstance(node.value, ast.Name):
            raise _Unsure
        self._parts(node, built)

    def _argument(self, node: ast.arg, built: bool) -> None:
        self._bound.add(node.arg)
        self._parts(node, built)

    def _handler(self, node: ast.ExceptHandler, built: bool) -> None:
        if node.name:
            self._bound.add(node.name)
        self._parts(node, built)

    def _definition(self, node: ast.FunctionDef | ast.ClassDef, _: bool) -> None:
        if node.decorator_list or node.name == "__getattr__":
            raise _Unsure
        self._defined.add(node.name)
        if isinstance(node, ast.ClassDef):
            self._classes.append(node)
        self._parts(node, False)

    def _import(self, node: ast.Import | ast.ImportFrom, _: bool) -> None:
        package = f"{'.' * node.level}{node.module or ''}." if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names:
            whole = bool(alias.asname or package)
            name = alias.asname or (alias.name if package else alias.name.partition(".")[0])
            if name == "*" or name in _ENTRY_POINTS:
                raise _Unsure
            self._means(name, package + alias.name if whole else name)

    def _assignment(self, node: ast.Assign, built: bool) -> None:
        match node:
            case ast.Assign(targets=[ast.Name(id=name) as target], value=ast.Call(func=function)):
                if _dotted(function) == ("logging", "getLogger"):
                    self._special.add(target)
                    self._means(name, _LOGGER)
        self._parts(node, built)

    def _with(self, node: ast.With, built: bool) -> None:
        """Give the names of `with op.batch_alter_table(…) as name` a meaning; other contexts run unknown code."""
        for item in node.items:
            match item:
                case ast.withitem(ast.Call(func=function), None | ast.Name() as target) if _dotted(function)[1:] == (
                    "batch_alter_table",
                ):
                    if target is not None:
                        self._special.add(target)
                        self._means(target.id, _BATCH)
                case ast.withitem(
                    ast.Call(ast.Attribute(ast.Call(function) as context, "autocommit_block")) as call, None
                ) if _dotted(function)[1:] == ("get_context",):
                    self._facts.add(context)
                    self._special.add(call)
                case _:
                    raise _Unsure
        self._parts(node, built)

    def _means(self, name: str, origin: str) -> None:
        if self._origins.setdefault(name, origin) != origin:
            self._bound.add(name)

    def _call(self, node: ast.Call, built: bool) -> None:
        self._calls.append((node, built))
        parts = _dotted(node.func)
        # Arguments of `str()` and of functions of this file are not only built: something is done with them.
        built = built or len(parts) > 1 or not parts or parts[0][:1].isupper()
        self._stack.extend((part, built) for part in (*node.args, *(keyword.value for keyword in node.keywords)))
        if not parts:
            self._stack.append((node.func, built))
        elif any(part.startswith("__") for part in parts):
            raise _Unsure

    # What is called.

    def _origin(self, node: ast.expr) -> str:
        """Spell out what a dotted name was imported as."""
        parts = _dotted(node)
        return ".".join((self._origins[parts[0]], *parts[1:])) if parts and parts[0] in self._origins else ""

    def _judge(self, node: ast.Call, built: bool) -> None:
        if node in self._special:
            return
        if node in self._facts and self._origin(node.func) in (f"{_OP}.get_context", "alembic.context.get_context"):
            return
        parts = _dotted(node.func)
        if parts and self._is_known(parts, node, built):
            return
        if not self._is_pure_method(node):
            raise _Unsure

    def _is_pure_method(self, node: ast.Call) -> bool:
        """Pass methods of text that stands there, and `sa.Text().with_variant(…)`."""
        while isinstance(node.func, ast.Attribute):
            match node.func.value:
                case ast.Constant() | ast.JoinedStr():
                    return True
                case ast.Call() as receiver if node.func.attr in _PURE_METHODS:
                    if self._origin(receiver.func).startswith(_PURE_PACKAGES):
                        return True
                    node = receiver
                case _:
                    return False
        return False

    def _is_known(self, parts: tuple[str, ...], node: ast.Call, built: bool) -> bool:
        root = parts[0]
        if root in self._origins:
            return _is_known_origin(".".join((self._origins[root], *parts[1:])), built)
        if len(parts) > 1 or root in self._bound:
            return False
        if root in self._defined:  # a method of some class may be called like a builtin
            return not hasattr(builtins, root)
        return root in _PURE_BUILTINS and not any(keyword.arg in (None, "key", "file") for keyword in node.keywords)

    def _class(self, node: ast.ClassDef) -> None:
        """Pass a class whose bases bring no code that is unknown; its own body is looked at like all else."""
        for base in node.bases:
            origin = self._origin(base)
            local = isinstance(base, ast.Name) and base.id in (self._defined - self._bound) | _PURE_BUILTINS
            if not local and not origin.startswith(_PURE_PACKAGES):
                raise _Unsure
        if node.keywords:
            raise _Unsure

    def _migration(self, node: ast.ClassDef) -> None:
        bases = [self._origin(base) for base in node.bases]
        if bases != [f"{_MIGRATIONS}.Migration"] or node.keywords:
            raise _Unsure
        for statement in node.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    pass
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    pass
                case ast.Pass() | ast.Expr(value=ast.Constant()):
                    continue
                case _:
                    raise _Unsure
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
                raise _Unsure

    def _operation(self, element: ast.expr) -> None:
        origin = self._origin(element.func) if isinstance(element, ast.Call) else ""
        if isinstance(element, ast.Call) and origin == _SEPARATE:
            self._special.add(element)
            for operations in (*element.args, *(keyword.value for keyword in element.keywords)):
                self._operations(operations)
        elif origin not in _DJANGO:
            raise _Unsure


def _is_known_origin(origin: str, built: bool) -> bool:
    if origin in _KNOWN:
        return True
    *folders, name = origin.split(".")
    if "event" in folders:
        return False
    is_class = name.lstrip("_")[:1].isupper()
    if origin.startswith(_PURE_PACKAGES):
        # A method of a class is something else: `models.Model.objects.create`.
        return is_class or not any(folder[:1].isupper() for folder in folders)
    return is_class and built and not origin.startswith(_MIGRATIONS)


def _dotted(node: ast.expr) -> tuple[str, ...]:
    """Give the parts of `a.b.c`, or nothing where the expression is something else."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return (node.id, *reversed(parts)) if isinstance(node, ast.Name) else ()


_MEANINGFUL: dict[type[ast.AST], Callable[[_Inspection, Any, bool], None]] = {
    ast.Assign: _Inspection._assignment,
    ast.Attribute: _Inspection._attribute,
    ast.Call: _Inspection._call,
    ast.ClassDef: _Inspection._definition,
    ast.ExceptHandler: _Inspection._handler,
    ast.FunctionDef: _Inspection._definition,
    ast.Import: _Inspection._import,
    ast.ImportFrom: _Inspection._import,
    ast.Name: _Inspection._name,
    ast.Subscript: _Inspection._subscript,
    ast.With: _Inspection._with,
    ast.arg: _Inspection._argument,
}
_KINDS: tuple[type[ast.AST], ...] = (*_HARMLESS, *_MEANINGFUL)
_FIELDS = {kind: tuple(name for name in kind._fields if name not in {"ctx", "op", "ops"}) for kind in _KINDS}
