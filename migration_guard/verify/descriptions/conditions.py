"""Conditions of GitHub Actions (`if:`), asked in two worlds: all went well, and something that stands before has failed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from migration_guard.later import re
from migration_guard.lean import dataclass

_TOKEN = re.compile(
    r"\s*(?:(?P<op>&&|\|\||==|!=|<=|>=|<|>|!|\(|\)|,)|(?P<text>'(?:[^']|'')*')|(?P<name>[A-Za-z_][\w.*\[\]'-]*)|(?P<number>-?[\d.]+))"
)
_EXPRESSION = re.compile(r"\$\{\{(.*)\}\}", re.DOTALL)
_STATUS = re.compile(r"\b(?:success|failure|always|cancelled)\s*\(")
_RESULT = re.compile(r"(?:needs|steps)\.([\w*-]+)\.(?:result|outcome|conclusion)")
_EVENT = "github.event_name"


@dataclass(frozen=True, slots=True)
class World:
    """What has happened before a step or a job is asked about."""

    failed: bool
    events: frozenset[str] = frozenset()
    """What starts the workflow."""
    fails: frozenset[str] = frozenset()
    """The names of what has failed, where that is known."""


def holds(text: str, world: World) -> bool | None:
    """Whether a condition holds; None where that is not known. One that asks for no status asks for success, too."""
    bare = text.strip()
    whole = _EXPRESSION.fullmatch(bare)
    bare = whole[1] if whole is not None else bare
    if not bare:
        return not world.failed
    found = _Reader(bare, world).whole()
    return found if _STATUS.search(bare) else _both(not world.failed, found)


def _both(one: bool | None, other: bool | None) -> bool | None:
    return False if False in {one, other} else None if None in {one, other} else True


class _Reader:
    """A reader of one expression; what it does not understand is not known."""

    def __init__(self, text: str, world: World) -> None:
        self.world = world
        self.tokens = list(_tokens(text))

    def whole(self) -> bool | None:
        found = self._any()
        return None if self.tokens else found

    def _any(self) -> bool | None:
        found = self._all()
        while self._take("||"):
            other = self._all()
            found = True if True in {found, other} else None if None in {found, other} else False
        return found

    def _all(self) -> bool | None:
        found = self._one()
        while self._take("&&"):
            found = _both(found, self._one())
        return found

    def _one(self) -> bool | None:
        if self._take("!"):
            inner = self._one()
            return None if inner is None else not inner
        if self._take("("):
            inner = self._any()
            self._take(")")
            return inner
        left = self._operand()
        for how in ("==", "!="):
            if self._take(how):
                same = self._same(left, self._operand())
                return None if same is None else same is (how == "==")
        for how in ("<=", ">=", "<", ">"):
            if self._take(how):
                self._operand()
                return None
        return {"true": True, "success()": not self.world.failed, "always()": True, "failure()": self.world.failed,
                "cancelled()": False, "false": False, "0": False, "''": False}.get(left)  # fmt: skip

    def _operand(self) -> str:
        word = self.tokens.pop(0) if self.tokens else ""
        if not self._take("("):
            return word
        inside: list[str] = []
        while self.tokens and not self._take(")"):
            inside.append(self._operand() if self.tokens[0] != "," else self.tokens.pop(0))
        return f"{word}({''.join(inside)})"

    def _same(self, left: str, right: str) -> bool | None:
        """Whether two operands are one: of results by the world, of events by what starts the workflow."""
        left, right = (right, left) if left.startswith("'") else (left, right)
        said = right.strip("'").lower()
        result = _RESULT.fullmatch(left)
        if result is not None:
            if result[1] in self.world.fails:
                return None if left.endswith("conclusion") else said == "failure"
            return None if self.world.failed else said == "success"
        if left == "job.status":
            return said == ("failure" if self.world.failed else "success")
        if left == _EVENT and said not in self.world.events:
            return False
        if left == _EVENT and self.world.events == {said}:
            return True
        return (left == right) if left.startswith("'") else None

    def _take(self, token: str) -> bool:
        if self.tokens[:1] == [token]:
            del self.tokens[0]
            return True
        return False


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            yield from chain(("?",), ("?",))  # nothing of it is understood
            return
        yield match[0].strip()
        at = match.end()
