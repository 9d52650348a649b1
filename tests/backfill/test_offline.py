"""The gate in a script of SQL, where what is asked has to be written as it is."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from migration_guard.backfill.gate import BackfillUnfinished, require_backfill
from migration_guard.backfill.offline import write_check


def test_a_proof_that_a_script_cannot_give_is_refused() -> None:
    written: list[str] = []
    connection = sa.create_mock_engine("postgresql+psycopg://", lambda statement, *_: written.append(str(statement)))
    with pytest.raises(BackfillUnfinished, match="run it online"):
        require_backfill(connection, "leads-status", table="leads", prove=True)
    require_backfill(connection, "leads-status", table="leads")
    assert len(written) == 1


@pytest.mark.parametrize("key", ["50% of leads", "leads :new", "a\\b", "$migration_guard$; DROP TABLE leads"])
def test_a_key_that_would_be_spelt_anew_is_refused(key: str) -> None:
    """SQLAlchemy doubles a percent sign, and takes a name behind a colon for a parameter: no such key would be found."""
    with pytest.raises(ValueError, match="cannot be written into a script"):
        write_check(None, key, "leads", "migration_guard", None)
