"""How migrations follow each other, as their sources say it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import libcst as cst

from migration_guard.interpreter.syntax import dotted, parse
from migration_guard.rewriting.reached import CannotRemove


def follower(path: Path, data: bytes, old: str, new: str, app: str | None) -> bytes | None:
    """Let a migration follow another than it does; None where it does not follow that one. Raises CannotRemove."""
    if old.encode() not in data:
        return None
    source = parse(path, data)
    found = list(_following(source.tree, old, app))
    if not found:
        return None
    text = source.text
    told = _told(source.tree) if app is None else None
    if told is not None:  # what Alembic's own template says of it, for people
        found.append(told)
    for literal in sorted(found, key=lambda one: source.offset(source.start(one)), reverse=True):
        begin, end = source.offset(source.start(literal)), source.offset(source.end(literal))
        was = text[begin:end]
        line = rf"(?m)(^[ \t]*Revises:.*?)(?<!\w){re.escape(old)}(?!\w)"
        now = re.sub(line, rf"\g<1>{new}", was) if literal is told else was.replace(old, new)
        text = f"{text[:begin]}{now}{text[end:]}"
    return text.encode(source.tree.encoding)


def _told(tree: cst.Module) -> cst.SimpleString | None:
    """The text at the head of a module."""
    first = tree.body[0] if tree.body else None
    line = first.body[0] if isinstance(first, cst.SimpleStatementLine) else None
    return line.value if isinstance(line, cst.Expr) and isinstance(line.value, cst.SimpleString) else None


def _following(tree: cst.Module, old: str, app: str | None) -> Iterator[cst.SimpleString]:
    """The texts by which a migration says that it follows another."""
    body: Sequence[cst.CSTNode] = tree.body
    wanted = frozenset({"down_revision", "depends_on"})
    if app is not None:
        classes = [one for one in tree.body if isinstance(one, cst.ClassDef) and one.name.value == "Migration"]
        body = [line for one in classes for line in one.body.body]
        wanted = frozenset({"dependencies"})
    for statement in body:
        for line in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
            targets = [one.target for one in line.targets] if isinstance(line, cst.Assign) else []
            targets += [line.target] if isinstance(line, cst.AnnAssign) else []
            value = line.value if isinstance(line, (cst.Assign, cst.AnnAssign)) else None
            if value is None or not any(dotted(one) in wanted for one in targets):
                continue
            parts = (
                [one.value for one in value.elements] if isinstance(value, (cst.List, cst.Tuple, cst.Set)) else [value]
            )
            for part in parts:
                if not _is_written_out(part, app):
                    raise CannotRemove("what a migration follows that speaks of it is not written out")
                if app is None and _is_text(part, old):
                    yield cst.ensure_type(part, cst.SimpleString)
                elif app is not None and isinstance(part, cst.Tuple) and len(part.elements) == 2:
                    first, second = (one.value for one in part.elements)
                    if _is_text(first, app) and _is_text(second, old):
                        yield cst.ensure_type(second, cst.SimpleString)


def _is_written_out(part: cst.BaseExpression, app: str | None) -> bool:
    """Whether it is a text, or for Django a pair of them; a call, as of `swappable_dependency(…)`, names no migration."""
    if app is None:
        return isinstance(part, cst.SimpleString) or dotted(part) == "None"
    if isinstance(part, cst.Tuple):
        return all(isinstance(one.value, cst.SimpleString) for one in part.elements)
    return isinstance(part, cst.Call)


def _is_text(node: cst.BaseExpression, text: str) -> bool:
    return isinstance(node, cst.SimpleString) and node.evaluated_value == text
