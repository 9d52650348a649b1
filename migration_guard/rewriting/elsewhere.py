"""Whether a change reads rows of the table that it writes anywhere else than where it finds them.

What it reads there depends on which batches have been done.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator

from migration_guard.lean import dataclass
from migration_guard.rewriting.expressions import MANAGERS, last_name, values_of
from migration_guard.rewriting.narrowed import is_narrowed

_OF_THE_KEY = frozenset({"", "in", "isnull", "id", "pk", "exact"})
"""What behind a relation in a condition asks for the key alone, which stands in the row itself."""
_EXCEPTIONS = frozenset({"DoesNotExist", "MultipleObjectsReturned"})
_WHOLE = frozenset(
    {"getattr", "setattr", "vars", "__dict__", "model_to_dict", "values", "values_list", "deepcopy", "copy"}
)
"""What may read fields without naming them."""
_LOOKUPS = frozenset(
    {"", "exact", "iexact", "in", "isnull", "lt", "lte", "gt", "gte", "range", "contains", "icontains"}
)
"""What behind a field in a condition speaks of it alone."""
_ASKS = frozenset({"execute", "get_for_model", "raw"})
_WRITES = frozenset({"update_fields", "fields"})
_WORDS = re.compile(r"__|\W+")
"""What stands between the names in a spelling of Django's, and in a text of SQL."""
_OTHER_ROWS = "its loop reads other rows of the table that it changes"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What leads to the rows of a table."""

    model: str
    """`app.Model`."""
    table: str
    accessors: Collection[str]
    """The names of relations that lead to its rows, in lower case."""
    fields: Collection[str]
    """What is written; nothing where rows are deleted."""
    row: str
    takes_others: bool = False
    """Whether rows of other tables go with those that are deleted."""

    def read(self, setup: ast.Module, whole: ast.Module, helpers: ast.Module, free: Collection[int] = ()) -> str | None:
        """Say that it reads its rows elsewhere, if it does. `free` are pieces of code, by identity, that may lead to them."""
        tree = ast.Module([*setup.body, *whole.body, *helpers.body], [])
        if self.takes_others and _queries(tree):
            return "its loop reads rows that may go with those that it deletes"
        if not self._reaches(tree, free):
            return None
        if self.fields and not self._speaks_of_fields(tree):
            return None  # it reads what no batch changes
        return _OTHER_ROWS

    def _reaches(self, tree: ast.Module, free: Collection[int]) -> bool:
        models = {name for one in ast.walk(tree) for name in (*self._held(one), *_managed(one))}
        inside = {id(one) for found in ast.walk(tree) if is_narrowed(found) for one in _root(found)} | {*free}
        for node in ast.walk(tree):
            match node:
                case _ if id(node) in inside:
                    continue
                case ast.Attribute(value=ast.Name(id=name), attr=attr) if name in models and attr in _EXCEPTIONS:
                    inside.add(id(node.value))
                case (
                    ast.Call(func=ast.Attribute(value=ast.Attribute(value=ast.Name(id=name)) as manager, attr=method))
                    | ast.Call(
                        func=ast.Attribute(
                            value=ast.Call(
                                func=ast.Attribute(
                                    value=ast.Attribute(value=ast.Name(id=name)) as manager, attr="using"
                                )
                            ),
                            attr=method,
                        )
                    )
                ):
                    if name in models and method in ("bulk_update", "abulk_update"):
                        inside |= {id(manager), id(manager.value)}
                case ast.Name(id=name, ctx=ast.Load()) if name in models:
                    return True
                case ast.Attribute(value=base, attr=attr) if attr in MANAGERS and not self._is_of_another(base, tree):
                    return True
                case ast.Call(func=ast.Name(id="type"), args=[ast.Name()]) | ast.Attribute(attr="__class__"):
                    return True
                case ast.Call(func=ast.Attribute(attr="get_model")) if self._is_model(node) and id(
                    node
                ) not in self._assigned(tree):
                    return True
                case ast.Attribute(attr=attr, ctx=ast.Load()) if attr.lower() in self.accessors:
                    return True
                case ast.keyword(arg=str() as name) if self._leads(name):
                    return True
                case ast.Constant(value=str() as text) if self._leads(text) or self._names_the_table(text):
                    return True
        return False

    def _is_of_another(self, base: ast.expr, tree: ast.Module) -> bool:
        """Whether a manager is surely that of another model: of what a function is given, those who call it are asked."""
        if isinstance(base, ast.Call):
            return last_name(base) == "get_model"  # whose arguments are looked at by themselves
        if not isinstance(base, ast.Name):
            return False
        given = any(isinstance(one, ast.arg) and one.arg == base.id for one in ast.walk(tree))
        held = [value for one in ast.walk(tree) for value in values_of(one, base.id)]
        return given or all(isinstance(one, ast.Call) and last_name(one) == "get_model" for one in held)

    def _is_another_s(self, manager: ast.AST, tree: ast.Module) -> bool:
        """Whether a manager is surely that of another model, and of none that is named only when it runs."""
        base = manager.value if isinstance(manager, ast.Attribute) else manager
        held = [
            one for node in ast.walk(tree) for one in (values_of(node, base.id) if isinstance(base, ast.Name) else ())
        ]
        mine = any(isinstance(one, ast.Call) and self._is_model(one) for one in held)
        return isinstance(base, ast.Name) and not mine and self._is_of_another(base, tree)

    def _held(self, node: ast.AST) -> Iterator[str]:
        """The variables that hold the model."""
        match node:
            case ast.Assign(targets=targets, value=ast.Call() as call) if self._is_model(call):
                yield from (one.id for one in targets if isinstance(one, ast.Name))

    def _assigned(self, tree: ast.Module) -> set[int]:
        return {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Assign)}

    def _is_model(self, call: ast.Call) -> bool:
        """`apps.get_model("app", "Model")`, `apps.get_model("app.Model")`."""
        if not isinstance(call.func, ast.Attribute) or call.func.attr != "get_model":
            return False
        given = [*call.args, *(one.value for one in call.keywords)]
        texts = [one.value if isinstance(one, ast.Constant) else None for one in given]
        name = ".".join(one if isinstance(one, str) else "?" for one in texts).lower()
        mine = self.model.lower()
        return name == mine or ("?" in name and name.rpartition(".")[2] in {mine.rpartition(".")[2], "?"})

    def _leads(self, name: str) -> bool:
        """Whether a condition goes through a relation to the rows."""
        parts = name.lower().split("__")
        return any(
            part in self.accessors and (parts[at + 1] if at + 1 < len(parts) else "") not in _OF_THE_KEY
            for at, part in enumerate(parts)
        )

    def _names_the_table(self, text: str) -> bool:
        return " " in text and self.table.rpartition(".")[2].lower() in text.lower()

    def _speaks_of_fields(self, tree: ast.Module) -> bool:
        """Whether what is written is read from anything but the row itself."""
        own = {id(one) for found in ast.walk(tree) if is_narrowed(found) for one in ast.walk(found)}
        names = {one.lower() for one in self.fields}
        for node in ast.walk(tree):
            match node:
                case ast.keyword(arg=str() as keyword, value=value) if keyword in _WRITES:
                    own |= {id(one) for one in ast.walk(value)}
                case ast.Call(func=ast.Attribute(attr="bulk_update"), args=[_, given]):
                    own |= {id(one) for one in ast.walk(given)}
                case ast.Call(func=ast.Attribute(attr="values" | "values_list"), args=[_, *_]) if _all_named(node):
                    own.add(id(node.func))
            match node:
                case ast.Call() | ast.Attribute() if (root := _chain_of(node)) is not None:
                    if is_narrowed(root) or (_is_manager(root) and self._is_another_s(root, tree)):
                        own |= {id(one) for one in _said_of_rows(node)}
        for node in ast.walk(tree):
            if id(node) in own:
                continue
            match node:
                case ast.Name(id=name) | ast.Attribute(attr=name) if name in _WHOLE:
                    return True
                case ast.Attribute(value=ast.Name(id=name), attr=attr, ctx=ast.Load()) if name == self.row != "":
                    continue
                case ast.Attribute(attr=attr, ctx=ast.Load()) if attr.lower() in names:
                    return True
                case ast.keyword(arg=str() as name) if names & {*name.lower().split("__")}:
                    return True
                case ast.Constant(value=str() as text) if names & {*_WORDS.split(text.lower())}:
                    return True
                case ast.Constant(value=str() as text) if self._names_the_table(text):
                    return True
        return False


def _all_named(call: ast.Call) -> bool:
    """Whether a call is given nothing but names that are written out."""
    return all(isinstance(one, ast.Constant) and isinstance(one.value, str) for one in call.args)


def _chain_of(node: ast.AST) -> ast.AST | None:
    """What a chain of calls and attributes begins with: where rows are narrowed, or a manager."""
    while isinstance(node, (ast.Call, ast.Attribute)):
        if is_narrowed(node) or _is_manager(node):
            return node
        node = node.func if isinstance(node, ast.Call) else node.value
    return None


def _is_manager(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in MANAGERS


def _said_of_rows(node: ast.AST) -> Iterator[ast.AST]:
    """What the outermost link of a chain says of the fields of the rows themselves: no condition through a relation."""
    yield node
    if isinstance(node, ast.Call):
        yield node.func
        yield from (one for one in node.args if isinstance(one, ast.Constant) and "__" not in str(one.value))
        questions = (one for given in node.args for one in _questions(given))
        yield from (one for one in (*node.keywords, *questions) if _is_of_the_row(one))


def _is_of_the_row(given: ast.keyword) -> bool:
    _, _, lookup = (given.arg or "__").partition("__")
    return lookup in _LOOKUPS


def _questions(node: ast.expr) -> Iterator[ast.keyword]:
    """The conditions of `Q(…) | ~Q(…)`."""
    match node:
        case ast.BinOp(left=left, right=right):
            yield from (*_questions(left), *_questions(right))
        case ast.UnaryOp(operand=inner):
            yield from _questions(inner)
        case ast.Call() if last_name(node) == "Q":
            yield from node.keywords


def _queries(tree: ast.Module) -> bool:
    """Whether anything is asked of the database, but for the rows themselves."""
    inside = {id(one) for found in ast.walk(tree) if is_narrowed(found) for one in ast.walk(found)}
    asked = (one for one in ast.walk(tree) if isinstance(one, ast.Attribute) and id(one) not in inside)
    return any(one.attr in MANAGERS or one.attr.endswith("_set") or one.attr in _ASKS for one in asked)


def _managed(node: ast.AST) -> Iterator[str]:
    """The model whose manager is where rows are found."""
    if is_narrowed(node) and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        match node.func.value:
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if attr in MANAGERS:
                yield name


def _root(call: ast.AST) -> Iterator[ast.AST]:
    """What a chain begins with: a manager, and the model or the row whose it is."""
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
        yield from ast.walk(call.func.value)
