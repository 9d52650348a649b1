"""What is run with every migration because a signal says so: Django's `post_migrate` and `pre_migrate`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from migration_guard.lean import dataclass

if TYPE_CHECKING:
    from migration_guard.skim.acting import Acting
    from migration_guard.skim.outline import Outline

SIGNALS = (b"post_migrate", b"pre_migrate")
_NAMES = tuple(name.decode() for name in SIGNALS)


@dataclass(slots=True)
class Receivers:
    """Follows what files connect to these signals, in one repository after the other."""

    _acting: dict[Path, Acting] = field(default_factory=dict)

    def may_write(self, path: Path, root: Path) -> bool:
        """Whether what a file connects may change data, as far as a cheap look tells."""
        from migration_guard.skim.acting import Acting  # noqa: PLC0415 -- few files speak of these signals
        from migration_guard.skim.outline import outline  # noqa: PLC0415

        module = outline(path)
        if module is None:
            return True
        acting = self._acting.setdefault(root, Acting(root))
        return any(acting.may_write(module, one) for one in _received(module))


def _received(module: Outline) -> Iterator[ast.expr | ast.stmt]:
    """What is called when one of the signals is sent: it is connected, or stands below a decorator that says so."""
    for statement in module.body:
        for node in ast.walk(statement):
            match node:
                case ast.Call(func=ast.Attribute(value=signal, attr="connect")) if _is_signal(signal, module):
                    yield from (*node.args[:1], *(one.value for one in node.keywords if one.arg == "receiver"))
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    calls = (one for one in node.decorator_list if isinstance(one, ast.Call))
                    given = [part for one in calls for part in (one.func, *one.args)]
                    parts = [part for one in given for part in getattr(one, "elts", [one])]
                    owners = [
                        one.value if isinstance(one, ast.Attribute) and one.attr == "connect" else one for one in parts
                    ]
                    if any(_is_signal(one, module) for one in owners):
                        yield node


def _is_signal(node: ast.expr, module: Outline) -> bool:
    from migration_guard.skim.asking import origin  # noqa: PLC0415 -- as above

    name = origin(module, node).rpartition(".")[2]
    return (name or getattr(node, "attr", "") or getattr(node, "id", "")) in _NAMES
