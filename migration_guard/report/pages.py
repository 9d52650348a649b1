"""Where the page of a rule can be read."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from migration_guard import __version__
from migration_guard.later import re

VARIABLE = "MIGRATION_GUARD_DOCUMENTATION"
"""Names another address: of a site that somebody has built of the documentation, or of another copy of it."""
_ADDRESS = re.compile(r"https?://[^\s/?#]+[^\s?#]*")
LABEL = "Project-URL: Documentation, "
INSTALLED = Path(__file__).parents[2]
"""The folder that a package is installed into, or the root of a clone."""
PLACES = (Path(__file__).parents[1] / "rules" / "pages", INSTALLED / "docs" / "rules")
"""Where a wheel has the pages, and where a clone has them."""


def page_of(name: str) -> str | None:
    """Give the address of a rule's page on the web; None where this copy does not know any."""
    start = documentation()
    if start is None:
        return None
    folder, _, first = start.rpartition("/")
    return f"{folder}/rules/{name}{'.md' if first else '/'}"


def page_here(name: str) -> str | None:
    """Give the address of a rule's page for a program on this machine: on the web, else as a file."""
    files = [folder / f"{name}.md" for folder in PLACES]
    return page_of(name) or next((file.as_uri() for file in files if file.is_file()), None)


@cache
def documentation() -> str | None:
    """Give the address of the documentation: the start of a site, or the page that `docs/index.md` is in a repository.

    It is what the environment names, and else what the package was built with. Raises ValueError for what is no address.
    """
    named = os.environ.get(VARIABLE)
    if named and not _ADDRESS.fullmatch(named):
        raise ValueError(f'{VARIABLE} expects an address such as https://example.org/guard/, found "{named}"')
    address = _built_with() if named is None else named
    if not address:
        return None
    return address if address.endswith((".md", "/")) else f"{address}/"


def _built_with() -> str | None:
    """Read it in what the package says of itself: `importlib.metadata` would take longer than a small run."""
    try:
        told = (INSTALLED / f"migration_guard-{__version__}.dist-info" / "METADATA").read_text(encoding="utf-8")
    except OSError:
        return None
    head = told.partition("\n\n")[0].splitlines()
    return next((line.removeprefix(LABEL).strip() for line in head if line.startswith(LABEL)), None)
