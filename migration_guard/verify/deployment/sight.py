"""The files of the project that a command names, wherever it stands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from migration_guard.files import Unreadable, read_source
from migration_guard.later import re
from migration_guard.verify.deployment.programs import name_of
from migration_guard.verify.descriptions.steps import runs
from migration_guard.verify.scripts import files_of

_FOLDER = re.compile(r"^(?:\$\([^)]*\)|\$\{?\w+\}?)\"?/")
"""What names the folder of the script itself: `$(dirname "$0")/`, `$HERE/`."""
PACKAGE = "package.json"
_OF_NODE = frozenset({"npm", "yarn", "pnpm", "bun"})
_RUN = frozenset({"run", "run-script"})
_TASKS = {
    **dict.fromkeys(("poe", "task", "pdm", "hatch", "rye"), ("pyproject.toml",)),
    "pipenv": ("Pipfile",),
    "tox": ("tox.ini", "pyproject.toml"),
    "nox": ("noxfile.py",),
    "composer": ("composer.json",),
}
"""Runners of tasks, and where the tasks stand."""
_APPLIES = re.compile(r"\bcommand\.upgrade\(|call_command\(\s*[\"']migrate")


class Sight:
    """Looks for files of a project by the words of its commands."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._by_name: dict[str, list[Path]] | None = None

    def file(self, word: str) -> Path | None:
        """The file that a word of a script names: from the root, from the folder of the script, or the only one called so."""
        beside = _FOLDER.sub("", word)
        for place in (
            beside.removeprefix("/app/"),
            beside.removeprefix("./"),
            beside.lstrip("/"),
            beside.rpartition("/app/")[2],
        ):
            if place and (path := self.root / place).is_file():
                return path
        found = self.called(word)
        return found[0] if len(found) == 1 else None

    def called(self, word: str) -> list[Path]:
        """All files that are called as the one that a word names, wherever they lie."""
        name = word.rpartition("/")[2]
        return self._called(name) if "/" in word or "." in name else []

    def text(self, word: str) -> bytes | None:
        path = self.file(word)
        try:
            return read_source(path) if path is not None else None
        except Unreadable:
            return None

    def program(self, words: Sequence[str]) -> Path | None:
        """The file of a Python program that a command starts."""
        for index, word in enumerate(words):
            module = words[index + 1] if word == "-m" and index + 1 < len(words) else None
            name = f"{module.replace('.', '/')}.py" if module else word if word.endswith(".py") else None
            if name is not None and (path := self.root / name.removeprefix("/app/").lstrip("/")).is_file():
                return path
        return None

    def tasks(self, words: Sequence[str]) -> Path | None:
        """The file with the tasks that a command runs by name, where it speaks of migrations or backfills."""
        return next((path for one in _TASKS.get(name_of(words), ()) if self.applies(path := self.root / one)), None)

    def script_of_package(self, words: Sequence[str]) -> str | None:
        """The script of package.json that `npm run NAME` runs, with those before and behind it."""
        name, *rest = [word for word in words if not word.startswith("-")] or [""]
        asked = (rest[1:] if rest[:1] and rest[0] in _RUN else rest)[:1]
        if name not in _OF_NODE or not asked or not (self.root / PACKAGE).is_file():
            return None
        try:
            document = json.loads(read_source(self.root / PACKAGE))
        except (Unreadable, ValueError):
            return None
        scripts = document.get("scripts") if isinstance(document, dict) else None
        scripts = scripts if isinstance(scripts, dict) else {}
        named = [scripts.get(f"{before}{asked[0]}") for before in ("pre", "", "post")]
        return " && ".join(one for one in named if isinstance(one, str)) if named[1] else None

    @staticmethod
    def applies(path: Path) -> bool:
        """Whether a file that is no script runs migrations or backfills by itself."""
        try:
            text = read_source(path).decode("utf-8", "replace") if path.is_file() else ""
        except Unreadable:
            return True
        return runs(text) or bool(_APPLIES.search(text))

    def _called(self, name: str) -> list[Path]:
        if self._by_name is None:
            self._by_name = {}
            for path in files_of(self.root):
                self._by_name.setdefault(path.name, []).append(path)
        return self._by_name.get(name, [])
