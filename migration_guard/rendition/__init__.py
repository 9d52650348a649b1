"""Data changes as one statement in SQL, whatever they are written in: what `migration-guard move` starts from.

Only what is known to the last letter is rendered; the rest is NotRendered, with the reason.
"""

from __future__ import annotations

from migration_guard.rendition.spelling import NotRendered, Rendered

__all__ = ["NotRendered", "Rendered"]
