"""From a tree of constructs to the source of a migration, in which each statement has a table of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from textwrap import indent

from witness.construct import Construct

GROUPS = 8
"""Django's models exist so many times, so that the statements of a program can be told apart."""
_HOLES = re.compile(r"\b(?P<hole>SQL|HEAD|TBL|TAIL)(?P<digit>\d?)\b")
_QUESTION = re.compile(r"\b(?P<name>cond|go|rows|risky)\((?P<number>\d)\)")
_BODY = re.compile(r"^(?P<indent> *)BODY(?P<digit>\d?)$")
_UNIQUE = re.compile(r"_9(?=_|\b)")
_GROUP = re.compile(r"_g(?=_|\b)")
_VERBS = (
    ("DELETE FROM", "WHERE a = {n}"),
    ("UPDATE", "SET a = {n}"),
    ("DELETE FROM", "WHERE a > {n}"),
    ("UPDATE", "SET a = {n} WHERE a IS NULL"),
    ("INSERT INTO", "(a) SELECT a FROM spare"),
)
_ALEMBIC = """\
import os

import sqlalchemy as sa
from alembic import context, op
from switchboard import cond, go, risky, rows

revision = "{name}"
down_revision = "base"

{top}

def upgrade():
{do}


def downgrade():
    pass
"""
_DJANGO = """\
import os

from django.db import connection, migrations, models, transaction
from switchboard import cond, go, risky, rows

{top}

def forwards(apps, schema_editor):
{do}


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
"""
_SHELLS = {"alembic": _ALEMBIC, "django": _DJANGO}
_WHOLE = "migration"
"""The section of a construct that stands in the place of the entry point."""


@dataclass(frozen=True)
class Node:
    """A construct with what fills its holes."""

    construct: Construct
    text: Node | None = None
    blocks: tuple[tuple[Node, ...], ...] = ()

    def __str__(self) -> str:
        inner = [str(self.text)] if self.text else []
        inner += ["; ".join(map(str, block)) or "pass" for block in self.blocks]
        return self.construct.id + (f"({', '.join(inner)})" if inner else "")

    @cached_property
    def bodies(self) -> tuple[str, ...]:
        """The digits of the blocks that the construct has holes for."""
        return tuple(
            sorted({match["digit"] for line in self.construct.whole.split("\n") if (match := _BODY.match(line))})
        )

    def with_block(self, number: int, block: tuple[Node, ...]) -> Node:
        """Give the node with one of its blocks replaced."""
        return Node(self.construct, self.text, (*self.blocks[:number], block, *self.blocks[number + 1 :]))

    def walk(self) -> Iterator[Node]:
        yield self
        if self.text:
            yield from self.text.walk()
        for block in self.blocks:
            for node in block:
                yield from node.walk()


@dataclass(frozen=True)
class Program:
    """A migration, ready to be written, run and read."""

    name: str
    framework: str
    source: str
    files: tuple[tuple[str, str], ...]
    questions: int
    owners: tuple[int, ...]
    """The part that each line belongs to."""
    tables: dict[str, int]
    """The part that each table belongs to."""
    groups: dict[str, int]
    """The same for the groups of Django's models."""
    tree: tuple[Node, ...]
    unknowable: frozenset[int]
    """The parts whose statements nobody can know from the text."""

    def owner(self, table: str) -> int | None:
        """Which part changes a table."""
        digits = re.search(r"\d+", table)
        return self.tables.get(table, self.groups.get(digits[0]) if digits else None)

    @property
    def constructs(self) -> list[Construct]:
        return [node.construct for root in self.tree for node in root.walk()]


@dataclass
class _Growing:
    """A program while it is put together: lines with the parts that they belong to."""

    top: list[tuple[str, int]] = field(default_factory=list)
    files: list[tuple[str, str]] = field(default_factory=list)
    whole: list[tuple[str, int]] = field(default_factory=list)
    questions: int = 0
    nodes: int = 0
    parts: int = 0
    statements: int = 0
    tables: dict[str, int] = field(default_factory=dict)
    groups: dict[str, int] = field(default_factory=dict)
    unknowable: set[int] = field(default_factory=set)

    def block(self, nodes: tuple[Node, ...], margin: str) -> list[tuple[str, int]]:
        lines = []
        for node in nodes:
            self.parts += 1
            lines += self.node(node, self.parts)[0]
        return [(margin + line if line else "", part) for line, part in lines] or [(margin + "pass", 0)]

    def node(self, node: Node, part: int) -> tuple[list[tuple[str, int]], str]:
        """Give the lines of a node, and the name in which its text is."""
        before, text = self.node(node.text, part) if node.text else ([], "")
        filling = _Filling(self, part, text)
        construct = node.construct
        if "opaque" in construct.options:
            self.unknowable.add(part)
        blocks = dict(zip(node.bodies, node.blocks))
        self.top += self._lines(filling, construct.top, blocks, part)
        for name, content in construct.files:
            lines = self._lines(filling, content.strip("\n"), blocks, part)
            if name == _WHOLE:
                self.whole += lines
            else:
                self.files.append((filling(name), "\n".join(line for line, _ in lines) + "\n"))
        return before + self._lines(filling, construct.do, blocks, part), filling.out

    def _lines(
        self, filling: _Filling, text: str, blocks: dict[str, tuple[Node, ...]], part: int
    ) -> list[tuple[str, int]]:
        lines: list[tuple[str, int]] = []
        for line in text.split("\n") if text else ():
            body = _BODY.match(line)
            if body:
                lines += self.block(blocks.get(body["digit"], ()), body["indent"])
            else:
                lines.append((filling(line), part))
        return lines


class _Filling:
    """Fills the holes of one construct."""

    def __init__(self, growing: _Growing, part: int, text: str) -> None:
        growing.nodes += 1
        self._growing, self._part, self._text, self._number = growing, part, text, growing.nodes
        self.out = f"text_{self._number}"
        self._statements: dict[str, dict[str, str]] = {}
        self._questions: dict[str, int] = {}
        self._group = ""

    def __call__(self, line: str) -> str:
        line = _UNIQUE.sub(f"_{self._number}", line)
        line = re.sub(r"\bOUT\b", self.out, re.sub(r"\bTEXT\b", self._text, line))
        line = _QUESTION.sub(lambda match: f"{match['name']}({self._question(match['number'])})", line)
        line = _HOLES.sub(lambda match: self._statement(match["digit"])[match["hole"]], line)
        return _GROUP.sub(lambda _: self._grouped(), line)

    def _question(self, number: str) -> int:
        if number not in self._questions:
            self._questions[number] = self._growing.questions
            self._growing.questions += 1
        return self._questions[number]

    def _statement(self, digit: str) -> dict[str, str]:
        if digit not in self._statements:
            self._growing.statements += 1
            number = self._growing.statements
            head, tail = _VERBS[number % len(_VERBS)]
            table, tail = f"t_{number}", tail.format(n=number)
            self._growing.tables[table] = self._part
            self._statements[digit] = {"SQL": f"{head} {table} {tail}", "HEAD": head, "TBL": table, "TAIL": tail}
        return self._statements[digit]

    def _grouped(self) -> str:
        if not self._group:
            self._group = str(len(self._growing.groups) % GROUPS)
            self._growing.groups[self._group] = self._part
        return self._group


def build(name: str, tree: tuple[Node, ...], framework: str) -> Program:
    """Write the program of a tree."""
    growing = _Growing()
    do = growing.block(tree, "    ")
    before, between, after = re.split(r"\{top\}|\{do\}", _SHELLS[framework].format(name=name, top="{top}", do="{do}"))
    if growing.whole:
        do, after = growing.whole, "\n"
        between = "\n\n"
    lines = [(line, 0) for line in before.rstrip("\n").split("\n")]
    lines += [("", 0), *growing.top]
    lines += [(line, 0) for line in between.rstrip("\n").split("\n")]
    lines += do
    lines += [(line, 0) for line in after.split("\n")]
    return Program(
        name=name,
        framework=framework,
        source="\n".join(line for line, _ in lines).rstrip("\n") + "\n",
        files=tuple(growing.files),
        questions=growing.questions,
        owners=tuple(part for _, part in lines),
        tables=growing.tables,
        groups=growing.groups,
        tree=tree,
        unknowable=frozenset(growing.unknowable),
    )


def shown(program: Program) -> str:
    """A program as people read it in a list."""
    return indent(program.source, "    ")
