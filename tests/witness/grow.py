"""Trees of constructs: each alone, pairs, and random ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import cache

from witness.construct import Construct
from witness.constructs import FAMILIES, named
from witness.program import Node, Program, build

_LEAVES = 7
"""Changes in a random program: Django's models exist in so many groups and one more."""
_DEPTH = 3
PAIRS = (
    ("text", "ways"),
    ("state", "ways"),
    ("text", "state"),
    ("flow", "ways"),
    ("flow", "text"),
    ("flow", "state"),
    ("flow", "flow"),
    ("flow", "sqlalchemy"),
    ("flow", "django_rows"),
)
"""Which family stands around which."""
MIXES = ("alembic", "sqlalchemy", "django")
"""The kinds of random programs."""


def plain(framework: str) -> Node:
    """Give the simplest change of rows."""
    if framework == "django":
        return Node(named("django_rows.update"))
    return Node(named("ways.op_execute"), Node(named("text.literal")))


def alone(construct: Construct, framework: str | None = None) -> Node:
    """Give the smallest tree in which a construct makes a difference."""
    framework = framework or construct.framework
    if construct.flows:
        return Node(construct, blocks=tuple((plain(framework),) for _ in Node(construct).bodies))
    literal = Node(named("text.literal")) if construct.brings else None
    if construct.builds:
        return Node(named("ways.op_execute"), Node(construct, literal))
    return Node(construct, literal)


def each_alone(family: str) -> Iterator[Program]:
    """Give a program for each construct of a family."""
    for construct in FAMILIES[family].constructs:
        yield build(f"{family}_{construct.id}", (alone(construct),), construct.framework)


@cache
def _combinable(family: str) -> tuple[Construct, ...]:
    return tuple(one for one in FAMILIES[family].constructs if not one.options & {"alone", "fails"})


def _any(family: str, chance: random.Random, fits: Callable[[Construct], bool] = lambda _: True) -> Construct:
    return chance.choice([one for one in _combinable(family) if fits(one)])


def pair(outer: str, inner: str, number: int) -> Program:
    """Give a pair of constructs: the first around the second, or the first's text given to the second."""
    chance = random.Random(f"{outer} {inner} {number}")
    around, within = _any(outer, chance), _any(inner, chance)
    name, framework = f"{outer}_{inner}_{number}", within.framework
    literal = Node(named("text.literal"))
    if around.flows:
        kernel = alone(within, framework)
        blocks = tuple((kernel,) if not place else (plain(framework),) for place in range(len(Node(around).bodies)))
        return build(name, (Node(around, blocks=blocks),), framework)
    text = Node(around, literal if around.brings else None)
    if within.builds:
        within = _any(inner, chance, lambda one: one.brings)
        return build(name, (Node(named("ways.op_execute"), Node(within, text)),), framework)
    return build(name, (Node(within, text),), framework)


def mixed(mix: str, number: int) -> Program:
    """Give a random program."""
    chance = random.Random(f"{mix} {number}")
    left = [chance.randint(2, _LEAVES)]
    return build(f"{mix}_{number}", _block(mix, chance, left, 0), "django" if mix == "django" else "alembic")


def _block(mix: str, chance: random.Random, left: list[int], depth: int) -> tuple[Node, ...]:
    nodes = []
    for _ in range(chance.choice((1, 1, 2, 2, 3))):
        if not left[0]:
            break
        if depth < _DEPTH and chance.random() < 0.6:
            flow = _any("flow", chance)
            nodes.append(Node(flow, blocks=tuple(_block(mix, chance, left, depth + 1) for _ in Node(flow).bodies)))
        else:
            left[0] -= 1
            nodes.append(_leaf(mix, chance))
    return tuple(nodes)


def _leaf(mix: str, chance: random.Random) -> Node:
    if mix == "django":
        return Node(_any("django_rows", chance))
    if mix == "sqlalchemy" and chance.random() < 0.7:
        return Node(_any("sqlalchemy", chance))
    return Node(_any("ways", chance, lambda one: one.brings), _text(chance))


def _text(chance: random.Random) -> Node:
    construct = _any(chance.choice(("text", "text", "state")), chance)
    return Node(construct, _text(chance) if construct.brings else None)


def smaller(tree: tuple[Node, ...]) -> Iterator[tuple[Node, ...]]:
    """Give trees with less in them: fewer nodes, a block in the place of what stands around it, simpler texts."""
    for place, node in enumerate(tree):
        before, after = tree[:place], tree[place + 1 :]
        if len(tree) > 1:
            yield (*before, *after)
        for number, block in enumerate(node.blocks):
            if block:
                yield (*before, *block, *after)
                yield (*before, node.with_block(number, ()), *after)
            for less in smaller(block):
                yield (*before, node.with_block(number, less), *after)
        for simpler in _simpler(node):
            yield (*before, simpler, *after)


def _simpler(node: Node) -> Iterator[Node]:
    """Give a node with a simpler text, and its text on the simplest way."""
    if node.text is None:
        return
    if node.text.construct.id != "literal":
        yield Node(node.construct, Node(named("text.literal")), node.blocks)
    if node.text.text:
        yield Node(node.construct, node.text.text, node.blocks)
    if node.construct.id != "op_execute":
        yield Node(named("ways.op_execute"), node.text)
