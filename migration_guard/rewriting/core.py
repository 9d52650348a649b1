"""A loop of an Alembic migration over a SELECT as a function of its own, for the rows whose keys it is given."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import libcst as cst

from migration_guard.interpreter.syntax import dotted
from migration_guard.rewriting.carried import names_of, taken_along
from migration_guard.rewriting.layout import is_import
from migration_guard.rewriting.queried import Queried, Unlike, queried
from migration_guard.rewriting.reached import CannotRemove
from migration_guard.rewriting.removal import Migration
from migration_guard.rewriting.slices import BY_HAND, Loop, Written
from migration_guard.rewriting.texts import with_text
from migration_guard.sql.backfill.keyed import among_these, changing

_HELPER = "from migration_guard.backfill.core import changes_only"
_BINDS = frozenset({"op.get_bind", "alembic.op.get_bind", "context.get_bind"})
_SESSION = re.compile(r"(?:\w+\.)*Session\((?:bind=)?(?P<bind>[\w.]+(?:\(\))?)\)")
_OF_ALEMBIC = frozenset({"op", "context", "alembic"})


class Binds(Loop):
    """A loop in a function of an Alembic migration, which has its connection from Alembic."""

    def __init__(self, migration: Migration, path: Path, statements: Sequence[cst.CSTNode]) -> None:
        super().__init__(migration, path, statements)
        self._before = list(migration.before(self._loop))

    def replace(self, old: ast.expr, new: ast.expr) -> None:
        """Put an expression in the place of another, in the loop and in what stands before it."""
        replaced = Replaced(old, cst.parse_expression(ast.unparse(ast.fix_missing_locations(new))))
        for one in (*self._before, *self._statements):
            self._instead[id(one)] = self._as_it_comes(one).visit(replaced)

    def _assigned(self) -> Iterator[tuple[str, ast.expr]]:
        """What the function's variables hold that it sets once before the loop."""
        touched = [name for one in self._before for name in self._names(one).touched]
        for one in self._before:
            for line in ast.parse(self._code(one)).body:
                match line:
                    case ast.Assign(targets=[ast.Name(id=name)], value=value) if touched.count(name) == 1:
                        yield name, value

    def is_bind(self, spelt: str, held: Mapping[str, str]) -> bool:
        """Whether an expression is Alembic's connection, or a session on it."""
        value = held.get(spelt, spelt)
        if value.removesuffix("()") in _BINDS:
            return True
        session = _SESSION.fullmatch(value)
        return (
            session is not None
            and (session["bind"] in held or "." in session["bind"])
            and self.is_bind(session["bind"], held)
        )


class Core(Binds):
    """A loop in `upgrade`, or in a function that it gives its connection."""

    def __init__(self, migration: Migration, path: Path, statements: Sequence[cst.CSTNode]) -> None:
        super().__init__(migration, path, statements)
        self._own_texts: set[str] = set()
        loop = ast.parse(self._code(self._loop)).body[0]
        assert isinstance(loop, ast.For)
        try:
            self.queried: Queried = queried(loop, dict(self._assigned()), dict(self._of_module()))
        except Unlike as reason:
            raise CannotRemove(f"{reason}; {BY_HAND}") from None

    def written(
        self, name: str, label: str, table: str, type_of: Callable[[str], str | None], *, fills: bool
    ) -> Written:
        """Write the function. `fills` says that it only fills columns that are empty. Raises CannotRemove and CannotMove."""
        connection = self._connection()
        self._of_texts(type_of)
        used = self._used({connection} if connection is not None else {*_OF_ALEMBIC})
        before, body = self._narrowed(self._in_order(used.before), connection)
        self._check(before, body, self._in_order(used.module), table, fills=fills)
        block = cst.ensure_type(
            cst.parse_statement(f"with changes_only(connection) as {connection or '_connection'}:\n    pass\n"),
            cst.With,
        )
        block = block.with_changes(body=cst.IndentedBlock(body=[*before, *body]))
        return self._wrapped(name, label, _HELPER, used, block)

    def _of_module(self) -> Iterator[tuple[str, ast.expr]]:
        """What variables of the module hold that are set once."""
        body = [line for one in self._migration.module_body for line in ast.parse(self._code(one)).body]
        touched = [name for one in body for name in names_of(ast.Module([one], [])).touched]
        for line in body:
            match line:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if touched.count(name) == 1:
                    yield name, value

    def _of_texts(self, type_of: Callable[[str], str | None]) -> None:
        """Put statements that stand in texts into the loop itself, narrowed to what is to be done."""
        found = self.queried
        changes: list[tuple[ast.Call, ast.expr]] = []
        if found.by_text is not None:
            text, call = found.by_text
            sql = changing(text.sql, type_of)
            self._own_texts.add(sql)
            given = [*call.args[1:], *(one.value for one in call.keywords)]
            changes.append((call, ast.Call(call.func, [with_text(text, sql), *given], [])))
        if found.from_text is not None:
            text, _ = found.from_text
            sql = among_these(text.sql, found.key)
            self._own_texts.add(sql)
            ids = ast.keyword("ids", ast.Call(ast.Name("list", ast.Load()), [ast.Name("ids", ast.Load())], []))
            narrowed = ast.Call(ast.Attribute(with_text(text, sql), "bindparams", ast.Load()), [], [ids])
            changes.append((found.executed, ast.Call(found.executed.func, [narrowed, *found.executed.args[1:]], [])))
        for old, new in changes:
            self.replace(old, new)

    def _connection(self) -> str | None:
        """The variable that holds the connection; None where it is asked for each time. Raises CannotRemove."""
        around = self._around
        if around is None or around.asynchronous is not None:
            raise CannotRemove(f"its loop stands in no function of the migration; {BY_HAND}")
        given = [one.name.value for one in (*around.params.posonly_params, *around.params.params)]
        spelt = ast.unparse(self.queried.connection)
        held = {name: ast.unparse(value) for name, value in self._assigned()}
        is_bind = self.is_bind(spelt, held)
        if around.name.value == "upgrade" and not given and is_bind:
            return spelt if spelt in held else None
        if given == [spelt] and self._is_given_bind(around.name.value):
            return spelt
        raise CannotRemove(f"it does not execute on Alembic's own connection; {BY_HAND}")

    def _is_given_bind(self, function: str) -> bool:
        """Whether `upgrade` gives a function its connection, and nobody else gives it anything."""
        calls = list(self._migration.calls_of(function))
        binds = {f"{one}()" for one in _BINDS}
        for step in self._migration.steps_of("upgrade"):
            for line in ast.parse(step.code.strip()).body if step.simple else ():
                match line:
                    case ast.Assign(targets=[ast.Name(id=name)], value=value) if ast.unparse(value) in binds:
                        binds = {*binds, name}
        given = [self._code_of(one.args[0].value) for one in calls if len(one.args) == 1]
        return bool(calls) and len(given) == len(calls) and all(one in binds for one in given)

    def _code_of(self, node: cst.CSTNode) -> str:
        return cst.Module(body=[]).code_for_node(node)

    # --- Only these rows ---------------------------------------------------------------------------------------------

    def _narrowed(self, before: list[Any], connection: str | None) -> tuple[list[Any], list[Any]]:
        if self.queried.from_text is not None:
            body = [self._as_it_comes(one) for one in self._statements]
            return self._connected(before, connection), self._connected(body, connection)
        source = cst.ensure_type(self._loop, cst.For).iter
        changed = self._among_ids(source)
        if changed is not None:
            body = [one.with_changes(iter=changed) if one is self._loop else one for one in self._statements]
            return self._connected(before, connection), self._connected(body, connection)
        rows = source.value if isinstance(source, cst.Name) else None
        uses = [one for one in (*before, *self._statements) for name in self._loads(one) if name == rows]
        for index, one in enumerate(before):
            line = one.body[0] if isinstance(one, cst.SimpleStatementLine) else None
            if isinstance(line, cst.Assign) and dotted(line.targets[0].target) == rows and len(uses) == 1:
                value = self._among_ids(line.value)
                if value is not None:
                    made = [
                        *before[:index],
                        one.with_changes(body=[line.with_changes(value=value)]),
                        *before[index + 1 :],
                    ]
                    return self._connected(made, connection), self._connected(self._statements, connection)
        raise CannotRemove(f"which rows its loop goes through cannot be narrowed to those of a batch; {BY_HAND}")

    def _connected(self, nodes: Sequence[Any], connection: str | None) -> list[Any]:
        """Let statements use the connection that is given where they ask Alembic for it each time."""
        if connection is not None:
            return list(nodes)
        return [one.visit(Replaced(self.queried.connection, cst.Name("_connection"))) for one in nodes]

    def _among_ids(self, node: cst.BaseExpression) -> cst.BaseExpression | None:
        """Narrow the SELECT that is executed for rows."""
        for call in _chain(node):
            function = call.func
            if not isinstance(function, cst.Attribute) or function.attr.value != "execute" or len(call.args) != 1:
                continue
            select = call.args[0].value
            column = self.queried.key if self.queried.is_model else f"c.{self.queried.key}"
            where = cst.ensure_type(cst.parse_expression(f"x.where({self.queried.table}.{column}.in_(ids))"), cst.Call)
            narrowed = where.with_changes(func=cst.ensure_type(where.func, cst.Attribute).with_changes(value=select))
            made = call.with_changes(args=[call.args[0].with_changes(value=narrowed)])
            changed = node.deep_replace(call, made) if call is not node else made
            assert isinstance(changed, cst.BaseExpression)
            return changed
        return None

    # --- Whether each row stands for itself --------------------------------------------------------------------------

    def _check(self, before: list[Any], body: list[Any], module: list[Any], table: str, *, fills: bool) -> None:
        loop = next(one for one in body if isinstance(one, cst.For))
        inside = ast.parse(self._code(loop)).body[0]
        assert isinstance(inside, ast.For)
        setup = ast.parse("".join(self._code(one) for one in before))
        helpers = ast.parse("".join(self._code(one) for one in module if not is_import(one)))
        reason = taken_along(inside, setup, helpers, self.queried.row, frozenset({self.queried.table}), fills=fills)
        if reason is not None:
            raise CannotRemove(f"{reason}; {BY_HAND}")
        for node in (*ast.walk(setup), *ast.walk(ast.Module(inside.body, [])), *ast.walk(helpers)):
            if isinstance(node, ast.Name) and node.id in _OF_ALEMBIC:
                raise CannotRemove(f"its loop uses Alembic's own operations; {BY_HAND}")
        body_alone = ast.Module(inside.body, [])
        used = list(_used_by(body_alone, (*setup.body, *helpers.body), self.queried.table))
        bare = table.rpartition(".")[2]
        texts = (
            *ast.walk(body_alone),
            *(node for one in (*helpers.body, *used) if _does(one) for node in ast.walk(one)),
        )
        if any(
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and bare in node.value
            and node.value not in self._own_texts
            for node in texts
        ) or any(
            isinstance(node, ast.Name) and node.id == self.queried.table for one in used for node in ast.walk(one)
        ):
            raise CannotRemove(f"it may read other rows of the table that it changes; {BY_HAND}")


class Replaced(cst.CSTTransformer):
    """Puts one expression in the place of another, wherever that stands and however it is laid out."""

    def __init__(self, old: ast.expr, new: cst.BaseExpression) -> None:
        super().__init__()
        self._old = ast.dump(old)
        self._new = new

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        code = f"({cst.Module(body=[]).code_for_node(original_node)}\n)"
        return self._new if ast.dump(ast.parse(code, mode="eval").body) == self._old else updated_node


def _does(statement: ast.stmt) -> bool:
    """Whether a statement executes something, or makes what is executed."""
    return any(word in ast.dump(statement) for word in ("execute", "'text'"))


def _used_by(body: ast.Module, around: Sequence[ast.stmt], table: str) -> Iterator[ast.stmt]:
    """The statements around a loop that make what its body uses, and what those use; but for the table itself."""
    made = [(one, names_of(ast.Module([one], []))) for one in around]
    known = {table}
    waiting = [*names_of(body).loads]
    while waiting:
        name = waiting.pop()
        if name in known:
            continue
        known.add(name)
        for one, names in made:
            if name in names.touched:
                yield one
                waiting += names.loads


def _chain(node: cst.BaseExpression) -> Iterator[cst.Call]:
    """The calls of a chain, from the outside; through `list(…)`."""
    while isinstance(node, cst.Call):
        yield node
        if isinstance(node.func, cst.Attribute):
            node = node.func.value
        elif dotted(node.func) == "list" and len(node.args) == 1:
            node = node.args[0].value
        else:
            return
