"""What a migration does step by step, as far as that decides whether two steps may change places."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import libcst as cst

from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.rewriting.expressions import last_name


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A statement or operation that runs after a data change."""

    line: int
    end: int
    code: str
    simple: bool
    """Whether it holds no other statements."""
    node: cst.CSTNode | None = None
    """None for a part of a text."""
    block: cst.With | None = None
    """The `batch_alter_table` in which it stands."""
    home: str = ""
    """The function in whose body it stands, or `operations`; nothing if it stands deeper."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is told by the source of a step."""

    verb: str
    """The last name of what it calls, where it is one operation that is known."""
    tables: frozenset[str]
    name: str
    """The column, field, index or constraint that it is about."""
    words: frozenset[str]
    """All other names in it."""
    known: bool
    """Whether it is nothing but an operation that is known."""
    pure: bool = False
    """Whether it changes the schema, and may wait."""
    whole: bool = False
    """Whether it is about a table as a whole, or gives other names."""
    data: bool = False
    """Whether it is SQL that changes rows, and nothing else."""


_AFTER_DATA = frozenset(
    "alter_column create_unique_constraint create_foreign_key create_check_constraint create_exclude_constraint "
    "create_index drop_column drop_constraint drop_index drop_table "
    "AlterField RemoveField AddConstraint AlterUniqueTogether AddIndex RemoveIndex RemoveConstraint DeleteModel "
    "AlterIndexTogether AddIndexConcurrently".split()
)
"""Operations that may be done in a later migration."""
_OTHERS = frozenset(
    "add_column create_table rename_table bulk_insert execute create_table_comment AddField CreateModel RenameField "
    "RenameModel AlterModelOptions AlterModelManagers AlterModelTable AlterOrderWithRespectTo RunPython RunSQL".split()
)
_WHOLE = frozenset("drop_table rename_table DeleteModel RenameModel RenameField AlterModelTable execute RunSQL".split())
_TABLES = {
    "alter_column": (0,), "drop_column": (0,), "add_column": (0,), "create_unique_constraint": (1,), "create_index": (1,),
    "create_foreign_key": (1, 2), "create_check_constraint": (1,), "create_exclude_constraint": (1,), "drop_constraint": (1,),
    "drop_index": (1,), "drop_table": (0,), "create_table": (0,), "rename_table": (0, 1),
    "CreateModel": (0,), "DeleteModel": (0,), "AlterUniqueTogether": (0,), "AlterIndexTogether": (0,), "RenameModel": (0, 1),
    "AlterModelOptions": (0,), "AlterModelManagers": (0,), "AlterModelTable": (0,), "AlterOrderWithRespectTo": (0,),
    "AlterField": (0,), "AddField": (0,), "RemoveField": (0,), "RenameField": (0,), "AddConstraint": (0,), "AddIndex": (0,),
    "AddIndexConcurrently": (0,), "RemoveIndex": (0,), "RemoveConstraint": (0,),
}  # fmt: skip
"""Where an operation is given its tables, or models."""
_SHIFTED = frozenset("alter_column drop_column add_column".split())
"""Operations whose name stands behind the table, and first in a `batch_alter_table`."""
_TABLE_KEYWORDS = frozenset({"table_name", "source_table", "source", "referent_table", "referent", "model_name"})
_NAME_KEYWORDS = ("column_name", "constraint_name", "index_name", "name")
_SAYS_NO_NAME = frozenset(
    "ondelete onupdate type_ server_default default existing_server_default existing_type comment schema choices help_text "
    "verbose_name source_schema referent_schema table_schema existing_comment mysql_engine".split()
)
_CLASS = re.compile(r"_*[A-Z]\w*[a-z]\w*")
"""A class, as types are; a constant may stand for a name of the database."""
_IDENTITY = re.compile(r"\w+")
_SCHEMA_SQL = re.compile(
    r"\s*(?:ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+|ONLY\s+)*[\w.\"]+\s+(?:ALTER\s|ADD\s+CONSTRAINT|DROP\s+COLUMN|DROP\s+CONSTRAINT|VALIDATE\s)|"
    r"CREATE\s+(?:UNIQUE\s+)?INDEX|DROP\s+INDEX)(?:(?!\bTYPE\b|\bRENAME\b|\bPRIMARY\s+KEY\b|;\s*\S).)*\Z",
    re.IGNORECASE | re.DOTALL,
)


_DATA_SQL = re.compile(r"\s*(?:UPDATE|INSERT|DELETE)\s[^;]*;?\s*\Z", re.IGNORECASE)


def told_by(code: str, batch: str | None = None) -> Told:
    """Read what a step says; `batch` is the table whose `batch_alter_table` it stands in."""
    tree = ast.parse(code.strip().rstrip(","))
    statement = tree.body[0] if len(tree.body) == 1 else None
    given = statement.value if isinstance(statement, ast.Expr) else None
    if isinstance(given, ast.Tuple) and len(given.elts) == 1:  # an element with its comma, and a remark behind it
        given = given.elts[0]
    call = given if isinstance(given, ast.Call) else None
    verb = last_name(call.func) if call is not None else ""
    words = frozenset(_words(tree))
    if call is None or verb not in _AFTER_DATA | _OTHERS or not _is_written_out(call, verb):
        return Told("", frozenset(), "", words, known=False, whole=True)
    tables = frozenset(_lower(_tables(call, verb, batch)))
    keywords = {one.arg for one in call.keywords}
    pure = verb in _AFTER_DATA and not keywords & {"new_column_name", "state_operations"}
    if verb == "alter_column" and "name" in keywords:
        pure = False
    whole = verb in _WHOLE or (verb == "alter_column" and not pure)
    sql = _sql(call) if verb == "execute" else None
    pure = pure if verb != "execute" else sql is not None and bool(_SCHEMA_SQL.match(sql))
    data = sql is not None and bool(_DATA_SQL.match(sql))
    name = _name(call, verb, batch).lower()
    return Told(verb, tables, name, words - tables, known=True, pure=pure, whole=whole, data=data)


def entangled(one: Told, other: Told) -> bool:
    """Whether the order of two steps may matter."""
    if not one.known or not other.known:
        return True
    if {one.verb, other.verb} & _OF_PYTHON and not {one.verb, other.verb} & {"DeleteModel", "RenameModel"}:
        return False
    if one.whole or other.whole:
        return bool((one.words | one.tables) & (other.words | other.tables))
    if one.tables and other.tables and not one.tables & other.tables:
        refers = one.tables & other.words or other.tables & one.words
        if {one.verb, other.verb} <= _COLUMNS:  # what refers to the table of a column refers to its key
            keys = "id" in {one.name, other.name}
            return bool(refers) and (keys or one.name in other.words or other.name in one.words)
        about = ({one.name, *one.words} & {other.name, *other.words}) - one.tables - other.tables - {""}
        if {one.verb, other.verb} <= _COLUMNS | _CONSTRAINTS and not about:
            return False
        return bool(refers or (one.name and one.name == other.name))
    return bool(one.words & other.words)


_COLUMNS = frozenset(
    "add_column alter_column drop_column AddField AlterField RemoveField CreateModel create_table".split()
)
"""What adds, alters or drops one column, or makes a table."""
_OF_PYTHON = frozenset({"AlterModelOptions", "AlterModelManagers"})
"""What does nothing to the database."""
_CONSTRAINTS = frozenset(
    "create_unique_constraint create_check_constraint create_index AddConstraint AddIndex AlterUniqueTogether".split()
)


_MIRRORS = {
    "alter_column": frozenset({"alter_column"}), "drop_column": frozenset({"add_column"}),
    "drop_table": frozenset({"create_table"}), "create_index": frozenset({"drop_index"}),
    "drop_index": frozenset({"create_index"}),
    "drop_constraint": frozenset(
        {"create_unique_constraint", "create_foreign_key", "create_check_constraint", "create_exclude_constraint"}
    ),
    **dict.fromkeys(
        ("create_unique_constraint", "create_foreign_key", "create_check_constraint", "create_exclude_constraint"),
        frozenset({"drop_constraint"}),
    ),
}  # fmt: skip


def mirrors(back: Told, step: Told) -> bool:
    """Whether a step of the way back takes back one of the way up; also if that cannot be excluded."""
    if back.verb not in _MIRRORS.get(step.verb, frozenset()):
        return False
    if not back.name or not step.name:
        return not (back.tables and step.tables) or bool(back.tables & step.tables)
    same_place = not (back.tables and step.tables) or bool(back.tables & step.tables)
    conventional = (
        back.verb == "drop_constraint" and back.name.endswith(f"_{step.name}") and step.tables <= {*back.tables}
    )
    return (back.name == step.name or conventional) and same_place


def makes_key(told: Told, code: str) -> bool:
    """Whether a step makes a key, by which a backfill could have meant to find rows."""
    return told.verb in {"create_unique_constraint", "AlterUniqueTogether", "AddConstraint"} or "unique" in code.lower()


def _is_written_out(call: ast.Call, verb: str) -> bool:
    """Whether the names that a call is given are texts, so that they can be compared."""
    named = [
        one.value for one in call.keywords if one.arg in {*_TABLE_KEYWORDS, *_NAME_KEYWORDS, "columns", "local_cols"}
    ]
    return verb in {"execute", "RunPython", "RunSQL"} or all(map(_is_plain, (*call.args, *named)))


def _is_plain(node: ast.expr) -> bool:
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return all(map(_is_plain, node.elts))
    if isinstance(node, ast.Call):
        return all(map(_is_plain, node.args))
    if isinstance(node, ast.Name):
        return bool(_CLASS.fullmatch(node.id))
    if isinstance(node, ast.JoinedStr):  # what an enumeration gives is the name of nothing
        return all(isinstance(one, ast.Constant) or isinstance(one.value, ast.Attribute) for one in _parts(node))
    return isinstance(node, (ast.Constant, ast.Attribute, ast.Dict))


def _parts(node: ast.JoinedStr) -> Iterator[ast.Constant | ast.FormattedValue]:
    return (one for one in node.values if isinstance(one, (ast.Constant, ast.FormattedValue)))


def _sql(call: ast.Call) -> str | None:
    """The text that is executed, if it is written out."""
    inner = call.args[0] if len(call.args) == 1 and not call.keywords else None
    if isinstance(inner, ast.Call) and last_name(inner.func) == "text" and len(inner.args) == 1:
        inner = inner.args[0]
    return inner.value if isinstance(inner, ast.Constant) and isinstance(inner.value, str) else None


def _tables(call: ast.Call, verb: str, batch: str | None) -> Iterator[str]:
    if batch is not None:
        yield batch
    places = _TABLES.get(verb, ())
    shift = 1 if batch is not None else 0
    for place in places:
        at = place - shift
        if (batch is None or place != places[0]) and 0 <= at < len(call.args) and (text := _text(call.args[at])):
            yield text
    for one in call.keywords:
        named = one.arg in _TABLE_KEYWORDS or (one.arg == "name" and places == (0,) and verb in _MODELS)
        if named and (text := _text(one.value)):
            yield text


_MODELS = frozenset(
    "CreateModel DeleteModel AlterUniqueTogether AlterIndexTogether AlterModelOptions AlterModelManagers AlterModelTable".split()
)


def _name(call: ast.Call, verb: str, batch: str | None) -> str:
    for keyword in _NAME_KEYWORDS:
        for one in call.keywords:
            if one.arg == keyword and verb not in _MODELS and (text := _text(one.value)):
                return text
    at = 1 if (verb in _SHIFTED and batch is None) or verb[:1].isupper() else 0
    if verb in {"drop_table", "create_table", "execute", "RunSQL", "RunPython", *_MODELS} or at >= len(call.args):
        return ""
    given = call.args[at]
    if verb == "add_column" and isinstance(given, ast.Call):
        given = given.args[0] if given.args else given
    return _text(given) or ""


def _text(node: ast.expr) -> str | None:
    """A text, also inside of `op.f(…)`."""
    if isinstance(node, ast.Call) and last_name(node.func) == "f" and len(node.args) == 1:
        node = node.args[0]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _lower(texts: Iterator[str]) -> Iterator[str]:
    return (text.lower() for text in texts)


def _words(node: ast.AST) -> Iterator[str]:
    """The words of every text that may be a name, in lower case."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.keyword) and child.arg in _SAYS_NO_NAME:
            continue
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield from (word.lower() for word in _IDENTITY.findall(child.value))
        yield from _words(child)
