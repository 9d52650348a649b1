"""What a migration makes that decides what its later statements write: views, tables of its own, functions, settings.

`CREATE TEMP TABLE x AS SELECT …` and then `DELETE FROM t USING x`: which rows are deleted is said by the first statement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256

from migration_guard.later import re
from migration_guard.sql.names import bare

_MAKES = re.compile(r"\s*(?:create|set|reset|\\set)\s", re.IGNORECASE)
"""How all of the following begin; most statements do not."""
_VIEW = re.compile(
    r"\s*create\s+(?:or\s+replace\s+)?(?:temp(?:orary)?\s+)?(?:recursive\s+)?(?:materialized\s+)?view\s+"
    r"(?:if\s+not\s+exists\s+)?([\w.\"]+)",
    re.IGNORECASE,
)
_TRIGGER = re.compile(
    r"\s*create\s+(?:or\s+replace\s+)?(?:constraint\s+)?trigger\s.*?\bon\s+([\w.\"]+)", re.IGNORECASE | re.DOTALL
)
_SET = re.compile(r"\s*set\s+(?:local\s+|session\s+)?([\w.]+)\s*(?:=|\bto\b)\s*(.*)", re.IGNORECASE | re.DOTALL)
_RESET = re.compile(r"\s*reset\s+([\w.]+)", re.IGNORECASE)
_CONFIGURED = re.compile(r"\bset_config\s*\(\s*'([\w.]+)'\s*,\s*'([^']*)'", re.IGNORECASE)
_VARIABLE = re.compile(r"\s*\\set\s+(\w+)\s+(.*)")
_WORD = re.compile(r"[a-z_][\w$]*", re.IGNORECASE)
PATH = "search_path"
"""The setting that decides which table a name means."""
_LONG = 500


class Definitions:
    """What was made so far, by names in lower case."""

    def __init__(self) -> None:
        self._views: dict[str, str] = {}
        """Views and functions, each with its form."""
        self._tables: dict[str, dict[str, None]] = {}
        """Tables that were created, each with the forms of what was put into it."""
        self._triggers: dict[str, dict[str, None]] = {}
        """… and of the triggers that were put on tables."""
        self._settings: dict[str, str] = {}
        self._variables: dict[str, str] = {}

    def function(self, name: str, form: str) -> None:
        """A function that changes nothing itself; those that do are told where they are called."""
        self._views[bare(name)] = form

    def table(self, *names: str) -> None:
        for name in names:
            self._tables.setdefault(bare(name), {})

    def dropped(self, name: str) -> None:
        for known in (self._tables, self._views):
            known.pop(bare(name), None)

    def filled(self, tables: Iterable[str], form: str) -> None:
        """Something was put into a table of these that was created before."""
        for name in (bare(table) for table in tables):
            if name in self._tables:
                self._tables[name][form] = None

    def harmless(self, statement: str, form: Callable[[], str]) -> None:
        """A statement that writes nothing: it may create a view, or set what later statements ask for. Few do: only of these the form is made."""
        if _MAKES.match(statement) is None:
            self._configured(statement)
        elif (found := _VIEW.match(statement)) is not None:
            self._views[bare(found[1])] = form()
        elif (found := _TRIGGER.match(statement)) is not None:
            self._triggers.setdefault(bare(found[1]), {})[form()] = None
        elif (found := _SET.match(statement)) is not None:
            if found[2].strip(" ;").lower() == "default":
                self._settings.pop(found[1].lower(), None)
            else:
                self._settings[found[1].lower()] = form()
        elif (found := _RESET.match(statement)) is not None:
            self._settings.pop(found[1].lower(), None)
        elif (found := _VARIABLE.match(statement)) is not None:
            self._variables[found[1]] = found[2].strip()
        else:
            self._configured(statement)

    def _configured(self, statement: str) -> None:
        if "set_config" in statement.casefold():
            self._settings.update((name.lower(), value) for name, value in _CONFIGURED.findall(statement))

    def of(self, statement: str, form: str, tables: Iterable[str]) -> str:
        """What decides beside a statement what it writes, as a part of its form; empty where nothing does."""
        if not (self._views or self._tables or self._triggers or self._settings or self._variables):
            return ""
        targets = {bare(table) for table in tables}
        said = [*self._made(form, targets), *self._set(form, tables), *self._filled_in(statement)]
        whole = "; ".join(said)
        if len(whole) > _LONG:
            whole = f"#{sha256(whole.encode(errors='surrogatepass')).hexdigest()}"
        return f" OF {whole}" if said else ""

    def _made(self, form: str, targets: set[str]) -> Iterator[str]:
        """The views, functions and tables that a statement reads, and what these read."""
        triggers = [f"{name}: {one}" for name in sorted(targets) for one in sorted(self._triggers.get(name, ()))]
        yield from triggers
        waiting, met = [form, *triggers], set[str]()
        while waiting:
            for word in sorted({word.lower() for word in _WORD.findall(waiting.pop())} - met):
                parts = [*self._tables.get(word, ())] if word not in targets else []
                parts += [self._views[word]] if word in self._views else []
                if parts:
                    met.add(word)
                    waiting += parts
                    yield f"{word}: {', '.join(sorted(parts))}"

    def _set(self, form: str, tables: Iterable[str]) -> Iterator[str]:
        bare_ones = any("." not in table for table in tables)
        for name, value in sorted(self._settings.items()):
            if (name == PATH and bare_ones) or (name != PATH and f"'{name}'" in form.lower()):
                yield f"{name}: {value}"

    def _filled_in(self, statement: str) -> Iterator[str]:
        for name, value in sorted(self._variables.items()):
            if re.search(rf""":(['"]?){name}\b\1""", statement):
                yield f":{name}: {value}"
