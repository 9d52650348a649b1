"""Django: what an app's migrations say of its models. They are read as text, never run."""

from __future__ import annotations

import ast
import warnings
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import field, replace
from pathlib import Path

from migration_guard.files import Unreadable, read_head, read_source
from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.sight import remembered
from migration_guard.sight.folders import names


@dataclass(frozen=True, slots=True)
class FieldState:
    """What an app's migrations say of a field."""

    kind: str = ""
    """The field's class."""
    target: str | None = None
    """`app.Model` on the other side of a relation."""
    related_name: str | None = None
    through: str | None = None
    """The model between, where many-to-many names one."""
    table: str | None = None
    """The table between, where many-to-many names one."""
    stamped: bool = False
    """Whether each save writes the time into it."""
    column: str | None = None
    """Its column, where it names one (`db_column`)."""
    primary: bool = False
    """Whether it is the primary key."""
    to_field: str | None = None
    """The field of the other model that it holds, where it names one."""

    @property
    def many(self) -> bool:
        return self.kind.endswith(("ManyToManyField", "Manager"))


NO_FIELD = FieldState()


@dataclass(slots=True)
class ModelState:
    """What an app's migrations say of a model."""

    name: str
    table: str | None = None
    fields: dict[str, FieldState] = field(default_factory=dict)
    bases: tuple[str, ...] = ()
    """The models that it inherits from, each `app.Model`."""
    proxy: bool = False


RELATIONS = (
    "ForeignKey",
    "OneToOneField",
    "ManyToManyField",
    "Manager",
    "ParentalKey",
    "TagField",
    "Tags",
    "Relation",
    "RelatedField",
)


MAX_BYTES = 2_000_000
"""Larger migrations say nothing of models."""


_LABEL = re.compile(rb"^[ \t\f]+label\s*(?::\s*str\s*)?=\s*[\"'](\w+)[\"']", re.MULTILINE)


@remembered(512, claims=True)
def app_label(folder: Path) -> str:
    """An app's label: `label = "…"` in its AppConfig, else its folder's name."""
    for name in ("apps.py", "__init__.py"):
        try:
            found = _LABEL.search(read_head(folder / name, 100_000)[0])
        except Unreadable:
            continue
        if found:
            return found[1].decode()
    return folder.name


_DEPENDS = re.compile(rb"""\(\s*["'](\w+)["']\s*,\s*["'](\w+)["']\s*,?\s*\)""")


@remembered(512, claims=True)
def app_of(migrations: Path) -> str:
    """The label of the app whose migrations lie in a folder, wherever `MIGRATION_MODULES` says that they do.

    A migration names its app where it depends on one beside it; where none does, it is the app that the folder lies in.
    """
    usual = app_label(migrations.parent)
    beside = {name.removesuffix(".py") for name in names(migrations) or () if name.endswith(".py")}
    common: set[str] | None = None
    for stem in sorted(beside, reverse=True):
        try:
            pairs = _DEPENDS.findall(read_head(migrations / f"{stem}.py", MAX_BYTES)[0])
        except Unreadable:
            continue
        apps = {app.decode() for app, name in pairs if name.decode() in beside - {stem}}
        if usual in apps and migrations.name == "migrations":
            return usual
        if apps:
            common = apps if common is None else common & apps
    return next(iter(common)) if common is not None and len(common) == 1 else usual


def models_of(folder: Path, last: str | None, *, fields: bool) -> dict[str, ModelState]:
    """The models of an app, by name in lower case. Tables are those before `last`; of fields it matters that they are."""
    if fields:
        return _all_fields(folder)
    models: dict[str, ModelState] = {}
    for migration, events in _history(folder, "tables"):
        if last is not None and migration > last:
            break
        _apply(models, events)
    return models


@remembered(64)
def _all_fields(folder: Path) -> dict[str, ModelState]:
    models: dict[str, ModelState] = {}
    for _, events in _history(folder, "fields"):
        _apply(models, events)
    return models


_TELLING = {
    "tables": re.compile(rb"AlterModelTable|RenameModel|db_table|bases\s*="),
    "fields": re.compile(rb"CreateModel|AlterModelTable|RenameModel|AddField|RenameField"),
}
"""What stands in migrations that say anything, by what is asked."""

_PARAMETERS = {
    "CreateModel": ("name", "fields", "options", "bases"),
    "AlterModelTable": ("name", "table"),
    "RenameModel": ("old_name", "new_name"),
    "AddField": ("model_name", "name", "field"),
    "RenameField": ("model_name", "old_name", "new_name"),
}


@dataclass(frozen=True, slots=True)
class _Event:
    """What one operation says of a model."""

    operation: str
    texts: dict[str, str]
    """Its arguments that are literal strings."""
    table: str | None
    fields: tuple[tuple[str, FieldState], ...]
    bases: tuple[str, ...] = ()
    proxy: bool = False


@remembered(128, claims=True)
def _history(folder: Path, about: str) -> tuple[tuple[str, tuple[_Event, ...]], ...]:
    """An app's migrations that say anything, in the order of their names, each with its events."""
    found = sorted(name for name in names(folder) or () if name.endswith(".py"))
    read = ((name, _events(folder / name)) for name in found if _tells(folder / name, _TELLING[about]))
    return tuple((name, events) for name, events in read if events)


def _tells(path: Path, telling: re.Pattern[bytes]) -> bool:
    try:
        return telling.search(read_source(path, MAX_BYTES)) is not None
    except Unreadable:
        return False


@remembered(1024)
def _events(path: Path) -> tuple[_Event, ...]:
    """What a migration says of models; asked of tables and of fields, it is read once."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(read_source(path, MAX_BYTES))
    except (Unreadable, SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    return tuple(_told(tree))


def _told(tree: ast.Module) -> Iterator[_Event]:
    """The events, as `ast.walk` would come to them: what an operation is given holds no other one."""
    waiting: deque[ast.AST] = deque([tree])
    while waiting:
        node = waiting.popleft()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _PARAMETERS:
            operation = node.func.attr
            arguments = dict(zip(_PARAMETERS[operation], node.args))
            arguments |= {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
            field = arguments.get("field")
            yield _Event(
                operation,
                {name: text for name, value in arguments.items() if (text := _literal(value)) is not None},
                _table_option(arguments.get("options")),
                tuple(_fields(arguments.get("fields"))) if field is None else (("", _field(field)),),
                _bases(arguments.get("bases")),
                _is_proxy(arguments.get("options")),
            )
            continue
        for part in vars(node).values():
            if isinstance(part, list):
                waiting.extend([one for one in part if isinstance(one, ast.AST)])
            elif isinstance(part, ast.AST):
                waiting.append(part)


def _literal(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _apply(models: dict[str, ModelState], events: Iterable[_Event]) -> None:
    for event in events:
        match event.operation, event.texts:
            case "CreateModel", {"name": name}:
                models[name.lower()] = ModelState(name, event.table, dict(event.fields), event.bases, event.proxy)
            case "AlterModelTable", {"name": name}:
                models.setdefault(name.lower(), ModelState(name)).table = event.texts.get("table")
            case "RenameModel", {"old_name": old, "new_name": new}:
                before = models.get(old.lower(), ModelState(old))
                models[new.lower()] = replace(before, name=new, fields=dict(before.fields))
            case "AddField", {"model_name": model, "name": name}:
                models.setdefault(model.lower(), ModelState(model)).fields[name] = event.fields[0][1]
            case "RenameField", {"model_name": model, "old_name": old, "new_name": new}:
                fields = models.setdefault(model.lower(), ModelState(model)).fields
                fields[new] = fields.get(old, NO_FIELD)


def _table_option(options: ast.expr | None) -> str | None:
    if isinstance(options, ast.Dict):
        for key, value in zip(options.keys, options.values):
            if isinstance(key, ast.Constant) and key.value == "db_table" and isinstance(value, ast.Constant):
                return str(value.value)
    return None


def _bases(bases: ast.expr | None) -> tuple[str, ...]:
    """The models among a model's bases; others, such as mixins, hold no rows."""
    elements = bases.elts if isinstance(bases, (ast.Tuple, ast.List)) else ()
    return tuple(text for element in elements if (text := _literal(element)) is not None and "." in text)


def _is_proxy(options: ast.expr | None) -> bool:
    pairs = zip(options.keys, options.values) if isinstance(options, ast.Dict) else ()
    return any(
        isinstance(key, ast.Constant)
        and key.value == "proxy"
        and isinstance(value, ast.Constant)
        and value.value is True
        for key, value in pairs
    )


def _fields(fields: ast.expr | None) -> Iterator[tuple[str, FieldState]]:
    for element in fields.elts if isinstance(fields, (ast.List, ast.Tuple)) else ():
        if isinstance(element, ast.Tuple) and len(element.elts) == 2 and isinstance(element.elts[0], ast.Constant):
            yield str(element.elts[0].value), _field(element.elts[1])


def _field(node: ast.expr | None) -> FieldState:
    if not isinstance(node, ast.Call):
        return NO_FIELD
    function = node.func
    kind = (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )
    named = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    target = named.get("to", node.args[0] if node.args else None)
    column, primary = _setting(named.get("db_column")), _is_true(named.get("primary_key"))
    if not kind.endswith(RELATIONS) or target is None:
        return FieldState(kind, stamped=_is_true(named.get("auto_now")), column=column, primary=primary)
    related, through, table = (_setting(named.get(name)) for name in ("related_name", "through", "db_table"))
    to_field = _setting(named.get("to_field"))
    return FieldState(
        kind, _setting(target), related, through, table, column=column, primary=primary, to_field=to_field
    )


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _setting(node: ast.expr | None) -> str | None:
    """A literal text, or a setting such as `settings.AUTH_USER_MODEL`, which is not known."""
    return _literal(node) if node is not None else None
