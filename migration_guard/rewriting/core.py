"""A loop over what a SELECT gives, written with SQLAlchemy's functions or in texts: a dialect of loops on Alembic's connection."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import libcst as cst

from migration_guard.rewriting.bound import ASKED, BINDS, OTHER_ROWS, Bound, Parts, speaks_of
from migration_guard.rewriting.names import names_of
from migration_guard.rewriting.queried import Queried, Unlike, queried
from migration_guard.rewriting.reached import CannotRemove
from migration_guard.rewriting.removal import Migration
from migration_guard.rewriting.slices import BY_HAND, Written
from migration_guard.rewriting.texts import with_text
from migration_guard.sql.backfill.keyed import among_these, changing


class Core(Bound):
    """A loop in `upgrade`, or in a function that it gives its connection."""

    HELPER = "from migration_guard.backfill.core import changes_only"

    def __init__(self, migration: Migration, path: Path, statements: Sequence[cst.CSTNode]) -> None:
        super().__init__(migration, path, statements)
        self._own_texts: set[str] = set()
        self._type_of: Callable[[str], str | None] = lambda _: None
        self._table = ""
        loop = ast.parse(self._code(self._loop)).body[0]
        assert isinstance(loop, ast.For)
        try:
            self.queried: Queried = queried(loop, self._held, dict(self._of_module()))
        except Unlike as reason:
            raise CannotRemove(f"{reason}; {BY_HAND}") from None

    def written(
        self, name: str, label: str, table: str, type_of: Callable[[str], str | None], *, fills: bool
    ) -> Written:
        """Write the function; `table` and `type_of` are what the migrations tell. Raises CannotRemove and CannotMove."""
        self._table, self._type_of = table, type_of
        return self.function(name, label, fills=fills)

    def _of_module(self) -> Iterator[tuple[str, ast.expr]]:
        """What variables of the module hold that are set once."""
        body = [line for one in self._migration.module_body for line in ast.parse(self._code(one)).body]
        touched = [name for one in body for name in names_of(ast.Module([one], [])).touched]
        for line in body:
            match line:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if touched.count(name) == 1:
                    yield name, value

    def _row(self) -> tuple[str, frozenset[str]]:
        return self.queried.row, frozenset({self.queried.table})

    def _opened(self, handle: str | None) -> str:
        return f"changes_only(connection) as {handle or ASKED}"

    def _narrow(self) -> None:
        """Narrow the SELECT; an UPDATE that stands in a text leaves rows alone that have its values."""
        found = self.queried
        changes: list[tuple[ast.Call, ast.expr]] = []
        for text, call in found.by_text:
            sql = changing(text.sql, self._type_of)
            self._own_texts.add(sql)
            given = [*call.args[1:], *(one.value for one in call.keywords)]
            changes.append((call, ast.Call(call.func, [with_text(text, sql), *given], [])))
        select, *others = found.executed.args
        if found.from_text is not None:
            text, _ = found.from_text
            sql = among_these(text.sql, found.key)
            self._own_texts.add(sql)
            ids = ast.keyword("ids", ast.Call(ast.Name("list", ast.Load()), [ast.Name("ids", ast.Load())], []))
            narrowed = ast.Call(ast.Attribute(with_text(text, sql), "bindparams", ast.Load()), [], [ids])
        else:
            column = found.key if found.is_model else f"c.{found.key}"
            among = ast.parse(f"{found.table}.{column}.in_(ids)", mode="eval").body
            narrowed = ast.Call(ast.Attribute(select, "where", ast.Load()), [among], [])
        changes.append((found.executed, ast.Call(found.executed.func, [narrowed, *others], [])))
        for old, new in changes:
            self.replace(old, new)
        if self._handle() is None:
            self.replace(found.connection, ast.Name(ASKED, ast.Load()))

    def _handle(self) -> str | None:
        around = self._around
        if around is None or around.asynchronous is not None:
            raise CannotRemove(f"its loop stands in no function of the migration; {BY_HAND}")
        given = [one.name.value for one in (*around.params.posonly_params, *around.params.params)]
        spelt = ast.unparse(self.queried.connection)
        is_bind = self._is_bind(spelt)
        if around.name.value == "upgrade" and not given and is_bind:
            return spelt if spelt in self._held else None
        if given == [spelt] and self._is_given_bind(around.name.value):
            return spelt
        raise CannotRemove(f"it does not execute on Alembic's own connection; {BY_HAND}")

    def _is_given_bind(self, function: str) -> bool:
        """Whether `upgrade` gives a function its connection, and nobody else gives it anything."""
        calls = list(self._migration.calls_of(function))
        binds = {f"{one}()" for one in BINDS}
        for step in self._migration.steps_of("upgrade"):
            for line in ast.parse(step.code.strip()).body if step.simple else ():
                match line:
                    case ast.Assign(targets=[ast.Name(id=name)], value=value) if ast.unparse(value) in binds:
                        binds = {*binds, name}
        given = [self._code_of(one.args[0].value) for one in calls if len(one.args) == 1]
        return bool(calls) and len(given) == len(calls) and all(one in binds for one in given)

    def _code_of(self, node: cst.CSTNode) -> str:
        return cst.Module(body=[]).code_for_node(node)

    def _reads_others(self, parts: Parts) -> str | None:
        return OTHER_ROWS if speaks_of(parts, self.queried.table, self._table, self._own_texts) else None
