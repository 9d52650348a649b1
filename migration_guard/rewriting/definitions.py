"""Modules that define backfills: which keys they have, and how another definition is added, formatted as its neighbours."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import libcst as cst

from migration_guard.interpreter.syntax import Source, dotted, parse
from migration_guard.later import re
from migration_guard.lean import dataclass

CLASS = "Backfill"
PACKAGE = "migration_guard.backfill"
_INDENT = "    "


@dataclass(frozen=True, slots=True)
class Definition:
    """What is written of a backfill: its fields in order, as text or as Python."""

    name: str
    """The variable, where definitions are variables."""
    texts: Mapping[str, str]
    code: Mapping[str, str]
    """Further fields, whose values are Python."""
    before: str = ""
    """Python that stands above it: a function."""


@lru_cache(maxsize=1024)
def keys_in(path: Path, data: bytes) -> frozenset[str]:
    """Give the keys that a module defines. Raises Refused where it does not parse."""
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset(key for key, _ in _read(path, data)[1])
    return frozenset(_keys(tree))


def _keys(tree: ast.Module) -> Iterator[str]:
    """The keys of calls of the class, and of plain dictionaries."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), keywords=given) if name == CLASS:
                values: list[ast.expr] = [one.value for one in given if one.arg == "key"]
            case ast.Dict(keys=keys, values=every):
                values = [
                    value for key, value in zip(keys, every) if isinstance(key, ast.Constant) and key.value == "key"
                ]
            case _:
                continue
        yield from (one.value for one in values if isinstance(one, ast.Constant) and isinstance(one.value, str))


def with_definition(path: Path, data: bytes, definition: Definition) -> bytes:
    """Give a module with one more definition, behind the last one. Raises Refused where it does not parse."""
    source, defined = _read(path, data)
    style = _style(source, [call for _, call in defined])
    text = source.text
    newline = "\r\n" if "\r\n" in text else "\n"
    body = _written(definition, style)
    if style.container is not None:
        text = _in_container(source, style.container, body, definition.before)
    else:
        head = text.rstrip() if style.neighbour is not None or text.strip() else ""
        function = f"{definition.before}\n\n\n" if definition.before else ""
        gap = "\n\n\n" if definition.before else "\n\n"
        text = f"{head}{gap if head else ''}{function}{definition.name} = {body}\n"
    text = _imported(text, style, priority="priority" in definition.code)
    return text.replace("\r\n", "\n").replace("\n", newline).encode(source.tree.encoding)


def new_module(definition: Definition) -> bytes:
    """Give a module that holds nothing but a definition."""
    return with_definition(
        Path("new.py"), b'"""Backfills: data changes that run after the deployment, in batches."""\n', definition
    )


@dataclass(frozen=True, slots=True)
class _Style:
    """How the definitions of a module are written."""

    neighbour: cst.Call | None
    container: cst.List | cst.Tuple | None
    """The collection that they stand in, if they do."""
    prefix: str
    """What stands before names of the package: `backfill.`."""
    enums: bool
    """Whether priorities are written as members, and not as texts."""
    imported: frozenset[str]


def _style(source: Source, calls: Sequence[cst.Call]) -> _Style:
    neighbour = calls[-1] if calls else None
    container = None
    imported: set[str] = set()
    prefix = ""
    for statement in source.tree.body:
        for line in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
            value = line.value if isinstance(line, (cst.Assign, cst.AnnAssign)) else None
            if isinstance(value, (cst.List, cst.Tuple)) and any(
                element.value is neighbour for element in value.elements
            ):
                container = value
            if isinstance(line, cst.ImportFrom) and not isinstance(line.names, cst.ImportStar):
                ours = line.module is not None and (dotted(line.module) or "").startswith("migration_guard")
                imported |= {alias.evaluated_name for alias in line.names} if ours else set()
    if neighbour is not None:
        prefix = (dotted(neighbour.func) or "").removesuffix(CLASS)
    given = (
        next((a.value for a in neighbour.args if a.keyword and a.keyword.value == "priority"), None)
        if neighbour
        else None
    )
    enums = given is None or isinstance(given, cst.Attribute)
    return _Style(neighbour, container, prefix, enums, frozenset(imported))


@lru_cache(maxsize=4)
def _read(path: Path, data: bytes) -> tuple[Source, tuple[tuple[str, cst.Call], ...]]:
    """Parse a module and look through it, once for its keys and for what is added to it."""
    source = parse(path, data)
    return source, tuple(_defined(source))


def _defined(source: Source) -> Iterator[tuple[str, cst.Call]]:
    """Each call of the class, with its key, in order."""
    found = _Calls()
    source.tree.visit(found)
    for call in found.calls:
        for argument in call.args:
            if argument.keyword is not None and argument.keyword.value == "key":
                value = argument.value
                if isinstance(value, cst.SimpleString):
                    yield str(value.evaluated_value), call
    for key in found.keys:
        yield key, cst.Call(func=cst.Name("dict"))


class _Calls(cst.CSTVisitor):
    """Finds definitions: calls of the class, and the keys of plain dictionaries."""

    def __init__(self) -> None:
        self.calls: list[cst.Call] = []
        self.keys: list[str] = []

    def visit_Call(self, node: cst.Call) -> None:
        if (dotted(node.func) or "").rpartition(".")[2] == CLASS:
            self.calls.append(node)

    def visit_DictElement(self, node: cst.DictElement) -> None:
        key, value = node.key, node.value
        if isinstance(key, cst.SimpleString) and key.evaluated_value == "key" and isinstance(value, cst.SimpleString):
            self.keys.append(str(value.evaluated_value))


def _written(definition: Definition, style: _Style) -> str:
    lines = [f"{style.prefix}{CLASS}("]
    for name, value in definition.texts.items():
        lines.append(f"{_INDENT}{name}={literal(value)},")
    for name, value in definition.code.items():
        lines.append(f"{_INDENT}{name}={_spelt(name, value, style)},")
    return "\n".join([*lines, ")"])


def _spelt(name: str, value: str, style: _Style) -> str:
    """Spell a field that is Python as the neighbours do."""
    if name == "priority" and not style.enums:
        return f'"{value.rpartition(".")[2]}"'
    return f"{style.prefix}{value}" if name in {"priority", "status"} else value


def literal(text: str) -> str:
    """Write a text as Python: in lines of their own where it has several."""
    if "\n" not in text:
        quote = "'" if '"' in text and "'" not in text else '"'
        escaped = text.replace("\\", "\\\\").replace(quote, f"\\{quote}")
        return f"{quote}{escaped}{quote}"
    escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if _quotes_line_end(text):
        return (
            "(\n"
            + "\n".join(f"{_INDENT * 2}{literal(line)}" for line in text.splitlines(keepends=True))
            + f"\n{_INDENT})"
        )
    return '"""\n' + textwrap.indent(escaped, _INDENT * 2) + f'\n{_INDENT}"""'


def _quotes_line_end(sql: str) -> bool:
    """Whether a line break stands inside of quotes, where indenting would change what is quoted."""
    return any("\n" in quoted for quoted in re.findall(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"", sql))


def _in_container(source: Source, container: cst.List | cst.Tuple, body: str, before: str) -> str:
    """Put an element behind the last one of a list or tuple."""
    text = source.text
    last = container.elements[-1]
    end = source.offset(source.end(last.value))
    start = source.offset(source.start(last.value))
    line = text.rfind("\n", 0, start) + 1
    indent = re.match(r"[ \t]*", text[line:])
    inside = indent.group() if indent and not text[line:start].strip() else _INDENT
    comma = re.compile(r"\s*,").match(text, end)
    rest = comma.end() if comma else end
    added = f",\n{textwrap.indent(body, inside)}" + ("," if comma else "")
    text = text[:end] + added + text[rest:]
    if before:
        begins = _statement_start(source, container)
        text = f"{text[:begins]}{before}\n\n\n{text[begins:]}"
    return text


def _statement_start(source: Source, container: cst.CSTNode) -> int:
    at = source.offset(source.start(container))
    return source.text.rfind("\n", 0, at) + 1


def _imported(text: str, style: _Style, *, priority: bool) -> str:
    """Import what the definition needs and the module does not have."""
    if style.prefix:
        return text
    wanted = {CLASS, *(["Priority"] if priority and style.enums else [])}
    if "Status." in text:
        wanted.add("Status")
    missing = sorted(wanted - style.imported)
    if not missing:
        return text
    line = f"from {PACKAGE} import {', '.join(missing)}\n"
    known = re.search(rf"^from {re.escape(PACKAGE)} import (?P<names>[\w, ]+)$", text, re.MULTILINE)
    if known is not None:
        names = sorted({*missing, *(name.strip() for name in known["names"].split(","))})
        return f"{text[: known.start()]}from {PACKAGE} import {', '.join(names)}{text[known.end() :]}"
    module = cst.parse_module(text)
    return _after_head(module, text, line)


def _after_head(module: cst.Module, text: str, line: str) -> str:
    """Put an import behind the docstring and the imports that are there."""
    last = 0
    for index, statement in enumerate(module.body):
        first = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        docstring = index == 0 and isinstance(first, cst.Expr) and isinstance(first.value, cst.SimpleString)
        if docstring or isinstance(first, (cst.Import, cst.ImportFrom)):
            last = index + 1
        else:
            break
    head = cst.Module(body=module.body[:last], header=module.header).code
    rest = text[len(head) :] if text.startswith(head) else None
    if rest is None or not last:
        return f"{line}\n{text}"
    imports = isinstance(module.body[last - 1], cst.SimpleStatementLine) and last > 1
    return f"{head}{'' if imports else chr(10)}{line}{rest}"
