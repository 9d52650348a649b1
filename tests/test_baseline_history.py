"""A history of edits of one script of many migrations: what an edit did not touch is never new, what it added is shown.

The history is a list of drawn edits. Beside the text stands a model, which knows what every statement means; spellings
change freely. The baseline is written and read like a file, and brought up to date now and then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from baselines.reading import findings
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from migration_guard.baseline import Entry, Filed, Matching, Sight, dump, match, parse, updated
from migration_guard.rules import all_rules

EDITS = 100
FILE = "server/db_migrate.py"
NAMES = [rule.name for rule in all_rules() if not rule.upkeep]
HEAD = '''"""Numbered blocks, run at every start."""

import sqlalchemy as sa
from app import constants

leads = sa.table("leads", sa.column("status"))


def exec_dml({0}, sql):
    {0}.execute(sa.text(sql))


def apply_migrations({0}):
'''
SPELLINGS: tuple[tuple[str, ...], ...] = (
    (
        "{c}.execute(sa.text(\"UPDATE t{t} SET status = '{v}' WHERE status IS NULL\"))",
        '{c}.execute(\n    sa.text("""\n        update t{t}  -- again\n        set status=\'{v}\'\n        where status is null;\n    """)\n)',
        "sql = 'UPDATE \"t{t}\" ' \"SET status = '{v}' \" 'WHERE status IS NULL'\n{c}.execute(sa.text(sql))",
    ),
    (
        'exec_dml({c}, "DELETE FROM t{t} WHERE n = {v}")',
        "exec_dml(\n    {c},\n    sql='delete from T{t} where n={v}',  # old\n)",
    ),
    (
        '{c}.execute(sa.text("UPDATE t{t} SET n = :n, m = :m"), {{"n": {v}, "m": None}})',
        "values = {{'m': None, 'n': {v}}}\n{c}.execute(sa.text('UPDATE t{t} SET n = :n, m = :m'), values)",
    ),
    (
        '{c}.execute(sa.update(leads).where(leads.c.status == "{t}").values(status={v}, owner=None))',
        "{c}.execute(\n    sa.update(leads)\n    .where(leads.c.status == '{t}')\n    .values(owner=None, status={v})\n)",
    ),
    (
        "{c}.execute(sa.text(f\"UPDATE t{t} SET status = '{{constants.S{v}}}' WHERE n = 1\"))",
        "{c}.execute(sa.text(f'''\n    UPDATE t{t}\n    SET status = '{{constants.S{v}}}' WHERE n = 1\n'''))",
    ),
    (
        (
            'for row in {c}.execute(sa.text("SELECT id FROM t{t}")):\n'
            '    {c}.execute(sa.text("UPDATE t{t} SET n = {v} WHERE id = :id"), {{"id": row.id}})'
        ),
        (
            'for one in {c}.execute(sa.text("SELECT id FROM t{t}")):  # each\n\n'
            "    {c}.execute(sa.text('''UPDATE t{t} SET n = {v}\n        WHERE id = :id'''), {{'id': one.id}})"
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Statement:
    """What it means: its form, a table and a value; and how it is spelt."""

    form: int
    table: int
    value: int
    spelling: int = 0

    @property
    def meaning(self) -> tuple[int, int, int]:
        return self.form, self.table, self.value

    def text(self, connection: str) -> str:
        spellings = SPELLINGS[self.form]
        return spellings[self.spelling % len(spellings)].format(c=connection, t=self.table, v=self.value)


@dataclass(frozen=True, slots=True)
class Block:
    name: str
    statements: tuple[Statement, ...]
    remarks: int = 0


@dataclass
class History:
    """The script as it is, and the baseline."""

    blocks: list[Block] = field(default_factory=list)
    connection: str = "connection"
    baseline: str = dump(())
    accepted: Counter[tuple[str, tuple[int, int, int]]] = field(default_factory=Counter)
    numbers: count[int] = field(default_factory=count)

    # --- Text --------------------------------------------------------------------------------------------------------

    def written(self) -> tuple[str, list[tuple[int, str, Statement]]]:
        """The script, and the line before which each statement ends."""
        text = HEAD.format(self.connection)
        ends = []
        for block in self.blocks:
            text += (
                f"    # Migration {block.name}: what it does\n" + "    # more of it\n" * block.remarks + "    pass\n"
            )
            for statement in block.statements:
                text += "".join(
                    f"    {line}\n" if line else "\n" for line in statement.text(self.connection).split("\n")
                )
                ends.append((text.count("\n"), block.name, statement))
        return text + "    pass\n", ends

    def check(self) -> tuple[list[Filed], Matching]:
        """The invariant: exactly those are new that the baseline does not know, the last of equal ones."""
        source, ends = self.written()
        filed = [Filed(one, FILE) for one in findings(source, "script", shown=FILE)]
        assert len(filed) == len(ends)
        matching = match(self.entries(), filed, lambda _: Sight.CHECKED)
        left = Counter(self.accepted)
        expected = []
        for line, block, statement in ends:
            if left[block, statement.meaning] > 0:
                left[block, statement.meaning] -= 1
            else:
                expected.append(line)
        starts = [0, *(line for line, _, _ in ends)]
        found = [next(end for end in starts if end >= one.finding.span.line) for one in matching.new]
        assert found == expected, source
        assert sum(number for _, number in matching.stale) == left.total()
        return filed, matching

    def entries(self) -> tuple[Entry, ...]:
        return parse(self.baseline.encode(), Path("baseline"), NAMES).entries

    # --- Edits -------------------------------------------------------------------------------------------------------

    def add_block(self, at: int, what: int) -> None:
        self.blocks.insert(at % (len(self.blocks) + 1), Block(str(next(self.numbers)), (made(what),)))

    def remove_block(self, at: int, what: int) -> None:
        if len(self.blocks) > 8:
            del self.blocks[at % len(self.blocks)]

    def move_block(self, at: int, what: int) -> None:
        if self.blocks:
            block = self.blocks.pop(at % len(self.blocks))
            self.blocks.insert(what % (len(self.blocks) + 1), block)

    def add(self, at: int, what: int) -> None:
        self._edit(at, lambda old: (*old[: what % 3], made(what), *old[what % 3 :]))

    def remove(self, at: int, what: int) -> None:
        self._edit(at, lambda old: (*old[: what % len(old)], *old[what % len(old) + 1 :]) if old else old)

    def swap(self, at: int, what: int) -> None:
        self.remove(at, what)
        self.add(at, what + 1)

    def double(self, at: int, what: int) -> None:
        self._edit(
            at, lambda old: (*old, replace(old[what % len(old)], spelling=what)) if len(old) in {1, 2, 3} else old
        )

    def change(self, at: int, what: int) -> None:
        self._edit(at, lambda old: tuple(replace(s, value=what % 7) if n == what % 3 else s for n, s in enumerate(old)))

    def respell(self, at: int, what: int) -> None:
        self._edit(at, lambda old: tuple(replace(one, spelling=one.spelling + 1) for one in old))

    def respell_all(self, at: int, what: int) -> None:
        for number in range(len(self.blocks)):
            self.respell(number, what)

    def reverse(self, at: int, what: int) -> None:
        self._edit(at, lambda old: old[::-1])

    def rename(self, at: int, what: int) -> None:
        self.connection = ("connection", "conn", "db")[what % 3]

    def comment(self, at: int, what: int) -> None:
        if self.blocks:
            number = at % len(self.blocks)
            self.blocks[number] = replace(self.blocks[number], remarks=what % 4)

    def prune(self, at: int, what: int) -> None:
        self._update(accept=False)

    def accept(self, at: int, what: int) -> None:
        self._update(accept=True)

    def _edit(self, at: int, edit: Callable[[tuple[Statement, ...]], tuple[Statement, ...]]) -> None:
        if self.blocks:
            number = at % len(self.blocks)
            self.blocks[number] = replace(self.blocks[number], statements=edit(self.blocks[number].statements))

    def _update(self, *, accept: bool) -> None:
        _, matching = self.check()
        self.baseline = dump(updated(self.entries(), matching, matching.new if accept else ()).entries)
        there = Counter((block.name, one.meaning) for block in self.blocks for one in block.statements)
        self.accepted = there if accept else there & self.accepted


def made(what: int) -> Statement:
    return Statement(what % len(SPELLINGS), what // 7 % 3, what // 21 % 4, what)


KINDS = [
    History.add_block, History.add_block, History.remove_block, History.move_block, History.add, History.add,
    History.remove, History.swap, History.double, History.change, History.respell, History.respell_all,
    History.reverse, History.rename, History.comment, History.prune, History.accept,
]  # fmt: skip
EDIT = st.tuples(st.sampled_from(KINDS), st.integers(0, 99), st.integers(0, 251))


@settings(
    max_examples=2,  # `make edits` takes many more
    deadline=None,
    phases=(Phase.reuse, Phase.generate),  # a shorter history takes minutes to find; the script is shown instead
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(EDIT, min_size=EDITS, max_size=EDITS + 10))
def test_what_was_not_touched_is_never_new_and_what_was_added_is_shown(
    edits: list[tuple[Callable[[History, int, int], None], int, int]],
) -> None:
    history = History()
    for edit, at, what in edits:
        edit(history, at, what)
        history.check()
    assert history.baseline.startswith('{"format":1}')
