"""The output formats, one module each, with `render(report, screen) -> str`. A format is named as its module is."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Protocol

from migration_guard.report.model import Report
from migration_guard.report.screen import Screen


class Format(Protocol):
    """What a module of this package offers."""

    def render(self, report: Report, screen: Screen) -> str:
        """Give the whole output, ending in a newline unless it is empty."""


def names() -> tuple[str, ...]:
    """Name every format, without importing any."""
    files = (file for folder in __path__ for file in os.listdir(folder) if file.endswith(".py"))
    return tuple(sorted(file[:-3].replace("_", "-") for file in files if file != "__init__.py"))


def load(name: str) -> Format:
    """Import one format."""
    module: Format = import_module(f"{__name__}.{name.replace('-', '_')}")
    return module
