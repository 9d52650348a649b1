"""Frappe and ERPNext: `frappe.db`, documents, the query builder. The rows of a DocType lie in a table of its name, `tabLead`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Mapping
from migration_guard.interpreter.spot import spot_of
from migration_guard.interpreter.text import Text, literal
from migration_guard.interpreter.values import NONE, UNKNOWN, External, Method, Unknown, Value
from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.libraries.computing import EXPRESSION
from migration_guard.libraries.database import Handle, Query, Statement, Table, record
from migration_guard.libraries.execution import execute, opaque
from migration_guard.libraries.frappe_documents import HOW, Document, is_list, table_of
from migration_guard.libraries.handing import run_callbacks
from migration_guard.libraries.importing import by_dotted_name
from migration_guard.operations import OperationKind

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

ROOTS = ("frappe", "erpnext", "pypika")
_DB_WRITES = {
    "set_value": OperationKind.UPDATE,
    "bulk_update": OperationKind.UPDATE,
    "update": OperationKind.UPDATE,
    "touch": OperationKind.UPDATE,
    "delete": OperationKind.DELETE,
    "truncate": OperationKind.TRUNCATE,
    "bulk_insert": OperationKind.INSERT_VALUES,
}
"""Methods of `frappe.db` whose first argument is a DocType."""
_FUNCTIONS = {
    "delete_doc": OperationKind.DELETE,
    "delete_doc_if_exists": OperationKind.DELETE,
    "rename_doc": OperationKind.UPDATE,
    "set_value": OperationKind.UPDATE,
}
"""Functions of Frappe's modules whose first argument is a DocType."""
_SINGLES = frozenset({"set_single_value", "set_default", "set_global", "set_temp"})
_DB_SCHEMA = frozenset(
    "add_index add_unique change_column_type rename_column rename_table drop_column drop_index updatedb sql_ddl_done "
    "create_sequence drop_table create_auth_table create_global_search_table".split()
)
_DB_READS = frozenset(
    "get_value get_values get_all get_list get_single_value get_singles_dict get_default exists count a_row_exists "
    "has_column has_table table_exists has_index get_tables get_table_columns get_column_type get_system_setting escape "
    "get_description estimate_count get_creation_count get_database_size get_row_size describe get_single_values is_virtual "
    "get_next_sequence_val get_column_index get_descendants".split()
)
_DB_QUIET = frozenset(
    "rollback begin savepoint release_savepoint close connect auto_commit_on_many_writes after_commit before_commit "
    "set_execution_timeout unbuffered_cursor check_transaction_status".split()
)
_READS = frozenset(
    "get_all get_list get_value get_single get_meta get_installed_apps get_hooks get_roles get_module_path scrub "
    "unscrub get_app_path get_site_path get_conf get_system_settings parse_json as_json whitelist log log_error logger throw "
    "msgprint errprint bold format_value get_traceback get_cached_value has_permission get_file_json get_site_config "
    "get_user get_app_list get_precision generate_hash set_user flags clear_cache clear_document_cache only_for "
    "reload_doc reload_doctype reload_custom_docperm reload_dashboards print_sql in_test db_type cint flt cstr now nowdate "
    "getdate add_days get_datetime update_progress_bar create_batch get_last_day get_first_day today unique".split()
)
_SCHEMA = frozenset(
    "create_custom_field create_custom_fields make_property_setter sync_for delete_property_setter "
    "rename_workspace_fields add_permission update_permission_property".split()
)
"""What changes what DocTypes look like, which Frappe keeps in tables of its own."""
_ASKS = re.compile(
    r"_?(?:get|is|has|can|check|as|to|format|parse|validate|find|filter|make_autoname|cache|local|session)(?:_|$)"
)
"""How functions of Frappe begin that only read."""


def value(name: str) -> Value | None:
    match name:
        case "frappe.db" | "frappe.local.db":
            return DB
        case "frappe.qb":
            return BUILDER
    return None


def call(target: External, call: Call) -> Value | None:
    last = target.last
    if last in _FUNCTIONS:
        doctype = call.argument(0, "doctype")
        record(call, _FUNCTIONS[last], how=HOW, tables=(table_of(doctype),))
        if _FUNCTIONS[last] is OperationKind.DELETE:
            Document(literal(doctype)).tell_children(OperationKind.DELETE, call)
        return NONE
    match last:
        case "get_doc" | "get_cached_doc" | "get_last_doc" | "new_doc" | "get_lazy_doc" | "get_single" | "copy_doc":
            return _document(call, last)
        case "rename_field":
            record(call, OperationKind.UPDATE, how=HOW, tables=(table_of(call.argument(0, "doctype")),), callee=last)
            return NONE
        case "get_all" | "get_list":
            return Query()
        case "DocType" | "Table":
            return _table(call, last)
        case "enqueue":
            return _enqueue(call)
        case "execute_job":  # what a worker calls, and calls the function at once
            given = call.argument(4, "kwargs")
            mapping = given.mapping() if given is not None else None
            named = {str(key): value for key, value in mapping.known.values()} if mapping is not None else {}
            return _enqueue(call.with_arguments((call.argument(1, "method") or UNKNOWN,), named))
        case "enqueue_doc":
            opaque(call, "within a migration a method of a document may be run, and not left to a worker", last)
            return Unknown(last)
        case "sync_fixtures" | "import_fixtures" | "import_doc" | "import_file_by_path":
            record(call, OperationKind.DML_CALL, how=HOW, callee=last)
            return NONE
        case "qb" | "get_query":
            return Query()
    if last in _SCHEMA:
        call.machine.ledger.schema(spot_of(call.place), f"{last} changes DocTypes", stack=call.machine.frames)
        return UNKNOWN
    if last in _READS or target.name.startswith(("frappe.utils", "pypika", "frappe.query_builder")):
        run_callbacks(call)
        return EXPRESSION if target.name.startswith(("pypika", "frappe.query_builder")) else Unknown(last)
    if last[:1].isupper() or _ASKS.match(last) or target.name.count(".") == 0:
        return None
    opaque(call, f"{last} is out of sight and has the database of Frappe", last)
    return Unknown(last, from_rows=True)


_OF_QUEUES = frozenset(
    "method queue timeout event is_async job_name job_id now enqueue_after_commit at_front at_front_when_starved on_success "
    "on_failure deduplicate".split()
)
"""What `enqueue` itself takes; all else is for the function."""


def _enqueue(call: Call) -> Value:
    """`frappe.enqueue(function, …)`: with `now`, and in any case within a migration of many releases, it is run here."""
    given = call.with_arguments((), {name: value for name, value in call.named.items() if name not in _OF_QUEUES})
    for option in (call.argument(0, "method") or UNKNOWN).alternatives():
        named = isinstance(option, Text) and option.known
        function = by_dotted_name(call.with_arguments((option,), {})) if named else option
        if isinstance(function, (Text, Unknown)) or (isinstance(function, External) and function.root not in ROOTS):
            opaque(call, "what is enqueued may be run here, within a migration, and is out of sight", "enqueue")
        else:
            call.machine.call(function, given).consumed()
    return Unknown("enqueue")


def _document(call: Call, function: str) -> Value:
    first = call.argument(0, "doctype")
    new = function in ("new_doc", "copy_doc")
    if isinstance(first, Mapping) or (first is None and call.named):
        given = [*first.known.values()] if isinstance(first, Mapping) else []
        doctype = next((item for key, item in given if literal(key) == "doctype"), None)
        values = [*(item for _, item in given), *call.named.values()]
        return Document(literal(doctype or call.named.get("doctype")), new=True, filled=any(map(is_list, values)))
    if isinstance(first, Document):
        return Document(first.doctype, new=True)
    return Document(literal(first), new=new)


def _table(call: Call, function: str) -> Value:
    name = call.argument(0, "name")
    return Table(table_of(name) if function == "DocType" else literal(name))


@dataclass(frozen=True, slots=True, eq=False)
class FrappeDB(Value):
    """`frappe.db`."""

    handle = True

    @property
    def key(self) -> object:
        return "frappe.db"

    def attribute(self, name: str, machine: Machine) -> Value:
        return Unknown(name) if name in ("db_type", "last_query", "transaction_writes") else Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        first = call.argument(0, "doctype", "dt")
        if name in ("sql", "sql_ddl", "sql_list", "multisql"):
            query = call.argument(0, "query", "sql_dict")
            options = list(query.values()) if isinstance(query, Mapping) else [query or UNKNOWN]
            for option in options:
                execute(call, option, call.argument(1, "values"))
            return Query()
        if name in _DB_WRITES:
            kind = _DB_WRITES[name]
            rows = any(one.from_rows for one in call.arguments) and kind is OperationKind.INSERT_VALUES
            record(call, kind, how=HOW, tables=(table_of(first),), from_rows=rows)
            return NONE
        if name in _SINGLES:
            record(
                call,
                OperationKind.UPDATE,
                how=HOW,
                tables=("tabSingles" if name == "set_single_value" else "tabDefaultValue",),
            )
            return NONE
        if name == "commit":
            call.machine.ledger.commit()
            return NONE
        if name in _DB_SCHEMA:
            call.machine.ledger.schema(spot_of(call.place), f"{name} changes the schema", stack=call.machine.frames)
            return UNKNOWN
        if name in ("get_all", "get_list"):
            return Query()
        if name in _DB_READS or name in _DB_QUIET:
            return Unknown(name, from_rows=name in _DB_READS)
        return Handle("db").method(name, call)


DB = FrappeDB()


@dataclass(frozen=True, slots=True, eq=False)
class Builder(Value):
    """`frappe.qb`: pypika with DocTypes."""

    @property
    def key(self) -> object:
        return "frappe.qb"

    def attribute(self, name: str, machine: Machine) -> Value:
        return EXPRESSION if name in ("functions", "terms", "engine") else Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        first = call.argument(0, "table", "name")
        table = first.name if isinstance(first, Table) else table_of(first)
        match name:
            case "DocType" | "Table":
                return _table(call, name)
            case "update":
                return Statement(OperationKind.UPDATE, (table,), None, spot_of(call.place), HOW)
            case "into":
                return Into(OperationKind.INSERT_VALUES, (table,), None, spot_of(call.place), HOW)
            case "from_":
                return From(table)
        return EXPRESSION


BUILDER = Builder()


@dataclass(frozen=True, slots=True, eq=False)
class From(Query):
    """`frappe.qb.from_(table)`: it reads, until `delete()` makes a deletion of it."""

    table: str | None = None

    def __init__(self, table: str | None) -> None:
        Query.__init__(self)
        object.__setattr__(self, "table", table)

    @property
    def key(self) -> object:
        return ("from", self.table)

    def attribute(self, name: str, machine: Machine) -> Value:
        return Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        if name == "delete":
            return Statement(OperationKind.DELETE, (self.table,), None, spot_of(call.place), HOW)
        return Query() if name == "run" else self


@dataclass(frozen=True, slots=True, eq=False)
class Into(Statement):
    """`frappe.qb.into(table)`: rows that are given, or selected."""

    def method(self, name: str, call: Call) -> Value:
        if name in ("from_", "select"):
            return replace(self, kind=OperationKind.INSERT_SELECT)
        return Statement.method(self, name, call) if name == "run" else self
