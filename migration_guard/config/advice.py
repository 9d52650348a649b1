"""How a key is spelled in the file that is to hold it."""

from __future__ import annotations

from migration_guard.config.load import OWN_FILE, SECTION, SHARED_FILE
from migration_guard.config.settings import Settings
from migration_guard.files import exists


def table(name: str, settings: Settings) -> tuple[str, str]:
    """Give the name of the file that governs, or that could, and the header that a table of ours has in it."""
    shared = exists(settings.root / SHARED_FILE) if settings.source is None else settings.source.name == SHARED_FILE
    file = settings.source.name if settings.source is not None else SHARED_FILE if shared else OWN_FILE
    return file, f"[tool.{SECTION}.{name}]" if shared else f"[{name}]"
