"""What variables of a shell script stand for, where the script itself says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from migration_guard.later import re
from migration_guard.verify.descriptions import bash
from migration_guard.verify.descriptions.bash import Node

_WHOLE = re.compile(r"\$(?:(?P<bare>\w+)|\{(?P<name>\w+)(?:\[[@*]\])?(?P<default>:?[-=](?P<text>[^}]*))?\})")
_UNKNOWN = re.compile(r"\$\(|`")
_COMPOSE = ("docker", "compose")
_MOST = 60
"""Words that a variable may stand for."""


class Values(dict[str, "tuple[str, ...] | None"]):
    """The words of each variable that was set; None where they are not told."""

    def note(self, node: Node, arguments: Sequence[str] | None = None) -> None:
        """Keep what an assignment says; `arguments` are the words of the function's call around it."""
        name = bash.text(node.child_by_field_name("name")).partition("[")[0]
        value = node.child_by_field_name("value")
        given = "" if value is None else bash.text(value)
        if _UNKNOWN.search(given):
            self[name] = None
            return
        whole = _bare(given)
        if arguments is not None and (whole in {"$@", "$*"} or re.fullmatch(r"\$\{?\d\}?", whole)):
            place = whole.strip("${}")
            words = [*arguments] if not place.isdigit() else [*arguments[int(place) - 1 : int(place)]]
            self[name] = tuple(one for word in words for one in word.split())
            return
        parts = (
            [bash.text(one) for one in value.named_children] if value is not None and value.type == "array" else [given]
        )
        words = [word for part in parts for one in self.expanded([_bare(part)]) for word in one.split()]
        kept = self.get(name) or () if "+=" in bash.text(node)[: len(name) + 2] else ()
        self[name] = (*kept, *words)[:_MOST]

    def expanded(self, words: Iterable[str]) -> Iterator[str]:
        """The words of a command, each variable that is known in its place."""
        for word in words:
            whole = _WHOLE.fullmatch(_bare(word))
            found = self._known(whole) if whole is not None else None
            if found is not None:
                yield from found
            else:
                yield _WHOLE.sub(self._inside, word) if whole is None and "$" in word else word

    def met(self, ways: Sequence[Mapping[str, tuple[str, ...] | None]]) -> None:
        """Keep what all ways say that come so far."""
        names = {name for way in ways for name in way}
        for name in names:
            said = {_normal(way.get(name)) for way in ways}
            self[name] = ways[0].get(name) if len(said) == 1 else None

    def _known(self, match: re.Match[str]) -> tuple[str, ...] | None:
        name = match["bare"] or match["name"]
        if name.isdigit():
            return None
        known = self.get(name)
        if known is None and name not in self and match["default"] is not None:
            return tuple(match["text"].strip("\"'").split())
        return known

    def _inside(self, match: re.Match[str]) -> str:
        found = self._known(match)
        return found[0] if found is not None and len(found) == 1 else match[0]


def _bare(text: str) -> str:
    return text.replace('"', "").replace("'", "")


def _normal(words: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Both names of Compose are one program."""
    return (*_COMPOSE, *words[1:]) if words and words[0] == "docker-compose" else words
