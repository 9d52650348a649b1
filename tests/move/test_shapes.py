"""Each shape of a data change, moved: the backfill leaves the same rows as the migration did, and then has nothing to do."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from backfill.server import Server
from sqlalchemy import Connection, NullPool, create_engine

from migration_guard.backfill import Backfill, run
from migration_guard.backfill.report import Result
from migration_guard.move.plan import Move, Refusal
from move.planning import planned, versions
from move.shapes import ROWS, SCHEMA, SHAPES, Shape

TABLES = ("leads", "calls", "archive", "crm.notes", "settings")


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Move | Refusal]:
    """Plan every shape, in one project, in one run."""
    root = tmp_path_factory.mktemp("project")
    folder = versions(root, SCHEMA)
    for shape in SHAPES:
        (folder / f"{shape.name}.py").write_text(shape.source)
    plans: dict[str, Move | Refusal] = {}
    for stem, _, made in planned(root):
        plans.setdefault(stem, made)
    return plans


@pytest.fixture(scope="module")
def template(server: Server) -> Iterator[str]:
    """A database with the tables and their rows."""
    with server.fresh() as name:
        with connected(server.url(name)) as connection:
            upgrade(connection, SCHEMA)
        server.execute(ROWS, name)
        yield name


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_the_backfill_does_what_the_migration_did(
    shape: Shape, plans: Mapping[str, Move | Refusal], server: Server, template: str
) -> None:
    _, again = left_alike(plans[shape.name], shape.source, server, template)
    assert again.complete, str(again)


def left_alike(move: Move | Refusal, source: str, server: Server, template: str) -> tuple[Backfill, Result]:
    """Compare what a migration leaves with what it and its backfill leave once moved; give the backfill, run once more."""
    assert isinstance(move, Move), move.reason
    assert move.after is not None
    (definition,) = definitions(move.module_after)
    with server.fresh(template) as name:
        url = server.url(name)
        before, wanted = checksums_around(url, source)
        with connected(url) as connection:
            upgrade(connection, move.after.decode())
        (result,) = run([definition], url)
        assert result.complete, str(result)
        with connected(url) as connection:
            assert checksum(connection) == wanted != before
        (again,) = run([replace(definition, key="again", key_columns=())], url)
        assert again.counts.changed == 0, str(again)
        with connected(url) as connection:
            assert checksum(connection) == wanted
    return definition, again


def checksums_around(url: str, source: str) -> tuple[object, object]:
    """What the tables hold before and after a migration, which is taken back."""
    with connected(url) as connection:
        before = checksum(connection)
        upgrade(connection, source)
        after = checksum(connection)
        connection.rollback()
    return before, after


def definitions(module: bytes) -> list[Backfill]:
    names: dict[str, object] = {}
    exec(compile(module, "backfills.py", "exec"), names)
    return [value for value in names.values() if isinstance(value, Backfill)]


@contextlib.contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)
    with engine.connect() as connection:
        yield connection
        connection.commit()


def upgrade(connection: Connection, source: str) -> None:
    """Run a migration as Alembic does."""
    names: dict[str, object] = {}
    with Operations.context(MigrationContext.configure(connection)):
        exec(compile(source, "migration.py", "exec"), names)
        function = names["upgrade"]
        assert callable(function)
        function()


def checksum(connection: Connection) -> tuple[object, ...]:
    """The content of every table; keys that the server itself makes up do not count."""
    sums: list[object] = []
    for table in TABLES:
        row = "lead_id, name" if table == "archive" else "t"
        query = (
            f"SELECT count(*), md5(string_agg(md5(ROW({row})::text), '' ORDER BY ROW({row})::text)) FROM {table} AS t"
        )
        sums.append(tuple(connection.exec_driver_sql(query).one()))
    return tuple(sums)


def checksum_of(connection: Connection, table: str) -> str:
    query = f"SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {table} AS t"
    return str(connection.exec_driver_sql(query).scalar())


def test_every_shape_has_a_name_of_its_own() -> None:
    names = [shape.name for shape in SHAPES]
    assert len(set(names)) == len(names) >= 25
    assert all(re.fullmatch(r"\w+", name) for name in names)


def test_plans_are_of_files_that_are_there(plans: Mapping[str, Move | Refusal]) -> None:
    assert set(plans) == {shape.name for shape in SHAPES}
    assert all(Path(one.finding.path).suffix == ".py" for one in plans.values())
