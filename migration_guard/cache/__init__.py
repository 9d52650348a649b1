"""Readings that are remembered from run to run, each for as long as all that it rests on is as it was.

What is remembered of a file: whether the gate clears it, and its Reading. Judging is not. Each stands under a key made of
the file's content, of the settings that reading obeys, of this program, its interpreter and its parsers; and beside a
record of what else was looked at (`sight/`), which is asked again. Problems are not remembered.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from migration_guard import codec
from migration_guard.cache import folder as folders
from migration_guard.cache.sheet import ENDING, Broken, Sheet
from migration_guard.cache.stamp import stamp
from migration_guard.files import is_known, reason
from migration_guard.operations import Job, Reading
from migration_guard.sight import looking, records
from migration_guard.sight.asking import digest

_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, IndexError)


class File(Protocol):
    """A migration, as far as the gate knows it."""

    @property
    def path(self) -> Path: ...

    @property
    def root(self) -> Path: ...

    @property
    def framework(self) -> str: ...

    @property
    def source(self) -> bytes: ...


class Cache:
    """What is remembered in a folder. One run asks it, several may use the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notes: list[str] = []
        """What is to be told of it: what was not believed."""
        self.asides: list[str] = []
        """What only costs time."""
        self.hits = 0
        """Files that nobody had to look into."""
        self._sheets: dict[str, Sheet] = {}
        self._names: dict[tuple[str, str], str] = {}
        self._holding: dict[str, bool] = {}
        self._stamp = stamp()
        self._usable = True
        self._filled = False
        try:
            self._filled = folders.check(folder)
        except folders.Refused as refused:
            self._usable = False
            self.notes.append(f"the cache {folder} is not used: {refused}")

    def begin(self) -> None:
        """A run begins: what was asked before may be answered otherwise now."""
        self._holding.clear()

    def clears(self, file: File, needs: Callable[[], bool]) -> bool:
        """Whether the gate clears a file: as remembered, or else by asking whether it needs reading."""
        if not self._usable:
            return not needs()
        path, root = os.fspath(file.path), os.fspath(file.root)
        key = self._key("gate", [path, root, file.framework], file.source)
        sheet = self._sheet(os.path.dirname(path), root)
        is_known(file.path, file.source)
        known = self._known(sheet, key, root)
        if known is not None and isinstance(known.get("needs"), bool):
            self.hits += not known["needs"]
            return not known["needs"]
        with looking() as looks:
            needed = needs()
        name, found = records.written(looks, set())
        self._learn(root, found)
        sheet.put(key, json.dumps({"looks": name, "needs": needed}))
        return not needed

    def reading(self, job: Job, source: bytes) -> Reading | None:
        """The Reading of a file, if it is remembered and holds."""
        if not self._usable:
            return None
        sheet, key = self._sheet(os.path.dirname(job.path), job.root), self._key_of(job, source)
        is_known(Path(job.path), source)
        known = self._known(sheet, key, job.root)
        if known is None:
            return None
        try:
            found = codec.reading_of(known["reading"])
        except _UNREADABLE:
            self._broken(sheet)
            return None
        self.hits += 1
        return found

    def keep(self, job: Job, source: bytes, reading: Reading, looks: str, found: Mapping[str, str]) -> None:
        """Remember a Reading with the record of what it rests on."""
        if not self._usable:
            return
        self._learn(job.root, found)
        if not reading.problems:
            sheet = self._sheet(os.path.dirname(job.path), job.root)
            fields = codec.reading_fields(reading)
            sheet.put(self._key_of(job, source), json.dumps({"looks": looks, "reading": fields}))

    def close(self) -> None:
        """Write what is new."""
        if not self._usable:
            return
        try:
            if not self._filled and self._sheets:
                folders.prepare(self.folder)
                self._filled = True
            written = 0
            for sheet in self._sheets.values():
                written += sheet.write()
            if written:
                folders.sweep(self.folder)
        except OSError as error:
            self.asides.append(f"the cache {self.folder} is not written: {reason(error)}")

    def _known(self, sheet: Sheet, key: str, root: str) -> dict[str, Any] | None:
        """What stands under a key, if its record holds."""
        try:
            line = sheet.get(key) if self._filled else None
            if line is None:
                return None
            # what is asked again, they answer
            from migration_guard.skim import created, history, places  # noqa: F401, PLC0415

            known = json.loads(line)
            return known if self._holds(known["looks"], self._records(root)) else None
        except (Broken, *_UNREADABLE):
            self._broken(sheet)
            return None

    def _broken(self, sheet: Sheet) -> None:
        note = f"{sheet.path.name} in the cache {self.folder} is broken, and is not used"
        self.notes += [note] if note not in self.notes else []

    def _holds(self, name: str, sheet: Sheet) -> bool:
        """Whether all that a record tells of is as it was."""
        waiting = [name]
        holding = self._holding
        while waiting:
            one = waiting[-1]
            if one == records.NOTHING_LOOKED_AT:
                holding[one] = True
            if one in holding:
                waiting.pop()
                continue
            line = sheet.get(one)
            if line is None:
                holding[one] = False
                continue
            record = records.read(line.decode())
            unknown = [part for part in record.parts if part not in holding]
            if unknown:
                waiting += unknown
            else:
                whole = record.holds and all(holding[part] for part in record.parts)
                holding[one] = whole or record.claims
        return holding[name]

    def _learn(self, root: str, found: Mapping[str, str]) -> None:
        sheet = self._records(root)
        for name, text in found.items():
            sheet.put(name, text)

    def _records(self, root: str) -> Sheet:
        return self._sheet("", root)

    def _sheet(self, of: str, root: str) -> Sheet:
        """What belongs to the files of a folder, or to a whole repository."""
        name = self._names.get((root, of))
        if name is None:
            name = digest(f"{self._stamp}\n{root}\n{of}".encode("utf-8", "surrogateescape"))
            self._sheets.setdefault(name, Sheet(self.folder / f"{name}{ENDING}"))  # asked from two threads
            self._names[root, of] = name
        return self._sheets[name]

    def _key_of(self, job: Job, source: bytes) -> str:
        return self._key("reading", codec.job_fields(replace(job, seconds=0)), source)

    def _key(self, kind: str, about: object, source: bytes) -> str:
        said = json.dumps([self._stamp, kind, about, digest(source)], sort_keys=True)
        return digest(said.encode())
