"""YAML as nodes, which know their lines; of a Helm chart with its templates taken out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import yaml

from migration_guard.later import re
from migration_guard.verify.descriptions.steps import Unreadable, words_of

Node = yaml.Node
_TEMPLATE = re.compile(r"(?<!\$)\{\{.*?\}\}", re.DOTALL)
"""What Helm puts in; `${{ … }}` is GitHub's, and a text like any other."""
_ALONE = re.compile(r"^\s*\{\{.*\}\}\s*$")
_LITERAL = frozenset({"|", ">"})
_MERGE = "tag:yaml.org,2002:merge"
_MOST = 200_000
"""Nodes that a file may stand for, its anchors written out."""
TEMPLATE = "template"
"""What stands in place of what a template puts in."""


def documents(source: bytes) -> list[Node]:
    """Every document of a file. Raises Unreadable."""
    try:
        text = source.decode("utf-8-sig")
        if "{{" in text:
            text = "\n".join("" if _ALONE.match(line) else _TEMPLATE.sub(TEMPLATE, line) for line in text.split("\n"))
        found = [node for node in yaml.compose_all(text, Loader=yaml.SafeLoader) if node is not None]
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else None
        raise Unreadable(line, f"it is no YAML: {error.problem}") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise Unreadable(None, f"it is no YAML: {type(error).__name__}") from None
    sizes: dict[int, int] = {}
    for node in found:
        if _size(node, sizes, frozenset()) > _MOST:
            raise Unreadable(None, f"its anchors stand for more than {_MOST:,} nodes")
    return found


def _size(node: Node, sizes: dict[int, int], above: frozenset[int]) -> int:
    """How many nodes one stands for. Raises Unreadable for one that holds itself, and for a key that stands twice."""
    if id(node) in above:
        raise Unreadable(line(node), "an anchor holds itself")
    if id(node) not in sizes and not isinstance(node, yaml.ScalarNode):
        inside = node.value if isinstance(node, yaml.SequenceNode) else [one for pair in node.value for one in pair]
        _refuse_twins(node)
        sizes[id(node)] = 1 + sum(_size(one, sizes, above | {id(node)}) for one in inside)
    return sizes.get(id(node), 1)


def _refuse_twins(node: Node) -> None:
    seen: set[str] = set()
    for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
        name = key.value if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE else ""
        if name in seen and TEMPLATE not in name:
            raise Unreadable(line(key), f"the key {name} stands twice, and which one counts is not told")
        seen |= {name} - {""}


def pairs(node: Node | None) -> Iterator[tuple[str, Node, Node]]:
    """The keys of a mapping, each as text, as a node, and with its value: its own, then those that it merges (`<<: *base`)."""
    seen: set[str] = set()
    for key, value in _own(node):
        if isinstance(key, yaml.ScalarNode):
            seen.add(key.value)
            yield key.value, key, value
    for base in _merged(node):
        for name, key, value in pairs(base):
            if name not in seen:
                seen.add(name)
                yield name, key, value


def _own(node: Node | None) -> list[tuple[Node, Node]]:
    return [pair for pair in node.value if pair[0].tag != _MERGE] if isinstance(node, yaml.MappingNode) else []


def _merged(node: Node | None) -> Iterator[Node]:
    """The mappings that one takes keys from, the first of which counts."""
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if key.tag == _MERGE:
            yield from items(value) if isinstance(value, yaml.SequenceNode) else (value,)


def get(node: Node | None, *path: str) -> Node | None:
    for name in path:
        node = next((value for key, _, value in pairs(node) if key == name), None)
    return node


def text(node: Node | None, *path: str) -> str:
    found = get(node, *path) if path else node
    return str(found.value) if isinstance(found, yaml.ScalarNode) else ""


def items(node: Node | None) -> list[Node]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def texts(node: Node | None) -> list[str]:
    """The texts of a list, or the one text that stands in its place."""
    if isinstance(node, yaml.ScalarNode):
        return [str(node.value)]
    return [str(one.value) for one in items(node) if isinstance(one, yaml.ScalarNode)]


def command_of(node: Node | None) -> tuple[str, ...]:
    """The words of a command that no shell runs: a list of them, or one text."""
    return tuple(texts(node)) if items(node) else words_of(text(node))


def spoken(node: Node | None) -> Iterator[str]:
    """Every text in a node, however deep."""
    if isinstance(node, yaml.ScalarNode):
        yield str(node.value)
    for one in items(node):
        yield from spoken(one)
    for key, _, value in pairs(node):
        yield key
        yield from spoken(value)


def is_true(node: Node | None) -> bool:
    return text(node).lower() in {"true", "yes", "on"}


def line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def begins(node: Node) -> int:
    """How many lines stand above the first line of a text."""
    behind = isinstance(node, yaml.ScalarNode) and node.style in _LITERAL
    return int(node.start_mark.line) + behind


def scalars(nodes: Iterable[Node]) -> list[yaml.ScalarNode]:
    return [one for one in nodes if isinstance(one, yaml.ScalarNode)]


def words(node: Node) -> Iterator[str]:
    """Every text of a node, whatever holds it; those of one list beside each other."""
    if isinstance(node, yaml.ScalarNode):
        yield str(node.value)
    elif isinstance(node, yaml.SequenceNode):
        yield " ".join(str(one.value) for one in node.value if isinstance(one, yaml.ScalarNode))
        for one in node.value:
            if not isinstance(one, yaml.ScalarNode):
                yield from words(one)
    elif isinstance(node, yaml.MappingNode):
        for _, value in node.value:
            yield from words(value)
