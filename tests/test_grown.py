"""The tree that is grown from what `ast` knows is the one that libcst parses, but for its layout, and stands where that one does."""

from __future__ import annotations

import ast
from pathlib import Path

import libcst as cst
import pytest
from test_positions import FIXTURES, ODD

from migration_guard.frameworks import recognise
from migration_guard.interpreter import syntax
from migration_guard.interpreter.grown import Grown, Unlike
from migration_guard.interpreter.kinds import code_fields
from migration_guard.interpreter.positions import Positions
from migration_guard.operations import Job
from migration_guard.reading.migration import read

LAYOUT = {"encoding", "default_indent", "default_newline", "has_trailing_newline", "indent", "leading_whitespace"}
"""What a tree says of how it is laid out, in fields that may hold code elsewhere."""
SYNTAX = {
    "parameters": "def f(a, /, b: int = 1, *c, d, e=(2), **g) -> (x): pass\nasync def h(*, i): await i\n",
    "lambdas": "lambda: 0\nlambda a, *b, c=1, **d: (yield)\n",
    "classes": "@a\n@b.c(1)\nclass D(E, *f, metaclass=G, **h):\n    '''doc'''\n    x: int\n    y: str = 'a'\nclass I: pass\n",
    "statements": "del a\ndel b, c[1]\nassert d, e\nraise F from g\nglobal h, i\nimport j.k as l, m\nfrom . import n\nfrom ..o.p import q as r\nfrom s import *\n",
    "assignments": "a = b = c, d = 1\na += 1; b **= 2; c //= d ; e @= f\n(g) = (h, *i)\nj[1:2, ::3, k] = l[(1, 2)], m[(1), (2)], n[*o]\n",
    "blocks": "for a, in b: c\nelse: d\nwhile e:\n  break\nelse:\n  continue\nasync def f():\n  async for g in h:\n    async with i as (j, k), l: pass\n",
    "handlers": "try:\n  a\nexcept B: pass\nexcept (C, D) as e:\n  raise\nexcept: f\nelse: g\nfinally: h\ntry:\n  a\nexcept* B as c:\n  pass\n",
    "conditions": "if a: pass\nelif b:\n  c\nelif d: e\nelse:\n  if f: g\n  # h\n",
    "operators": "a or b and not c or -d\na < b <= c != d is not e not in f\n~a ** -b % c @ d << e | f & g ^ h\nx = a if b else (c if d else e)\n(y := 1)\n",
    "displays": "[1, *a, (2)]\n{1, *b}\n{'c': 1, **d}\n()\n(e,)\n(f), (g)\n[h for i in j if k if l for m in n]\n{o: p async for q in r}\n{s for t in u}\nv(w for x in y)\n",
    "calls": "a(b, *c, d=1, *e, **f)(g)\nh(i=(1), )\n(j)(k).l.m\n",
    "constants": "0x1F, 1_000, 1.5e3, 2j, ..., None, True, 'a', b'b', R'c', u'd', '''e\nf''', \"g\\\"h\", ''\n",
    "strings side by side": "x = ('a' 'b'\n  # c\n  \"d\") + f'e{f!r:>{g}}h' 'i'\nj(f'''k\n{l}''')\n",
    "ends of lines": "a;  \nb ;\t# c\nd; e ;\nf; \n",
    "comments": "# a\nx = '# b'  # c\nif d:  # e\n    f  # g\n    # h\n  # i\n# j\nk = '''# l''' # m\n",
    "ends of blocks": "def a():\n    def b():\n        c\n        # d\n\n    # e\n\n  \n    \n# f\ndef g(): h; i;  # j\nclass K:\n    l",
    "other characters": "ä = 'öü'; b('€', ä.ß)\ndef é(è): return 'ñ', è\n",
}  # fmt: skip


def _same(text: str) -> None:
    tree = cst.parse_module(text)
    grown = Grown(text, ast.parse(text))
    positions = Positions(text, tree, None)
    waiting: list[tuple[object, object]] = [(grown.tree, tree)]
    while waiting:
        one, other = waiting.pop()
        assert type(one) is type(other)
        if isinstance(one, tuple):
            assert isinstance(other, tuple)
            assert len(one) == len(other)
            waiting += zip(one, other)
        elif isinstance(one, cst.CSTNode):
            assert isinstance(other, cst.CSTNode)
            place = positions.range(other)
            assert grown.place(one) in {None, place}, text[slice(*place)]
            assert grown.begin(one) in {None, place[0]}, text[slice(*place)]
            names = [name for name in code_fields(type(one)) if name not in LAYOUT]
            waiting += [(getattr(one, name), getattr(other, name)) for name in names]
        else:
            assert one == other
    comments = [one for one in positions.noted if isinstance(one, cst.Comment)]
    assert [(one.value, grown.place(one)) for one in grown.comments] == [
        (one.value, positions.range(one)) for one in comments
    ]
    for kind in (cst.FunctionDef, cst.Expr, cst.SimpleStatementLine):
        noted = [positions.range(one) for one in positions.noted if type(one) is kind]
        assert [grown.place(one) for one in grown.statements if type(one) is kind] == noted


@pytest.mark.parametrize("path", FIXTURES[::5], ids=lambda path: path.name)
def test_the_same_tree(path: Path) -> None:
    _same(path.read_text("utf-8"))


@pytest.mark.parametrize("text", SYNTAX.values(), ids=SYNTAX)
def test_all_that_python_can_say(text: str) -> None:
    _same(text)


@pytest.mark.parametrize("data", ODD.values(), ids=ODD)
def test_odd_layout(data: bytes) -> None:
    source = syntax.parse(Path("a.py"), data, only_read=True)
    whole = syntax.parse(Path("a.py"), data)
    calls = [[(one.start(node), one.end(node)) for node in one.expressions] for one in (source, whole)]
    assert calls[0] == calls[1]


@pytest.mark.parametrize(
    "text", ["a = 1; \\\nb = 2\n", "if a: \\\n  b\n", "a\r\nb\n", "\x0ca\n", "match a:\n  case 1: b\n"]
)
def test_what_is_not_told_is_left_to_libcst(text: str) -> None:
    with pytest.raises(Unlike):
        Grown(text, ast.parse(text))
    assert syntax.parse(Path("a.py"), text.encode(), only_read=True).grown is None


@pytest.mark.parametrize(
    ("data", "is_told"),
    [
        (b"# -*- coding: utf-8 -*-\na = 1\n", True),
        (b"#!/bin/sh\n# vim: set fileencoding=UTF8 :\na = 1\n", True),
        (b"# coding: latin-1\na = 1\n", False),
        (b"# coding: utf-8-sig\na = 1\n", False),
        (b"\xef\xbb\xbfa = 1\n", False),
        ("\uff55pgrade = 1\n".encode(), False),
    ],
)
def test_only_bytes_that_mean_what_they_say(data: bytes, *, is_told: bool) -> None:
    assert (syntax.parse(Path("a.py"), data, only_read=True).grown is not None) is is_told


def test_where_only_libcst_knows_a_place_it_is_asked() -> None:
    text = "f((a), b=(1, 2))\n"
    source = syntax.parse(Path("a.py"), text.encode(), only_read=True)
    call = cst.ensure_type(cst.ensure_type(source.statements[0].body[0], cst.Expr).value, cst.Call)
    assert [source.code(one) for one in (call.args[0], call.args[1].value)] == ["(a)", "1, 2"]


@pytest.mark.parametrize("path", FIXTURES[::9], ids=lambda path: path.name)
def test_the_same_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = recognise(path, path.read_bytes()) or "script"
    job = Job(str(path), path.name, str(path.parent), found)
    grown = read(job, path.read_bytes())

    def refused(*_: object) -> None:
        raise Unlike

    monkeypatch.setattr(syntax, "Grown", refused)
    assert grown == read(job, path.read_bytes())
