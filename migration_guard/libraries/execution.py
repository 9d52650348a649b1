"""What executing a value does: its statements go into the ledger."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from migration_guard.forms.values import has_form, text_form, value_form
from migration_guard.interpreter.collections import Sequence
from migration_guard.interpreter.flow import each
from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.spot import Spot, spot_in_text, spot_of
from migration_guard.interpreter.text import Text, plain
from migration_guard.interpreter.values import UNKNOWN, External, Unknown, Value, join
from migration_guard.later import Later, re
from migration_guard.libraries.computing import Called
from migration_guard.libraries.database import Model, Query, Statement, record
from migration_guard.operations import OperationKind
from migration_guard.sql import (
    Armed,
    Change,
    Created,
    Doubted,
    Dropped,
    FunctionCreated,
    Harmless,
    Renamed,
    Step,
    Transaction,
    Viewed,
    may_allow_escapes,
    read_sql,
)
from migration_guard.sql import Unknown as UnknownSql
from migration_guard.sql.canonical import canonical
from migration_guard.sql.names import bare
from migration_guard.sql.patience import Limit, limits, waits_for

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.classes import Class
    from migration_guard.rendition import raw
else:
    raw = Later("migration_guard.rendition.raw")  # for who moves a change

SINKS = frozenset(
    "execute _exec exec_driver_sql executemany executescript execute_async exec scalar scalars stream stream_scalars "
    "fetch fetchrow fetchval fetchall_sql execute_query execute_query_dict execute_script execute_insert execute_sql execute_many run_sql execute_batch mogrify_and_execute".split()
)
"""Methods whose first argument is SQL or a statement, on anything that looks like a way to the database."""

_GIVES_ENTITIES = frozenset({"scalar", "scalars", "stream_scalars", "exec"})
"""… that give objects of a model, where `execute` gives rows of them; `exec` is SQLModel's."""

_DDL = frozenset({"DDLElement", "ExecutableDDLElement", "DDL", "BaseDDLElement"})
"""Bases of SQLAlchemy for statements that change the schema."""

SCRIPTS = frozenset({"sql_file"})
"""Frameworks whose files a client of the database reads, such as psql."""


def execute(call: Call, value: Value, parameters: Value | None = None, *, certain: bool = True) -> Value:
    """The database executes a value: text, a statement, or several. `certain` if the receiver surely is a database."""
    machine = call.machine
    results: list[Value] = []
    for option in value.alternatives():
        match option:
            case Text():
                run_text(call, option, parameters, certain=certain)
            case Statement():
                option.executed(call, parameters)
            case Sequence():
                for element in option.each():
                    execute(call, element, parameters, certain=certain)
            case Unknown() if certain and not option.given:
                opaque(call, "SQL that is not known")
            case Unknown():
                machine.ledger.note(spot_of(call.place), call.name, "executes what its callers pass")
            case Query(entities=models, calls=calls):
                run_functions(call, calls)
                machine.ledger.note(spot_of(call.place), call.name, "only reads")
                alone = len(models) == 1 and call.name in _GIVES_ENTITIES
                results.append(Query(models, option.orm, plain=not alone))
            case Called(calls=calls):
                run_functions(call, calls)
            case Instance() if (texts := _texts_of(option, call)) is not None:
                results.append(execute(call, texts, parameters, certain=certain))
            case Instance(cls=cls) if _is_ddl(cls):
                machine.ledger.schema(spot_of(call.place), cls.name, stack=machine.frames)
            case Instance() | External() | Model(real=True) if certain:
                opaque(call, "what is executed is an object that is not known")
            case _:
                machine.ledger.note(spot_of(call.place), call.name, "executes no data change")
    return join(results) if results else Query()


COMPILED = "_compiler_dispatch"
"""Where SQLAlchemy keeps the functions below `@compiles(Element)`, in the element's class."""


def _texts_of(element: Instance, call: Call) -> Value | None:
    """What an element of the repository is compiled to; None where that is said elsewhere, or begins with what is not known."""
    compiled = element.cls.lookup(COMPILED)
    if compiled is None:
        return None
    functions = [option for option in compiled.alternatives() if isinstance(option, Function)]
    if len(functions) < len(compiled.alternatives()):
        return None
    told = each([partial(call.machine.call, one, call.with_arguments((element, UNKNOWN), {})) for one in functions])
    texts = [text for value in told for text in value.alternatives()]
    known = [text for text in texts if isinstance(text, Text) and text.pieces and not text.pieces[0].hole]
    return join(known) if known and len(known) == len(texts) else None


def _is_ddl(cls: Class) -> bool:
    """Whether SQLAlchemy says what the objects of a class are compiled to, unless the repository does."""
    return cls.lookup(COMPILED) is None and any(base.rpartition(".")[2] in _DDL for base in cls.external_bases())


def run_functions(call: Call, names: Iterable[str]) -> None:
    """The database runs functions of its own, whose arguments write nothing."""
    for name in names:
        run_text(call, plain(f"SELECT {name}()"), None)


def opaque(call: Call, what: str, callee: str | None = None, *, beyond: bool = False) -> None:
    """What is done is not known; `beyond` if not even what would do it is: it lies behind a limit or in an unknown module."""
    record(call, OperationKind.OPAQUE, how="helper", callee=callee, text=what, beyond=beyond)


def run_as_step(function: Value, call: Call, *given: Value) -> None:
    """A function that a migration is made of: one that is out of sight finds its way to the database by itself."""
    for option in function.alternatives():
        known = isinstance(option, External) and option.root == "builtins"
        if isinstance(option, (External, Unknown)) and not known:
            opaque(call, "a function that is a step of the migration is out of sight", call.name)
        else:
            call.machine.call(option, call.with_arguments(given, {})).consumed()


def out_of_sight(target: External, call: Call) -> Value:
    """A function of a library that is not known: what it is given says whether it may reach the database."""
    if any(value.handle for value in call.arguments):
        opaque(call, f"{target.last} is out of sight and is given a way to the database", target.last)
    return Unknown(target.last, from_rows=any(value.from_rows for value in call.arguments))


def changes_in(call: Call, text: Text) -> bool:
    """Whether a text is SQL that changes data, at its root."""
    if not _VERB.match(str(text)):
        return False
    steps = read_sql(str(text), text.holes, dialect=call.machine.libraries.dialect)
    return any(isinstance(step, Change) for step in steps)


_VERB = re.compile(
    r"\s*(?:update\s+\S+.*\bset\b|insert\s+into\b|delete\s+from\b|truncate\b|merge\s+into\b|with\b.*\b(?:update|insert|delete)\b)",
    re.IGNORECASE | re.DOTALL,
)


def run_text(call: Call, text: Text, parameters: Value | None, *, certain: bool = True) -> None:
    """SQL text is executed: each of its statements goes into the ledger."""
    machine = call.machine
    shown = str(text)
    machine.ledger.executed(call, text)
    steps = _steps(call, text)
    missing = {name for step in steps if isinstance(step, UnknownSql) for name in step.calls}
    if missing and machine.libraries.find_functions(missing):
        steps = _steps(call, text)
    machine.libraries.escapes |= may_allow_escapes(shown)
    limited = deque(limits(shown, text.holes, machine.libraries.dialect))
    for step in steps:
        while limited and limited[0].start <= step.start:
            _limit(call, limited.popleft())
        match step:
            case Change():
                _changed(call, text, parameters, step)
            case Created():
                _created(call, text, step)
            case Doubted(table=doubted):
                machine.ledger.doubt(doubted)
            case Dropped(table=table):
                machine.libraries.definitions.dropped(table)
                machine.ledger.drop(table)
            case Renamed(old=old, new=new):
                machine.ledger.rename(old, new, certain=step.certain)
                machine.libraries.functions.rename(old, new)
            case FunctionCreated():
                _function_created(call, text, step)
            case Armed(table=table, verbs=verbs, function=function):
                machine.libraries.functions.arm(table, function, verbs)
            case Viewed(view=view, table=beneath):
                machine.libraries.functions.view(view, beneath)
            case UnknownSql() if certain:
                _unknown(call, text, step)
            case Harmless(why=why, schema=schema):
                spot = _spot(call, text, step.start, step.end)
                machine.libraries.definitions.harmless(
                    shown[step.start : step.end], partial(_canonical, call, text, step)
                )
                what = " ".join(shown[step.start : step.end].split()[:4])
                if schema:
                    on = waits_for(shown[step.start : step.end], machine.libraries.dialect)
                    machine.ledger.schema(spot, what, on=on, stack=machine.frames)
                else:
                    machine.ledger.note(spot, what, why)
            case Transaction(verb=verb):
                machine.ledger.commit(ends=verb in _ENDS)
                if verb in _UNDOES:
                    machine.ledger.undone()
    for limit in limited:
        _limit(call, limit)


def _limit(call: Call, limit: Limit) -> None:
    call.machine.ledger.limit(enough=limit.enough, local=limit.local)


def _changed(call: Call, text: Text, parameters: Value | None, step: Change) -> None:
    shown, start, end = str(text), step.start, step.end
    verb = _WORD.match(shown, start)
    spot = spot_in_text(text, start, verb.end() if verb else start + 1, end, call.place) or spot_of(call.place)
    record(
        call,
        step.kind,
        how="sql",
        spot=spot,
        tables=step.tables,
        anywhere=step.anywhere,
        cased=step.cased,
        text=shown[start:end],
        dynamic=step.dynamic or not _in_one_piece(text, start, step.through or step.tables),
        from_rows=parameters is not None and parameters.from_rows,
        written=_form(call, step, text, parameters),
        loose=_is_loose(call, _spelled(text.slice(start, end)), parameters),
        rendered=lambda: raw.rendered(call, text, parameters, start),
    )


def _created(call: Call, text: Text, step: Created) -> None:
    machine, where = call.machine, _spot(call, text, step.start, step.end)
    machine.libraries.definitions.table(step.table)
    is_new = step.certain and not _may_be_there(str(text), step)
    machine.ledger.create(
        step.table,
        where,
        certain=is_new,
        folded=not step.cased,
        temporary=step.temporary,
        until_commit=step.until_commit,
    )
    needed = waits_for(str(text)[step.start : step.end], machine.libraries.dialect)
    machine.ledger.schema(where, f"CREATE TABLE {step.table}", on=needed, stack=machine.frames)


def _function_created(call: Call, text: Text, step: FunctionCreated) -> None:
    libraries = call.machine.libraries
    libraries.find_functions(set(step.unknown))
    libraries.functions.create(bare(step.name), step.changes, step.calls, step.unknown)
    if not step.changes:
        libraries.definitions.function(step.name, _canonical(call, text, step))
    spot = _spot(call, text, step.start, step.end)
    call.machine.ledger.note(spot, f"CREATE FUNCTION {step.name}", "is only created, not called")


def _may_be_there(text: str, step: Created) -> bool:
    """Whether a table is created IF NOT EXISTS; remarks may stand between the words."""
    at = step.start
    for word in _IF_NOT_EXISTS:
        found = word.search(text, at, step.end)
        if found is None:
            return False
        at = found.end()
    return True


def _unknown(call: Call, text: Text, step: UnknownSql) -> None:
    """A statement that nobody can read. A file of SQL has no call whose form tells it: there it is its own."""
    is_script = call.machine.libraries.framework in SCRIPTS
    spot = _spot(call, text, step.start, step.end) if step.calls or is_script else None
    written = _canonical(call, text, step) if is_script else None
    record(call, OperationKind.OPAQUE, how="helper", spot=spot, text=step.why, written=written)


def _steps(call: Call, text: Text) -> list[Step]:
    libraries = call.machine.libraries
    return read_sql(
        str(text),
        text.holes,
        dialect=libraries.dialect,
        functions=libraries.functions,
        script=libraries.framework in SCRIPTS,
        escapes=libraries.escapes,
    )


_WORD = re.compile(r"\w+")
_ENDS = frozenset({"COMMIT", "PREPARE"})
"""Statements after which a transaction is over; END also ends a block."""
_UNDOES = frozenset({"ROLLBACK", "ABORT"})
_IF_NOT_EXISTS = tuple(re.compile(rf"\b{word}\b", re.IGNORECASE) for word in ("IF", "NOT", "EXISTS"))


def _form(call: Call, step: Change, text: Text, parameters: Value | None) -> str:
    """The canonical form of a statement, with what stands around it and what it is executed with."""
    said = _canonical(call, text, step)
    around = f" IN {step.around}" if step.around else ""
    known = f" {value_form(parameters)}" if parameters is not None and has_form(parameters) else ""
    form = f"{said}{around}{known or _named(call, str(text))}"
    definitions = call.machine.libraries.definitions
    decided = definitions.of(str(text)[step.start : step.end], form, step.tables)
    if step.kind is OperationKind.CTAS:
        definitions.table(*step.tables[:1])
    definitions.filled(step.tables, form)
    return f"{form}{decided}"


def _named(call: Call, text: str) -> str:
    """The form of parameters that are given by name, as SQLAlchemy 1 took them: that of a dictionary of them."""
    given = {name: value for name, value in call.named.items() if f":{name}" in text}
    if not given or not all(map(has_form, given.values())):
        return ""
    return f" {{{', '.join(sorted(f'{text_form(name)}: {value_form(value)}' for name, value in given.items()))}}}"


def _canonical(call: Call, text: Text, step: Step) -> str:
    statement = _spelled(text.slice(step.start, step.end))
    return canonical(str(statement), statement.holes, dialect=call.machine.libraries.dialect)


def _spelled(statement: Text) -> Text:
    """A statement as its source spells it, if that has its verb; what Python computes of the rest is told by the calls."""
    spelled = statement.spelled
    verb = spelled.pieces[0] if spelled.pieces else None
    return spelled if verb is not None and not verb.hole and verb.value.strip() else statement


def _is_loose(call: Call, statement: Text, parameters: Value | None) -> bool:
    """Whether the call puts something into a statement that its text and known parameters do not tell."""
    return (
        not statement.known
        or (parameters is not None and not has_form(parameters))
        or any(f":{name}" in str(statement) and not has_form(value) for name, value in call.named.items())
    )


def _spot(call: Call, text: Text, start: int, end: int) -> Spot:
    return spot_in_text(text, start, start + 1, end, call.place) or spot_of(call.place)


def _in_one_piece(text: Text, start: int, tables: tuple[str, ...]) -> bool:
    """Whether verb and table stand in one literal."""
    found = text.at(start)
    if found is None:
        return False
    piece, offset = found
    rest = piece.value[offset - piece.start :].lower()
    return all(bare(table) in rest for table in tables[:1])
