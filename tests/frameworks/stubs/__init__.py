"""Stand-ins for frameworks that are not on PyPI."""

from __future__ import annotations

import sys
import types
from typing import Any


def module(name: str, **members: Any) -> None:
    """Make a module that `import` finds, within those that were made before."""
    made = types.ModuleType(name)
    made.__dict__.update(members)
    made.__path__ = []  # type: ignore[attr-defined]
    sys.modules[name] = made
    parent, _, last = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], last, made)
