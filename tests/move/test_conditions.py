"""What conditions ask: of the schema and the kind of database, which a backfill need not ask, or of anything else."""

from __future__ import annotations

import ast

import pytest

from migration_guard.rewriting.conditions import Conditions

MODULE = """
import os
import sqlalchemy as sa
from alembic import context, op
from helpers import table_exists, rows_exist, has_column

LIMIT = 5

def _columns(bind, table):
    inspector = sa.inspect(bind)
    return {one["name"] for one in inspector.get_columns(table)}

def _is_filled(bind):
    return bind.execute(sa.text("SELECT 1 FROM leads WHERE status IS NULL")).first() is not None

def column_is_there(bind):
    if os.environ.get("FORCE"):
        return True
    return "status" in _columns(bind, "leads")

def is_right():
    return op.get_bind().dialect.name == "mysql"

def is_small(bind):
    if bind.dialect.name == "sqlite":
        return True

def upgrade():
    bind = op.get_bind()
    inspector = sa.inspect(bind)
    tables = inspector.get_table_names()
    columns = [one["name"] for one in inspector.get_columns("leads")]
    rows_exist_here = bind.execute(sa.text("SELECT count(*) FROM leads")).scalar()
    columns_to_fill = bind.execute(sa.text("SELECT id FROM leads")).fetchall()
    in_catalog = bind.execute(sa.text("SELECT 1 FROM information_schema.columns WHERE table_name = 'leads'")).scalar()
    native = bind.dialect.name == "postgresql"
    other = bind.dialect.name == "mysql"
    types = {one["name"]: one["type"] for one in inspector.get_columns("leads")}
"""
OF_THE_SCHEMA = (
    "'leads' in tables", "'status' not in columns", "inspector.has_table('leads')", "in_catalog", "native", "not other",
    "'status' in _columns(bind, 'leads')", "table_exists('leads')", "has_column('leads', 'x') and native",
    "isinstance(types.get('info'), sa.Text)", "not context.is_offline_mode()", "bind.dialect.name != 'sqlite'", "is_right()", "IS_SQLITE",
    "bind.engine.dialect.has_table(bind, 'leads')", "{'a', 'b'} <= set(columns)", "any(c == 'x' for c in columns)",
    "connection.vendor == 'postgresql'", "bind.execute('SELECT 1 FROM pg_class').scalar()",
)  # fmt: skip
OF_ELSE = (
    "rows_exist_here", "columns_to_fill", "settings.EDITION == 'x'", "rows_exist()", "rows_exist_here and 'leads' in tables", "_is_filled(bind)",
    "column_is_there(bind)", "os.environ.get('EXISTS')", "LIMIT", "Lead.objects.exists()", "len(columns_to_fill) > LIMIT",
    "bind.execute('SELECT 1 FROM leads').scalar()", "exists", "config.has_option('x')", "apply_columns(bind)",
)  # fmt: skip


def conditions() -> Conditions:
    module = ast.parse(MODULE)
    return Conditions(module, module.body[-1])


def expression(code: str) -> ast.expr:
    return ast.parse(code, mode="eval").body


@pytest.mark.parametrize("code", OF_THE_SCHEMA)
def test_it_asks_the_schema(code: str) -> None:
    assert conditions().asks_the_schema(expression(code))


@pytest.mark.parametrize("code", OF_ELSE)
def test_it_asks_something_else(code: str) -> None:
    assert not conditions().asks_the_schema(expression(code))


@pytest.mark.parametrize(
    ("code", "holds", "runs"),
    [
        ("native", True, True), ("native", False, False), ("not native", True, False), ("other", True, False),
        ("other", False, True), ("is_right()", True, False), ("'leads' in tables", False, True),
        ("bind.dialect.name == 'sqlite'", True, False), ("bind.dialect.name != 'postgresql'", False, True),
        ("bind.dialect.name == 'sqlite' and 'x' not in columns", True, False), ("native and 'x' not in columns", True, True),
        ("native and 'x' not in columns", False, True), ("not (other or 'x' in columns)", True, True),
        ("is_sqlite()", True, False), ("IS_SQLITE", False, True), ("IS_POSTGRES", True, True),
        ("bind.dialect.name in ('sqlite', 'mysql')", True, False), ("bind.dialect.name in ('mysql', 'postgresql')", True, True),
        ("connection.vendor.startswith('postgres')", True, True), ("isinstance(bind.dialect, SQLiteDialect)", True, False),
        ("bind.dialect.has_table(bind, 'leads')", True, True), ("bind.dialect.name in BEYOND", True, False),
        ("bind.dialect.supports_comments", True, False), ("is_small(bind)", True, False), ("is_small(bind)", False, False),
    ],
)  # fmt: skip
def test_a_branch_is_postgresql_s(code: str, holds: bool, runs: bool) -> None:
    assert conditions().runs_on_postgresql(expression(code), holds=holds) is runs
