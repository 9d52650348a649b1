"""Where nodes stand: found from the nearest node that `ast` knows, they are what generating the whole file gives."""

from __future__ import annotations

import ast
from pathlib import Path

import libcst as cst
import pytest

from migration_guard.interpreter.kinds import within
from migration_guard.interpreter.positions import Positions

FIXTURES = sorted((Path(__file__).parent / "fixtures" / "migrations").rglob("*.py"))
ODD = {
    "decorators, blank lines, comments": b"# a\n\n@one\n# b\n@two(1)\n\nasync def f(a, *, b=(1)):\n\n    # c\n    pass  # d\n  # e\n\n\nf()\n",
    "one line": b"if a: b(1); c(2)\nelif (d): e([3])\nelse: g()\n",
    "elif": b"def f():\n  if a:\n    b(1)\n  elif c(2):\n    d(3)\n  elif e(4):\n    g([5])\n  else:\n    h(6)\n",
    "tabs in blocks of other widths": b"class A:\n\tdef f(self):\n\t\ttry:\n\t\t\ta(1)\n\t\texcept (B, C) as e:\n\t\t    b(2)\n\t\telse:\n\t\t    c()\n\t\tfinally:\n\t\t    d()\n",
    "parentheses": b"a = ((b)(c), (d), ((e, f)), (g(h for h in i)), (yield_), *[j], k)\n(l).m((n), *o, p=(q), **{r: (s)})\n",
    "strings": b"x = ('a' f'{b(1)}'\n   \"c\" % (d,)).join(['e', f('g')])\n",
    "line breaks of Windows": b"def f():\r\n    a([1,\r\n       g(2)])\r\n",
    "mixed line breaks": b"a(1)\r\nb(2)\nif c:\n    d(3)\r\n    e(4)\n",
    "continued lines": b"a = \\\n  b(1,\\\n  c(2))\n",
    "no last line break": b"def f():\n    a(1)\n    b(c(2))",
    "only a comment": b"# nothing",
    "byte order mark": b"\xef\xbb\xbfa(b(1))\nc(2)\n",
    "other characters": "a('äöü', b('€'), c)\nd = {'ß': e('x'), **f('y')}; g('z')\n".encode(),
    "another encoding": "# coding: latin-1\na('äöü', b('ß'), c)\nd(e('ä'))\n".encode("latin-1"),
    "blocks": b"with a(1) as b, c(2):\n    for d in e([3]):\n        g(4)\n    else:\n        h(5)\n    while i(6):\n        j(7)\n",
    "match": b"match a(1):\n    case [b, {'c': d}] if e(2):\n        g(3)\n    case _:\n        h([4])\n",
    "same code twice": b"a(1)\na(1)\nb([a(1), a(1)], a(1))\nb([a(1), a(1)], a(1))\n",
}


def _same(data: bytes) -> None:
    tree = cst.parse_module(data)
    text = data.decode(tree.encoding)
    whole = Positions(text, tree, None)
    near = Positions(text, tree, ast.parse(data))
    for node in within(tree):
        assert near.range(node) == whole.range(node), tree.code_for_node(node)


@pytest.mark.parametrize("path", FIXTURES[::6], ids=lambda path: path.name)
def test_the_same_as_in_the_whole_file(path: Path) -> None:
    _same(path.read_bytes())


@pytest.mark.parametrize("data", ODD.values(), ids=ODD)
def test_odd_layout(data: bytes) -> None:
    _same(data)


@pytest.mark.parametrize("data", [b"\x0ca(1)\ndef f():\n    \x0c\n    b(2)\n", b"def f():\r    a([1, g(2)])\r"])
def test_right_also_where_libcst_loses_characters(data: bytes) -> None:
    tree = cst.parse_module(data)
    near = Positions(data.decode(), tree, ast.parse(data))
    calls = [node for node in within(tree) if isinstance(node, cst.Call)]
    assert [data.decode()[slice(*near.range(call))] for call in calls] == [tree.code_for_node(call) for call in calls]


def test_little_is_generated_for_one_position(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"a(1)\n" * 500 + b"def f():\n    x = [\n" + b"        b(2),\n" * 500 + b"    ]\n"
    tree = cst.parse_module(data)
    positions = Positions(data.decode(), tree, ast.parse(data))
    generated: list[cst.CSTNode] = []
    step = cst.CSTNode._codegen

    def counted(node: cst.CSTNode, *given: object, **named: object) -> None:
        generated.append(node)
        step(node, *given, **named)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(cst.CSTNode, "_codegen", counted)
    calls = [node for node in within(tree) if isinstance(node, cst.Call)]
    for call in calls:
        positions.range(call)
    assert len(generated) < 12 * len(calls)


def test_a_tree_that_is_not_the_files_is_not_believed() -> None:
    data = b"a(1)\nb(2)\n"
    tree = cst.parse_module(data)
    positions = Positions(data.decode(), tree, ast.parse(b"\n  \nif x: pass\na(1)"))
    assert [positions.range(one) for one in tree.body] == [(0, 4), (5, 9)]
