"""Many statements, each moved and proven by rows, with the code of `move --prove`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from backfill.server import Server

from migration_guard.backfill import Backfill
from migration_guard.move.schema import Schema
from migration_guard.prove import Case, Proof, prove
from migration_guard.prove.server import Scratch
from migration_guard.sql.backfill import draft
from move.shapes import SCHEMA, SHAPES
from move.statements import STATEMENTS

MORE = """
    op.create_table(
        "tags",
        sa.Column("lead_id", sa.BigInteger(), primary_key=True),
        sa.Column("tag", sa.Text(), primary_key=True),
        sa.Column("weight", sa.Integer()),
    )
    op.create_table(
        "docs",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("body", postgresql.JSONB()),
        sa.Column("title", sa.Text()),
        sa.Column("odd", PyIntEnum(Odd)),
    )
"""


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Schema:
    root = tmp_path_factory.mktemp("project")
    (root / "versions").mkdir()
    path = root / "versions" / "0000.py"
    path.write_text(SCHEMA + MORE)
    path.with_name("0001.py").write_text(
        'def upgrade():\n    op.add_column("leads", sa.Column("fresh", sa.Integer()))\n'
    )
    return Schema(path.with_name("0001.py"), root)


@pytest.fixture(scope="module")
def scratch(server: Server) -> Iterator[Scratch]:
    yield Scratch(server.url())


def proof_of(sql: str, schema: Schema, scratch: Scratch, **fields: str) -> Proof:
    drafted = draft(sql, schema.facts)
    where, update = fields.get("where", drafted.where), fields.get("update", drafted.update)
    backfill = Backfill(
        key="k", table=drafted.table, target=drafted.target, key_columns=drafted.keys, where=where, update=update
    )
    return prove(Case((sql,), (backfill,)), schema.facts, scratch)


@pytest.mark.parametrize("sql", STATEMENTS)
def test_a_statement_does_the_same_as_a_backfill(sql: str, schema: Schema, scratch: Scratch) -> None:
    proof = proof_of(sql, schema, scratch)
    assert proof.proven, proof.told


def test_there_are_many() -> None:
    assert len(set(STATEMENTS)) == len(STATEMENTS)
    assert len(STATEMENTS) + len(SHAPES) >= 150


WRONG = (
    ("UPDATE leads SET status = 'x' WHERE score > 5", {"where": "score > 7 AND status IS DISTINCT FROM 'x'"}, "other rows"),
    (
        "UPDATE leads SET status = 'x' WHERE score > 5",
        {"update": "UPDATE leads SET status = 'y' WHERE id = ANY(:ids) AND score > 5"},
        "NOT the same",
    ),
    ("INSERT INTO tags (lead_id, tag) SELECT id, 'vip' FROM leads ON CONFLICT DO NOTHING",
     {"where": "NOT EXISTS (SELECT 1 FROM tags WHERE tags.lead_id = leads.id)"}, "other rows"),
)  # fmt: skip


@pytest.mark.parametrize(("sql", "fields", "told"), WRONG)
def test_a_backfill_that_does_another_thing_is_found(
    sql: str, fields: dict[str, str], told: str, schema: Schema, scratch: Scratch
) -> None:
    proof = proof_of(sql, schema, scratch, **fields)
    assert (proof.proven, told in proof.told) == (False, True), proof.told


def test_what_changes_nothing_proves_nothing(schema: Schema, scratch: Scratch) -> None:
    proof = proof_of("UPDATE leads SET status = 'x' WHERE score > 5 AND score < 4", schema, scratch)
    assert proof.proven is None


def test_one_of_several_rows_cannot_be_compared(schema: Schema, scratch: Scratch) -> None:
    """Which of a lead's calls gives the value is not said: whether the same one is taken says nothing."""
    inner = "SELECT l.lead_id, l.note FROM calls l WHERE l.seconds > 1"
    proof = proof_of(f"UPDATE leads l SET status = s.note FROM ({inner}) s WHERE s.lead_id = l.id", schema, scratch)
    assert (proof.proven, "depends on the order in which rows lie" in proof.told) == (None, True), proof.told
