"""SQL files of every tool: which files are found, and what in them runs on which way, by the tool's own grammar."""

from __future__ import annotations

import json
from pathlib import Path

import program
import pytest

from migration_guard import sight
from migration_guard.frameworks.sql import flyway, part

UP, DOWN = "UPDATE leads SET a = 1;", "DELETE FROM calls;"
BOTH = ["2 UPDATE upgrade", "4 DELETE downgrade"]
ALL_UP = ["2 UPDATE upgrade", "4 DELETE upgrade"]
Files = dict[str, str]

CASES: dict[str, tuple[Files, dict[str, list[str]]]] = {
    "dbmate": (
        {"db/migrations/20240101_a.sql": f"-- migrate:up\n{UP}\n-- migrate:down\n{DOWN}\n"},
        {"db/migrations/20240101_a.sql": BOTH},
    ),
    "dbmate, anywhere": (
        {"db/a.sql": f"-- migrate:up transaction:false\n{UP}\n-- migrate:down transaction:false\n{DOWN}\n"},
        {"db/a.sql": BOTH},
    ),
    "dbmate, a marker that is none": (
        {"db/migrations/1_a.sql": f"-- migrate:up\n{UP}\n-- see -- migrate:down\n{DOWN}\n"},
        {"db/migrations/1_a.sql": ALL_UP},
    ),
    "dbmate, a marker further in": (
        {"db/migrations/1_a.sql": f"-- migrate:up\n{UP}\n  -- migrate:down\n{DOWN}\n"},
        {"db/migrations/1_a.sql": ALL_UP},
    ),
    "goose": (
        {"db/1_a.sql": f"-- +goose Up\n{UP}\n-- +goose Down\n{DOWN}\n"},
        {"db/1_a.sql": BOTH},
    ),
    "goose, with statements": (
        {
            "db/1_a.sql": f"-- +goose Up\n-- +goose StatementBegin\n{UP}\n-- +goose StatementEnd\n-- +goose Down\n{DOWN}\n"
        },
        {"db/1_a.sql": ["3 UPDATE upgrade", "6 DELETE downgrade"]},
    ),
    "sql-migrate": (
        {"db/1_a.sql": f"-- +migrate Up\n{UP}\n-- +migrate Down\n{DOWN}\n-- +migrate Up notransaction\nTRUNCATE x;\n"},
        {"db/1_a.sql": [*BOTH, "6 TRUNCATE upgrade"]},
    ),
    "liquibase": (
        {"db/a.sql": f"--liquibase formatted sql\n--changeset me:1\n{UP}\n--rollback {DOWN}\nTRUNCATE x;\n"},
        {"db/a.sql": ["3 UPDATE upgrade", "4 DELETE downgrade", "5 TRUNCATE upgrade"]},
    ),
    "liquibase, a rollback of several lines": (
        {
            "db/a.sql": f"-- liquibase formatted sql\n-- changeset me:1\n{UP}\n-- rollback DELETE FROM calls\n"
            "-- rollback   WHERE b;\n-- rollback not required\n/* liquibase rollback\nTRUNCATE x;\n*/\n"
        },
        {"db/a.sql": ["3 UPDATE upgrade", "4 DELETE downgrade", "8 TRUNCATE downgrade"]},
    ),
    **{
        f"liquibase, delimiter {number}": (
            {
                "db/a.sql": f"--liquibase formatted sql\n--changeset me:1 {head}\nSELECT 4/2{end}UPDATE leads SET a = 1{end}DELETE FROM calls{end}"
            },
            {"db/a.sql": [f"{line} UPDATE upgrade", f"{line * 2 - 3} DELETE upgrade"]},
        )
        for number, (head, end, line) in enumerate(
            (
                ("splitStatements:true", "\nGO\n", 5),
                ("endDelimiter:GO", "\nGO\n", 5),
                ("endDelimiter:/", "\n/\n", 5),
                ("runOnChange:true", "\n/\n", 5),
                ("endDelimiter:// stripComments:false", "//\n", 4),
                ("endDelimiter:\\n@@", "\n@@\n", 5),
                ('enddelimiter:"#" context:test', "#\n", 4),
                ("endDelimiter:((", "((\n", 4),
            )
        )
    },
    "liquibase, tables of an earlier change set": (
        {
            "db/a.sql": "--liquibase formatted sql\n--changeset me:1\nCREATE TABLE leads (a int);\n--rollback DROP TABLE leads;\n"
            f"--changeset me:2\n{UP}\n"
        },
        {},
    ),
    "sqitch": (
        {
            "sqitch.plan": "%project=app\n",
            "deploy/a.sql": f"-- Deploy app:a to pg\n{UP}\n",
            "revert/sub/a.sql": f"-- Revert app:a from pg\n{DOWN}\n",
            "elsewhere/a.sql": DOWN,
        },
        {"deploy/a.sql": ["2 UPDATE upgrade"], "revert/sub/a.sql": ["2 DELETE downgrade"]},
    ),
    "sqitch, plans of other names, or none": (
        {
            "a/app.plan": "%project=a\n",
            "a/deploy/a.sql": UP,
            "a/revert/a.sql": DOWN,
            "b/deploy/a.sql": f"-- Deploy app:a to pg\n{UP}",
            "c/deploy/a.sql": UP,
        },
        {
            "a/deploy/a.sql": ["1 UPDATE upgrade"],
            "a/revert/a.sql": ["1 DELETE downgrade"],
            "b/deploy/a.sql": ["2 UPDATE upgrade"],
        },
    ),
    "sqitch, in other folders": (
        {
            "sqitch.conf": "[core]\n  engine = pg\n  top_dir = db\n  revert_dir = db/back\n",
            "db/deploy/a.sql": UP,
            "db/back/a.sql": DOWN,
        },
        {"db/deploy/a.sql": ["1 UPDATE upgrade"], "db/back/a.sql": ["1 DELETE downgrade"]},
    ),
    "flyway": (
        {
            "sql/V2__a.sql": f"-- Rollback plan: restore the dump\n{UP}\n",
            "sql/V2_1__a.sql": f"-- rollback\n{UP}\n-- migrate:down\n{DOWN}\n",
            "sql/U2__a.sql": DOWN,
            "sql/R__a.sql": UP,
            "sql/afterMigrate.sql": UP,
            "sql/afterUndo__a.sql": DOWN,
        },
        {
            "sql/V2__a.sql": ["2 UPDATE upgrade"],
            "sql/V2_1__a.sql": ALL_UP,
            "sql/U2__a.sql": ["1 DELETE downgrade"],
            "sql/R__a.sql": ["1 UPDATE upgrade"],
            "sql/afterMigrate.sql": ["1 UPDATE upgrade"],
            "sql/afterUndo__a.sql": ["1 DELETE downgrade"],
        },
    ),
    "flyway, old line ends": ({"sql/V2__a.sql": f"-- note\r{UP}\r"}, {"sql/V2__a.sql": ["2 UPDATE upgrade"]}),
    "golang-migrate": (
        {"db/1_a.up.sql": f"-- +goose Down\n{UP}\n", "db/1_a.down.sql": f"-- +goose Up\n{DOWN}\n"},
        {"db/1_a.up.sql": ["2 UPDATE upgrade"], "db/1_a.down.sql": ["2 DELETE downgrade"]},
    ),
    "flyway, other names": (
        {
            "flyway.toml": '[flyway]\nsqlMigrationPrefix = "M"\n',
            "sql/M2__a.SQL": UP,
            "spring/src/main/resources/application.yml": "spring:\n  flyway:\n    undo-sql-migration-prefix: BACK\n",
            "spring/src/main/resources/db/BACK2__a.sql": DOWN,
            "conf/beforeMigrate.sql": UP,
        },
        {
            "sql/M2__a.SQL": ["1 UPDATE upgrade"],
            "spring/src/main/resources/db/BACK2__a.sql": ["1 DELETE downgrade"],
            "conf/beforeMigrate.sql": ["1 UPDATE upgrade"],
        },
    ),
    "flyway, other endings": (
        {
            "sql/V2__a.pkb": UP,
            "sql/V2_1__a.migration": UP,
            "sql/U2__a.pkb": DOWN,
            "sql/R__a.pls": UP,
            "sql/B3__a.sql": UP,
            "sql/V3__a.java": "class V3 {}",
            "sql/V3__a.sql.conf": "",
            "sql/afterMigrate.psql": UP,
        },
        {
            "sql/V2__a.pkb": ["1 UPDATE upgrade"],
            "sql/V2_1__a.migration": ["1 UPDATE upgrade"],
            "sql/U2__a.pkb": ["1 DELETE downgrade"],
            "sql/R__a.pls": ["1 UPDATE upgrade"],
            "sql/B3__a.sql": ["1 UPDATE upgrade"],
            "sql/afterMigrate.psql": ["1 UPDATE upgrade"],
        },
    ),
    "flyway, no descriptions": (
        {
            "db/migration/V1.sql": UP,
            "sql/V1__a.sql": UP,
            "sql/V1.1.sql": UP,
            "set/flyway.toml": "",
            "set/sql/V1_2.sql": UP,
            "app/pom.xml": "<artifactId>flyway-maven-plugin</artifactId>",
            "app/db/V1.sql": UP,
            "other/V1.sql": UP,
        },
        {
            name: ["1 UPDATE upgrade"]
            for name in ("db/migration/V1.sql", "sql/V1__a.sql", "sql/V1.1.sql", "set/sql/V1_2.sql", "app/db/V1.sql")
        },
    ),
    "sqitch, another ending": (
        {"sqitch.conf": "[core]\n  extension = psql\n", "sqitch.plan": "", "deploy/a.psql": UP, "revert/a.psql": DOWN},
        {"deploy/a.psql": ["1 UPDATE upgrade"], "revert/a.psql": ["1 DELETE downgrade"]},
    ),
    "golang-migrate, of another name": (
        {"db/1_a.up.pgsql": UP, "db/1_a.down.pgsql": DOWN, "db/1_a.up.json": "{}"},
        {"db/1_a.up.pgsql": ["1 UPDATE upgrade"], "db/1_a.down.pgsql": ["1 DELETE downgrade"]},
    ),
    "dbup": ({"Scripts/Script0001 - a.sql": UP}, {"Scripts/Script0001 - a.sql": ["1 UPDATE upgrade"]}),
    "mybatis": (
        {"scripts/20240101_a.sql": f"-- // a\n{UP}\n-- //@UNDO\n{DOWN}\n"},
        {"scripts/20240101_a.sql": BOTH},
    ),
    "graphile": (
        {"m/committed/000001.sql": f"--! Previous: -\n{UP}\n", "m/current.sql": UP},
        {"m/committed/000001.sql": ["2 UPDATE upgrade"], "m/current.sql": ["1 UPDATE upgrade"]},
    ),
    "synapse": ({"delta/73/01a.sql.postgres": UP}, {"delta/73/01a.sql.postgres": ["1 UPDATE upgrade"]}),
    "drizzle, before its first run": (
        {"drizzle.config.ts": "", "drizzle/0000_a.sql": UP},
        {"drizzle/0000_a.sql": ["1 UPDATE upgrade"]},
    ),
    "any tool, short numbers": ({"migrations/1_a.sql": UP}, {"migrations/1_a.sql": ["1 UPDATE upgrade"]}),
    "prisma": (
        {
            "prisma/migrations/20240101120000_a/migration.sql": f"-- migrate:up\n{UP}\n-- migrate:down\n{DOWN}\n",
            "prisma/migrations/migration_lock.toml": "provider = 'postgresql'\n",
            "prisma/migrations/20240101120000_a/down.sql": DOWN,
        },
        {
            "prisma/migrations/20240101120000_a/migration.sql": ALL_UP,
            "prisma/migrations/20240101120000_a/down.sql": ["1 DELETE downgrade"],
        },
    ),
    "hasura": (
        {"m/default/1700000000000_a/up.sql": UP, "m/default/1700000000000_a/down.sql": DOWN},
        {
            "m/default/1700000000000_a/up.sql": ["1 UPDATE upgrade"],
            "m/default/1700000000000_a/down.sql": ["1 DELETE downgrade"],
        },
    ),
    "diesel": (
        {"migrations/2024-01-01-000000_a/up.sql": UP, "migrations/2024-01-01-000000_a/down.sql": DOWN},
        {
            "migrations/2024-01-01-000000_a/up.sql": ["1 UPDATE upgrade"],
            "migrations/2024-01-01-000000_a/down.sql": ["1 DELETE downgrade"],
        },
    ),
    "drizzle": (
        {"drizzle/meta/_journal.json": "{}", "drizzle/0000_a.sql": f"SELECT 1;--> statement-breakpoint\n{UP}\n"},
        {"drizzle/0000_a.sql": ["2 UPDATE upgrade"]},
    ),
    "supabase": (
        {"supabase/migrations/20240101_a.sql": f"-- +goose Up\n{UP}\n-- +goose Down\n{DOWN}\n"},
        {"supabase/migrations/20240101_a.sql": ALL_UP},
    ),
    "atlas": (
        {"m/atlas.sum": "h1:x\n", "m/20240101_a.sql": f"-- migrate:up\n{UP}\n-- migrate:down\n{DOWN}\n"},
        {"m/20240101_a.sql": ALL_UP},
    ),
    "atlas, in another format": (
        {
            "atlas.hcl": 'env "x" {\n  migration {\n    format = goose\n  }\n}\n',
            "m/atlas.sum": "h1:x\n",
            "m/1_a.sql": f"-- +goose Up\n{UP}\n-- +goose Down\n{DOWN}\n",
        },
        {"m/1_a.sql": BOTH},
    ),
    "play": (
        {"conf/evolutions/default/1.sql": f"# --- !Ups\n{UP}\n# --- !Downs\n{DOWN}\n"},
        {"conf/evolutions/default/1.sql": BOTH},
    ),
    "yoyo": (
        {"m/0001.a.sql": f"-- depends: 0000.x\n{UP}\n", "m/0001.a.rollback.sql": f"-- x\n{DOWN}\n"},
        {"m/0001.a.sql": ["2 UPDATE upgrade"], "m/0001.a.rollback.sql": ["2 DELETE downgrade"]},
    ),
    "of no tool": (
        {"migrations/001_a.sql": f"-- rollback below\n{UP}\n-- migrate:down\n{DOWN}\n"},
        {"migrations/001_a.sql": ALL_UP},
    ),
    "markers that the files beside it do not have": (
        {
            "migrations/001_a.sql": f"-- migrate:up\n{UP}\n-- migrate:down\n{DOWN}\n",
            "migrations/002_b.sql": "SELECT 1;\n",
            "migrations/003_c.sql": "SELECT 1;\n",
        },
        {"migrations/001_a.sql": ALL_UP},
    ),
    "dbmate, a marker with words behind it": (
        {"db/1_a.sql": f"-- migrate:up\n{UP}\n-- migrate:down is not needed\n{DOWN}\n"},
        {"db/1_a.sql": ALL_UP},
    ),
    "dbmate, called like a way down": (
        {"db/1_take.down.sql": f"-- migrate:up\n{UP}\n\n{DOWN}\n"},
        {"db/1_take.down.sql": ["2 UPDATE upgrade", "4 DELETE upgrade"]},
    ),
    "goose, a marker further in": (
        {"db/1_a.sql": f"-- +goose Up\n{UP}\n  -- +goose Down\n{DOWN}\n"},
        {"db/1_a.sql": ALL_UP},
    ),
    "goose, up again": (
        {"db/1_a.sql": f"-- +goose Up\n{UP}\n-- +goose Down\n{DOWN}\n-- +goose Up\nTRUNCATE x;\n"},
        {"db/1_a.sql": [*BOTH, "6 TRUNCATE upgrade"]},
    ),
    **{
        f"sql-migrate, a remark: {remark}": (
            {"db/1_a.sql": f"-- +migrate Up\n{UP}\n{remark}\n{DOWN}\n"},
            {"db/1_a.sql": ALL_UP},
        )
        for remark in ("-- +migrate down", "--+migrate Down", "  -- +migrate Down", "-- +migrate Downwards")
    },
    "flyway, what is called like an undoing": (
        {"sql/u2__a.sql": UP, "db/U3__a.sql": UP, "db/V4__b.sql": UP, "db/V1.sql": UP, "db/afterConnect.sql": UP},
        {
            "sql/u2__a.sql": ["1 UPDATE upgrade"],
            **{f"db/{name}": ["1 UPDATE upgrade"] for name in ("U3__a.sql", "V4__b.sql", "V1.sql", "afterConnect.sql")},
        },
    ),
    "sqitch, folders for each engine": (
        {
            "sqitch.conf": '[engine "pg"]\n  top_dir = pg\n[engine "mysql"]\n  top_dir = my\n',
            "pg/deploy/a.sql": UP,
            "my/deploy/a.sql": UP,
            "pg/revert/a.sql": DOWN,
        },
        {
            "pg/deploy/a.sql": ["1 UPDATE upgrade"],
            "my/deploy/a.sql": ["1 UPDATE upgrade"],
            "pg/revert/a.sql": ["1 DELETE downgrade"],
        },
    ),
    **{
        f"markers that the file beside it does not have: {marker}": (
            {"migrations/001_a.sql": "SELECT 1;\n", "migrations/002_b.sql": f"{up}\n{UP}\n{down}\n{DOWN}\n"},
            {"migrations/002_b.sql": ALL_UP},
        )
        for marker, up, down in (
            ("dbmate", "-- migrate:up", "-- migrate:down"),
            ("goose", "-- +goose Up", "-- +goose Down"),
            ("sql-migrate", "-- +migrate Up", "-- +migrate Down"),
            ("play", "-- !Ups", "-- !Downs"),
            ("mybatis", "-- // b", "-- //@UNDO"),
            ("node-pg-migrate", "-- Up Migration", "-- Down Migration"),
            ("rambler", "-- rambler up", "-- rambler down"),
            ("shmig", "-- ====  UP  ====", "-- ==== DOWN ===="),
            ("tern", "", "---- create above / drop below ----"),
        )
    },
    "mybatis, a remark": (
        {"migrations/001_a.sql": f"SELECT 1;\n{UP}\n-- //@UNDO\n{DOWN}\n"},
        {"migrations/001_a.sql": ALL_UP},
    ),
    "ways down of nothing": (
        {"migrations/1_take.down.sql": UP, "m/atlas.sum": "", "m/2_take.down.sql": UP, "p/20240101_a/down.sql": UP},
        {
            "migrations/1_take.down.sql": ["1 UPDATE upgrade"],
            "m/2_take.down.sql": ["1 UPDATE upgrade"],
            "p/20240101_a/down.sql": ["1 UPDATE upgrade"],
        },
    ),
    "flyway, other separators, and no prefix": (
        {
            "one/flyway.toml": "[flyway]\nsqlMigrationSeparator='-'\n",
            "one/sql/V1-a.sql": UP,
            "one/sql/U1-a.sql": DOWN,
            "two/flyway.conf": "# flyway.undoSqlMigrationPrefix=\nflyway.sqlMigrationPrefix=\nflyway.locations=filesystem:sql\n",
            "two/sql/1__a.sql": UP,
        },
        {
            "one/sql/V1-a.sql": ["1 UPDATE upgrade"],
            "one/sql/U1-a.sql": ["1 DELETE downgrade"],
            "two/sql/1__a.sql": ["1 UPDATE upgrade"],
        },
    ),
    "atlas, an archive": (
        {
            "m/atlas.sum": "",
            "m/1_a.sql": f"-- atlas:txtar\n-- checks.sql --\nSELECT 1;\n-- migration.sql --\n{UP}\n-- down.sql --\n{DOWN}\n",
            "m/2_b.sql": f"-- see atlas:txtar\n{UP}\n-- down.sql --\n{DOWN}\n",
        },
        {
            "m/1_a.sql": ["5 UPDATE upgrade", "7 DELETE downgrade"],
            "m/2_b.sql": ["2 UPDATE upgrade", "4 DELETE upgrade"],
        },
    ),
    "sqitch, any ending, and folders for what is reworked": (
        {
            "sqitch.conf": "[core]\n  engine = pg\n  extension = spg\n  reworked_dir = old\n",
            "sqitch.plan": "",
            "deploy/a.spg": UP,
            "revert/a.spg": DOWN,
            "old/deploy/a@1.spg": UP,
            "old/revert/a@1.spg": DOWN,
            "docs/a.spg": UP,
            "other/deploy.spg": UP,
        },
        {
            "deploy/a.spg": ["1 UPDATE upgrade"],
            "revert/a.spg": ["1 DELETE downgrade"],
            "old/deploy/a@1.spg": ["1 UPDATE upgrade"],
            "old/revert/a@1.spg": ["1 DELETE downgrade"],
        },
    ),
    "grate": (
        {
            "db/Up/1_a.sql": UP,
            "db/sprocs/app/a.sql": UP,
            "db/permissions/a.EVERYTIME.sql": UP,
            "db/down/1_a.sql": DOWN,
            "db/down/2_b.sql": UP,
            "app/views/a.sql": UP,
        },
        {
            "db/Up/1_a.sql": ["1 UPDATE upgrade"],
            "db/sprocs/app/a.sql": ["1 UPDATE upgrade"],
            "db/permissions/a.EVERYTIME.sql": ["1 UPDATE upgrade"],
            "db/down/1_a.sql": ["1 DELETE downgrade"],
            "db/down/2_b.sql": ["1 UPDATE upgrade"],
        },
    ),
    "folders for two ways": (
        {"sql/up/1.sql": UP, "sql/down/1.sql": DOWN, "other/up/1.sql": UP},
        {"sql/up/1.sql": ["1 UPDATE upgrade"], "sql/down/1.sql": ["1 DELETE downgrade"]},
    ),
    "dbdeploy": (
        {
            "deltas/1_a.sql": f"{UP}\n--//@UNDO\n{DOWN}\n",
            "migrations/1_a.sql": f"{UP}\n--//@UNDO\n{DOWN}\n",
        },
        {
            "deltas/1_a.sql": ["1 UPDATE upgrade", "3 DELETE downgrade"],
            "migrations/1_a.sql": ["1 UPDATE upgrade", "3 DELETE upgrade"],
        },
    ),
    "node-pg-migrate": (
        {
            "migrations/1_a.sql": f"-- Up Migration\n{UP}\n-- Down Migration\n{DOWN}\n",
            "migrations/2_b.sql": f"---- DOWN migration\n{DOWN}\n--up migration\n{UP}\n",
            "migrations/3_c.sql": f"{UP}\n\n-- Down Migration\n{DOWN}\n",
            "db/4_d.sql": f"-- Up Migration\n{UP}\n-- Down Migration\n{DOWN}\n-- Up Migration\nTRUNCATE x;\n",
            "db/5_e.sql": f"{UP}\n-- Up Migration\n{UP}\n-- Down Migration\n{DOWN}\n",
            "db/6_f.sql": f"{UP}\n-- Down Migration\n{DOWN}\n-- Up Migration\n{UP}\n",
        },
        {
            "migrations/1_a.sql": BOTH,
            "migrations/2_b.sql": ["2 DELETE downgrade", "4 UPDATE upgrade"],
            "migrations/3_c.sql": ["1 UPDATE upgrade", "4 DELETE upgrade"],
            "db/4_d.sql": [*BOTH, "6 TRUNCATE downgrade"],
            "db/5_e.sql": ["1 UPDATE upgrade", "3 UPDATE upgrade", "5 DELETE downgrade"],
            "db/6_f.sql": ["1 UPDATE upgrade", "3 DELETE downgrade", "5 UPDATE upgrade"],
        },
    ),
    "rambler": (
        {
            "db/1_a.sql": f"-- rambler up\n{UP}\n-- rambler down\n{DOWN}\n-- rambler up\nTRUNCATE x;\n",
            "db/2_b.sql": f"-- rambler up\n{UP}\n  -- rambler down\n{DOWN}\n",
            "db/3_c.sql": f"-- rambler up\n{UP}\n-- rambler DOWN\n{DOWN}\n",
        },
        {"db/1_a.sql": [*BOTH, "6 TRUNCATE upgrade"], "db/2_b.sql": ALL_UP, "db/3_c.sql": ALL_UP},
    ),
    "tern": (
        {
            "db/tern.conf": "",
            "db/m/001_a.sql": f"\n{UP}\n---- create above / drop below ----\n{DOWN}\n",
            "db/m/002_b.sql": f"\n{UP}\n-- create above / drop below\n{DOWN}\n",
            "m/001_a.sql": f"\n{UP}\n---- create above / drop below ----\n{DOWN}\n",
        },
        {"db/m/001_a.sql": BOTH, "db/m/002_b.sql": ALL_UP, "m/001_a.sql": BOTH},
    ),
    "shmig": (
        {
            "db/1485648520-a.sql": f"-- ====  UP  ====\n{UP}\n-- ==== DOWN ====\n{DOWN}\n",
            "db/1485648521-b.sql": f"-- ====  UP  ====\n{UP}\n-- ====  DOWN  ====\n{DOWN}\n",
        },
        {"db/1485648520-a.sql": BOTH, "db/1485648521-b.sql": ALL_UP},
    ),
    "db-migrate, Postgrator": (
        {
            "migrations/sqls/20240101-a-up.sql": UP,
            "migrations/sqls/20240101-a-down.sql": DOWN,
            "migrations/sqls/20240102-b-down.sql": UP,
            "db/001.do.a.sql": UP,
            "db/001.undo.a.sql": DOWN,
            "db/002.undo.sql": UP,
            "migrations/20240103-c.up.sql": UP,
            "migrations/20240103-wind-down.sql": f"-- depends: 20240103-c\n{UP}",
        },
        {
            "migrations/sqls/20240101-a-up.sql": ["1 UPDATE upgrade"],
            "migrations/sqls/20240101-a-down.sql": ["1 DELETE downgrade"],
            "migrations/sqls/20240102-b-down.sql": ["1 UPDATE upgrade"],
            "db/001.do.a.sql": ["1 UPDATE upgrade"],
            "db/001.undo.a.sql": ["1 DELETE downgrade"],
            "db/002.undo.sql": ["1 UPDATE upgrade"],
            "migrations/20240103-c.up.sql": ["1 UPDATE upgrade"],
            "migrations/20240103-wind-down.sql": ["2 UPDATE upgrade"],
        },
    ),
    "markers that no file beside it has, wherever it lies": (
        {"db/1_a.sql": "SELECT 1;", "db/2_b.sql": f"-- migrate:up\n{UP}\n-- migrate:down\n{DOWN}\n"},
        {"db/2_b.sql": ALL_UP},
    ),
    "a file with a mark of its byte order": (
        {"db/a.sql": f"\ufeff-- migrate:up\n{UP}\n"},
        {},
    ),
}
"""Files, and what is told of each: line, kind and way."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[str]]]:
    """What is told of each case's files, from one run over all of them."""
    top = tmp_path_factory.mktemp("tools")
    for name, (files, _) in CASES.items():
        for file, content in files.items():
            path = top / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode())
    ran = program.run("check", ".", "--isolated", "--exit-zero", "--output-format", "json", cwd=top)
    found: dict[str, dict[str, list[str]]] = {name: {} for name in CASES}
    for one in json.loads(ran.stdout)["findings"]:
        if one["operation"]:
            name, _, file = one["path"].partition("/")
            row = f"{one['line']} {one['operation']['kind']} {one['operation']['direction']}"
            found[name].setdefault(file, []).append(row)
    return found


@pytest.mark.parametrize("name", CASES)
def test_each_way_is_that_of_the_tool(name: str, told: dict[str, dict[str, list[str]]]) -> None:
    assert told[name] == CASES[name][1]


ALONE = {
    "dbmate": {"db/1_a.sql": "-- migrate:up transaction:false\n{}\n"},
    "goose": {"db/1_a.sql": "-- +goose NO TRANSACTION\n-- +goose Up\n{}\n"},
    "sql-migrate": {"db/1_a.sql": "-- +migrate Up notransaction\n{}\n"},
    "liquibase": {"db/a.sql": "--liquibase formatted sql\n--changeset me:1 runInTransaction:false\n{}\n"},
    "flyway": {"V1__a.sql": "{}", "V1__a.sql.conf": "executeInTransaction=false\n"},
    "atlas": {"m/atlas.sum": "", "m/1_a.sql": "-- atlas:txmode none\n\n{}\n"},
    "yoyo": {"m/1.a.sql": "-- depends: 0.x\n-- transactional: false\n{}\n"},
    "diesel": {
        "m/2024-01-01-000000_a/up.sql": "{}",
        "m/2024-01-01-000000_a/metadata.toml": "run_in_transaction = false\n",
    },
    "sqlx": {"migrations/1_a.sql": "-- no-transaction\n{}\n"},
}
MIXED = f"ALTER TABLE leads ADD b int; {UP}"


@pytest.mark.parametrize("name", ALONE)
@pytest.mark.parametrize("alone", [True, False])
def test_what_runs_in_no_transaction_holds_no_locks(name: str, alone: bool, tmp_path: Path) -> None:
    words = (
        "transaction:false",
        "NO TRANSACTION",
        "notransaction",
        "runInTransaction:false",
        "=false",
        "none",
        ": false",
        "-- no-transaction",
        "= false",
    )
    for file, content in ALONE[name].items():
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content.replace("{}", MIXED)
        for word in words if not alone else ():
            text = text.replace(word, "")
        path.write_text(text, encoding="utf-8")
    ran = program.run("check", ".", "--isolated", "--exit-zero", "--output-format", "json", cwd=tmp_path)
    codes = {one["code"] for one in json.loads(ran.stdout)["findings"]}
    assert codes == ({"MG101"} if alone else {"MG101", "MG301"})


def test_what_may_be_half_a_character_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "V1__a.sql").write_bytes("SELECT E'表'; UPDATE leads SET a = 1; --'".encode("shift_jis"))
    ran = program.run("check", ".", "--isolated", cwd=tmp_path)
    assert ran.returncode == 2
    assert "half of a character" in ran.stdout + ran.stderr


def test_what_names_a_folder_s_files_is_read_once_for_all_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of 4,000 files was listed and searched 4,000 times."""
    (tmp_path / "flyway.conf").write_text("flyway.sqlMigrationPrefix=M\n", encoding="utf-8")
    small, read = part.small, list[Path]()

    def counted(path: Path) -> str:
        read.append(path)
        return small(path)

    monkeypatch.setattr(flyway, "small", counted)
    sight.forget()
    assert all(flyway.recognises(tmp_path / f"M{number}__a.sql", b"") for number in range(9))
    assert read == [tmp_path / "flyway.conf"]
