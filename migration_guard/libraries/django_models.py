"""Django: the tables and relations that an app's migrations give to its models. They are read, never run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.collections import Mapping
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import Value
from migration_guard.lean import dataclass
from migration_guard.libraries.database import Field, Model
from migration_guard.sight.folders import is_folder, matching
from migration_guard.skim.history import (
    NO_FIELD,
    RELATIONS,
    FieldState,
    ModelState,
    app_label,
    app_of,
    models_of,
)

if TYPE_CHECKING:
    from migration_guard.interpreter.machine import Machine


@dataclass(frozen=True, slots=True)
class Relation:
    """Where an attribute of a model leads."""

    other: Model
    between: Model | None = None
    """The model of the table between, of many-to-many."""
    reverse: bool = False
    """Whether the other model holds the column."""


class Project:
    """Finds the tables of models by reading (never running) the migrations of their apps."""

    def __init__(self) -> None:
        self.path: Path | None = None
        self.root: Path | None = None
        self._states: dict[tuple[str, bool], dict[str, ModelState]] = {}
        self._relations: dict[tuple[str | None, str], Relation | None] = {}
        self._altered: dict[tuple[str | None, str], str | None] = {}
        """Tables of models that this very migration has given other ones."""

    @property
    def app(self) -> str | None:
        """The label of the app that the migration belongs to."""
        return app_of(self.path.parent) if self.path is not None else None

    def model(self, app: str | None, name: str | None, machine: Machine) -> Model:
        label = app if app is not None else self.app
        if name is None:
            return Model(None, None, "django-orm")
        return self._named(label, name) if label else Model(name, None, "django-orm")

    def model_of_class(self, cls: Class) -> Model:
        """A real model of the repository: its app by its folder, its table by `Meta`."""
        meta = cls.scope.get("Meta")
        named = meta.scope.get("db_table") if isinstance(meta, Class) else None
        proxy = meta.scope.get("proxy") if isinstance(meta, Class) else None
        labelled = meta.scope.get("app_label") if isinstance(meta, Class) else None
        folder = cls.module.path.parent
        while folder.name == "models" or (
            folder.name != ""
            and not is_folder(folder / "migrations")
            and folder.parent != folder
            and is_folder(folder.parent / "migrations")
        ):
            folder = folder.parent
        app = str(labelled) if isinstance(labelled, Text) and labelled.known else app_label(folder)
        table: str | None = f"{app}_{cls.name}".lower()
        if isinstance(named, Text) and named.known:
            table = str(named)
        elif proxy is not None and proxy.truth:
            table = next((self.model_of_class(base).table for base in _bases_with_rows(cls)), table)
        return Model(f"{app}.{cls.name}", table, "django-orm", cls)

    def alter_table(self, name: str, table: str | None) -> None:
        """An operation of the migration gives a model another table; None is the one that it would have by its name."""
        self._altered[self.app, name.lower()] = table

    def rename_model(self, old: str, new: str) -> None:
        """An operation gives a model another name: a table that was named apart stays."""
        if self.app is not None:
            state = self._state(self.app, fields=False).get(old.lower())
            kept = self._altered.get((self.app, old.lower()), state.table if state is not None else None)
            self._altered[self.app, new.lower()] = kept

    def created_table(self, name: str, options: Value | None, machine: Machine) -> str | None:
        if isinstance(options, Mapping):
            named = next((v for k, v in options.known.values() if isinstance(k, Text) and str(k) == "db_table"), None)
            if isinstance(named, Text):
                return str(named)
        return self.model(None, name, machine).table

    def related(self, model: Model, name: str) -> Model | None:
        """The model on the other side of a relation, where the migrations tell."""
        relation = self.relation(model, name)
        return relation.other if relation is not None else None

    def relation(self, model: Model, name: str) -> Relation | None:
        """Where an attribute of a model leads, where the migrations tell, seen from either side."""
        key = (model.name, name)
        if key not in self._relations:
            self._relations[key] = self._found(model, name)
        return self._relations[key]

    def _found(self, model: Model, name: str) -> Relation | None:
        for one in (model, *self.parents(model)):
            found = self._forward(one, name) or self._backward(one, name)
            if found is not None:
                return found
        return None

    def _forward(self, model: Model, name: str) -> Relation | None:
        app, _, own = (model.name or "").partition(".")
        state = self._state(app).get(own.lower())
        given = state.fields.get(name, NO_FIELD) if state is not None else NO_FIELD
        if state is None or given.target is None or not given.kind:
            return None
        other = self._target(given.target, app, state)
        return Relation(other, self._between(model, name, given, app) if given.many else None)

    def _target(self, target: str, app: str, state: ModelState) -> Model:
        other_app, _, other_name = target.rpartition(".")
        return self._named(other_app or app, state.name if target == "self" else other_name)

    def _between(self, owner: Model, name: str, given: FieldState, app: str) -> Model:
        if given.through is not None:
            other_app, _, other_name = given.through.rpartition(".")
            return self._named(other_app or app, other_name)
        table = given.table or (f"{owner.table}_{name}" if owner.table else None)
        return Model(f"{owner.name}.{name}", table, "django-orm")

    def _backward(self, model: Model, name: str) -> Relation | None:
        """What another model's field gives to this one: `related_name`, `child_set`, the child itself."""
        app, _, own = (model.name or "").partition(".")
        for label in dict.fromkeys((app, self.app or app, *(known for known, whole in self._states if whole))):
            for state in self._state(label).values():
                for field_name, given in state.fields.items():
                    if given.target is None or not given.kind or _other_side(state, given) != name:
                        continue
                    if self._target(given.target, label, state).name in (model.name, f"{app}.{own.lower()}"):
                        child = self._named(label, state.name)
                        between = self._between(child, field_name, given, label) if given.many else None
                        return Relation(child, between, reverse=True)
        return None

    def tables(self, model: Model, fields: Iterable[str] | None = None) -> tuple[str | None, ...]:
        """The tables that hold a model's rows, its own first; of fields that are known, those that hold them."""
        held = (model, *self.parents(model))
        if len(held) > 1 and fields is not None:
            own = [one for one in held if any(self._has_field(one, name) for name in fields)]
            known = all(any(self._has_field(one, name) for one in held) for name in fields)
            held = tuple(own) if known and own else held
        return tuple(dict.fromkeys(one.table for one in held))

    def _has_field(self, model: Model, name: str) -> bool:
        if model.cls is not None:
            return model.cls.scope.get(name) is not None
        app, _, own = (model.name or "").partition(".")
        state = self._state(app).get(own.lower())
        return state is not None and name in state.fields

    def parents(self, model: Model) -> list[Model]:
        """The models whose rows hold a part of this one's, nearest first."""
        if model.cls is not None:
            nearest = [self.model_of_class(cls) for cls in _bases_with_rows(model.cls)]
        else:
            app, _, own = (model.name or "").partition(".")
            state = self._state(app, fields=False).get(own.lower())
            bases = state.bases if state is not None else ()
            nearest = [self._named(other_app, name) for other_app, _, name in (base.partition(".") for base in bases)]
        found = list(nearest)
        for one in nearest:
            found += self.parents(one)
        return found

    def _named(self, app: str, name: str) -> Model:
        state = self._state(app, fields=False).get(name.lower())
        if (app, name.lower()) in self._altered:
            return Model(f"{app}.{name}", self._altered[app, name.lower()] or bundled_table(app, name), "django-orm")
        if state is not None and state.proxy and state.bases:
            base_app, _, base = state.bases[0].partition(".")
            table = self._named(base_app, base).table
        else:
            table = (state.table if state is not None else None) or bundled_table(app, name)
        return Model(f"{app}.{name}", table, "django-orm")

    def may_relate(self, given: Field) -> bool:
        """Whether a field of a row may be a relation: false where the migrations say that it is a plain column."""
        model = given.row.model
        if model is None or model.name is None or "." not in model.name or "." in given.name:
            return True
        app, _, own = model.name.partition(".")
        state = self._state(app).get(own.lower())
        kind = state.fields.get(given.name, NO_FIELD).kind if state is not None else ""
        return not kind or kind.endswith(RELATIONS)

    def field_kind(self, model: Model, name: str) -> str:
        """The class of a field; empty where the migrations do not tell."""
        return self._fields(model).get(name, NO_FIELD).kind

    def stamped(self, model: Model) -> str | None:
        """A field into which each save writes the time."""
        return next((name for name, one in self._fields(model).items() if one.stamped), None)

    def column(self, model: Model, name: str) -> str | None:
        """The column of a field, as it says itself or under Django's own naming, where the migrations tell of the field."""
        fields = self._fields(model)
        primary = next((field for field, one in fields.items() if one.primary), "id")
        name = primary if name == "pk" else name
        if name == "id" and name not in fields:
            return "id" if primary == "id" else None
        given = fields.get(name, NO_FIELD)
        if not given.kind and name.endswith("_id") and fields.get(name[:-3], NO_FIELD).kind in _WITH_COLUMN:
            return fields[name[:-3]].column or name
        if given.kind in _WITH_COLUMN:
            return given.column or f"{name}_id"
        return (given.column or name) if given.kind and not given.kind.endswith(RELATIONS) else None

    def referred(self, model: Model, name: str) -> str:
        """The field of the other model whose values a foreign key holds."""
        return self._fields(model).get(name, NO_FIELD).to_field or "pk"

    def _fields(self, model: Model) -> dict[str, FieldState]:
        app, _, own = (model.name or "").partition(".")
        state = self._state(app).get(own.lower())
        return state.fields if state is not None else {}

    def related_to(self, model: Model) -> tuple[str, ...]:
        """The models that point to this one, or are pointed to by many, in the apps beside it."""
        app, _, own = (model.name or "").partition(".")
        folders = matching(self.path.parent.parent.parent, "*/migrations") if self.path is not None else ()
        found = []
        for folder in folders or ():
            label = app_of(folder)
            for name, state in self._state(label).items():
                targets = {
                    f"{label}.{given.target}" if "." not in given.target else given.target
                    for given in state.fields.values()
                    if given.target
                }
                many = (label, name) == (app, own.lower()) and any(
                    given.kind == "ManyToManyField" for given in state.fields.values()
                )
                if many or f"{app}.{own}".lower() in {target.lower() for target in targets}:
                    found.append(f"{label}.{state.name}")
        return tuple(found)

    def going_with(self, model: Model) -> tuple[str, ...]:
        """The tables whose rows may go, or be changed, with those of a model: also those that lie between two of many."""
        found: dict[str, None] = {}
        waiting, met = [model], {model.name}
        while waiting:
            one = waiting.pop()
            for name in self.related_to(one):
                app, _, own = name.partition(".")
                other = self._named(app, own)
                state = self._state(app).get(own.lower())
                for field, given in state.fields.items() if state is not None else ():
                    if given.many and (table := self._between(other, field, given, app).table):
                        found[table] = None
                if name not in met:
                    met.add(name)
                    waiting.append(other)
                    found |= dict.fromkeys([other.table] if other.table else [])
        return tuple(found)

    def _state(self, app: str, *, fields: bool = True) -> dict[str, ModelState]:
        """The models of an app before this migration; without `fields` only their tables, which fewer files tell."""
        if (app, fields) not in self._states:
            folder = self._migrations_of(app)
            last = self.path.name if self.path is not None and folder == self.path.parent else None
            self._states[app, fields] = models_of(folder, last, fields=fields) if folder is not None else {}
        return self._states[app, fields]

    def _migrations_of(self, app: str) -> Path | None:
        if self.path is None or self.root is None:
            return None
        if app == self.app:
            return self.path.parent
        for parent in self.path.parents:
            for folder in (parent / app / "migrations", parent / app.removeprefix(parent.name) / "migrations"):
                if is_folder(folder):
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


def _other_side(state: ModelState, given: FieldState) -> str:
    """The attribute that a relation gives to the model it leads to."""
    if given.related_name is not None:
        return given.related_name.replace("%(class)s", state.name.lower())
    return state.name.lower() if given.kind.endswith("OneToOneField") else f"{state.name.lower()}_set"


def _bases_with_rows(cls: Class) -> list[Class]:
    above = [option for base in cls.bases for option in base.alternatives() if isinstance(option, Class)]
    return [one for one in above if _has_rows(one)]


def _has_rows(cls: Class) -> bool:
    """Whether a class of the repository is a model with a table of its own."""
    meta = cls.scope.get("Meta")
    abstract = meta.scope.get("abstract") if isinstance(meta, Class) else None
    return bool(cls.external_bases()) and (abstract is None or abstract.truth is False) and _is_a_model(cls)


def _is_a_model(cls: Class) -> bool:
    return any(base.startswith("django.") and base.endswith("Model") for base in cls.external_bases())
