"""The state is used only where it is ours: what somebody planted is refused by name, and never run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from migration_guard.backfill import Backfill, BackfillUnfinished, require_backfill, run
from migration_guard.backfill.errors import CannotRun
from migration_guard.backfill.tables import ddl

W = Backfill(key="w", table="w", where="v IS NULL", update="UPDATE w SET v = 1 WHERE id = ANY(:ids)")
CLIMBS = "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'ALTER ROLE {evil} SUPERUSER'; RETURN NEW; END $$"


class Attacked:
    """A database in which a role may create schemas, and what it has done there."""

    def __init__(self, url: str, console: psycopg.Connection) -> None:
        self.url = url
        self.console = console
        self.evil = f"evil_{uuid4().hex[:8]}"
        self("CREATE TABLE w (id int PRIMARY KEY, v int); INSERT INTO w VALUES (1)")
        name = url.rsplit("/", 1)[1]
        self(f'CREATE ROLE {self.evil} LOGIN; GRANT CREATE ON DATABASE "{name}" TO {self.evil}')

    def __call__(self, sql: str) -> None:
        self.console.execute(sql.replace("{evil}", self.evil).encode())

    def as_evil(self, sql: str) -> None:
        self(f"SET SESSION AUTHORIZATION {self.evil}; {sql}; RESET SESSION AUTHORIZATION")

    def has_climbed(self) -> bool:
        found = self.console.execute("SELECT rolsuper FROM pg_roles WHERE rolname = %s", [self.evil])
        return found.fetchone() != (False,)

    def end(self) -> None:
        self("RESET SESSION AUTHORIZATION; DROP OWNED BY {evil} CASCADE; DROP ROLE {evil}")


@pytest.fixture
def attacked(database: str) -> Iterator[Attacked]:
    with psycopg.connect(database, autocommit=True) as console:
        made = Attacked(database, console)
        try:
            yield made
        finally:
            made.end()


def refused(attacked: Attacked, said: str, owners: tuple[str, ...] = ()) -> None:
    with pytest.raises(CannotRun, match=said):
        run([W], attacked.url, state_owners=owners)
    assert not attacked.has_climbed()
    assert attacked.console.execute("SELECT v FROM w").fetchone() == (None,)


def test_an_empty_schema_of_somebody_else(attacked: Attacked) -> None:
    attacked.as_evil("CREATE SCHEMA migration_guard")
    refused(attacked, f"schema migration_guard belongs to {attacked.evil}")


def test_tables_of_somebody_else(attacked: Attacked) -> None:
    attacked.as_evil(ddl("migration_guard"))
    refused(attacked, f"schema migration_guard belongs to {attacked.evil}, table ")


def test_a_state_of_somebody_else_opens_no_gate(attacked: Attacked) -> None:
    attacked.as_evil(
        f"{ddl('migration_guard')}; INSERT INTO migration_guard.backfills (key, state, fingerprint, table_name) "
        f"VALUES ('w', 'completed', '{W.fingerprint}', 'w')"
    )
    with pytest.raises(BackfillUnfinished, match=f"is not to be trusted: .*{attacked.evil}"):
        require_backfill(attacked.console, W)


def test_an_owner_that_the_configuration_names(attacked: Attacked) -> None:
    attacked.as_evil(ddl("migration_guard"))
    attacked("GRANT USAGE ON SCHEMA migration_guard TO PUBLIC")
    (result,) = run([W], attacked.url, state_owners=[attacked.evil])
    assert result.complete


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ("GRANT TRIGGER ON migration_guard.events TO {evil}", "role .* has TRIGGER on table events"),
        ("GRANT CREATE ON SCHEMA migration_guard TO {evil}", "role .* has CREATE on schema migration_guard"),
        ("GRANT UPDATE ON migration_guard.backfills TO PUBLIC", "anybody has UPDATE on table backfills"),
        (
            "GRANT UPDATE (state) ON migration_guard.backfills TO PUBLIC",
            r"anybody has UPDATE on column backfills\.state",
        ),
        ("CREATE RULE mine AS ON INSERT TO migration_guard.events DO INSTEAD NOTHING", "rule mine of events"),
        ("ALTER TABLE migration_guard.windows ENABLE ROW LEVEL SECURITY", "table windows has row-level security"),
        (
            "CREATE TABLE child (key text REFERENCES migration_guard.backfills ON DELETE CASCADE)",
            "foreign key child_key_fkey of .*child refers to backfills",
        ),
        (
            (
                "CREATE SCHEMA theirs AUTHORIZATION {evil}; CREATE FUNCTION theirs.f(text) RETURNS boolean LANGUAGE sql AS "
                "'SELECT true'; ALTER FUNCTION theirs.f(text) OWNER TO {evil}; "
                "ALTER TABLE migration_guard.events ADD CHECK (theirs.f(kind))"
            ),
            "events calls f of evil",
        ),
        ("ALTER TABLE migration_guard.events OWNER TO {evil}", "table events belongs to evil"),
        (
            (
                "ALTER TABLE migration_guard.events RENAME TO old; "
                "CREATE VIEW migration_guard.events AS TABLE migration_guard.old"
            ),
            "events is no ordinary table",
        ),
    ],
)
def test_what_was_planted_in_a_state_of_ours(attacked: Attacked, planted: str, said: str) -> None:
    attacked(ddl("migration_guard"))
    attacked(planted)
    refused(attacked, said)


def test_a_trigger_with_the_function_of_somebody_else(attacked: Attacked) -> None:
    attacked(ddl("migration_guard"))
    attacked("CREATE SCHEMA theirs AUTHORIZATION {evil}")
    attacked.as_evil(f"CREATE FUNCTION theirs.climb() {CLIMBS}")
    attacked("CREATE TRIGGER t BEFORE INSERT ON migration_guard.events FOR EACH ROW EXECUTE FUNCTION theirs.climb()")
    refused(attacked, f"trigger t of events calls climb of {attacked.evil}")
    attacked("ALTER TABLE migration_guard.events DISABLE TRIGGER t")
    assert run([W], attacked.url)[0].complete


def test_an_event_trigger_with_the_function_of_somebody_else(attacked: Attacked) -> None:
    attacked("CREATE SCHEMA theirs AUTHORIZATION {evil}")
    climbs = CLIMBS.replace("RETURNS trigger", "RETURNS event_trigger").replace("RETURN NEW; ", "")
    attacked.as_evil(f"CREATE FUNCTION theirs.climb() {climbs}")
    attacked("CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION theirs.climb()")
    try:
        refused(attacked, f"event trigger e calls climb of {attacked.evil}")
    finally:
        attacked("DROP EVENT TRIGGER e")


def test_default_privileges_that_give_the_new_tables_away(attacked: Attacked) -> None:
    attacked("ALTER DEFAULT PRIVILEGES GRANT UPDATE ON TABLES TO {evil}")
    refused(attacked, "has UPDATE on table")
    there = attacked.console.execute("SELECT to_regnamespace('migration_guard')").fetchone()
    assert there == (None,), "what was made was rolled back"


def test_functions_and_operators_of_a_search_path_are_not_called(attacked: Attacked) -> None:
    """A path that names pg_catalog late puts what is planted before it in the place of PostgreSQL's own."""
    attacked("CREATE SCHEMA theirs AUTHORIZATION {evil}")
    attacked.as_evil(
        "CREATE FUNCTION theirs.eq(text, text) RETURNS boolean LANGUAGE plpgsql AS "
        f"$$ BEGIN EXECUTE 'ALTER ROLE {attacked.evil} SUPERUSER'; RETURN true; END $$; "
        "CREATE OPERATOR theirs.= (LEFTARG = text, RIGHTARG = text, FUNCTION = theirs.eq)"
    )
    name = attacked.url.rsplit("/", 1)[1]
    attacked(f'ALTER DATABASE "{name}" SET search_path = theirs, public, pg_catalog')
    (result,) = run([W], attacked.url)
    assert str(result).startswith("w: failed (search_path: theirs, public stands before pg_catalog")
    assert not attacked.has_climbed()


HIJACK = (
    "CREATE FUNCTION public.{name}({types}) RETURNS boolean LANGUAGE plpgsql AS $f$ "
    "BEGIN EXECUTE 'ALTER ROLE {evil} SUPERUSER'; RETURN true; END $f$"
)


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        (
            HIJACK.replace("{name}", "eq").replace("{types}", "varchar, text")
            + "; CREATE OPERATOR public.= (LEFTARG = varchar, RIGHTARG = text, FUNCTION = public.eq)",
            r"operator public\.= of {evil}",
        ),
        (HIJACK.replace("{name}", "length").replace("{types}", "varchar"), r"function public\.length of {evil}"),
        (HIJACK.replace("{name}", "settled").replace("{types}", "varchar"), r"function public\.settled of {evil}"),
    ],
)
def test_what_is_planted_behind_pg_catalog_is_not_called(attacked: Attacked, planted: str, said: str) -> None:
    """An exact match of types is called first, wherever in the path it stands: anybody could create there once."""
    attacked("GRANT CREATE, USAGE ON SCHEMA public TO {evil}; ALTER TABLE w ADD name varchar(9) DEFAULT 'x'")
    attacked("CREATE FUNCTION settled(text) RETURNS boolean LANGUAGE sql AS 'SELECT true'")
    attacked.as_evil(planted.replace("{evil}", attacked.evil))
    where = "v IS NULL AND name = 'x'::text AND length(name) > 0 AND settled(name)"
    definition = Backfill(key="w", table="w", where=where, update="UPDATE w SET v = 1 WHERE id = ANY(:ids)")
    (result,) = run([definition], attacked.url)
    assert (result.complete, attacked.has_climbed()) == (False, False)
    assert re.search(said.replace("{evil}", attacked.evil), str(result))
    with pytest.raises(BackfillUnfinished):
        require_backfill(attacked.console, definition)
    attacked("REVOKE ALL ON SCHEMA public FROM {evil}; DROP OWNED BY {evil} CASCADE")
    assert run([definition], attacked.url)[0].complete


def test_a_table_that_somebody_put_before_ours(attacked: Attacked) -> None:
    attacked.as_evil("CREATE SCHEMA postgres AUTHORIZATION {evil}; CREATE TABLE postgres.w (id int PRIMARY KEY, v int)")
    attacked.as_evil(f"CREATE FUNCTION postgres.climb() {CLIMBS.replace('{evil}', attacked.evil)}")
    attacked.as_evil("CREATE TRIGGER t BEFORE UPDATE ON postgres.w FOR EACH ROW EXECUTE FUNCTION postgres.climb()")
    attacked.as_evil("INSERT INTO postgres.w VALUES (1)")
    (result,) = run([W], attacked.url)
    assert f"w is in several schemas of the search_path, of different owners: postgres ({attacked.evil})" in str(result)
    assert not attacked.has_climbed()
    named = Backfill(key="w", table="public.w", where=W.where, update="UPDATE public.w SET v = 1 WHERE id = ANY(:ids)")
    assert run([named], attacked.url)[0].complete
    assert attacked.console.execute("SELECT v FROM public.w").fetchone() == (1,)


@pytest.mark.parametrize(
    "fields",
    [
        {"update": "UPDATE w SET v = c.v FROM calls AS c WHERE c.id = w.id AND w.id = ANY(:ids)"},
        {"update": "UPDATE w SET v = (SELECT max(v) FROM w AS x, Calls) WHERE id = ANY(:ids)"},
        {"where": 'v IS NULL AND id IN (TABLE "calls")', "update": "UPDATE w SET v = 1 WHERE id = ANY(:ids)"},
    ],
)
def test_a_view_that_somebody_put_before_a_table_that_is_read(attacked: Attacked, fields: dict[str, str]) -> None:
    """Its functions would run with the rights of who reads it."""
    attacked("CREATE TABLE calls AS SELECT 1 AS id, 2 AS v")
    attacked.as_evil("CREATE SCHEMA postgres AUTHORIZATION {evil}")
    climbs = f"BEGIN ALTER ROLE {attacked.evil} SUPERUSER; RETURN 1; END"
    attacked.as_evil(f"CREATE FUNCTION postgres.climb() RETURNS int LANGUAGE plpgsql AS '{climbs}'")
    attacked.as_evil("CREATE VIEW postgres.calls AS SELECT postgres.climb() AS id, 2 AS v")
    attacked.as_evil("GRANT USAGE ON SCHEMA postgres TO PUBLIC; GRANT SELECT ON postgres.calls TO PUBLIC")
    definition = Backfill(**{"key": "w", "table": "public.w", "where": "v IS NULL", **fields})  # type: ignore[arg-type]
    (result,) = run([definition], attacked.url)
    assert (result.complete, attacked.has_climbed()) == (False, False)
    assert f"calls is in several schemas of the search_path, of different owners: postgres ({attacked.evil})" in str(
        result
    )


def climbing(attacked: Attacked, arguments: str, returns: str, result: str, kind: str = "") -> None:
    body = f"BEGIN ALTER ROLE {attacked.evil} SUPERUSER; RETURN {result}; END"
    attacked.as_evil(
        f"CREATE FUNCTION theirs.climb({arguments}) RETURNS {returns} LANGUAGE plpgsql {kind} AS $$ {body} $$"
    )


@pytest.mark.parametrize(
    ("function", "planted", "said"),
    [
        (("int", "bool", "true"), "ALTER TABLE w ADD CHECK (theirs.climb(v)) NOT VALID", "constraint w_v_check"),
        (("", "int", "1"), "ALTER TABLE w ALTER v SET DEFAULT theirs.climb()", "default value for column v"),
        (("int", "int", "1"), "CREATE INDEX ON w (theirs.climb(v)) WHERE v > 0", "index w_climb_idx"),
        (("int", "int", "1"), "CREATE INDEX ON w (v) WHERE theirs.climb(v) > 5", "index w_v_idx"),
        (("", "int", "1"), "CREATE RULE r AS ON UPDATE TO w DO ALSO SELECT theirs.climb()", "rule r"),
        (
            ("int", "bool", "true"),
            (
                "CREATE DOMAIN theirs.small AS int; ALTER TABLE w ADD d theirs.small; "
                "ALTER DOMAIN theirs.small ADD CHECK (theirs.climb(value)) NOT VALID"
            ),
            "constraint small_check",
        ),
        (
            ("text", "theirs.mood", "NULL"),
            "ALTER TABLE w ADD m theirs.mood; CREATE CAST (text AS theirs.mood) WITH FUNCTION theirs.climb AS ASSIGNMENT",
            "cast from text to theirs.mood",
        ),
        (
            ("int, int", "bool", "true"),
            (
                "CREATE OPERATOR theirs.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = theirs.climb); "
                "ALTER TABLE w ADD CHECK (v OPERATOR(theirs.===) 1) NOT VALID"
            ),
            "constraint w_v_check",
        ),
    ],
)
def test_what_runs_when_a_table_is_written_runs_as_nobody_else(
    attacked: Attacked, function: tuple[str, str, str], planted: str, said: str
) -> None:
    attacked("CREATE SCHEMA theirs AUTHORIZATION {evil}")
    attacked.as_evil("CREATE TYPE theirs.mood AS ENUM ('a')")
    if said.startswith("index"):
        attacked("TRUNCATE w")
    climbing(attacked, *function, "IMMUTABLE" if said.startswith("index") else "")
    attacked(planted)
    (result,) = run([W], attacked.url)
    assert said in str(result)
    assert f"calls climb of {attacked.evil}, which would run as a superuser" in str(result)
    assert not attacked.has_climbed()


@pytest.mark.parametrize("of", ["theirs.small[]", "theirs.pair", "theirs.pair[]", "theirs.several"])
def test_a_domain_that_is_a_part_of_a_columns_type(attacked: Attacked, of: str) -> None:
    attacked("CREATE SCHEMA theirs AUTHORIZATION {evil}")
    attacked("CREATE DOMAIN theirs.small AS int; CREATE TYPE theirs.pair AS (a int, b theirs.small)")
    attacked(f"CREATE DOMAIN theirs.several AS theirs.small[]; ALTER TABLE w ADD d {of}")
    climbing(attacked, "int", "bool", "true")
    attacked("ALTER DOMAIN theirs.small ADD CHECK (theirs.climb(value)) NOT VALID")
    (result,) = run([W], attacked.url)
    assert f"constraint small_check calls climb of {attacked.evil}, which would run as a superuser" in str(result)


def test_a_type_with_a_cast_that_somebody_put_into_the_path(attacked: Attacked) -> None:
    attacked("CREATE SCHEMA theirs AUTHORIZATION {evil}; GRANT CREATE ON SCHEMA public TO {evil}")
    attacked.as_evil("CREATE TYPE public.small AS ENUM ('1')")
    climbing(attacked, "bool", "public.small", "'1'")
    attacked.as_evil("CREATE CAST (bool AS public.small) WITH FUNCTION theirs.climb(bool)")
    update = "UPDATE w SET v = true::small::text::int WHERE id = ANY(:ids)"
    (result,) = run([Backfill(key="w", table="w", where="v IS NULL", update=update)], attacked.url)
    assert f"type public.small of {attacked.evil} may be called in place" in str(result)
    assert not attacked.has_climbed()


@pytest.mark.parametrize("named", ["small", "int4"])
def test_a_domain_that_somebody_put_into_the_path(attacked: Attacked, named: str) -> None:
    attacked("CREATE SCHEMA theirs AUTHORIZATION {evil}; GRANT CREATE ON SCHEMA public TO {evil}")
    climbing(attacked, "int", "bool", "true")
    attacked.as_evil(f"CREATE DOMAIN public.{named} AS pg_catalog.int4 CHECK (theirs.climb(value))")
    update = f"UPDATE w SET v = 1::{named} WHERE id = ANY(:ids)"
    (result,) = run([Backfill(key="w", table="w", where="v IS NULL", update=update)], attacked.url)
    assert f"domain public.{named} of {attacked.evil} may be called in place" in str(result)
    assert not attacked.has_climbed()


def test_a_trigger_of_somebody_else_that_a_cascade_fires(attacked: Attacked) -> None:
    attacked("CREATE SCHEMA theirs AUTHORIZATION {evil}; CREATE TABLE child (w int REFERENCES w ON UPDATE CASCADE)")
    attacked.as_evil(f"CREATE FUNCTION theirs.climb() {CLIMBS}")
    attacked("CREATE TRIGGER t BEFORE UPDATE ON child FOR EACH ROW EXECUTE FUNCTION theirs.climb()")
    (result,) = run([W], attacked.url)
    assert f"trigger t calls climb of {attacked.evil}, which would run as a superuser" in str(result)


@pytest.mark.parametrize(
    "named", ["calls", "public.calls", 'public."calls"', "Wrapped", "public.wrapped AS x, pg_class"]
)
def test_a_view_of_somebody_else_is_not_read_as_a_superuser(attacked: Attacked, named: str) -> None:
    attacked("GRANT CREATE ON SCHEMA public TO {evil}; CREATE SCHEMA theirs AUTHORIZATION {evil}")
    climbing(attacked, "", "int", "1")
    attacked.as_evil("CREATE VIEW public.calls AS SELECT theirs.climb() AS v; GRANT SELECT ON public.calls TO PUBLIC")
    attacked("CREATE VIEW wrapped AS SELECT * FROM public.calls")
    update = f"UPDATE w SET v = (SELECT v FROM {named} LIMIT 1) WHERE id = ANY(:ids)"
    (result,) = run([Backfill(key="w", table="w", where="v IS NULL", update=update)], attacked.url)
    assert f"view calls is of {attacked.evil}, which would run as a superuser" in str(result)
    assert not attacked.has_climbed()


@pytest.mark.parametrize(
    ("view", "said"),
    [
        ("SELECT theirs.climb() AS id", "view trusted calls climb of"),
        ("SELECT 1 AS id FROM w WHERE w OPERATOR(theirs.~~) w", "view trusted calls climbs of"),
    ],
)
def test_a_view_of_ours_that_calls_a_function_of_somebody_else(attacked: Attacked, view: str, said: str) -> None:
    """Neither the runner nor a gate reads it as a superuser."""
    attacked("CREATE SCHEMA theirs AUTHORIZATION {evil}; CREATE TABLE done (id int)")
    attacked("CREATE VIEW trusted AS SELECT id FROM done")
    where = "v IS NULL AND id NOT IN (SELECT id FROM trusted)"
    definition = Backfill(key="w", table="w", where=where, update=W.update)
    assert run([definition], attacked.url)[0].complete
    climbing(attacked, "", "int", "1")
    attacked.as_evil(
        "CREATE FUNCTION theirs.climbs(public.w, public.w) RETURNS bool LANGUAGE sql AS 'SELECT theirs.climb() = 1'; "
        "CREATE OPERATOR theirs.~~ (LEFTARG = public.w, RIGHTARG = public.w, FUNCTION = theirs.climbs)"
    )
    attacked(f"CREATE OR REPLACE VIEW trusted AS {view}")
    attacked("UPDATE w SET v = NULL")
    with pytest.raises(BackfillUnfinished, match=f"{said} {attacked.evil}, which would run as a superuser"):
        require_backfill(attacked.console, definition)
    (result,) = run([Backfill(key="x", table="w", where=where, update=W.update)], attacked.url)
    assert f"{said} {attacked.evil}, which would run as a superuser" in str(result)
    assert not attacked.has_climbed()


def test_a_trigger_of_somebody_else_does_not_run_as_a_superuser(attacked: Attacked) -> None:
    attacked("GRANT TRIGGER ON w TO {evil}; CREATE SCHEMA theirs AUTHORIZATION {evil}")
    attacked.as_evil(f"CREATE FUNCTION theirs.climb() {CLIMBS}")
    attacked.as_evil("CREATE TRIGGER t BEFORE UPDATE ON public.w FOR EACH ROW EXECUTE FUNCTION theirs.climb()")
    (result,) = run([W], attacked.url)
    assert f"trigger t calls climb of {attacked.evil}, which would run as a superuser" in str(result)
    assert not attacked.has_climbed()
