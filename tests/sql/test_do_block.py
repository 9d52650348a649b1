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
