"""What a migration does with Django's models as a function of its own: with all that it uses, for the rows whose keys it is given."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import libcst as cst

from migration_guard.forms.nodes import within
from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.operations import Span
from migration_guard.rewriting.again import of_a_statement
from migration_guard.rewriting.carried import gives_a_key, taken_along, written_twice
from migration_guard.rewriting.elsewhere import Elsewhere
from migration_guard.rewriting.layout import is_import
from migration_guard.rewriting.names import Names, handed_over, names_of
from migration_guard.rewriting.narrowed import Narrowed, Places, Replaced
from migration_guard.rewriting.reached import CannotRemove
from migration_guard.rewriting.removal import Migration
from migration_guard.rewriting.slices import BY_HAND, Loop, Used, Written
from migration_guard.rewriting.spoken import words_of
from migration_guard.rewriting.unfolded import ROWS, unfolded

_HELPERS = ("in_order", "models_at", "one_at_a_time")
_HELPER = "from migration_guard.backfill.django import {}"
_NEUTRAL = frozenset({"atomic", "scopes_disabled", "scope", "nullcontext"})
"""What a block may be of whose end means nothing for the rows."""
_SCOPES = re.compile(r"\bscopes?(?:_disabled)?\(")
_OF_MODELS = re.compile(r"^[ \t\f]*from\s+[\w.]*\bmodels\b(?<!db\.models)[\w.]*\s+import\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Asked:
    """A change of Django's, as the rest of the house knows it."""

    row: str
    """The variable that holds a row; empty where a queryset is changed as a whole."""
    model: str
    """`app.Model`, whose rows are written."""
    table: str
    fields: Collection[str]
    """What is written, by the names of fields and of columns; nothing where rows are deleted."""
    accessors: Collection[str]
    """By which names rows of other models, or of its own, lead to its rows."""
    keys: Collection[str]
    """The names of the primary key."""
    takes_others: bool
    """Whether rows of other models go with those that are deleted."""
    others: Sequence[Span] = ()
    """Where the migration does anything else to the database."""


class MakesOthers(CannotRemove):
    """Why a change does not become a function by itself: its loop makes others, with which it may become one."""


class Django(Loop):
    """A change in a function that `RunPython` calls: a statement, or the loops that it stands in."""

    def __init__(
        self,
        migration: Migration,
        path: Path,
        statements: Sequence[cst.CSTNode],
        calls: Sequence[cst.Call],
        asked: Asked,
    ) -> None:
        """`calls` change rows of the same table; several change them by whole querysets."""
        super().__init__(migration, path, statements)
        self._calls = calls
        self._asked = asked

    def written(self, name: str, label: str, *, fills: bool) -> Written:
        """Write the function. `fills` says that it only fills columns that are empty. Raises CannotRemove."""
        if self._around is None:
            raise CannotRemove(f"it stands in no function of the migration; {BY_HAND}")
        models, editor = self._given(self._around)
        app, _, stem = label.partition(".")
        self._check_blocks()
        lists: frozenset[str] = frozenset()
        every = list(self._narrowed(self._around))
        instead = {id(one.old): one.new for one in every}
        for narrowed in every:
            top = self._top_of(narrowed.old)
            whole = top.visit(Replaced(instead))
            assert isinstance(whole, cst.CSTNode)
            self._instead[id(top)] = whole
            lists |= narrowed.lists
        used = self._used({one for one in (models, editor, *_HELPERS) if one is not None}, lists)
        self._refuse_others(used)
        self._refuse_scoped(used)
        before, body = self._in_order(used.before), [self._as_it_comes(one) for one in self._statements]
        self._check(before, body, self._in_order(used.module), lists, fills=fills)
        given = f"({models or '_models'}, {editor or '_editor'})"
        block = cst.parse_statement(
            f"with models_at(connection, {app!r}, {stem!r}) as {given}:\n    pass\n".replace("'", '"')
        )
        block = cst.ensure_type(block, cst.With).with_changes(
            body=cst.IndentedBlock(body=[*self._first(), *before, *body])
        )
        words = names_of(ast.parse(self._code(block))).loads
        helper = _HELPER.format(", ".join(one for one in _HELPERS if one in words))
        return self._wrapped(name, label, helper, used, block)

    def _first(self) -> Iterator[Any]:
        """What its function begins with."""
        yield from ()

    def _narrowed(self, function: cst.FunctionDef) -> Iterator[Narrowed]:
        """Where its rows are found."""
        for call in self._calls:
            found = Narrowed(self._migration, function, self._statements)
            found.by_call(call, self._asked.row)
            yield found

    def _given(self, function: cst.FunctionDef) -> tuple[str | None, str | None]:
        """The names that the function has for the models and the schema editor."""
        params = [*function.params.posonly_params, *function.params.params]
        given = [one for one in params if one.default is None]  # others have their own values, whoever calls it
        names = [one.name.value for one in params[:2]]
        if function.asynchronous is not None or len(given) > 2 or not self._migration.runs(function.name.value):
            raise CannotRemove(f"it stands in {function.name.value}(), which RunPython does not call itself; {BY_HAND}")
        return (names[0] if names else None), (names[1] if len(names) > 1 else None)

    def _top_of(self, node: cst.CSTNode) -> cst.CSTNode:
        """The statement of those that go along in which a piece of code stands."""
        tops = {id(one): one for one in (*self._statements, *self._migration.before(self._loop))}
        for one in (node, *self._migration.above(node)):
            if id(one) in tops:
                return tops[id(one)]
        raise CannotRemove(f"which rows it goes through cannot be narrowed to those of a batch; {BY_HAND}")

    def _names(self, node: cst.CSTNode) -> Names:
        names = super()._names(node)
        return replace(names, touched=names.touched | handed_over(ast.parse(self._code(node))))

    # --- Whether it can be done for some rows as for all -------------------------------------------------------------

    def _check_blocks(self) -> None:
        """What stands in a block that does something at its end would do it no more."""
        for parent in self._migration.above(self._loop):
            if isinstance(parent, cst.With):
                calls = [one.item.func if isinstance(one.item, cst.Call) else one.item for one in parent.items]
                if not {self._code(one).strip().rpartition(".")[2] for one in calls} <= _NEUTRAL:
                    raise CannotRemove(
                        f"it stands in a block of `with {self._code(parent.items[0]).strip()}`; {BY_HAND}"
                    )

    def _refuse_scoped(self, used: Used) -> None:
        """Refuse models of the application's own whose rows are found only within what stands around the loop."""
        around = self._around
        decorators = [self._code(one.decorator) for one in around.decorators] if around is not None else []
        names = {one.partition("(")[0].strip().rpartition(".")[2] for one in decorators}
        if not names <= _NEUTRAL:
            raise CannotRemove(f"it stands in a function that is decorated ({min(names - _NEUTRAL)}); {BY_HAND}")
        above = [one for one in self._migration.above(self._loop) if isinstance(one, cst.With)]
        blocks = [self._code(item.item) for one in above for item in one.items]
        scoped = any(_SCOPES.search(one) for one in (*decorators, *blocks))
        imports = [self._code(one) for one in used.module.values() if is_import(one)]
        if scoped and any(_OF_MODELS.search(one) for one in imports):
            raise CannotRemove(f"its loop uses the application's own models, whose scopes are switched off; {BY_HAND}")

    def _refuse_others(self, used: Used) -> None:
        """Refuse what makes other changes on the way: it would make them for each batch."""
        nodes = [*self._statements, *used.before.values(), *used.module.values()]
        for one in self._asked.others:
            if any(self._migration.holds(node, one) for node in nodes):
                raise MakesOthers(
                    f"what it uses makes another change too (line {one.line}); give each a loop of its own, then move them "
                    "one by one"
                )

    def _check(
        self, before: list[Any], body: list[Any], module: list[Any], lists: frozenset[str], *, fills: bool
    ) -> None:
        setup = ast.parse("".join(self._code(one) for one in before))
        helpers = ast.parse("".join(self._code(one) for one in module if not is_import(one) or renames(one)))
        whole = ast.parse("".join(self._code(one) for one in body))
        whole = unfolded(whole, ast.Module([*setup.body, *helpers.body], []))
        asked = self._asked
        places = Places([self._code(call).strip() for call in self._calls], asked.row, lists | {ROWS})
        around: list[ast.stmt] = [*setup.body, *whole.body]
        reason = of_a_statement(ast.Module(around, []), helpers, asked.fields, fills=fills)
        reason = reason or gives_a_key(whole, {asked.row}, asked.fields, asked.keys)
        for loop in places.loops(whole):
            known = ast.Module([one for one in around if one is not loop], [])
            reason = reason or taken_along(loop, known, helpers, asked.row, lists | {ROWS}, fills=fills)
            around = [*around, *loop.body]
            goes_through = any(isinstance(one, ast.Name) and one.id == asked.row for one in ast.walk(loop.target))
            if goes_through and written_twice(loop, asked.row):
                reason = reason or "its loop writes one row more than once"
        elsewhere = Elsewhere(
            asked.model, asked.table, asked.accessors, asked.fields, asked.row, takes_others=asked.takes_others
        )
        reason = reason or elsewhere.read(setup, whole, helpers)
        if reason is not None:
            raise CannotRemove(f"{reason}; {BY_HAND}")


def renames(node: cst.CSTNode) -> bool:
    """Whether an import gives something another name, by which it would not be known."""
    return any(isinstance(one, cst.ImportAlias) and one.asname is not None for one in within(node))


def deleting(name: str, label: str, model: str) -> Written:
    """Write a function that deletes the rows of a batch as Django does: with what belongs to them, as of a migration."""
    app, _, stem = label.partition(".")
    code = f'''def {name}(connection, ids):
    """Delete the rows of a batch, whose keys are `ids`, of which `where` says all that a loop of {label} asked."""

    from migration_guard.backfill.django import models_at

    with models_at(connection, "{app}", "{stem}") as (apps, _):
        apps.get_model("{model}").objects.filter(pk__in=ids).delete()'''
    return Written(code, words_of(code))
