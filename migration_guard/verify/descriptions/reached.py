"""What of a shell script is never come to: behind an end of it, and behind conditions that say the same each time."""

from __future__ import annotations

from collections.abc import Mapping

from migration_guard.later import re
from migration_guard.verify.descriptions import bash
from migration_guard.verify.descriptions.bash import Node

_ALWAYS = {"true": True, ":": True, "false": False}
_COMPARED = re.compile(
    r"(?:test|\[\[?)\s+(?P<one>[^\s$`*?]+)\s+(?P<how>==?|!=|-eq|-ne)\s+(?P<other>[^\s$`*?]+)(?:\s+\]\]?)?"
)
_ANYTHING = "*"
"""The pattern of a case that fits whatever none before did."""


def truth(node: Node) -> bool | None:
    """What a condition always says; None where that is not known."""
    if node.type == "negated_command":
        inner = [truth(one) for one in bash.statements(node)]
        return not inner[0] if len(inner) == 1 and inner[0] is not None else None
    if node.type == "command" and (words := bash.words(node)) and words[0] in _ALWAYS:
        return _ALWAYS[words[0]]
    compared = _COMPARED.fullmatch(bash.text(node).strip())
    if compared is None:
        return None
    one, other = (compared[side].strip("\"'") for side in ("one", "other"))
    return (one == other) is (compared["how"] in {"=", "==", "-eq"})


def ends(node: Node, functions: Mapping[str, Node], within: frozenset[str] = frozenset()) -> bool:
    """Whether nothing that follows a statement is ever run: the shell exits, becomes another program, or returns."""
    if bash.in_background(node):
        return False
    inside = bash.statements(node)
    match node.type:
        case "command":
            name, *words = bash.words(node) or [""]
            if name in {"exit", "return"} or (name == "exec" and words):
                return True
            body = functions.get(name)
            inside = bash.statements(body) if body is not None and name not in within else []
            return any(bash.words(one)[:1] != ["return"] and ends(one, functions, within | {name}) for one in inside)
        case "compound_statement":
            return any(ends(one, functions, within) for one in inside)
        case "redirected_statement":
            inside = [one for one in inside if one.type in {"command", "compound_statement"}]
            return any(ends(one, functions, within) for one in inside)
        case "if_statement":
            condition, then, otherwise = bash.branches(node)
            always = truth(condition[-1]) if condition else None
            further = [bash.statements(one) for one in node.named_children if one.type == "elif_clause"]
            ways = [then] if always else [*further, otherwise] if always is False else [then, *further, otherwise]
            return all(any(ends(one, functions, within) for one in way) for way in ways)
        case "case_statement":
            items = [one for one in inside if one.type == "case_item"]
            last = bash.text(items[-1]).split(")")[0].strip() if items else ""
            ways = [bash.statements(item) for item in items]
            return last == _ANYTHING and all(any(ends(one, functions, within) for one in way) for way in ways)
    return False
