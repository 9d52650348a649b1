"""What is not moved, and why: above all what a second run, or a run in batches, would do otherwise."""

from __future__ import annotations

import pytest

from migration_guard.sql.backfill import CannotMove, Column, Facts, draft, touched

FACTS = {
    "leads": Facts(
        ("id",), {"price": Column("NUMERIC(10, 2)"), "data": Column("JSON"), "owner_id": Column("INTEGER", new=True)}
    ),
    "calls": Facts(("id",)),
    "links": Facts(("lead_id", "call_id")),
    "tags": Facts(
        ("lead_id", "tag"), {"lead_id": Column("INTEGER", nullable=False), "tag": Column("TEXT", nullable=False)}
    ),
    "names": Facts(("id",), {"name": Column("TEXT"), "short": Column("VARCHAR")}, unique=(("name",),)),
}

REFUSED = (
    ("UPDATE leads SET score = score + 1", "computes each value from the one that stands there"),
    ("UPDATE leads SET a = b, b = a", "computes each value from the one that stands there"),
    ("UPDATE leads SET name = replace(name, 'a', 'aa')", "computes each value from the one that stands there"),
    ("UPDATE leads SET data2 = jsonb_set(data2, '{a,5}', '1')", "computes each value"),
    ("UPDATE leads SET kind = replace(kind, 'ab', 'b')", "computes each value"),
    ("UPDATE leads SET status = CASE status WHEN 'a' THEN 'b' WHEN 'b' THEN 'c' ELSE status END", "computes each value"),
    ("UPDATE leads SET status = CASE status WHEN 'a' THEN 'b' ELSE 'a' END", "computes each value"),
    ("UPDATE leads SET score = score + 1 WHERE score < 5", "computes each value"),
    ("UPDATE leads SET name = btrim(btrim(name, 'a'), 'b')", "computes each value"),
    ("UPDATE leads SET name = lower(nullif(name, 'a'))", "computes each value"),
    ("UPDATE leads SET name = lower(replace(name, 'b', 'A'))", "computes each value"),
    ("UPDATE leads SET name = COALESCE(lower(name), 'NONE')", "computes each value"),
    ("UPDATE leads SET name = COALESCE(name, kind), kind = lower(kind)", "computes each value"),
    ("UPDATE leads SET name = lower(name), kind = COALESCE(kind, name)", "computes each value"),
    ("UPDATE leads SET seen = date_trunc('day', seen, 'UTC')", "computes each value"),
    ("UPDATE leads SET score = GREATEST(score, tenant_id), tenant_id = 5", "computes each value"),
    ("UPDATE leads SET name = substring(name FROM 2 FOR 3)", "computes each value"),
    ("UPDATE leads SET name = left(name, -1)", "computes each value"),
    ("UPDATE leads SET status = m.new FROM mapping m WHERE m.old = leads.status", "by a column that it writes"),
    ("UPDATE leads SET status = (SELECT new FROM mapping WHERE old = status)", "qualify it"),
    ("UPDATE leads SET status = (SELECT m.new FROM mapping m WHERE m.old = leads.status)", "computes each value"),
    ("UPDATE leads SET rank = (SELECT count(*) FROM leads o WHERE o.rank < leads.rank)", "reads other rows of leads"),
    ("UPDATE leads SET name = (SELECT max(c.note) FROM calls c) WHERE id IN (SELECT id FROM leads WHERE name = 'x')",
     "reads other rows of leads"),
    ("UPDATE leads SET seen_at = now()", "depends on the time of running"),
    ("UPDATE leads SET seen_on = CURRENT_DATE WHERE seen_on IS NULL", "depends on the time of running"),
    ("UPDATE leads SET seen_on = 'today'::date", "depends on the time of running"),
    ("UPDATE leads SET token = gen_random_uuid()", "depends on the time of running"),
    ("UPDATE leads SET token = md5(random()::text)", "depends on the time of running"),
    ("UPDATE leads SET number = nextval('numbers')", "depends on the time of running"),
    ("DELETE FROM calls WHERE at < now() - interval '1 year'", "depends on the time of running"),
    ("UPDATE leads SET score = rating_of(id)", "whether rating_of() gives the same"),
    ("UPDATE leads SET score = weight * 1.5", "the type of score is not known"),
    ("UPDATE leads SET data = '{}'", "values of JSON (data) cannot be compared"),
    ("UPDATE leads SET status = DEFAULT", "DEFAULT of status"),
    ("UPDATE leads SET tags[1] = 'x'", "a part of a column"),
    ("UPDATE leads SET id = id + 1000", "it writes the key"),
    ("UPDATE leads SET id = 5 WHERE status = 'x'", "it writes the key id"),
    ("UPDATE leads SET name = (SELECT c.note FROM calls c WHERE c.lead_id = leads.id LIMIT 1)", "takes any row"),
    ("UPDATE leads SET name = 'x' WHERE id IN (SELECT c.lead_id FROM calls c LIMIT 10)", "takes any row"),
    ("UPDATE leads SET name = 'x' WHERE id IN (SELECT l.id FROM leads l WHERE l.kind = 'a' LIMIT 10)", "takes any row"),
    ("DELETE FROM leads WHERE id = (SELECT c.lead_id FROM calls c LIMIT 1)", "takes any row"),
    ("UPDATE ONLY leads SET status = 'x'", "ONLY leaves out"),
    ("UPDATE leads SET status = :status", "its parameter :status is not known"),
    ("UPDATE leads l SET status = 'x' FROM leads WHERE leads.parent_id = l.id", "names two tables"),
    ("UPDATE leads SET status = 'x'; UPDATE calls SET note = 'x'", "several statements"),
    ("WITH gone AS (DELETE FROM calls RETURNING lead_id) UPDATE leads SET status = 'x' FROM gone WHERE gone.lead_id = leads.id",
     "its WITH changes rows too"),
    ("DELETE FROM leads a USING leads b WHERE a.id <> b.id AND a.email = b.email", "reads other rows of leads"),
    ("DELETE FROM leads a USING leads b WHERE a.id <= b.id AND a.email = b.email", "reads other rows of leads"),
    ("DELETE FROM leads a USING leads b WHERE a.ctid < b.ctid AND a.email = b.email", "reads other rows of leads"),
    ("DELETE FROM leads a USING leads b WHERE a.id < b.id AND a.score < b.score AND a.email = b.email", "reads other rows of leads"),
    ("DELETE FROM leads a USING leads b WHERE a.id < b.owner_id AND a.email = b.email", "reads other rows of leads"),
    ("DELETE FROM leads a USING leads b WHERE (a.id < b.id AND a.email = b.email) OR a.name = 'x'", "reads other rows of leads"),
    ("DELETE FROM leads WHERE id NOT IN (SELECT min(id) FROM leads GROUP BY email HAVING count(*) > 1)", "reads other rows of leads"),
    ("DELETE FROM leads WHERE id NOT IN (SELECT min(id) FROM leads GROUP BY email) OR score > 3", "reads other rows of leads"),
    ("DELETE FROM leads WHERE id IN (SELECT max(id) FROM leads GROUP BY email)", "reads other rows of leads"),
    ("DELETE FROM leads WHERE id NOT IN (SELECT max(score) FROM leads GROUP BY email)", "reads other rows of leads"),
    ("DELETE FROM leads WHERE NOT EXISTS (SELECT 1 FROM leads b WHERE b.email = leads.email AND b.id > leads.id)", "reads other rows of leads"),
    ("DELETE FROM leads WHERE id > (SELECT max(b.id) FROM leads b WHERE b.email = leads.email)", "reads other rows of leads"),
    ("DELETE FROM leads WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY email ORDER BY score) AS n FROM leads) s WHERE n > 1)", "reads other rows of leads"),
    ("DELETE FROM leads WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY email ORDER BY id) AS n FROM leads) s WHERE n = 2)", "reads other rows of leads"),
    ("DELETE FROM leads WHERE id IN (SELECT id FROM (SELECT id, rank() OVER (PARTITION BY email ORDER BY id) AS n FROM leads) s WHERE n > 1)", "reads other rows of leads"),
    ("INSERT INTO archive (name) SELECT name FROM leads", "no key to resume by"),
    ("INSERT INTO archive SELECT id FROM leads", "does not name the columns"),
    ("INSERT INTO archive (lead_id) SELECT DISTINCT id FROM leads", "no unique key of archive"),
    ("INSERT INTO archive (lead_id, n) SELECT lead_id, count(*) FROM calls GROUP BY lead_id", "one row out of many"),
    ("INSERT INTO archive (lead_id) SELECT l.id FROM leads l JOIN calls c ON c.kind = l.kind", "joins several rows to each"),
    ("INSERT INTO leads (parent_id) SELECT id FROM leads", "copies would be copied"),
    ("INSERT INTO archive (email) SELECT email FROM leads ON CONFLICT (email) DO NOTHING", "may be NULL"),
    ("INSERT INTO archive (lead_id) SELECT id FROM leads ON CONFLICT (lead_id) DO UPDATE SET n = 1", "DO UPDATE"),
    ("INSERT INTO archive (lead_id) SELECT id FROM leads WHERE NOT EXISTS (SELECT 1 FROM archive)", "which it fills"),
    ("INSERT INTO archive (lead_id, name) SELECT id, name FROM leads", "no unique key of archive"),
    ("INSERT INTO tags (lead_id) SELECT id FROM leads", "no unique key of tags"),
    ("INSERT INTO names (name) SELECT note FROM calls", "note may be NULL"),
    ("INSERT INTO archive (lead_id, name) SELECT id, name FROM leads ORDER BY id LIMIT 5", "sorts or limits"),
    ("INSERT INTO tags (lead_id, tag) SELECT id, row_number() OVER (PARTITION BY kind) FROM leads", "compares rows"),
    ("INSERT INTO tags (lead_id, tag) SELECT * FROM leads", "other columns than are filled"),
    ("INSERT INTO tags (lead_id, tag) SELECT id, tag FROM leads WHERE id NOT IN (SELECT lead_id FROM tags WHERE tag = 'x')",
     "which it fills"),
    ("UPDATE leads l SET status = 'x' WHERE EXISTS (SELECT 1 FROM calls leads WHERE leads.lead_id = l.id)", "names two tables"),
    ("UPDATE leads SET status = m.new FROM mapping m WHERE old = leads.status", "by a column that it writes"),
    ("UPDATE leads SET status = to_jsonb(leads)::text", "computes each value"),
    ("UPDATE leads SET name = 'x' || name WHERE name NOT LIKE 'xy%'", "computes each value"),
    ("UPDATE leads SET name = 'x' || name WHERE name NOT LIKE 'x%y'", "computes each value"),
    ("UPDATE leads SET name = 'x' || name WHERE name NOT LIKE 'x!%' ESCAPE '!'", "computes each value"),
    ("UPDATE leads SET name = 'x' || name WHERE name LIKE 'x%'", "computes each value"),
    ("UPDATE leads SET name = 'X' || name WHERE name LIKE 'x%'", "computes each value"),
    ("UPDATE leads SET name = 'x' || name WHERE name LIKE '_%'", "computes each value"),
    ("UPDATE leads SET name = 'x' || name WHERE name NOT LIKE 'x%' OR score > 3", "computes each value"),
    ("UPDATE leads SET name = name || 'x' WHERE name NOT LIKE '%x'", "computes each value"),
    ("UPDATE leads SET name = regexp_replace(name, '^ab', 'c') WHERE name LIKE 'a%'", "computes each value"),
    ("UPDATE leads SET name = regexp_replace(name, '^ab', 'c') WHERE name LIKE 'a_%'", "computes each value"),
    ("UPDATE leads SET name = regexp_replace(name, '^a+', 'c') WHERE name LIKE 'a+%'", "computes each value"),
    ("UPDATE leads SET name = regexp_replace(name, 'a', 'c') WHERE name LIKE 'a%'", "computes each value"),
    ("UPDATE leads SET name = regexp_replace(name, '^a', '') WHERE name LIKE 'a%'", "computes each value"),
    ("UPDATE leads SET name = regexp_replace(name, '^a', '\\1') WHERE name LIKE 'a%'", "computes each value"),
    ("UPDATE leads SET name = regexp_replace(name, '^a', 'b', 'n') WHERE name LIKE 'a%'", "computes each value"),
    ("UPDATE leads SET name = regexp_replace(email, '^a', 'b') || name WHERE name LIKE 'a%'", "computes each value"),
    ("UPDATE leads SET doc = doc - 'a' || '{\"b\": 1}'", "computes each value"),
    ("UPDATE leads SET doc = doc - 'a' || '{\"b\": 1}' WHERE doc @> '[1]'", "computes each value"),
    ("UPDATE leads SET doc = doc || '[1]' WHERE doc @> '{}'", "computes each value"),
    ("TRUNCATE leads", "only UPDATE, DELETE and INSERT"),
    ("VACUUM leads", "not understood"),
    ("UPDATE leads SET", "not understood"),
)  # fmt: skip


@pytest.mark.parametrize(("sql", "reason"), REFUSED, ids=[sql for sql, _ in REFUSED])
def test_what_would_end_otherwise_is_refused(sql: str, reason: str) -> None:
    with pytest.raises(CannotMove) as refused:
        draft(sql, lambda table: FACTS.get(table, Facts()))
    assert reason in str(refused.value)


def test_a_new_column_is_done_when_it_is_filled() -> None:
    drafted = draft("UPDATE leads SET owner_id = 7 WHERE status = 'x'", FACTS.__getitem__)
    assert drafted.where == "status = 'x' AND owner_id IS NULL"
    assert drafted.update == "UPDATE leads SET owner_id = 7 WHERE status = 'x' AND owner_id IS NULL AND id = ANY(:ids)"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ("SET name = 'x' WHERE name IS NOT NULL", "name IS NOT NULL AND name IS DISTINCT FROM 'x'"),
        ("SET name = NULL WHERE name IS NOT NULL", "name IS NOT NULL"),
        ("SET name = NULL WHERE NOT name IS NULL", "name IS NOT NULL"),
        ("SET name = 'x' WHERE name IS NULL", "name IS NULL"),
        ("SET name = 'x' WHERE NOT name IS NOT NULL", "NOT name IS NOT NULL"),
    ],
)
def test_a_condition_ends_a_change_only_if_what_is_written_does_not_meet_it(change: str, where: str) -> None:
    assert draft(f"UPDATE leads {change}", FACTS.__getitem__).where == where


def test_a_value_is_compared_as_its_column_stores_it() -> None:
    drafted = draft("UPDATE leads SET price = 1.005", FACTS.__getitem__)
    assert drafted.where == "price IS DISTINCT FROM CAST(1.005 AS DECIMAL(10, 2))"


def test_a_key_of_several_columns_is_gone_by() -> None:
    drafted = draft("UPDATE links SET kind = 'x'", FACTS.__getitem__)
    assert drafted.keys == ("lead_id", "call_id")
    assert drafted.update.endswith("AND (lead_id, call_id) IN (:ids)")


def test_a_key_that_is_only_assumed_is_told() -> None:
    drafted = draft("UPDATE unheard_of SET kind = 'x'", lambda _: Facts())
    assert (drafted.keys, len(drafted.notes)) == (("id",), 1)


def test_the_key_that_was_asked_for_is_used() -> None:
    drafted = draft("UPDATE crm.notes n SET kind = 'x' WHERE n.kind = 'y'", lambda _: Facts(), "note_id")
    assert (drafted.table, drafted.keys, drafted.where) == ("crm.notes", ("note_id",), "kind = 'y'")


def test_a_name_means_what_it_means_where_it_stands() -> None:
    """The inner `l` is another table: it was renamed with the outer one."""
    inner = draft(
        "UPDATE leads l SET status = 'called' WHERE EXISTS (SELECT 1 FROM calls l WHERE l.kind = 'x') AND l.n > 5",
        FACTS.__getitem__,
    )
    assert "FROM calls AS l WHERE l.kind = 'x'" in inner.where
    assert "leads.n > 5" in inner.where


def test_a_copy_is_known_by_every_column_of_its_key() -> None:
    drafted = draft(
        "INSERT INTO tags (lead_id, tag) SELECT id, 'vip' FROM leads ON CONFLICT DO NOTHING", FACTS.__getitem__
    )
    assert (
        drafted.where
        == "NOT EXISTS(SELECT 1 FROM tags WHERE tags.lead_id = CAST(leads.id AS INT) AND tags.tag = 'vip')"
    )


def test_a_join_goes_by_the_table_whose_rows_meet_one_of_the_other() -> None:
    drafted = draft(
        "INSERT INTO tags (lead_id, tag) SELECT l.id, c.note FROM leads l JOIN calls c ON c.lead_id = l.id",
        FACTS.__getitem__,
    )
    assert (drafted.table, drafted.keys, drafted.target) == ("calls", ("id",), "tags")


ORDERS = (
    ("UPDATE leads SET a = 1", "UPDATE leads SET b = 1", True),
    ("UPDATE leads SET a = 1", "UPDATE leads SET b = 1 WHERE a = 2", False),
    ("UPDATE leads SET a = 1", "UPDATE leads SET a = 2", False),
    ("UPDATE leads SET a = 1", "UPDATE calls SET b = l.a FROM leads l WHERE l.id = lead_id", False),
    ("UPDATE leads SET a = 1", "UPDATE calls SET b = 1", True),
    ("UPDATE leads SET a = 1", "DELETE FROM leads WHERE b = 1", True),
    ("UPDATE leads SET a = 1", "DELETE FROM leads WHERE a = 1", False),
    ("DELETE FROM leads WHERE b = 1", "DELETE FROM leads WHERE a = 1", True),
    ("DELETE FROM leads WHERE b = 1", "INSERT INTO archive (lead_id) SELECT id FROM leads", False),
    ("DELETE FROM leads WHERE b = 1", "INSERT INTO leads (b) SELECT id FROM calls", False),
)


@pytest.mark.parametrize(("one", "other", "independent"), ORDERS)
def test_statements_whose_order_does_not_matter(one: str, other: str, independent: bool) -> None:
    assert touched(one).independent_of(touched(other)) is independent
    assert touched(other).independent_of(touched(one)) is independent
