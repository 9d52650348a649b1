"""The formats of a verification, one module each, with `render(verification) -> str`. A format is named as its module is."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol

from migration_guard.verify.verdict import Verification


class Format(Protocol):
    """What a module of this package offers."""

    def render(self, verification: Verification) -> str:
        """Give the whole output, ending in a newline."""


def names() -> tuple[str, ...]:
    """Name every format, without importing any."""
    return tuple(sorted(module.name for module in iter_modules(__path__)))


def load(name: str) -> Format:
    """Import one format."""
    module: Format = import_module(f"{__name__}.{name}")
    return module
