"""The gate in a script of SQL, as `alembic upgrade --sql` writes one: the database is asked when the script is run.

It asks the state alone: of the definition as it is now, and without a look at rows that came later.
"""

from __future__ import annotations

import re
from typing import Any

from migration_guard.backfill.going_on import going_on_with_the_script
from migration_guard.backfill.statements import statement

_TABLE = re.compile(r'(?:[^\W\d]\w*|"[^"]+")(?:\.(?:[^\W\d]\w*|"[^"]+"))?')
_REWRITTEN = re.compile(r"%|\\|(?<!\w):\w|\$migration_guard\$")
"""What SQLAlchemy spells anew in a text, or what would end the block."""


def is_offline(connection: Any) -> bool:
    """Whether what is executed is only written down: SQLAlchemy's `MockConnection`."""
    return type(connection).__name__ == "MockConnection"


def write_check(connection: Any, key: str, table: str, schema: str, fingerprint: str | None) -> None:
    """Write a block that raises unless the backfill is complete, or its table has no rows. Raises ValueError."""
    if not _TABLE.fullmatch(table):
        raise ValueError(f"{table!r} is no name of a table that can be written into a script")
    for name, text in (("key", key), ("table", table), ("schema", schema)):
        if _REWRITTEN.search(text):
            raise ValueError(f"the {name} {text!r} cannot be written into a script as it is")
    state = '"' + schema.replace('"', '""') + '"'
    connection.execute(
        statement(
            "gate_offline",
            table=table,
            named=_quoted(table),
            state=state,
            books=_quoted(f"{state}.backfills"),
            key=_quoted(key),
            same=f" AND fingerprint = {_quoted(fingerprint)}" if fingerprint else "",
            said=_quoted(f"backfill {key} is not complete; {going_on_with_the_script(key)}"),
        )
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
