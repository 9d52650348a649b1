"""What the statements of a module's top level bind and change, as far as that stands there: nothing is evaluated."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from migration_guard.interpreter.kinds import within

Statement = cst.BaseStatement | cst.BaseSmallStatement


def top_level(body: object) -> list[Statement]:
    """Statements that run on import, those inside `if`, `try` and `with` included."""
    found: list[Statement] = []
    for statement in body if isinstance(body, (list, tuple)) else ():
        if isinstance(statement, cst.SimpleStatementLine):
            found += statement.body
        elif isinstance(statement, (cst.If, cst.Try, cst.With)):
            inner: list[cst.CSTNode] = [statement]
            while inner:
                node = inner.pop(0)
                for part in (getattr(node, name, None) for name in ("body", "orelse", "finalbody")):
                    if isinstance(part, cst.IndentedBlock):
                        found += top_level(part.body)
                    elif isinstance(part, (cst.If, cst.Else, cst.Finally)):
                        inner.append(part)
                inner += getattr(node, "handlers", ())
        else:
            found.append(statement)
    return found


_CHANGING = (cst.Assign, cst.AnnAssign, cst.AugAssign, cst.Expr)
DEFINITIONS = (cst.FunctionDef, cst.ClassDef, cst.Import, cst.ImportFrom)
UNNAMED = frozenset({"globals", "locals", "vars", "setattr", "exec", "eval", "modules"})
"""Names of Python's that lead to all names of a module."""


def called(statement: Statement) -> str | None:
    """The name of which a statement is nothing but a call."""
    match statement:
        case cst.Expr(value=cst.Call(func=cst.Name(value=name))):
            return name
    return None


def is_collection(statement: Statement) -> bool:
    """Whether a statement binds a list, a set or a dictionary."""
    match statement:
        case cst.Assign(value=value) | cst.AnnAssign(value=value):
            made = value.func.value if isinstance(value, cst.Call) and isinstance(value.func, cst.Name) else None
            return isinstance(value, (cst.List, cst.Set, cst.Dict)) or made in _COLLECTIONS
    return False


_COLLECTIONS = frozenset({"list", "set", "dict", "deque", "defaultdict", "OrderedDict"})


def names_in(part: cst.CSTNode) -> Iterator[str]:
    for node in within(part, cst.FunctionDef, cst.ClassDef):
        if isinstance(node, cst.Name):
            yield node.value
        elif isinstance(node, cst.Attribute):
            yield node.attr.value


def changed_names(statement: Statement, of_functions: dict[str, list[str]]) -> Iterator[str]:
    """The names whose object a statement may change: `name.key = …`, `name["key"] = …`, `name.append(…)`, `setattr(name, …)`."""
    match statement:
        case cst.Assign():
            targets = [one.target for one in statement.targets]
        case cst.AnnAssign() | cst.AugAssign():
            targets = [statement.target]
        case cst.Expr(value=cst.Call(func=cst.Attribute() as called)):
            targets = [called]
        case cst.Expr(value=cst.Call(func=cst.Name(value=name), args=given)):
            yield from of_functions.get(name, ())
            targets = (
                [cst.Attribute(one.value, cst.Name("_")) for one in given[:1]] if name in ("setattr", "delattr") else []
            )
        case cst.For() | cst.While() | cst.Match():
            for inner in within(statement, cst.FunctionDef, cst.ClassDef):
                if inner is not statement and isinstance(inner, _CHANGING):
                    yield from changed_names(inner, of_functions)
            return
        case _:
            return
    for target in targets:
        root: cst.BaseExpression = target
        while isinstance(root, (cst.Attribute, cst.Subscript)):
            root = root.value
        if root is not target and isinstance(root, cst.Name):
            yield root.value


def bound_names(statement: Statement) -> list[str]:
    match statement:
        case cst.FunctionDef() | cst.ClassDef():
            return [statement.name.value]
        case cst.Assign():
            return [name for target in statement.targets for name in _targets(target.target)]
        case cst.AnnAssign() | cst.AugAssign():
            return _targets(statement.target)
        case cst.ImportFrom() if isinstance(statement.names, cst.ImportStar):
            return ["*"]
        case cst.Import() | cst.ImportFrom() if not isinstance(statement.names, cst.ImportStar):
            return [_bound_by_import(alias) for alias in statement.names]
        case cst.For() | cst.While() | cst.Match():
            inner = [each for each in within(statement, cst.FunctionDef, cst.ClassDef) if isinstance(each, _BINDING)]
            own = _targets(statement.target) if isinstance(statement, cst.For) else []
            return [*own, *(name for each in inner if each is not statement for name in bound_names(each))]
        case cst.Expr(value=cst.NamedExpr(target=target)):
            return _targets(target)
    return []


_BINDING = (
    cst.FunctionDef, cst.ClassDef, cst.Assign, cst.AnnAssign, cst.AugAssign, cst.Import, cst.ImportFrom, cst.For, cst.Expr,
)  # fmt: skip
"""Statements that bind names, wherever they stand."""


def _bound_by_import(alias: cst.ImportAlias) -> str:
    if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
        return alias.asname.name.value
    node = alias.name
    while isinstance(node, cst.Attribute) and isinstance(node.value, (cst.Name, cst.Attribute)):
        node = node.value
    return node.value if isinstance(node, cst.Name) else ""


def _targets(target: cst.BaseExpression) -> list[str]:
    match target:
        case cst.Name():
            return [target.value]
        case cst.Tuple() | cst.List():
            return [name for element in target.elements for name in _targets(element.value)]
    return []
