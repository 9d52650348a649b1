"""Runs and reads programs, and compares: the one place where these come together."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType

from witness.compare import Compared, compare
from witness.guard import told
from witness.program import Program
from witness.run_alembic import AlembicRuns
from witness.run_django import DjangoRuns

PLACES = {"alembic": Path("versions"), "django": Path("shop/migrations")}


class Witness:
    """A folder for programs, and databases to run them on."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.root = Path(self._folder.name).resolve()
        for place in PLACES.values():
            (self.root / place).mkdir(parents=True)
        self._runs: dict[str, AlembicRuns | DjangoRuns] = {"alembic": AlembicRuns(), "django": DjangoRuns(self.root)}

    def __enter__(self) -> Witness:  # noqa: PYI034 - Self is of Python 3.11
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._folder.cleanup()

    def ask(self, program: Program) -> Compared:
        """Run a program, have it read, and compare."""
        place = PLACES[program.framework]
        if program.files:  # of one program only
            place = place / program.name
        path = self.root / place / f"{program.name}.py"
        path.parent.mkdir(exist_ok=True)
        for name, content in program.files:
            (path.parent / name).parent.mkdir(parents=True, exist_ok=True)
            (path.parent / name).write_text(content)
        record = self._runs[program.framework].run(program, path)
        return compare(program, record, told(path, self.root, program.source, program.framework))
