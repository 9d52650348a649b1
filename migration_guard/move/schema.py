"""What the migrations of a folder say of tables: keys, columns, which are new. They are read with `ast`, never run."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from migration_guard.files import Unreadable, read_source
from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.move.told import alembic, django
from migration_guard.move.told.gone import gone
from migration_guard.move.told.syntax import argument, called, text
from migration_guard.skim.history import MAX_BYTES, app_of
from migration_guard.sql.backfill import Column, Facts
from migration_guard.sql.columns import MAY_TELL, ColumnTold, KeyTold, Told, Unread, told
from migration_guard.sql.names import bare

_TELLS = re.compile(
    rb"create_table|add_column|alter_column|drop_column|drop_table|rename_table|_constraint|_index|CreateModel|AddField|"
    rb"RemoveField|DeleteModel|RenameField|RenameModel|AlterModelTable|AlterUniqueTogether|AlterField|Constraint|TABLE|INDEX",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Told:
    """What one file says of a column or a key."""

    what: Told
    file: str


def contract_path(migration: Path) -> Path:
    """Where the migration stands, or would stand, that does what builds on a migration's backfills.

    Django finds migrations by how their names begin, so that no name may begin with another.
    """
    number, underscore, name = migration.stem.partition("_")
    if migration.parent.name != "migrations" or not number.isdigit() or not underscore:
        return migration.with_name(f"{migration.stem}_contract.py")
    names = (f"{int(number) + 1:0{len(number)}}", f"{number}a")
    paths = [migration.with_name(f"{one}_contract_of_{name}.py") for one in names]
    taken = any(path not in paths for path in migration.parent.glob(f"{names[0]}_*.py"))
    return next((path for path in paths if path.exists()), paths[taken])


class Schema:
    """The tables of the folders in which a migration and its neighbours lie."""

    def __init__(self, migration: Path, root: Path) -> None:
        self._migration = migration
        folders = [migration.parent]
        if migration.parent.name == "migrations":
            folders += sorted(migration.parent.parent.parent.glob("*/migrations"))
        folders = [folder for folder in dict.fromkeys(folders) if folder.is_relative_to(root) or folder == folders[0]]
        later = str(contract_path(migration))  # it comes after what is moved
        self._told = [one for folder in folders for one in _in_folder(folder).told if one.file != later]
        self._models = [pair for folder in folders for pair in _in_folder(folder).models]
        self._relations = [pair for folder in folders for pair in _in_folder(folder).relations]
        self._references = list(dict.fromkeys(one for folder in folders for one in _in_folder(folder).references))

    def facts(self, table: str) -> Facts:
        """Give what is known of a table, by its name with or without schema."""
        name = bare(table)
        mine = [(said, file) for said, file in self._columns() if said.table.lower() == name and said.name]
        columns: dict[str, Column] = {}
        for said, file in mine:
            if not (said.dropped or said.altered):
                new = said.added and said.nullable and not said.default and file == str(self._migration)
                columns[said.name] = _joined(columns.get(said.name), Column(said.type, said.nullable, new))
        for said, _ in mine:
            known = columns.get(said.name) if said.altered else None
            if known is not None:
                columns[said.name] = replace(known, type=known.type if said.type is not None else None, nullable=True)
        keys = dict.fromkeys(said.name for said, _ in mine if said.key and not said.dropped)
        return Facts(tuple(keys), columns, self._unique(name))

    def models(self, table: str) -> frozenset[str]:
        """The names, each with its app, of the models whose table has another name."""
        return frozenset(model for model, name in self._models if bare(name) == bare(table))

    def accessors(self, table: str) -> frozenset[str]:
        """The names, in lower case, by which rows of Django's models lead to rows of a table."""
        mine = {bare(table), *(model.lower() for model in self.models(table))}
        mine |= {"?"} if any(one.endswith("user") for one in mine) else set()  # whom a project's settings name
        return frozenset(name for of, name in self._relations if of in mine)

    def table_of(self, model: str) -> str:
        """The table of a model of Django's, `app.Model`."""
        by_itself = model.lower().replace(".", "_", 1)
        return next((table for name, table in self._models if name == by_itself), by_itself)

    def children(self, table: str) -> dict[str, tuple[str, str]]:
        """By which names a row of a model leads to the rows that belong to it: their table, and their field that says so.

        A name that may lead to several tables is left out.
        """
        found: dict[str, set[tuple[str, str]]] = {}
        for one in self._references:
            if one.accessor and self.table_of(one.parent) == table:
                found.setdefault(one.accessor, set()).add((self.table_of(one.child), one.field))
        return {accessor: next(iter(every)) for accessor, every in found.items() if len(every) == 1}

    def parents(self, table: str) -> dict[str, str]:
        """The foreign keys of a table, each with the one table that it leads to."""
        found: dict[str, set[str]] = {}
        for one in self._references:
            if self.table_of(one.child) == table:
                found.setdefault(one.field, set()).add(self.table_of(one.parent))
        return {field: next(iter(every)) for field, every in found.items() if len(every) == 1}

    def _table(self, table: str, app: str | None) -> str:
        """The table of that name, or of a model of an app."""
        by_itself = f"{app}_{table}"
        return table if app is None else next((of for model, of in self._models if model == by_itself), by_itself)

    def column(self, table: str, column: str, app: str | None) -> tuple[str, str] | None:
        """The table and the column of a field, if it may be let NULL: it is there, and no key."""
        name = self._table(table, app)
        facts = self.facts(name)
        found = [one for one in (column, f"{column}_id") if one in facts.columns]
        return (name, found[0]) if len(found) == 1 and found[0] not in facts.keys else None

    def may_be_left_out(self, table: str, column: str, app: str | None) -> bool:
        """Whether rows may surely be added without a column, or a field, of a table, or of a model of an app."""
        name = self._table(table, app)
        known = self.facts(name).columns
        found = [known[one] for one in (column, f"{column}_id") if one in known]
        altered = any(
            said.altered and said.table.lower() == bare(name) and said.name in {column, f"{column}_id"}
            for said, _ in self._columns()
        )
        keys = [one.what for one in self._told if isinstance(one.what, KeyTold) and one.what.dropped]
        altered |= any(
            one.table.lower() == bare(name) and one.columns in ((column,), (f"{column}_id",)) for one in keys
        )
        return bool(found) and not altered and all(one.nullable for one in found)

    def unread(self, table: str) -> tuple[str, ...]:
        """Say which files of those that may speak of a table could not be read."""
        name = bare(table)
        every = [(Path(one.file).name, one.what) for one in self._told if isinstance(one.what, Unread)]
        mine = dict.fromkeys((file, what.reason) for file, what in every if what.speaks_of(name))
        return tuple(f"{file} may say more of {table}, and is not read: {reason}" for file, reason in mine)

    def _columns(self) -> Iterator[tuple[ColumnTold, str]]:
        return ((one.what, one.file) for one in self._told if isinstance(one.what, ColumnTold))

    def _unique(self, table: str) -> tuple[tuple[str, ...], ...]:
        """The unique keys of a table that nothing drops: dropping one of an unknown name drops all without a name."""
        every = [one.what for one in self._told if isinstance(one.what, KeyTold)]
        mine = [one for one in every if one.table.lower() == table and one.columns and not one.dropped]
        gone = [one for one in every if one.dropped and one.table.lower() in {table, ""}]
        return tuple(dict.fromkeys(one.columns for one in mine if not any(end.ends(one) for end in gone)))

    def drops(self) -> Iterator[tuple[Path, str, str]]:
        """The columns (or whole tables, as "") that other migrations drop or rename, in lower case, each with the file."""
        for said, file in self._columns():
            if said.dropped and file != str(self._migration):
                yield Path(file), said.table.lower(), said.name.lower()


def _joined(known: Column | None, said: Column) -> Column:
    """What is left to be sure of where two migrations create one column."""
    if known is None:
        return said
    same = known.type if known.type == said.type else None
    return Column(same, known.nullable or said.nullable, known.new and said.new)


@dataclass(frozen=True, slots=True)
class _Folder:
    """What the files of a folder say."""

    told: tuple[_Told, ...]
    models: tuple[tuple[str, str], ...]
    """Models of Django's whose table has another name than theirs, each with that."""
    relations: tuple[tuple[str, str], ...]
    """The tables of Django's models as they would be by themselves, each with a name that leads to its rows."""
    references: tuple[django.Reference, ...]


@lru_cache(maxsize=256)
def _in_folder(folder: Path) -> _Folder:
    found: list[_Told] = []
    tables: dict[str, str] = {}
    relations: dict[tuple[str, str] | django.Reference, None] = {}
    for path in sorted((*folder.glob("*.py"), *folder.glob("*.sql"))):
        found += [_Told(what, str(path)) for what in _in_file(path, tables, relations)]
    every = (
        one
        if isinstance(one.what, Unread)
        else replace(one, what=replace(one.what, table=tables.get(one.what.table, one.what.table)))
        for one in found
    )
    named = tuple(one for one in relations if isinstance(one, tuple))
    references = tuple(one for one in relations if isinstance(one, django.Reference))
    return _Folder(tuple(every), tuple(tables.items()), named, references)


def _in_file(
    path: Path, tables: dict[str, str], relations: dict[tuple[str, str] | django.Reference, None]
) -> Iterator[Told]:
    """Give what a file says. Where models have tables of other names than theirs, that is put into `tables`."""
    try:
        data = read_source(path)
    except Unreadable as reason:
        yield Unread(_start_of(path), str(reason))
        return
    if not _TELLS.search(data):
        return
    if path.suffix == ".sql":
        shown = data.decode("utf-8", "replace")
        yield from (*told(shown), *gone(shown))
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        yield Unread(data.decode("utf-8", "replace"), f"Python does not read it ({type(error).__name__})")
        return
    app = app_of(path.parent)
    for node, batch in _forwards(tree, None):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and MAY_TELL.search(node.value):
            yield from (*told(node.value), *gone(node.value))
        elif isinstance(node, ast.Call):
            tables |= django.renamed(node, app)
            relations |= dict.fromkeys((*django.relations(node, app), *django.references(node, app)))
            yield from django.by_call(node, app) if called(node) in django.NAMES else alembic.by_call(node, batch)


def _start_of(path: Path) -> str:
    """What can be had of a file that is too large, or no text."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def _forwards(node: ast.AST, batch: str | None) -> Iterator[tuple[ast.AST, str | None]]:
    """Walk a migration without its way back, and say in whose `batch_alter_table` each node stands."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef) and child.name.startswith("downgrade"):
            continue
        inside = batch
        if isinstance(child, ast.With):
            for item in child.items:
                call = item.context_expr
                if isinstance(call, ast.Call) and called(call) == "batch_alter_table":
                    inside = text(argument(call, 0, "table_name"))
        yield child, inside
        yield from _forwards(child, inside)
