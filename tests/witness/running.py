"""One run of a program: its modules, and its end."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

from witness import switchboard, unseen
from witness.limits import TooLong, limited
from witness.program import Program
from witness.record import Record

_SECONDS = 10


@contextmanager
def ending(record: Record) -> Iterator[None]:
    """Note how a run ends that does not come to its end, and end one that does not stop."""
    try:
        with limited(_SECONDS):
            yield
    except (Exception, SystemExit, TooLong, switchboard.Endless) as error:  # noqa: BLE001 - programs end as they like
        record.failures.append(f"{type(error).__name__}: {str(error)[:200]}")


@contextmanager
def loaded(program: Program, path: Path, truths: switchboard.Truths) -> Iterator[ModuleType]:
    """Make the module of a program for one run, with the modules beside it; they and its environment are forgotten then."""
    module = ModuleType(f"witness_{program.name}")
    module.__file__ = str(path)
    beside = {name.partition("/")[0].removesuffix(".py") for name, _ in program.files if name.endswith(".py")}
    made = {
        module.__name__: module,
        switchboard.NAME: switchboard.module(truths),
        unseen.NAME: unseen.module(),
        "sqlmodel": unseen.sqlmodel(),
        **unseen.pgtrigger(),
    }
    paths = [str(path.parent), *sys.path]
    with patch.multiple(sys, path=paths, dont_write_bytecode=True), patch.dict(os.environ):
        sys.modules.update(made)
        try:
            yield module
        finally:
            for name in [name for name in sys.modules if name in made or name.partition(".")[0] in beside]:
                del sys.modules[name]
