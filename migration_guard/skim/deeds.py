"""Whether a call, by its looks, may change data or run what is not in sight: the words of writes, and what they are said of."""

from __future__ import annotations

import ast

from migration_guard.gate.text import only_changes_schema
from migration_guard.later import re

_ALWAYS = re.compile(
    r"^(?:executemany|executescript|execute_(?:sql|async|batch|values|many|string|script|query|raw|file)|exec_driver_sql|"
    r"exec_?dml|run_sql|callproc|a?save|a?bulk_(?:create|update|save|insert|delete|write|upsert|replace|merge|execute)\w*|"
    r"a?get_or_create|a?update_or_create|loaddata|call_command|to_sql|copy_from|copy_expert|"
    r"logged_query|RunSQL|RunPython)$"
)
"""What is said of nothing but a database."""
_WITH_A_STATEMENT = re.compile(r"^(?:a?execute|scalars?|fetch|fetchrow|fetchval)$")
"""What is said of nothing but a database where it is given something: a statement."""
_OF_A_DATABASE = re.compile(
    r"^(?:a?update|a?delete|a?create|add|add_all|merge|commit|flush|insert|insert_many|insert_all|upsert|replace|remove|clear|set|"
    r"delete_instance|update_all|delete_all|destroy|write|unlink|raw|exec|run|a?execute|upgrade|downgrade)$"
)
_DATABASE = re.compile(
    r"(?:objects|manager|session|sess|cursor|conn|connection|engine|bind|(?:\b|_)db|database|query|queryset|(?:\b|_)qs|filter|"
    r"exclude|where|tables?|models?|insert|update|delete|(?:\b|_)env|(?:\b|_)op|schema_editor|apps)\d*$",
    re.IGNORECASE,
)
"""… and what else is said of one only with a name before it that ends with such a word."""
_CODE = frozenset({"exec", "eval", "compile"})
_BY_NAME = re.compile(r"^(?:execute\w*|exec_driver_sql|run_sql|bulk_\w+|save|callproc)$")
"""Methods that write, whoever calls them: what takes one to call it later under another name."""
_STATEMENT = re.compile(
    r"\b(?:update\s+\S+\s+set|insert\s+into|delete\s+from|merge\s+into|truncate\s+(?:table\s+)?[\w\"]+\s*;?\s*$)\b",
    re.IGNORECASE,
)
_SAYS = re.compile(
    r"^(?:debug|info|warning|warn|error|exception|critical|log|print|echo|secho|write|add_argument|option|argument|"
    r"getLogger|compile|match|search|sub|\w*(?:Error|Exception|Warning))$"
)
"""Calls that are given text for people, and patterns."""
_PROGRAMS = re.compile(
    r"^(?:system|popen|Popen|check_call|check_output|call|run|exec[lv]\w*|spawn\w*|posix_spawnp?|getoutput|getstatusoutput|"
    r"create_subprocess_(?:shell|exec))$"
)
_STARTING = frozenset({"os", "subprocess", "asyncio", "asyncio.subprocess", "pty", "commands"})
_IMPORTS = frozenset({"import_module", "__import__", "import_string", "run_module"})
_RUNS_CODE = frozenset({"exec_module", "load_module", "run_path"})
_CLIENTS = re.compile(r"\b(?:psql|mysql|mariadb|sqlite3|sqlcmd|alembic|manage\.py|migrate|loaddata)\b")
_SPEAKS = re.compile(r"execute|save|objects|session|import|exec|eval|open", re.IGNORECASE)
"""Words of code that is run as a text."""
_READS = re.compile(r"\s*(?:select|show|pragma|values)\b[^(]*$", re.IGNORECASE)


def may_write(call: ast.Call, origin: str = "") -> bool:
    """Whether a call by itself may change data; `origin` is where a name comes from that is imported."""
    package, _, last = origin.rpartition(".")
    if package in _STARTING and _PROGRAMS.match(last):
        return _starts_a_client(call)
    if _gives_a_statement(call):
        return True
    match call.func:
        case ast.Call(func=ast.Name(id="getattr" | "methodcaller") | ast.Attribute(attr="methodcaller")) as inner:
            return any(names_a_write(each) for each in inner.args)
        case ast.Name(id=name):
            said = _ALWAYS.match(name) or (_WITH_A_STATEMENT.match(name) and _gives_something(call))
            return bool(said) and not _is_harmless_text(call)
        case ast.Attribute(value=receiver, attr=name):
            if _ALWAYS.match(name) or (_WITH_A_STATEMENT.match(name) and _gives_something(call)):
                return not _is_harmless_text(call)
            if name == "remove" and not call.args:
                return False  # a session that is over
            return bool(_OF_A_DATABASE.match(name)) and _is_of_a_database(receiver)
    return False


def _gives_something(call: ast.Call) -> bool:
    """Whether there is anything among what is given that may be a statement."""
    return bool(call.args) or any(one.arg in _STATEMENTS for one in call.keywords)


_STATEMENTS = frozenset({None, "sql", "statement", "stmt", "query", "operation", "sqltext", "clause", "object_"})
"""Parameters that take one; None stands for `**`."""


def _is_of_a_database(receiver: ast.expr) -> bool:
    """Whether a word of a database stands in what a method is called on, however long that is."""
    if isinstance(receiver, ast.Attribute) and receiver.attr.startswith("__"):
        return False  # the name of a class, and the like
    for node in ast.walk(receiver):
        match node:
            case ast.Name(id=word) | ast.Attribute(attr=word) | ast.arg(arg=word) | ast.keyword(arg=str() as word):
                pass
            case ast.Constant(value=str() | bytes() as value):
                word = str(value)
            case _:
                continue
        if _DATABASE.search(word):
            return True
    return False


def names_a_write(node: ast.expr) -> bool:
    """Whether a method that writes is taken from something, or named, to be called later; or may be."""
    match node:
        case ast.Attribute(attr=name) | ast.Constant(value=str() as name):
            return bool(_BY_NAME.match(name))
        case ast.Name():
            return False
    return True


def _gives_a_statement(call: ast.Call) -> bool:
    """Whether a call of any name is given the text of a statement that changes rows."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name) if _SAYS.match(name):
            return False
    given = (*call.args, *(keyword.value for keyword in call.keywords if keyword.arg not in ("help", "doc", "comment")))
    return any(
        isinstance(one, ast.Constant) and isinstance(one.value, str) and _STATEMENT.search(one.value) for one in given
    )


def loads_unknown(call: ast.Call, origin: str = "") -> bool:
    """Whether a call imports a module, starts a program or runs a text of which it does not stand there what it is."""
    package, _, last = origin.rpartition(".")
    if package in _STARTING and _PROGRAMS.match(last):
        return not _texts(call)
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            known = bool(call.args) and isinstance(call.args[0], ast.Constant)
            if name in _CODE and isinstance(call.func, ast.Name):
                return not _is_harmless_code(call)
            return name in _RUNS_CODE or (name in _IMPORTS and not known)
    return False


def _is_harmless_text(call: ast.Call) -> bool:
    """Whether all that is executed stands there, and plainly changes the schema or reads a table."""
    given = call.args[0] if call.args else None
    if isinstance(given, ast.Call) and len(given.args) == 1:
        given = given.args[0]  # `text("…")`
    match given:
        case ast.Constant(value=str() as text):
            return only_changes_schema(text) or bool(_READS.match(text))
    return False


def _is_harmless_code(call: ast.Call) -> bool:
    given = call.args[0] if call.args else None
    text = given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else None
    return text is not None and not _SPEAKS.search(text)


def _starts_a_client(call: ast.Call) -> bool:
    return any(_CLIENTS.search(text) for text in _texts(call))


def _texts(call: ast.Call) -> list[str]:
    return [node.value for node in ast.walk(call) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
