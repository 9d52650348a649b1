"""Where the page of a rule can be read on the web."""

from __future__ import annotations

DOCUMENTATION = ""
"""The address of the published documentation, with a slash at its end. Without one, nothing links anywhere."""


def page_of(name: str) -> str | None:
    """Give the address of a rule's page, if it is published."""
    return f"{DOCUMENTATION}rules/{name}/" if DOCUMENTATION else None
