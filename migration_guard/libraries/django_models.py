"""Django: the tables and relations that an app's migrations give to its models. They are read, never run."""

from __future__ import annotations

import ast
import os
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Mapping
from migration_guard.interpreter.objects import Class
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import Value
from migration_guard.libraries.database import Field, Model

if TYPE_CHECKING:
    from migration_guard.interpreter.machine import Machine


@dataclass(slots=True)
class ModelState:
    """What an app's migrations say of a model."""

    name: str
    table: str | None = None
    fields: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    """name → (class of the field, `app.Model` on the other side)"""


class Project:
    """Finds the tables of models by reading (never running) the migrations of their apps."""

    def __init__(self) -> None:
        self.path: Path | None = None
        self.root: Path | None = None
        self._states: dict[tuple[str, bool], dict[str, ModelState]] = {}

    @property
    def app(self) -> str | None:
        """The label of the app that the migration belongs to."""
        return app_label(self.path.parent.parent) if self.path is not None else None

    def model(self, app: str | None, name: str | None, machine: Machine) -> Model:
        label = app if app is not None else self.app
        if name is None:
            return Model(None, None, "django-orm")
        return self._named(label, name) if label else Model(name, None, "django-orm")

    def model_of_class(self, cls: Class) -> Model:
        """A real model of the repository: its app by its folder, its table by `Meta`."""
        meta = cls.scope.get("Meta")
        named = meta.scope.get("db_table") if isinstance(meta, Class) else None
        labelled = meta.scope.get("app_label") if isinstance(meta, Class) else None
        folder = cls.module.path.parent
        while folder.name == "models" or (
            folder.name != ""
            and not (folder / "migrations").is_dir()
            and folder.parent != folder
            and (folder.parent / "migrations").is_dir()
        ):
            folder = folder.parent
        app = str(labelled) if isinstance(labelled, Text) and labelled.known else app_label(folder)
        table = str(named) if isinstance(named, Text) and named.known else f"{app}_{cls.name}".lower()
        return Model(f"{app}.{cls.name}", table, "django-orm", cls)

    def created_table(self, name: str, options: Value | None, machine: Machine) -> str | None:
        if isinstance(options, Mapping):
            named = next((v for k, v in options.known.values() if isinstance(k, Text) and str(k) == "db_table"), None)
            if isinstance(named, Text):
                return str(named)
        return self.model(None, name, machine).table

    def related(self, model: Model, name: str) -> Model | None:
        """The model on the other side of a relation, where the migrations tell."""
        if model.name is None or "." not in model.name:
            return None
        app, _, own = model.name.partition(".")
        state = self._state(app).get(own.lower())
        kind, target = state.fields.get(name, ("", None)) if state is not None else ("", None)
        if target is None and name.endswith("_set"):
            other = self._state(app).get(name[:-4])
            return self._named(app, other.name) if other is not None else None
        if target is None or not kind:
            return None
        other_app, _, other_name = target.rpartition(".")
        return self._named(other_app or app, other_name)

    def _named(self, app: str, name: str) -> Model:
        state = self._state(app, fields=False).get(name.lower())
        table = (state.table if state is not None else None) or bundled_table(app, name)
        return Model(f"{app}.{name}", table, "django-orm")

    def may_relate(self, given: Field) -> bool:
        """Whether a field of a row may be a relation: false where the migrations say that it is a plain column."""
        model = given.row.model
        if model is None or model.name is None or "." not in model.name or "." in given.name:
            return True
        app, _, own = model.name.partition(".")
        state = self._state(app).get(own.lower())
        kind, _target = state.fields.get(given.name, ("", None)) if state is not None else ("", None)
        return not kind or kind.endswith(_RELATIONS)

    def field_kind(self, model: Model, name: str) -> str:
        """The class of a field; empty where the migrations do not tell."""
        app, _, own = (model.name or "").partition(".")
        state = self._state(app).get(own.lower())
        return state.fields.get(name, ("", None))[0] if state is not None else ""

    def column(self, model: Model, name: str) -> str | None:
        """The column of a field under Django's own naming, where the migrations tell of the field."""
        if name in ("pk", "id"):
            return "id"
        kind = self.field_kind(model, name)
        if kind in _WITH_COLUMN:
            return f"{name}_id"
        if not kind and name.endswith("_id") and self.field_kind(model, name[:-3]) in _WITH_COLUMN:
            return name
        return name if kind and not kind.endswith(_RELATIONS) else None

    def related_to(self, model: Model) -> tuple[str, ...]:
        """The models that point to this one, or are pointed to by many, in the apps beside it."""
        app, _, own = (model.name or "").partition(".")
        folders = sorted(self.path.parent.parent.parent.glob("*/migrations")) if self.path is not None else []
        found = []
        for folder in folders:
            label = app_label(folder.parent)
            for name, state in self._state(label).items():
                targets = {
                    f"{label}.{target}" if "." not in target else target
                    for _, target in state.fields.values()
                    if target
                }
                many = (label, name) == (app, own.lower()) and any(
                    k == "ManyToManyField" for k, _ in state.fields.values()
                )
                if many or f"{app}.{own}".lower() in {target.lower() for target in targets}:
                    found.append(f"{label}.{state.name}")
        return tuple(found)

    def _state(self, app: str, *, fields: bool = True) -> dict[str, ModelState]:
        """The models of an app before this migration; without `fields` only their tables, which fewer files tell."""
        if (app, fields) not in self._states:
            folder = self._migrations_of(app)
            last = self.path.name if self.path is not None and folder == self.path.parent else None
            self._states[app, fields] = _models(folder, last, fields=fields) if folder is not None else {}
        return self._states[app, fields]

    def _migrations_of(self, app: str) -> Path | None:
        if self.path is None or self.root is None:
            return None
        if app == self.app:
            return self.path.parent
        for parent in self.path.parents:
            for folder in (parent / app / "migrations", parent / app.removeprefix(parent.name) / "migrations"):
                if folder.is_dir():
                    return folder
            if parent == self.root:
                break
        return None


_BUNDLED = {
    "contenttypes_contenttype": "django_content_type",
    "sites_site": "django_site",
    "sessions_session": "django_session",
    "admin_logentry": "django_admin_log",
    "flatpages_flatpage": "django_flatpage",
    "redirects_redirect": "django_redirect",
}
"""Tables of Django's own apps that are not named after app and model."""


def bundled_table(app: str, name: str) -> str:
    """The table of a model whose migrations say nothing else: `app_model`."""
    default = f"{app}_{name}".lower()
    return _BUNDLED.get(default, default)


_WITH_COLUMN = ("ForeignKey", "OneToOneField", "ParentalKey")
_RELATIONS = (
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


@lru_cache(maxsize=512)
def app_label(folder: Path) -> str:
    """An app's label: `label = "…"` in its AppConfig, else its folder's name."""
    for name in ("apps.py", "__init__.py"):
        try:
            with (folder / name).open("rb") as file:
                found = re.search(rb"^\s+label\s*(?::\s*str\s*)?=\s*[\"'](\w+)[\"']", file.read(100_000), re.MULTILINE)
        except OSError:
            continue
        if found:
            return found[1].decode()
    return folder.name


def _models(folder: Path, last: str | None, *, fields: bool) -> dict[str, ModelState]:
    """The models of an app, by name in lower case. Tables are those before `last`; of fields it matters that they are."""
    if fields:
        return _all_fields(folder)
    models: dict[str, ModelState] = {}
    for migration, events in _history(folder, _TABLES):
        if last is not None and migration > last:
            break
        _apply(models, events)
    return models


@lru_cache(maxsize=64)
def _all_fields(folder: Path) -> dict[str, ModelState]:
    models: dict[str, ModelState] = {}
    for _, events in _history(folder, _FIELDS):
        _apply(models, events)
    return models


def forget() -> None:
    """Forget what was read of apps: files may have changed since."""
    for remembered in (app_label, _all_fields, _history):
        remembered.cache_clear()


_TABLES = re.compile(rb"AlterModelTable|RenameModel|db_table")
_FIELDS = re.compile(rb"CreateModel|AlterModelTable|RenameModel|AddField|RenameField")

_PARAMETERS = {
    "CreateModel": ("name", "fields", "options"),
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
    fields: tuple[tuple[str, tuple[str, str | None]], ...]


@lru_cache(maxsize=128)
def _history(folder: Path, telling: re.Pattern[bytes]) -> tuple[tuple[str, tuple[_Event, ...]], ...]:
    """An app's migrations that say anything, in the order of their names, each with its events."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".py"))
    except OSError:
        return ()
    read = ((name, tuple(_events(folder / name, telling))) for name in names)
    return tuple((name, events) for name, events in read if events)


def _events(path: Path, telling: re.Pattern[bytes]) -> Iterator[_Event]:
    try:
        data = path.read_bytes()
        if len(data) > MAX_BYTES or not telling.search(data):
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(data)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
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
            )


def _literal(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _apply(models: dict[str, ModelState], events: Iterable[_Event]) -> None:
    for event in events:
        match event.operation, event.texts:
            case "CreateModel", {"name": name}:
                models[name.lower()] = ModelState(name, event.table, dict(event.fields))
            case "AlterModelTable", {"name": name}:
                models.setdefault(name.lower(), ModelState(name)).table = event.texts.get("table")
            case "RenameModel", {"old_name": old, "new_name": new}:
                before = models.get(old.lower(), ModelState(old))
                models[new.lower()] = ModelState(new, before.table, dict(before.fields))
            case "AddField", {"model_name": model, "name": name}:
                models.setdefault(model.lower(), ModelState(model)).fields[name] = event.fields[0][1]
            case "RenameField", {"model_name": model, "old_name": old, "new_name": new}:
                fields = models.setdefault(model.lower(), ModelState(model)).fields
                fields[new] = fields.get(old, ("", None))


def _table_option(options: ast.expr | None) -> str | None:
    if isinstance(options, ast.Dict):
        for key, value in zip(options.keys, options.values):
            if isinstance(key, ast.Constant) and key.value == "db_table" and isinstance(value, ast.Constant):
                return str(value.value)
    return None


def _fields(fields: ast.expr | None) -> Iterator[tuple[str, tuple[str, str | None]]]:
    for element in fields.elts if isinstance(fields, (ast.List, ast.Tuple)) else ():
        if isinstance(element, ast.Tuple) and len(element.elts) == 2 and isinstance(element.elts[0], ast.Constant):
            yield str(element.elts[0].value), _field(element.elts[1])


def _field(node: ast.expr | None) -> tuple[str, str | None]:
    if not isinstance(node, ast.Call):
        return "", None
    function = node.func
    kind = (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )
    target = next(
        (keyword.value for keyword in node.keywords if keyword.arg == "to"), node.args[0] if node.args else None
    )
    related = kind.endswith(_RELATIONS) and isinstance(target, ast.Constant) and isinstance(target.value, str)
    return kind, str(target.value) if related and isinstance(target, ast.Constant) else None
