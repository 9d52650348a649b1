"""Drops the files that cannot hold a data change, so that the costly parsers see only the others.

An allow-list, which may only be wrong on the safe side: a file is dropped if all that stands in it, reached or not, is
a known schema operation, the building of its arguments, or a call of something pure, and no text says backfill. Names
count for what they are imported as, and a name that is bound in two ways counts for nothing.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable

SIZE_LIMIT = 256 * 1024
"""Larger files are not judged here: parsing them would take the parent process too long."""

# Words that decide without parsing. Comments that use them only cost a closer look.
_TELLING = re.compile(
    rb"RunPython|RunSQL|execute|bulk_insert|get_bind|listen|\bDDL\b|[Bb][Aa][Cc][Kk][\W_]{0,3}[Ff][Ii][Ll][Ll]"
)
_COOKIE = re.compile(rb"\A(?:[^\n]*\n)?[^\n]*#[^\n]*coding[:=][ \t]*(?!(?:utf-?8|ascii|us-ascii|latin-1)\b)", re.I)
"""An encoding under which the bytes need not mean what they seem to say."""

_OP = "alembic.op"
_BATCH = "alembic.batch"
_MIGRATIONS = "django.db.migrations"
_SEPARATE = f"{_MIGRATIONS}.SeparateDatabaseAndState"
_LOGGER = "logging.Logger"

_ON_TABLES = (
    "add_column alter_column create_check_constraint create_exclude_constraint create_foreign_key create_index "
    "create_primary_key create_table_comment create_unique_constraint drop_column drop_constraint drop_index "
    "drop_table_comment f"
).split()
_ALEMBIC = {
    *(f"{_BATCH}.{name}" for name in _ON_TABLES),
    *(f"{_OP}.{name}" for name in (*_ON_TABLES, "create_table", "drop_table", "rename_table")),
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

_PURE_METHODS = frozenset(
    "asc desc endswith format is_ is_not isnot items join keys label lower replace split startswith strip title upper "
    "values with_variant".split()
)
"""Methods that change nothing, whoever has them."""

_HARMLESS = (
    ast.Module, ast.Import, ast.ImportFrom, ast.alias, ast.FunctionDef, ast.arguments, ast.arg, ast.ClassDef, ast.Return,
    ast.Assign, ast.AnnAssign, ast.AugAssign, ast.For, ast.While, ast.If, ast.With, ast.withitem, ast.Raise, ast.Try,
    ast.ExceptHandler, ast.Assert, ast.Expr, ast.Pass, ast.Break, ast.Continue, ast.BoolOp, ast.NamedExpr, ast.BinOp,
    ast.UnaryOp, ast.Lambda, ast.IfExp, ast.Dict, ast.Set, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
    ast.comprehension, ast.Compare, ast.Call, ast.keyword, ast.FormattedValue, ast.JoinedStr, ast.Constant,
    ast.Attribute, ast.Subscript, ast.Starred, ast.Name, ast.List, ast.Tuple, ast.Slice, ast.expr_context,
    ast.boolop, ast.operator, ast.unaryop, ast.cmpop,
)  # fmt: skip
_ENTRY_POINTS = frozenset({"upgrade", "downgrade", "operations", "Migration"})
_OPEN_DUNDERS = frozenset({"__name__", "__file__", "__doc__", "__tablename__", "__table_args__"})


class _Unsure(Exception):
    """Something stands in the file that this module does not know."""


def may_hold_operation(source: bytes) -> bool:
    """Say whether a file has to be read; False only if it cannot hold a data change or speak of a backfill."""
    if len(source) > SIZE_LIMIT or _TELLING.search(source) or _COOKIE.search(source):
        return True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd escapes are the affair of other tools
            tree = ast.parse(source)
        _Inspection(tree).run()
    except (_Unsure, SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return False


class _Inspection:
    """Looks at every node of a module once: first at what names mean, then at what is called."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._origins: dict[str, str] = {}
        self._defined: set[str] = set()
        self._bound: set[str] = set()
        self._special: set[ast.AST] = set()

    def run(self) -> None:
        nodes = list(ast.walk(self._tree))
        for node in nodes:
            if isinstance(node, ast.With):
                self._with(node)
        for node in nodes:
            self._bind(node)
        if self._bound & {"upgrade", "downgrade", "Migration"}:
            raise _Unsure
        for name in self._bound | self._defined:
            self._origins.pop(name, None)
        self._check()

    # What names mean.

    def _bind(self, node: ast.AST) -> None:
        if not isinstance(node, _HARMLESS):
            raise _Unsure
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Store) and node not in self._special:
                self._bound.add(node.id)
            if node.id.startswith("__") and node.id not in _OPEN_DUNDERS:
                raise _Unsure
        elif isinstance(node, ast.Attribute):
            # Setting an attribute of a loaded row is a write, and one of a class may be its `operations`.
            if not isinstance(node.ctx, ast.Load) or node.attr.startswith("__"):
                raise _Unsure
        elif isinstance(node, ast.Subscript):
            if not isinstance(node.ctx, ast.Load) and not isinstance(node.value, ast.Name):
                raise _Unsure
        elif isinstance(node, ast.arg):
            self._bound.add(node.arg)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            self._bound.add(node.name)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            if node.decorator_list or node.name == "__getattr__":
                raise _Unsure
            self._defined.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            self._import(node)
        elif isinstance(node, ast.Assign) and _called(node.value) == ("logging", "getLogger"):
            self._logger(node)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        package = f"{'.' * node.level}{node.module or ''}." if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names:
            whole = bool(alias.asname or package)
            name = alias.asname or (alias.name if package else alias.name.partition(".")[0])
            if name == "*" or name in _ENTRY_POINTS:
                raise _Unsure
            self._means(name, package + alias.name if whole else name)

    def _means(self, name: str, origin: str) -> None:
        if self._origins.setdefault(name, origin) != origin:
            self._bound.add(name)

    def _with(self, node: ast.With) -> None:
        """Give the names of `with op.batch_alter_table(…) as name` a meaning; other contexts run unknown code."""
        for item in node.items:
            called = _called(item.context_expr)
            if called == ("op", "batch_alter_table"):
                self._special.add(item.context_expr)
                if isinstance(item.optional_vars, ast.Name):
                    self._special.add(item.optional_vars)
                    self._means(item.optional_vars.id, _BATCH)
                elif item.optional_vars is not None:
                    raise _Unsure
            elif ast.unparse(item.context_expr) == "op.get_context().autocommit_block()" and not item.optional_vars:
                self._special.add(item.context_expr)
            else:
                raise _Unsure

    def _logger(self, node: ast.Assign) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self._special.add(target)
                self._means(target.id, _LOGGER)

    def _origin(self, node: ast.expr) -> str | None:
        """Spell out what a dotted name was imported as."""
        parts = _dotted(node)
        if not parts or parts[0] not in self._origins:
            return None
        return ".".join((self._origins[parts[0]], *parts[1:]))

    # What is called.

    def _check(self) -> None:
        if self._special and self._origins.get("op", _OP) != _OP:
            raise _Unsure
        stack: list[tuple[ast.AST, bool]] = []
        for statement in self._tree.body:
            if isinstance(statement, ast.ClassDef) and statement.name == "Migration":
                self._migration(statement)
                stack.extend((part, False) for part in statement.body)
            else:
                stack.append((statement, False))
        while stack:
            node, built = stack.pop()
            if isinstance(node, ast.Call):
                stack.extend((part, True) for part in self._call(node, built))
                continue
            if isinstance(node, ast.Name) and self._origins.get(node.id) in (_OP, _BATCH):
                raise _Unsure  # handed on as a value, to be used out of sight
            if isinstance(node, ast.ClassDef):
                self._class(node)
            stack.extend((part, built) for part in ast.iter_child_nodes(node))

    def _call(self, node: ast.Call, built: bool) -> Iterable[ast.AST]:
        """Pass a call that is known, and give what else has to be looked at."""
        arguments = (*node.args, *(keyword.value for keyword in node.keywords))
        if node in self._special:
            return arguments
        parts = _dotted(node.func)
        if parts and self._is_known(parts, node, built):
            return arguments
        if isinstance(node.func, ast.Attribute) and (
            node.func.attr in _PURE_METHODS or isinstance(node.func.value, ast.Constant)
        ):
            return (node.func.value, *arguments)
        raise _Unsure

    def _is_known(self, parts: tuple[str, ...], node: ast.Call, built: bool) -> bool:
        root = parts[0]
        if root in self._origins:
            return _is_known_origin(".".join((self._origins[root], *parts[1:])), built)
        if len(parts) > 1 or root in self._bound:
            return False
        if root in self._defined:
            return True
        return root in _PURE_BUILTINS and not any(keyword.arg in (None, "key", "file") for keyword in node.keywords)

    def _class(self, node: ast.ClassDef) -> None:
        """Pass a class whose bases bring no code that is unknown; its own body is looked at like all else."""
        for base in node.bases:
            origin = self._origin(base) or ""
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
        origin = self._origin(element.func) if isinstance(element, ast.Call) else None
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


def _called(node: ast.expr) -> tuple[str, ...]:
    return _dotted(node.func) if isinstance(node, ast.Call) else ()
