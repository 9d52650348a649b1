"""What a call may do that goes to something whose body is not in sight: what it is given decides that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.collections import Mapping
from migration_guard.interpreter.functions import Function, Generator
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import (
    SETTLED,
    Constant,
    External,
    Method,
    ModuleValue,
    Partial,
    Place,
    Unknown,
    Unseen,
    Value,
)
from migration_guard.later import re
from migration_guard.libraries import django, loaded, masonite, operations, orm, trust
from migration_guard.libraries.database import (
    CORE_VERBS,
    HANDLE_NAME,
    Handle,
    Model,
    Row,
    Statement,
    Table,
    record,
    statement_on,
)
from migration_guard.libraries.execution import SINKS, changes_in, execute, opaque, run_text
from migration_guard.libraries.handing import (
    held,
    holds_a_way,
    holds_rows,
    run_callbacks,
    takes_callback,
    written_into,
)
from migration_guard.libraries.roots import BY_ROOT, is_known
from migration_guard.libraries.standard import programs
from migration_guard.libraries.standard.builtin import names_of
from migration_guard.operations import OperationKind
from migration_guard.skim import reach

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call

_STORES = frozenset("add add_all merge delete bulk_save_objects bulk_insert_mappings bulk_update_mappings".split())
"""Methods by which a session takes objects."""
_WRITES = re.compile(r"^(?:exec_?dml|loaddata|to_sql|create_permissions|create_contenttypes|update_contenttypes)$")
"""Functions that surely write, wherever they come from."""
_NAMED_ONLY = re.compile(
    r"logg|gettext|i18n|^(?:flask|blueprint|quart|sanic|celery|dash|typer|bottle)$|(?:^|_|(?-i:(?<=[a-z])(?=[A-Z])))(?:log|trac|meter|metric|span|translat|version)",
    re.IGNORECASE,
)
"""What takes the name of a module to name something else by it: words of its name, no part of one such as in `extract`."""
_OF_OTHER_SERVICES = frozenset(
    "redis aioredis django_redis flask_redis django_rq rq celery kombu amqp pika ldap ldap3 smtplib requests httpx aiohttp "
    "urllib3 boto3 botocore elasticsearch opensearchpy paramiko docker kubernetes".split()
)
"""Packages whose connections and sessions lead to queues, caches and other services, and to no tables."""
SESSION = re.compile(
    r"^(?:get_|create_|make_|new_|open_|scoped_|async_)*(?:session|connection|cursor|engine|conn)(?:_?scope|_?factory|_?maker|local)?$",
    re.IGNORECASE,
)
"""Functions and attributes out of sight whose name says that they give a way to the database."""


def is_session(name: str) -> bool:
    """Whether what a dotted name out of sight gives is called like a way to the database."""
    return bool(SESSION.search(name.rpartition(".")[2])) and name.partition(".")[0] not in _OF_OTHER_SERVICES


def called_handle(handle: Handle, call: Call) -> Value:
    """`db.session()` is another way to the same database; what is given a statement executes it."""
    for option in (one for value in call.arguments for one in value.alternatives()):
        if isinstance(option, Text) and changes_in(call, option):
            run_text(call, option, None, certain=False)
    return handle


def leave(callee: Value, call: Call) -> Value:
    """A call of something whose body is not in sight: what it is given decides what it may do."""
    loaded.called(callee, call)
    told = len(call.machine.ledger.entries)
    result = _left(callee, call)
    _for_its_effect(callee.name if isinstance(callee, External) else getattr(callee, "source", ""), call, told)
    return result


_OF_A_LIST = 2
"""What `list.insert(place, value)` is given; a store's own takes rows."""


_STORES_ROWS = re.compile(
    r"(?:bulk_)?(?:insert|upsert)(?:_(?:one|many|all|rows?|batch|into))?|bulk_(?:create|update|save|delete)\w*|"
    r"(?:put|save|delete|update)_(?:all|many|rows)"
)
"""Names that say that rows are written, also where what the call gives is used."""


def _for_its_effect(origin: str, call: Call, told: int) -> None:
    """`store.put_all()`: where nobody uses what something out of sight gives, it is called for what it does.

    So it is in a migration; a helper of the application's also fills caches and counts. It is enough if something was told of it:
    `told` is how much there was before.
    """
    machine, name = call.machine, call.name
    if len(machine.ledger.entries) > told:
        return
    is_used = call.place.whole is not machine.statements.unused
    if (is_used and not _STORES_ROWS.fullmatch(name)) or machine.scope.module is not machine.module:
        return
    package = origin.partition("@")[0].partition(".")[0]
    is_named = "." in origin or "@" in origin  # and not only called like something
    if not is_named or package.startswith("<") or is_known(External(package)):
        return
    takes = len(call.positional) == _OF_A_LIST if name == "insert" else bool(call.arguments)
    given = call.open or takes
    if trust.is_idle(package, name, given=given) or trust.shows_progress(origin, name):
        return
    if name in operations.SCHEMA or any(one.callable_in_sight for value in call.arguments for one in held(value)):
        return
    opaque(call, f"{name} is out of sight, and is called for what it does", name)


def _left(callee: Value, call: Call) -> Value:
    libraries = call.machine.libraries
    entrusted = libraries.entrusted
    call = _spread(call)
    name = call.name or getattr(callee, "hint", "") or getattr(callee, "last", "")
    rows = any(value.from_rows for value in call.arguments)
    result: Value = Unknown(name, from_rows=rows, source=_origin_of_result(callee, call))
    if isinstance(callee, External) and callee.last[:1].isupper() and libraries.framework == "django":
        result = django.Foreign(name, from_rows=rows, cls=callee.name, made_with=call)
    if name in libraries.dml_helpers:
        return run_helper(name, call)
    if libraries.framework == "masonite" and (given := masonite.of_application(name, call)) is not None:
        return given
    if is_session(f"{callee.root}.{name}" if isinstance(callee, External) else name):
        return Handle(name, lent=True)
    if trust.enqueues(callee, name, call.arguments):
        return Unknown(name)
    if name in CORE_VERBS and call.positional and isinstance(call.positional[0], (Model, Table)):
        return statement_on(call.positional[0], name, call)  # `db.update(User)` of an application's own `db`
    if _WRITES.match(name):
        record(call, OperationKind.DML_CALL, how="helper", callee=name)
        return result
    if _is_stored(callee, name, call):
        opaque(call, f"{name} of what is called like a session is given an object out of sight", name)
        return result
    _given_back(run_callbacks(call), callee, call)
    entrusted.may_run(callee, call)
    if isinstance(callee, Unknown):
        for value in call.arguments:
            if not (loaded.is_settled(callee, call) and holds_rows(value)):
                entrusted.keeps(callee.origin, value, call.machine)
    known = _is_of_known(callee)
    if not known:
        entrusted.may_use(callee, call)
    if not trust.logs(callee, name) or any(isinstance(value, Handle) for value in call.arguments):
        _judge_arguments(callee, name, call)
    if not (known or trust.leaves_alone(callee, name)):
        written_into(call.arguments)
    return result


def _is_stored(callee: Value, name: str, call: Call) -> bool:
    """`app.db.merge(app.Lead(…))`: neither the session nor the object is in sight, and that it is one only names say."""
    owner = callee.name.rpartition(".")[0].rpartition(".")[2] if isinstance(callee, External) else ""
    hint = owner or getattr(callee, "hint", "")
    objects = [value for value in call.positional[:1] if not isinstance(value, (Text, Constant, Function))]
    return name in _STORES and bool(objects) and bool(HANDLE_NAME.search(hint)) and not _is_of_known(callee)


def _is_of_known(value: Value) -> bool:
    """Whether it is of a library that is known."""
    return isinstance(value, External) and is_known(value)


def _given_back(results: list[Value], callee: Value, call: Call) -> None:
    """What the functions return that are handed out: functions, objects, ways to the database."""
    parts = [part for result in results for part in held(result)]
    name = call.name
    if any(isinstance(part, Handle) for part in parts) and not (trust.asks(name) or trust.is_reader(callee, name)):
        opaque(call, f"{name or 'a call'} is out of sight and is given what leads to the database", name)
    running = {id(frame.node) for frame in call.machine.frames}
    again = [
        part
        for part in parts
        if isinstance(part, Instance) or (isinstance(part, Function) and id(part.node) not in running)
    ]
    inner = call.with_arguments(again, {})
    run_callbacks(inner)
    call.machine.libraries.entrusted.may_use(callee, inner)


def _spread(call: Call) -> Call:
    """The names of a module that are handed out, `globals()` or the module itself, are all that they stand for."""
    given = [_named(value, call) for value in call.arguments]
    if not any(given):
        return call
    positional = [found or value for found, value in zip(given, call.positional)]
    named = dict(
        zip(call.named, (found or value for found, value in zip(given[len(positional) :], call.named.values())))
    )
    return call.with_arguments(positional, named)


def _named(value: Value, call: Call) -> Value | None:
    """… less the functions that are being run, and those for the other direction."""
    machine = call.machine
    if _is_own_name(value, call):
        value = ModuleValue(machine.module)
    found = names_of(value, machine)
    if found is None:
        return None
    running = {frame.name for frame in machine.frames} | trust.other_way(machine.ledger.direction)
    return Mapping({place: one for place, one in found.known.items() if str(one[0]) not in running}, found.rest)


def _is_own_name(value: Value, call: Call) -> bool:
    """`unseen.run(__name__)` within a function: by its name the module is found; but loggers and the like are only named."""
    if not isinstance(value, Unknown) or value.hint != "__name__" or _NAMED_ONLY.search(call.name):
        return False
    return call.machine.scope.module is call.machine.module and call.machine.scope.parent is not None


def _judge_arguments(callee: Value, name: str, call: Call) -> None:
    """What is handed to something out of sight is taken to be used, except by what only reads."""
    known = trust.is_reader(callee, name) or (isinstance(callee, External) and callee.root in BY_ROOT)
    for value in call.arguments:
        for option in value.alternatives():
            if isinstance(option, Statement):
                option.executed(call, None)
            elif (
                isinstance(option, Text)
                and not (known or trust.only_creates(callee, name))
                and changes_in(call, option)
            ):
                run_text(call, option, None, certain=False)
            elif isinstance(option, Text) and not (known or trust.logs(callee, name)) and programs.client(str(option)):
                opaque(
                    call,
                    f"{name or 'a call'} is out of sight and is given a command for a client of the database",
                    name,
                )
    reads = known or trust.asks(name) or takes_callback(call)
    parts = [part for value in call.arguments for part in held(value)]
    parts += [part for one in parts if isinstance(one, Generator) for part in held(one.element())]
    if not reads and any(_leads_away(value) for value in parts):
        opaque(call, f"{name or 'a call'} is out of sight and is given a way to the database", name)
    elif (
        not reads
        and not trust.keeps(callee, name)
        and not loaded.is_settled(callee, call)
        and any(map(holds_rows, call.arguments))
    ):
        opaque(call, f"{name or 'a call'} is out of sight and is given rows of the database", name)


def _leads_away(value: Value) -> bool:
    """Whether it is a way to the database, or an object or class that holds one."""
    if value.handle:
        return not isinstance(value, (Method, Row))
    cls = value.cls if isinstance(value, Instance) else value
    bindings = (
        found for one in (cls.lineage() if isinstance(cls, Class) else ()) for found in one.scope.bindings().values()
    )
    return any(isinstance(option, Handle) for found in bindings for option in found.alternatives())


def _origin_of_result(callee: Value, call: Call) -> str:
    """Whose an object is that something out of sight made: its own, where it was made."""
    if not isinstance(callee, External):
        return loaded.result(callee, call)
    return "" if is_known(callee) else f"{callee.name}@{id(call.place.node)}"


def run_helper(name: str, call: Call) -> Value:
    """A helper that is known to execute DML: its text counts for what it is."""
    given = [value for value in call.arguments if isinstance(value, (Text, Statement))]
    before = len(call.machine.ledger.entries)
    for value in given:
        if isinstance(value, Statement) or changes_in(call, value):
            execute(call, value)
    if not given or (
        len(call.machine.ledger.entries) == before and not any(t.known for t in given if isinstance(t, Text))
    ):
        record(call, OperationKind.DML_CALL, how="helper", callee=name)
    return Unknown(name)


def unknown_method(receiver: Unknown, name: str, call: Call) -> Value:
    """A method of something unknown: executing is recognised by its name and by what is executed."""
    libraries = call.machine.libraries
    if name in libraries.dml_helpers:
        return run_helper(name, call)
    if SESSION.search(name) and not receiver.from_rows:
        return Handle(name, lent=True)
    if name in SINKS:
        given = call.argument(0, "sql", "statement", "query", "operation", "stmt")
        if given is not None:
            certain = bool(HANDLE_NAME.search(receiver.hint)) and not receiver.given
            return execute(call, given, call.argument(1, "parameters", "params", "args"), certain=certain)
    if receiver.from_rows:
        found = orm.unknown_row_method(receiver, name, call)
        if found is not None:
            return found
    if name in orm.UNMISTAKABLE and not receiver.from_rows:
        orm.unknown_query_method(name, call)
    loaded.called(receiver, call, method=True)
    told = len(call.machine.ledger.entries)
    if call.arguments:
        result = _left(receiver, call)
    else:
        result = Unknown(name)
        libraries.entrusted.may_run(receiver, call)
    _for_its_effect(receiver.source, call, told)
    origin = loaded.result(receiver, call, method=True)
    return Unknown(name, from_rows=receiver.from_rows or result.from_rows, source=origin)


def combined(receiver: Value, other: Value, call: Call) -> Value | None:
    """`unseen | function`, `unseen == object`: an operator of something out of sight gets what stands on its other side."""
    if receiver.callable_in_sight or _is_of_known(receiver):
        return None
    if any(_may_be_run(one) or _is_a_change(one, call) for one in held(other)):
        return leave(receiver, call.with_arguments((other,), {}))
    return None


def _may_be_run(value: Value) -> bool:
    """Whether it is a function, an object or a way to the database, or a method of one."""
    if isinstance(value, Method):
        return isinstance(value.receiver, Handle)
    return isinstance(value, (Function, Partial, Instance, Handle))


def _is_a_change(value: Value, call: Call) -> bool:
    return isinstance(value, Statement) or (isinstance(value, Text) and changes_in(call, value))


def put_into(receiver: Value, value: Value, call: Call) -> None:
    """`unseen.name = …`: a statement that something out of sight is given."""
    if any(_is_a_change(one, call) for one in held(value)):
        leave(receiver, call.with_arguments((value,), {}))


def taken_from(receiver: Value, key: Value, call: Call) -> None:
    """`unseen[key]`: a function, an object or a way to the database that something out of sight is given between brackets."""
    for option in receiver.alternatives():
        if not isinstance(option, (External, Unknown)) or (isinstance(option, External) and is_known(option)):
            continue
        if any(_may_be_run(one) or _is_a_change(one, call) for one in held(key)):
            leave(option, call)


def unseen(callee: Unseen, call: Call) -> Value:
    """A call of something that stands in a file of the repository that could not be read."""
    path, root = callee.path, call.machine.libraries.django.root
    imports, names = call.machine.imports, call.machine.names
    if imports.is_over or imports.is_believed or names.is_asked:
        return callee  # it is told at the import, or was judged there
    if (
        path is not None
        and root is not None
        and not any(map(holds_a_way, call.arguments))
        and not reach.defined_may_reach_database(path, callee.name.partition(".")[2], root)
    ):
        return leave(callee, call)
    opaque(call, f"{callee.last} stands in a file that cannot be read: {callee.reason}", callee.last, beyond=True)
    return callee


def unfollowed(function: Function, call: Call) -> Value:
    """A call that a limit keeps from being followed: what may be at its end is not known. Once is enough for each."""
    module, libraries = function.scope.module, call.machine.libraries
    root = libraries.django.root
    key = (call.machine.ledger.moment, id(function.node), tuple(value.key for value in call.arguments))
    result = Unknown(function.name, source=SETTLED if call.machine.imports.is_settled else "")
    if key in libraries.unfollowed_calls:
        return result
    libraries.unfollowed_calls.add(key)
    if root is None:
        speaks = module.mentions_database
    else:  # whatever stands in its own file: what it calls may stand in others
        owner = function.owner.name if function.owner is not None else ""
        speaks = any(map(holds_a_way, call.arguments)) or reach.may_reach_database(
            module.path, owner, function.name, root
        )
    if speaks:
        _told_as_too_deep(function, call)
        return result
    with libraries.entrusted.at_a_limit():
        return leave(Unknown(function.name), call)


def _told_as_too_deep(function: Function, call: Call) -> None:
    """Say once for each such function, and where the migration itself leads there: of all its calls one is enough."""
    machine = call.machine
    told = machine.libraries.too_deep
    key = (machine.ledger.moment, id(function.node))
    if key in told:
        return
    told.add(key)
    source = machine.source
    places = (frame.place for frame in reversed(machine.frames) if frame.place is not None)
    place = next((one for one in places if one.source is source), None)
    if place is None and len([one for one, _ in told if one == key[0]]) > 1:
        return  # it is reached behind a call that was told, as a generator is that is gone through at the end
    place = place or Place(source, source.tree, source.tree)
    opaque(
        replace(call, place=place), f"{function.name} is called too deeply to be followed", function.name, beyond=True
    )
