"""What a hostile file is: a name, its bytes, and how reading it has to end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

HEADER = '''"""A migration."""

import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = None

'''
LAST = '\n    op.execute("UPDATE leads SET status = 1")\n'


class End(Enum):
    """How the reading of a hostile file ends. Whatever else happens, it is never silence."""

    EITHER = "a finding or a problem"
    FINDING = "a finding"
    PROBLEM = "a problem"


@dataclass(frozen=True, slots=True)
class Hostile:
    """One hostile file. Its last statement is an UPDATE of leads, so that a file unread shows."""

    name: str
    source: bytes
    end: End = End.EITHER

    @property
    def filename(self) -> str:
        return f"{self.name}.py"


def migration(name: str, *statements: str, before: str = "", end: End = End.EITHER) -> Hostile:
    """A migration with the statements in its `upgrade`, and an UPDATE after them."""
    body = "".join(f"    {statement}\n" for statement in statements)
    source = HEADER.format(name=name) + before + "\n\ndef upgrade():\n" + body + LAST
    return Hostile(name, source.encode("utf-8", "surrogatepass"), end)


def raw(name: str, source: bytes, end: End = End.EITHER) -> Hostile:
    return Hostile(name, source, end)
