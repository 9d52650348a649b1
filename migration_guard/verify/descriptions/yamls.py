"""YAML as nodes, which know their lines; of a Helm chart with its templates taken out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import yaml

from migration_guard.later import re
from migration_guard.verify.descriptions.steps import Unreadable

Node = yaml.Node
_TEMPLATE = re.compile(r"(?<!\$)\{\{.*?\}\}", re.DOTALL)
"""What Helm puts in; `${{ … }}` is GitHub's, and a text like any other."""
_ALONE = re.compile(r"^\s*\{\{.*\}\}\s*$")
_LITERAL = frozenset({"|", ">"})


def documents(source: bytes) -> list[Node]:
    """Every document of a file. Raises Unreadable."""
    try:
        text = source.decode("utf-8-sig")
        if "{{" in text:
            text = "\n".join("" if _ALONE.match(line) else _TEMPLATE.sub("template", line) for line in text.split("\n"))
        return [node for node in yaml.compose_all(text, Loader=yaml.SafeLoader) if node is not None]
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else None
        raise Unreadable(line, f"it is no YAML: {error.problem}") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise Unreadable(None, f"it is no YAML: {type(error).__name__}") from None


def pairs(node: Node | None) -> Iterator[tuple[str, Node, Node]]:
    """The keys of a mapping, each as text, as a node, and with its value."""
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if isinstance(key, yaml.ScalarNode):
            yield key.value, key, value


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
