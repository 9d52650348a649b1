"""Whether those who run a migration limit how long it waits for locks: Alembic's `env.py` and its ini file, Django's settings.

They are looked at and never run, and only what holds on every way counts: what stands under a condition does not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from migration_guard.files import Unreadable, read_source
from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.operations import UNKNOWN_DIALECT
from migration_guard.sight.folders import is_file
from migration_guard.skim.outline import Outline, outline
from migration_guard.skim.places import find
from migration_guard.sql.patience import LONGEST, limits
from migration_guard.sql.settings import seconds

_OPTION = re.compile(r"-c\s*lock_timeout\s*=\s*(?P<value>[^\s'\"&]+)")
_SETTINGS = re.compile(r"DJANGO_SETTINGS_MODULE[\"']\s*,\s*[\"'](?P<module>[\w.]+)[\"']")
_FOLDERS = 4
"""From a migration up to its `env.py`."""
_MODULES = 8
"""Modules that settings are taken from, one by the other."""
_HOLE = "{}"
_APART = "transaction_per_migration"
_SETTING = "lock_timeout"
_ZERO_DOWNTIME = ("django_zero_downtime_migrations", "ZERO_DOWNTIME_MIGRATIONS_LOCK_TIMEOUT")


@dataclass(frozen=True, slots=True)
class _Said:
    """What somebody says of the wait for locks."""

    enough: bool
    local: bool


def limits_around(path: Path, root: Path, framework: str) -> tuple[bool, bool | None]:
    """Whether the session is limited, and whether the first transaction is said to be."""
    said: list[_Said] = []
    apart = False
    if framework == "alembic":
        env = next((folder / "env.py" for folder in list(path.parents)[:_FOLDERS] if is_file(folder / "env.py")), None)
        module = outline(env) if env is not None and env.is_relative_to(root) else None
        if module is not None:
            said = [*_of_ini(module.path, root), *_of_imported(module, root), *_of_body(module.body)]
            apart = any(getattr(node, "arg", "") == _APART for one in module.body for node in ast.walk(one))
    elif framework in {"django", "south"}:
        said = [one for module in _settings(path, root) for one in _of_body(module.body)]
    session = next((one.enough for one in reversed(said) if not one.local), False)
    here = None if apart else next((one.enough for one in reversed(said) if one.local), None)
    return session, here


def _settings(path: Path, root: Path) -> Iterator[Outline]:
    """Django's settings as `manage.py` names them, and before each module those whose names it takes."""
    for folder in (one for one in path.parents if one == root or root in one.parents):
        if not is_file(folder / "manage.py"):
            continue
        try:
            named = _SETTINGS.search(read_source(folder / "manage.py").decode("utf-8", "replace"))
        except (OSError, Unreadable):
            return
        start = find(named["module"], folder / "manage.py", root) if named else None
        waiting, chain = [start] if start is not None else [], list[Outline]()
        while waiting and len(chain) < _MODULES:
            module = outline(waiting.pop())
            if module is None or module in chain:
                continue
            chain.append(module)
            stars = (find(name, module.path, root, level) for name, level in module.stars)
            waiting += [one for one in stars if one is not None]
        yield from reversed(chain)
        return


def _of_ini(env: Path, root: Path) -> Iterator[_Said]:
    for folder in (one for one in env.parents if one == root or root in one.parents):
        if not is_file(folder / "alembic.ini"):
            continue
        try:
            text = read_source(folder / "alembic.ini").decode("utf-8", "replace")
        except (OSError, Unreadable):
            return
        for line in text.splitlines():
            if line.lstrip().startswith("sqlalchemy.url"):
                yield from _of_options(unquote(line.replace("%%", "%")).replace("+", " "))
        return


def _of_imported(module: Outline, root: Path) -> Iterator[_Said]:
    """What `env.py` takes from a module of the repository, such as its engine."""
    for origin, level, name in module.imports.values():
        place = find(origin, module.path, root, level) if name else None
        other = outline(place) if place is not None else None
        yield from _of_body(other.top.get(name, [])) if other is not None else ()


def _of_body(body: list[ast.stmt]) -> Iterator[_Said]:
    used = {
        node.id
        for one in body
        for node in ast.walk(one)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    texts = [ast.unparse(one) for one in body if isinstance(one, ast.Assign)]
    if all(any(word in text for text in texts) for word in _ZERO_DOWNTIME):
        yield _Said(enough=True, local=False)
    for node in _certain(body, used if len(body) > 1 else None):
        match node:
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values):
                    if isinstance(key, ast.Constant) and key.value == _SETTING:
                        yield _Said(
                            enough=_is_enough(str(value.value) if isinstance(value, ast.Constant) else _HOLE),
                            local=False,
                        )
            case ast.Constant(value=str(text)):
                yield from _of_text(text, [])
            case ast.JoinedStr(values=values):
                yield from _of_joined(values)


def _of_joined(values: list[ast.expr]) -> Iterator[_Said]:
    text, holes = "", []
    for value in values:
        if isinstance(value, ast.Constant):
            text += str(value.value)
        else:
            holes.append((len(text), len(text) + len(_HOLE)))
            text += _HOLE
    yield from _of_text(text, holes)


def _of_text(text: str, holes: list[tuple[int, int]]) -> Iterator[_Said]:
    yield from (_Said(one.enough, one.local) for one in limits(text, holes, UNKNOWN_DIALECT))
    yield from _of_options(unquote(text))


def _of_options(text: str) -> Iterator[_Said]:
    return (_Said(_is_enough(one["value"]), local=False) for one in _OPTION.finditer(text))


def _is_enough(value: str) -> bool:
    if value.startswith("{"):
        return True
    amount = seconds(value)
    return amount is None or 0 < amount <= LONGEST


def _certain(body: list[ast.stmt], used: set[str] | None) -> Iterator[ast.AST]:
    """What is evaluated whenever these statements matter: no docstring, nothing under a condition, no function that nobody names."""
    for statement in body:
        match statement:
            case ast.Expr(value=ast.Constant()):
                continue
            case ast.If(test=test, body=then, orelse=other):
                if _is_about_mode(test):
                    yield from _certain([*then, *other], used)
                continue
            case ast.FunctionDef() | ast.AsyncFunctionDef() if (
                used is not None and statement.name not in used and not statement.decorator_list
            ):
                continue
            case ast.Try(body=then, finalbody=last):
                yield from _certain([*then, *last], used)
                continue
        inner = [one for field in ("body", "orelse") for one in getattr(statement, field, [])]
        inside = {id(one) for one in inner}
        for child in ast.iter_child_nodes(statement):
            if id(child) not in inside:
                yield from _evaluated(child)
        yield from _certain(inner, used)


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """An expression and its parts, those left out that a condition decides on."""
    if isinstance(node, (ast.IfExp, ast.BoolOp)):
        return
    yield node
    if not isinstance(node, ast.JoinedStr):
        for child in ast.iter_child_nodes(node):
            yield from _evaluated(child)


def _is_about_mode(test: ast.expr) -> bool:
    """`if context.is_offline_mode()`: both of its ways run migrations; `if __name__ == …` is none of them."""
    return any(isinstance(one, ast.Attribute) and one.attr == "is_offline_mode" for one in ast.walk(test))
