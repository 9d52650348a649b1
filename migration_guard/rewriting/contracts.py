"""A migration of its own for what builds on a data change: it waits for the backfills, and then does what followed."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import libcst as cst

from migration_guard.interpreter.syntax import dotted
from migration_guard.lean import dataclass
from migration_guard.rewriting.leftovers import is_harmless
from migration_guard.rewriting.reached import CannotRemove
from migration_guard.rewriting.removal import Migration
from migration_guard.rewriting.steps import Step, Told, entangled, mirrors, told_by

_LONGEST_REVISION = 32
"""Alembic's own table keeps no longer names."""
UPGRADE, DOWNGRADE, _OPERATIONS = "upgrade", "downgrade", "operations"


@dataclass(frozen=True, slots=True)
class Eased:
    """A column that is dropped later, and which new rows may leave out from now on."""

    step: Step
    column: str
    instead: str
    """What the migration does in the place of the step."""


@dataclass(frozen=True, slots=True)
class Contract:
    """What is handed over to the later migration."""

    up: tuple[Step, ...]
    down: tuple[Step, ...]
    back: tuple[cst.CSTNode, ...]
    """What the way back does besides: statements that are made up."""
    revision: str
    """Of the migration that it follows: Alembic's, or the name of Django's."""
    name: str
    """Its own, in the same way."""
    eased: tuple[Eased, ...] = ()
    """What new rows may leave out until it is dropped."""

    @property
    def is_alembic(self) -> bool:
        return self.up[0].home == UPGRADE

    def cuts(self) -> list[tuple[cst.CSTNode, str]]:
        """What is to be taken out of the migration, each with what comes in its place: a block as a whole where nothing is left."""
        steps = (*self.up, *self.down)
        eased = {id(one.step.node): one.instead for one in self.eased}
        found: dict[int, tuple[cst.CSTNode, str]] = {}
        for step in steps:
            assert step.node is not None
            if step.block is not None:
                inside = [one.node for one in steps if one.block is step.block]
                if len(inside) == len(step.block.body.body) and not any(id(node) in eased for node in inside):
                    found[id(step.block)] = (step.block, "")
                    continue
            found[id(step.node)] = (step.node, eased.get(id(step.node), ""))
        return list(found.values())


def contract_of(migration: Migration, steps: Sequence[Step], stem: str, later: str) -> Contract:
    """Say how steps of a migration come into a later one. Raises CannotRemove."""
    homes = {step.home for step in steps}
    if homes == {_OPERATIONS}:
        return Contract(tuple(steps), (), (), stem, later)
    if homes != {UPGRADE}:
        raise CannotRemove("what follows stands in a block of its own")
    revision = _assigned(migration, "revision")
    if revision is None:
        raise CannotRemove("its revision is not written out")
    down, back = _way_back(migration, steps)
    name = f"{revision}_contract"
    if len(name) > _LONGEST_REVISION:
        name = hashlib.sha256(name.encode()).hexdigest()[:12]
    return Contract(tuple(steps), tuple(down), tuple(back), revision, name)


def eased(step: Step, table: str, column: str) -> Eased:
    """Let a column be NULL where a migration drops it. `table` is the one of Django's model. Raises CannotRemove."""
    call = step.node
    if isinstance(call, cst.Element):
        module = cst.Module(body=[]).code_for_node(_method(call.value, column)[1].value)
        statement = f'ALTER TABLE "{table}" ALTER COLUMN "{column}" DROP NOT NULL'
        return Eased(step, column, f"{module}.RunSQL('{statement}', {module}.RunSQL.noop),")
    line = call.body[0] if isinstance(call, cst.SimpleStatementLine) and len(call.body) == 1 else None
    drop, function = _method(line.value if isinstance(line, cst.Expr) else None, column)
    named = [one for one in drop.args if one.keyword is None or one.keyword.value in {"table_name", "column_name"}]
    schema = [one for one in drop.args if one.keyword is not None and one.keyword.value == "schema"]
    nullable = cst.Arg(cst.Name("True"), keyword=cst.Name("nullable"), equal=_EQUAL)
    given = [one.with_changes(comma=cst.MaybeSentinel.DEFAULT) for one in (*named, nullable, *schema)]
    alter = cst.Call(function.with_changes(attr=cst.Name("alter_column")), given)
    return Eased(step, column, cst.Module(body=[]).code_for_node(alter))


_EQUAL = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))


def _method(node: cst.BaseExpression | None, column: str) -> tuple[cst.Call, cst.Attribute]:
    """A call by the name of a module, and that. Raises CannotRemove where it is none."""
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        return node, node.func
    raise CannotRemove(f"new rows may need a value for {column} until it is dropped: first let it be NULL")


def told_in(migration: Migration, step: Step) -> Told:
    """What a step says, with all that the functions do which it names."""
    told = told_by(_code(migration, step), _batch(step))
    names = {
        node.id
        for node in ast.walk(ast.parse(_code(migration, step).strip().rstrip(",")))
        if isinstance(node, ast.Name)
    }
    functions = [one for one in migration.module_body if isinstance(one, cst.FunctionDef) and one.name.value in names]
    more = {word for one in functions for word in _every_word(ast.parse(migration.code(one).strip()))}
    return replace(told, words=told.words | more, whole=told.whole or bool(more))


def is_idle(step: Step) -> bool:
    """Whether a step does nothing to the database by itself."""
    try:
        body = ast.parse(step.code.strip().rstrip(",")).body
    except SyntaxError:
        return False
    return all(does_nothing(one) for one in body)


def revision_of(migration: Migration) -> str | None:
    return _assigned(migration, "revision")


def _assigned(migration: Migration, variable: str) -> str | None:
    """A text that the module gives a name."""
    for statement in migration.module_body:
        for line in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
            target = line.targets[0].target if isinstance(line, cst.Assign) else getattr(line, "target", None)
            value = getattr(line, "value", None)
            if target is not None and dotted(target) == variable and isinstance(value, cst.SimpleString):
                return str(value.evaluated_value)
    return None


# --- The way back ------------------------------------------------------------------------------------------------------


def _way_back(migration: Migration, steps: Sequence[Step]) -> tuple[list[Step], list[cst.CSTNode]]:
    """What of the way back belongs to steps, and what is made up for those that it forgets. Raises CannotRemove."""
    told = [(step, told_in(migration, step)) for step in steps]
    backs = [(step, told_in(migration, step)) for step in migration.steps_of(DOWNGRADE) if not is_idle(step)]
    taken: list[Step] = []
    made: list[cst.CSTNode] = []
    for step, its in told:
        mirrored = [one for one, back in backs if back.known and mirrors(back, its)]
        for _, back in backs:
            in_text = its.verb == "execute" and back.verb not in {"drop_column", "drop_table"}
            if (not back.known or back.whole or in_text) and not back.data and back.words & its.words:
                raise CannotRemove("its way back cannot be taken apart")
        if not its.name and its.verb != "drop_table" and mirrored:
            raise CannotRemove("which part of its way back belongs to that is not said: it has no name")
        taken += [one for one in mirrored if one not in taken]
        if not mirrored and (one := _nullable_again(step, its) or _without(step, its)) is not None:
            made.append(one)
    order = [step for step, _ in backs if step in taken]
    for at, (step, its) in enumerate(backs):
        if step not in taken and any(
            one in taken and entangled(back, its) and not _only_frees(back, its, step) for one, back in backs[at + 1 :]
        ):
            raise CannotRemove("its way back cannot be taken apart")
    return order, made


def _only_frees(back: Told, before: Told, step: Step) -> bool:
    """Whether a step may as well come before a change of rows, as it takes a constraint from them."""
    return back.verb == "drop_constraint" and before.data and "conflict" not in step.code.lower()


def _nullable_again(step: Step, told: Told) -> cst.CSTNode | None:
    """The way back of `nullable=False`, and nothing else."""
    node = step.node
    if told.verb != "alter_column" or not isinstance(node, cst.SimpleStatementLine):
        return None
    call = node.body[0].value if isinstance(node.body[0], cst.Expr) else None
    assert isinstance(call, cst.Call)
    keywords = [one.keyword.value for one in call.args if one.keyword is not None]
    if any(not (one in {"nullable", "schema"} or one.startswith("existing_")) for one in keywords):
        return None
    arguments = []
    for one in call.args:
        says = one.keyword is not None and one.keyword.value == "nullable"
        if says and dotted(one.value) != "False":
            return None
        arguments.append(one.with_changes(value=cst.Name("True")) if says else one)
    line = node.with_changes(
        body=[cst.Expr(call.with_changes(args=arguments))],
        leading_lines=[],
        trailing_whitespace=cst.TrailingWhitespace(),
    )
    return _in_its_block(step, line)


_MADE = {
    "create_check_constraint": "check",
    "create_unique_constraint": "unique",
    "create_foreign_key": "foreignkey",
    "create_index": None,
}
"""What makes something that has a name, each with its kind of constraint."""


def _without(step: Step, told: Told) -> cst.CSTNode | None:
    """The way back of a constraint or an index that has a name: where its column went, it went with that."""
    node = step.node
    if told.verb not in _MADE or not told.name or not isinstance(node, cst.SimpleStatementLine):
        return None
    call = node.body[0].value if isinstance(node.body[0], cst.Expr) else None
    if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Attribute):
        return None
    wanted = 1 if step.block is not None else 2  # its name, and its table
    places = [one for one in call.args if one.keyword is None][:wanted]
    if len(places) != wanted:
        return None
    kind = _MADE[told.verb]
    table = [places[1].with_changes(keyword=cst.Name("table_name"), equal=_EQUAL)] if len(places) == 2 else []
    given = [places[0], *(table if kind is None else places[1:])]
    given += [one for one in call.args if one.keyword is not None and one.keyword.value == "schema"]
    given += [cst.Arg(cst.SimpleString(f'"{kind}"'), cst.Name("type_"), _EQUAL)] if kind is not None else []
    verb = cst.Name("drop_index" if kind is None else "drop_constraint")
    plain = [one.with_changes(comma=cst.MaybeSentinel.DEFAULT) for one in given]
    return _in_its_block(step, cst.SimpleStatementLine([cst.Expr(cst.Call(call.func.with_changes(attr=verb), plain))]))


def _in_its_block(step: Step, line: cst.SimpleStatementLine) -> cst.CSTNode:
    """Put a statement where a step stands: alone in a `batch_alter_table` like its own, if it has one."""
    if step.block is None:
        return line
    return step.block.with_changes(body=cst.IndentedBlock(body=[line]), leading_lines=[])


def _code(migration: Migration, step: Step) -> str:
    return migration.code(step.node) if step.node is not None else step.code


def _batch(step: Step) -> str | None:
    """The table of the block in which a step stands. Raises CannotRemove where that is not written out."""
    if step.block is None:
        return None
    call = cst.ensure_type(step.block.items[0].item, cst.Call)
    named = [one for one in call.args if one.keyword is None or one.keyword.value == "table_name"]
    if not named or not isinstance(named[0].value, cst.SimpleString):
        raise CannotRemove("of which table it alters what follows is not written out")
    return str(named[0].value.evaluated_value)


def does_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Import() | ast.ImportFrom():
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Assign(value=value):
            return is_harmless(value)
    return False


def _every_word(tree: ast.AST) -> Iterator[str]:
    """Whatever may be a name of the database in code that is not looked at more closely."""
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str() as text):
                yield from (word.lower() for word in re.findall(r"\w+", text))
            case ast.Attribute(attr=name):
                yield name.lower()
            case ast.keyword(arg=str() as name):
                yield from (part.lower() for part in name.split("__"))
