"""A shell script as tree-sitter's nodes: their texts, words, statements and branches."""

from __future__ import annotations

from collections.abc import Iterator

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from migration_guard.later import re
from migration_guard.verify.descriptions.steps import Unreadable

__all__ = [
    "Node",
    "branches",
    "in_background",
    "parse",
    "shebang_errexit",
    "statements",
    "substitutions",
    "text",
    "words",
]
_LANGUAGE = Language(tree_sitter_bash.language())


def parse(source: bytes) -> Node:
    """The tree of a script. Raises Unreadable with the line that is none."""
    if b"\0" in source:
        raise Unreadable(source.count(b"\n", 0, source.index(b"\0")) + 1, "it is binary: it holds null bytes")
    tree = Parser(_LANGUAGE).parse(source)
    if tree.root_node.has_error:
        raise Unreadable(_first_error(tree.root_node), "it is no shell script that can be read")
    return tree.root_node


def shebang_errexit(source: bytes) -> bool:
    return bool(re.match(rb"#!.*sh\s+(?:-\S+\s+)*-(?:\w*e|o\s+errexit)", source))


def _first_error(node: Node) -> int:
    if node.is_error or node.is_missing:
        return node.start_point.row + 1
    return next((_first_error(child) for child in node.children if child.has_error), node.start_point.row + 1)


def text(node: Node | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def statements(node: Node) -> list[Node]:
    return [child for child in node.named_children if child.type not in {"comment", "heredoc_body"}]


def words(node: Node) -> list[str]:
    """A command's words, without quotes, assignments before it and redirections."""
    kept = [one for one in node.named_children if one.type not in {"variable_assignment", "file_redirect", "comment"}]
    return [text(one).strip("\"'") for one in kept]


def branches(node: Node) -> tuple[list[Node], list[Node], list[Node]]:
    """An if's condition, what it does, and what it does otherwise."""
    condition: list[Node] = []
    then: list[Node] = []
    otherwise: list[Node] = []
    behind_then = False
    for child in node.children:
        if child.type == "then":
            behind_then = True
        elif child.type == "else_clause":
            otherwise += statements(child)
        elif child.is_named and child.type not in {"comment", "elif_clause"}:
            (then if behind_then else condition).append(child)
    return condition, then, otherwise


def substitutions(node: Node) -> Iterator[Node]:
    for one in node.named_children:
        if one.type in {"command_substitution", "process_substitution"}:
            yield one
        else:
            yield from substitutions(one)


def in_background(node: Node) -> bool:
    behind = node.next_sibling
    return (behind is not None and behind.type == "&") or (node.type == "command" and words(node)[:1] == ["coproc"])
