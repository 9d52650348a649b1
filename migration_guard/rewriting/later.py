"""The text of the migration that waits for backfills: as it is made, and as it is extended."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator, Sequence
from typing import Any

import libcst as cst

from migration_guard.interpreter.syntax import parse
from migration_guard.rewriting.contracts import DOWNGRADE, UPGRADE, Contract, does_nothing
from migration_guard.rewriting.gates import (
    FIRST,
    IMPORT,
    OF_ALEMBIC,
    OF_DJANGO,
    WAIT,
    binds,
    function_of,
    waiting,
    with_waits,
)
from migration_guard.rewriting.layout import group, in_order, is_import, plain, plain_code
from migration_guard.rewriting.names import names_of
from migration_guard.rewriting.reached import CannotRemove
from migration_guard.rewriting.removal import Migration
from migration_guard.rewriting.steps import Step

_EVERYWHERE = frozenset({*dir(builtins), "op", "migrations"})
"""What every module has: Python's own names, and those that the later migration imports by itself."""
_HEAD = '"""Schema changes that rely on the data of {}, and wait for it'
_BOILERPLATE = frozenset({"revision", "down_revision", "branch_labels", "depends_on"})


def written(migration: Migration, contract: Contract, keys: Sequence[str], app: str) -> bytes:
    """Write the later migration."""
    nodes = [*_statements(contract.up), *_statements(contract.down), *contract.back]
    needed = list(_needed(migration, contract, nodes))
    if contract.is_alembic:
        text = _of_alembic(migration, contract, keys, needed)
    else:
        text = _of_django(migration, contract, keys, needed, app)
    return text.encode(migration.source.tree.encoding)


def _of_alembic(migration: Migration, contract: Contract, keys: Sequence[str], needed: Sequence[Any]) -> str:
    """A revision of Alembic's, with both ways."""
    imports, others = _parted(needed)
    name, revision = contract.name, contract.revision
    head = f'{_HEAD.format(revision)}.\n\nRevision ID: {name}\nRevises: {revision}\n"""\n'
    own = [] if binds(imports, "op") else [cst.parse_statement("from alembic import op")]
    up = [*_locals(migration, contract.up), *_statements(contract.up)]
    down = [*_locals(migration, contract.down), *_statements(contract.down), *contract.back]
    body: list[Any] = [
        *_blocks(f'revision = "{name}"\ndown_revision = "{revision}"\nbranch_labels = None\ndepends_on = None\n'),
        *others,
        function_of(UPGRADE, [*waiting(OF_ALEMBIC, keys), *up]),
        function_of(DOWNGRADE, down),
    ]
    return _laid_out(head, in_order([*imports, *own, cst.parse_statement(IMPORT)]), body, _style(migration))


def _of_django(migration: Migration, contract: Contract, keys: Sequence[str], needed: Sequence[Any], app: str) -> str:
    """A migration of Django's, whose operations take themselves back."""
    imports, others = _parted(needed)
    function = function_of(WAIT, waiting(OF_DJANGO, keys), "(apps, schema_editor)")
    elements = "".join(f"        {_element(migration, step)},\n" for step in contract.up)
    cls = (
        f"class Migration(migrations.Migration):\n{_atomic(migration)}"
        f'    dependencies = [("{app}", "{contract.revision}")]\n\n'
        f"    operations = [\n        {FIRST},\n{elements}    ]\n"
    )
    own = [] if binds(imports, "migrations") else [cst.parse_statement("from django.db import migrations")]
    every = in_order([*imports, *own, cst.parse_statement(IMPORT)])
    text = _laid_out(f'{_HEAD.format(contract.revision)}."""\n', every, [*others, function], _style(migration))
    newline = migration.source.tree.default_newline
    return f"{text}{newline}{newline}{cls.replace(chr(10), newline)}"


def _parted(needed: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """The imports among statements, and the others."""
    return [one for one in needed if is_import(one)], [one for one in needed if not is_import(one)]


def _style(migration: Migration) -> dict[str, str]:
    tree = migration.source.tree
    return {"default_indent": tree.default_indent, "default_newline": tree.default_newline}


# --- Its parts ---------------------------------------------------------------------------------------------------------


def _statements(steps: Sequence[Step]) -> Iterator[Any]:
    """The statements of steps, those of one block in one block."""
    told: set[int] = set()
    for step in steps:
        if step.block is None:
            yield plain(step.node)
        elif id(step.block) not in told:
            told.add(id(step.block))
            inside = [plain(one.node) for one in steps if one.block is step.block]
            yield plain(step.block).with_changes(body=step.block.body.with_changes(body=inside))


def _locals(migration: Migration, steps: Sequence[Step]) -> list[Any]:
    """What the function had assigned before, and the steps use. Raises CannotRemove where that does more."""
    wanted = {name for one in _statements(steps) for name in _open(one)}
    found: list[Any] = []
    before = list(migration.before(steps[0].block or steps[0].node)) if steps and steps[0].node is not None else []
    own = {name for one in before for name in names_of(ast.parse(plain_code(one))).binds}
    for one in reversed(before):
        tree = ast.parse(plain_code(one))
        names = names_of(tree)
        if wanted & own & names.touched:
            if not all(does_nothing(line) for line in tree.body):
                raise CannotRemove("what follows uses what the migration finds out before")
            wanted |= names.loads
            found.insert(0, plain(one))
    return found


def _open(node: Any) -> frozenset[str]:
    """The names that a statement needs, and does not bind itself."""
    names = names_of(ast.parse(_bare(node)))
    return names.loads - names.binds


def _bare(node: Any) -> str:
    """The code of a statement, or of an element of a list."""
    return plain_code(node).strip().rstrip(",")


def _needed(migration: Migration, contract: Contract, nodes: Sequence[Any]) -> Iterator[Any]:
    """What of the module the steps need, in its order. Raises CannotRemove."""
    carried = [*_locals(migration, contract.up), *_locals(migration, contract.down)]
    wanted = {name for one in (*nodes, *carried) for name in names_of(ast.parse(_bare(one))).loads}
    module = [(one, names_of(ast.parse(plain_code(one)))) for one in migration.module_body]
    own = {name for one in (*nodes, *carried) for name in names_of(ast.parse(_bare(one))).binds}
    known = {name for _, names in module for name in names.binds} | own | _EVERYWHERE
    found: dict[int, Any] = {}
    waiting = sorted(wanted)
    while waiting:
        name = waiting.pop()
        if name not in known:
            raise CannotRemove(f"where {name} comes from, which what follows uses, is not seen")
        for one, names in module:
            if name in names.binds and id(one) not in found:
                if names.binds & _BOILERPLATE:
                    raise CannotRemove("what follows uses the revision itself")
                found[id(one)] = one
                waiting += sorted(names.loads)
    return (plain(one) for one, _ in module if id(one) in found)


def _element(migration: Migration, step: Step) -> str:
    """An operation as it is written; its lines are in a list, where indentation says nothing."""
    assert isinstance(step.node, cst.Element)
    source = migration.source
    value = step.node.value
    text = source.text[source.offset(source.start(value)) : source.offset(source.end(value))]
    return text.replace("\r\n", "\n")


def _atomic(migration: Migration) -> str:
    for one in migration.module_body:
        if isinstance(one, cst.ClassDef) and re.search(
            r"^[ \t\f]+atomic\s*=\s*False\b", migration.code(one), re.MULTILINE
        ):
            return "    atomic = False\n"
    return ""


def _laid_out(docstring: str, imports: Sequence[Any], body: Sequence[Any], style: Any) -> str:
    """The text of a module: functions two lines apart."""
    parts: list[Any] = [*cst.parse_module(docstring).body]
    known: Any = None
    for one in (*imports, *body):
        gap = 0
        if known is None or (is_import(known) and not is_import(one)) or _new_section(known, one):
            gap = 1
        if isinstance(one, (cst.FunctionDef, cst.ClassDef)) or isinstance(known, (cst.FunctionDef, cst.ClassDef)):
            gap = 2
        remarks = [line for line in one.leading_lines if line.comment is not None]
        parts.append(one.with_changes(leading_lines=[*[cst.EmptyLine(indent=False)] * gap, *remarks]))
        known = one
    return cst.Module(body=parts, **style).code


def _new_section(known: Any, one: Any) -> bool:
    return is_import(known) and is_import(one) and group(known) != group(one)


def _blocks(text: str) -> list[Any]:
    return list(cst.parse_module(text).body)


# --- A later migration that is there already -----------------------------------------------------------------------------


def extended(path: Any, data: bytes, migration: Migration, contract: Contract | None, keys: Sequence[str]) -> bytes:
    """Let a later migration wait for more, and do more. Raises CannotRemove.

    What comes in addition stood before it so far, in the migration: so it goes first on the way up, and last on the way back.
    """
    source = parse(path, data)
    tree = source.tree
    functions = {one.name.value: one for one in tree.body if isinstance(one, cst.FunctionDef)}
    name = UPGRADE if UPGRADE in functions else WAIT
    connection = OF_ALEMBIC if name == UPGRADE else OF_DJANGO
    if name not in functions or (contract is not None and contract.is_alembic is not (name == UPGRADE)):
        raise CannotRemove(f"{path.name} does not look as it was made")
    up = (
        [*_locals(migration, contract.up), *_statements(contract.up)]
        if contract is not None and contract.is_alembic
        else []
    )
    changed = {name: with_waits(functions[name], waiting(connection, keys), up)}
    if contract is not None and (contract.down or contract.back):
        down = [*_locals(migration, contract.down), *_statements(contract.down), *contract.back]
        if DOWNGRADE not in functions:
            raise CannotRemove(f"{path.name} does not look as it was made")
        changed[DOWNGRADE] = _with_more(functions[DOWNGRADE], down)
    body = [changed.get(one.name.value, one) if isinstance(one, cst.FunctionDef) else one for one in tree.body]
    if contract is not None:
        nodes = [*_statements(contract.up), *_statements(contract.down), *contract.back]
        body = _with_needed(body, list(_needed(migration, contract, nodes)))
    text = tree.with_changes(body=body).code
    if contract is not None and not contract.is_alembic:
        text = _with_elements(text, migration, contract)
    return text.encode(tree.encoding)


def _with_more(function: cst.FunctionDef, more: Sequence[Any]) -> cst.FunctionDef:
    lines = [one for one in function.body.body if cst.Module(body=[]).code_for_node(one).strip() != "pass"]
    return function.with_changes(body=function.body.with_changes(body=[*lines, *more]))


def _with_needed(body: Sequence[Any], needed: Sequence[Any]) -> list[Any]:
    """Put what is missing of the migration's module behind the imports, and before the functions."""
    there = {name: meant for one in body for name, meant in _meant(one)}
    missing = []
    for one in needed:
        names = dict(_meant(one))
        if other := [name for name, meant in names.items() if there.get(name, meant) != meant]:
            raise CannotRemove(f"the later migration means something else by {other[0]}")
        if not names.keys() <= there.keys():
            missing.append(one)
    last = max((index for index, one in enumerate(body) if is_import(one)), default=0)
    first = next(
        (index for index, one in enumerate(body) if isinstance(one, (cst.FunctionDef, cst.ClassDef))), len(body)
    )
    imports = [one for one in missing if is_import(one)]
    others = [one.with_changes(leading_lines=[cst.EmptyLine(indent=False)]) for one in missing if not is_import(one)]
    return [*body[: last + 1], *imports, *body[last + 1 : first], *others, *body[first:]]


def _meant(node: Any) -> Iterator[tuple[str, str]]:
    """The names that a statement binds, each with what is meant by it."""
    tree = ast.parse(plain_code(node))
    for line in tree.body:
        match line:
            case ast.Import(names=names):
                yield from ((one.asname or one.name.partition(".")[0], one.name) for one in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                yield from ((one.asname or one.name, f"{'.' * level}{module}:{one.name}") for one in names)
            case _:
                yield from ((name, ast.dump(line)) for name in names_of(ast.Module([line], [])).binds)


def _with_elements(text: str, migration: Migration, contract: Contract) -> str:
    """Put operations behind the one that waits."""
    found = re.search(rf"^(?P<indent>[ \t]*){re.escape(FIRST)},\r?\n", text, re.MULTILINE)
    if found is None:
        raise CannotRemove("the later migration does not look as it was made")
    elements = "".join(f"{found['indent']}{_element(migration, step)},\n" for step in contract.up)
    return f"{text[: found.end()]}{elements}{text[found.end() :]}"
