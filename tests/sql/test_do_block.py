"""What a DO block is taken apart into: nothing of it vanishes behind what only looks like a remark."""

from __future__ import annotations

import pytest

from migration_guard.sql.do_block import block


@pytest.mark.parametrize("text", ["'-- begins'", "'/* begins'", "'it''s -- one'"])
def test_a_remark_in_a_text_hides_nothing(text: str) -> None:
    found = block(f"DO $$ BEGIN RAISE NOTICE {text}; DELETE FROM leads; -- gone; */\n UPDATE calls SET a = 1; END $$")
    assert found is not None
    assert found.statements == ("DELETE FROM leads", "UPDATE calls SET a = 1")


@pytest.mark.parametrize("text", [r"E'it\'s -- one'", "$a$ -- $a$"])
def test_texts_whose_end_is_not_told_are_out_of_sight(text: str) -> None:
    assert block(f"DO $$ BEGIN RAISE NOTICE {text}; DELETE FROM leads;\n UPDATE calls SET a = 1; END $$") is None


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("x := now();", True),
        ("GET DIAGNOSTICS n = ROW_COUNT; PERFORM pg_sleep(1);", True),
        ("FOR i IN 1..10 LOOP NULL; END LOOP;", True),
        ("x := fill();", False),
        ("x := 1 + app.fill(2);", False),
        ("RAISE NOTICE '%', fill();", False),
        ("IF fill() THEN DELETE FROM u; END IF;", False),
        ("FOR i IN 1..fill() LOOP DELETE FROM u; END LOOP;", False),
        ("EXIT WHEN fill();", False),
    ],
)
def test_what_calls_the_unknown_beside_the_changes_is_out_of_sight(body: str, told: bool) -> None:
    assert (block(f"DO $$ BEGIN {body} DELETE FROM leads; END $$") is not None) is told
    assert (
        block(f"DO $$ DECLARE x int := {'fill' if not told else 'abs'}(1); BEGIN DELETE FROM leads; END $$") is not None
    ) is told
