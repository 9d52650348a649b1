"""Odoo: environments, recordsets, OpenUpgrade's and upgrade-util's helpers.

A recordset is of a model by its name, `res.partner`, whose table is that name with underscores. What is assigned to one is
written; what a model's own methods do, which stand in addons out of sight, is not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.formatting import interpolate
from migration_guard.interpreter.spot import spot_of
from migration_guard.interpreter.text import Text, literal, plain
from migration_guard.interpreter.values import NONE, UNKNOWN, Constant, External, Method, Partial, Place, Unknown, Value
from migration_guard.lean import dataclass
from migration_guard.libraries.computing import EXPRESSION
from migration_guard.libraries.database import Handle, record
from migration_guard.libraries.execution import changes_in, execute, opaque, out_of_sight
from migration_guard.libraries.handing import run_callbacks
from migration_guard.operations import OperationKind

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

ROOTS = ("odoo", "openerp", "openupgradelib")
HOW = "odoo-orm"

_WRITES = {
    "write": OperationKind.UPDATE,
    "_write": OperationKind.UPDATE,
    "_write_multi": OperationKind.UPDATE,
    "update": OperationKind.UPDATE,
    "toggle_active": OperationKind.UPDATE,
    "action_archive": OperationKind.UPDATE,
    "action_unarchive": OperationKind.UPDATE,
    "unlink": OperationKind.DELETE,
    "create": OperationKind.INSERT_VALUES,
    "copy": OperationKind.INSERT_VALUES,
    "load": OperationKind.UPSERT_VALUES,
}
_SAME = frozenset(
    "search browse filtered filtered_domain sorted with_context sudo with_user with_company with_env with_prefetch exists "
    "union concat ensure_one new search_fetch".split()
)
"""Methods that give records of the same model."""
_CALLS = frozenset({"mapped", "filtered", "sorted", "grouped"})
"""Methods that are given a function of one record."""
_READS = frozenset(
    "search_count search_read read read_group name_get name_search default_get fields_get ids id env mapped get_external_id "
    "get_metadata flush flush_model flush_recordset invalidate_cache invalidate_model invalidate_recordset refresh "
    "_fields fields_view_get get_param with_lang grouped export_data has_group "
    "user_has_groups check_access check_access_rights check_access_rule has_access get_base_url get_external_ids "
    "_get_external_ids is_zero compare_amounts is_transient _is_admin".split()
)
_CONVERTS = frozenset({"_compute_quantity", "_compute_price", "_convert"})
"""Methods of units and currencies, which are given a number; what computes a field has such names too, and is given nothing."""
_CURSOR = frozenset(
    "execute executemany mogrify fetchone fetchall fetchmany dictfetchone dictfetchall savepoint commit".split()
)
"""Methods of the cursor. Odoo gives it to `migrate` by its place, so it may be called `env` there."""
_OPENUPGRADE_READS = frozenset(
    "table_exists column_exists is_module_installed logged_progress migrate get_legacy_name message lift_constraints "
    "logging index_exists get_column_type remove_tables_fks drop_module_constraints get_model2table "
    "get_field2column_type check_values_selection_field get_many2one_references".split()
)
_OF_ODOO = {
    "add_xmlid": (OperationKind.INSERT_VALUES, ("ir_model_data",)),
    "set_xml_ids_noupdate_value": (OperationKind.UPDATE, ("ir_model_data",)),
    "update_module_moved_fields": (OperationKind.UPDATE, ("ir_model_data",)),
    "disable_invalid_filters": (OperationKind.UPDATE, ("ir_filters",)),
    "delete_model_workflow": (OperationKind.DELETE, ("wkf_workitem", "wkf")),
    "add_view": (OperationKind.INSERT_VALUES, ("ir_ui_view",)),
}
"""What openupgradelib and upgrade-util write to Odoo's own tables, as their source says."""
_UTIL_READS = frozenset(
    "column_exists table_exists column_type module_installed modules_installed version_gte version_between ref get_columns "
    "table_of_model model_of_table get_fk expand_braces chunks log_progress column_updatable has_enterprise parse_version "
    "format_query SQLStr ENVIRON column_nullable view_exists sequence_exists target_of get_index_on get_depending_views "
    "savepoint skippable_cm pg_replace pg_html_escape pg_text2html pg_array_uniq get_common_columns guess_admin_id "
    "splitlines str2bool is_changed".split()
)
_SCHEMA = (
    "rename_", "add_", "create_column", "remove_column", "remove_field", "remove_model", "remove_view", "drop_", "alter_",
    "move_", "new_module", "merge_module", "remove_module", "create_index", "create_m2m", "create_fk", "delete_model",
    "delete_sql_constraint", "remove_constraint", "temp_index", "float_to_integer",
)  # fmt: skip
"""How helpers begin that change the schema, and with it what Odoo notes of it in its own tables."""
_FILLS = ("copy_columns", "map_values", "set_defaults", "m2o_to_x2m", "convert_", "move_field_m2", "merge_", "change_")
"""How helpers begin that write the rows of tables. What says more of a name goes first."""


def value(name: str) -> Value | None:
    """Odoo's models are no other mapper's, whatever they are called."""
    return External(name) if name.partition(".")[2].startswith("models.") else None


def call(target: External, call: Call) -> Value | None:
    last = target.last
    match last:
        case "Environment" | "env":
            return Environment()
        case "logged_query" | "explode_execute" | "_exec" | "savepoint_execute":
            return execute(call, call.argument(1, "query", "sql") or UNKNOWN, call.argument(2, "args"))
        case "parallel_execute":
            return execute(call, call.argument(1, "queries") or UNKNOWN)
        case "Registry" | "registry" | "get" if target.name.startswith(("odoo.modules", "odoo.registry", "openerp")):
            return Registry()
        case "chunked" | "iter_browse":
            return call.argument(0, "records", "model") or UNKNOWN
        case "bulk_update_table":
            return _fills(call)
        case "alter_column_type" if call.argument(4, "using") is not None:
            return _fills(call)
        case last if last in _OF_ODOO:
            kind, tables = _OF_ODOO[last]
            record(call, kind, how="helper", tables=tables, callee=last)
            return UNKNOWN
        case "safe_unlink":
            records = call.argument(0, "records")
            known = records.table if isinstance(records, Records) else None
            record(call, OperationKind.DELETE, how=HOW, tables=(known,), callee=last)
            return UNKNOWN
        case "delete_records_safely_by_xml_id" | "remove_record" | "remove_records":
            record(call, OperationKind.DELETE, how=HOW, callee=last)
            return UNKNOWN
        case "explode_query" | "explode_query_range":
            return call.argument(1, "query") or UNKNOWN
        case "create" | "update" | "delete" | "unlink" | "link" | "clear" | "set" if ".Command." in target.name:
            return Command(last)
        case "identifier" if target.name.endswith(".SQL.identifier"):
            return _identifier(call)
        case "SQL":
            return _with_identifiers(call)
        case "format_query":
            return call.argument(1) or UNKNOWN
    fills, schema = _begun_by(last, _FILLS), _begun_by(last, _SCHEMA)
    if fills > schema:
        record(call, OperationKind.DML_CALL, how="helper", tables=_filled(call), callee=last)
        return UNKNOWN
    if last in _OPENUPGRADE_READS or last in _UTIL_READS:
        run_callbacks(call)
        return Unknown(last)
    if schema:
        call.machine.ledger.schema(spot_of(call.place), f"{last} changes the schema", stack=call.machine.frames)
        return UNKNOWN
    run_callbacks(call)
    return out_of_sight(target, call)


def _identifier(call: Call) -> Value:
    """`SQL.identifier("a", "b")`, of a table or a column."""
    parts = [literal(one) for one in call.positional]
    return Code(plain(".".join(f'"{one}"' for one in parts)).pieces) if parts and None not in parts else UNKNOWN


def _with_identifiers(call: Call) -> Value:
    """`SQL("UPDATE %s SET a = %s", SQL.identifier("t"), 1)`: texts take their places in it, other values are parameters."""
    code = call.argument(0, "code")
    if not isinstance(code, Text):
        return code or UNKNOWN

    def placed(one: Value) -> Value:
        is_code = isinstance(one, Code) or (isinstance(one, Text) and changes_in(call, one))
        return one if is_code else plain("%s")

    given = [placed(one) for one in call.positional[1:]]
    named = {key: placed(one) for key, one in call.named.items() if key != "code"}
    whole = interpolate(code, given, named) if given or named else code
    return Code(whole.pieces, whole.from_rows) if isinstance(whole, Text) else whole


class Code(Text):
    """What `SQL(…)` gives: within another one it is a part of it, and no parameter."""

    __slots__ = ()


def _fills(call: Call) -> Value:
    """A helper of upgrade-util's that updates the table that it is given."""
    record(call, OperationKind.UPDATE, how="helper", tables=(literal(call.argument(1, "table")),), callee=call.name)
    return UNKNOWN


def _filled(call: Call) -> tuple[str | None, ...]:
    """The tables that a helper writes, as far as it is told their names: `table=…`, or the keys of `{"table": […]}`, or of `{"a.model": […]}`."""
    named = literal(call.argument(-1, "table", "table_name"))
    if named is not None:
        return (named,)
    specified = call.argument(1, "column_spec", "default_spec")
    if not isinstance(specified, Mapping) or not specified.whole:
        return (None,)
    named_there = (literal(key) for key, _ in specified.known.values())
    return tuple(key and key.replace(".", "_") for key in named_there) or (None,)


def _begun_by(name: str, beginnings: tuple[str, ...]) -> int:
    """How much of a name one of its beginnings says."""
    return max((len(one) for one in beginnings if name.startswith(one)), default=0)


@dataclass(frozen=True, slots=True, eq=False)
class Command(Value):
    """`Command.create({…})`: what is to be done to the records behind a field."""

    name: str

    @property
    def key(self) -> object:
        return ("command", self.name)


_LARGEST_COMMAND = 6


def _commands(value: Value) -> bool:
    """Whether it is, or holds, a list of commands for a field: as objects, or as `(0, 0, {…})`."""
    if isinstance(value, Mapping):
        return any(_commands(item) for _, item in value.known.values())
    if not isinstance(value, Sequence):
        return False
    held = (*value.known, *((value.rest,) if value.rest is not None else ()))
    return any(_is_command(one) or _commands(one) for item in held for one in item.alternatives())


def _is_command(value: Value) -> bool:
    if isinstance(value, Command):
        return True
    first = value.known[0] if isinstance(value, Sequence) and value.kind == "tuple" and value.known else None
    return isinstance(first, Constant) and isinstance(first.value, int) and 0 <= first.value <= _LARGEST_COMMAND


@dataclass(frozen=True, slots=True, eq=False)
class Registry(Value):
    """`odoo.registry(name)`: a way to cursors and models."""

    handle = True

    @property
    def key(self) -> object:
        return "odoo registry"

    def method(self, name: str, call: Call) -> Value:
        return Handle("cr") if name == "cursor" else Unknown(name)

    def item(self, key: Value) -> Value:
        return Records(literal(key))


@dataclass(frozen=True, slots=True, eq=False)
class Environment(Value):
    """`env`: models by their names, and the cursor."""

    handle = True

    @property
    def key(self) -> object:
        return "odoo env"

    def attribute(self, name: str, machine: Machine) -> Value:
        match name:
            case "cr" | "_cr":
                return Handle("cr")
            case "user" | "company" | "companies" | "lang":
                return Records({"user": "res.users", "lang": None}.get(name, "res.company"))
        return Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        if name == "ref":
            return Records(None)
        if name in ("with_context", "__call__", "sudo"):
            return self
        if name in _CURSOR:
            return Handle("cr").method(name, call)
        if name in ("flush_all", "invalidate_all", "clear", "flush", "remove_to_compute", "is_admin"):
            return NONE
        if name == "add_to_compute":  # stored fields that are computed are written with the next flush
            records = call.argument(1, "records")
            known = records if isinstance(records, Records) else Records(None)
            record(call, OperationKind.UPDATE, how=HOW, tables=(known.table,), model=known.model)
            return NONE
        return Unknown(name)

    def call(self, call: Call) -> Value:
        return self

    def item(self, key: Value) -> Value:
        return Records(literal(key))


def given_to(name: str | None) -> dict[str, Value]:
    """What a model's own methods find on themselves."""
    records = Records(name)
    methods = {one: Method(records, one) for one in (*_WRITES, *_SAME, "mapped")}
    return {**methods, "env": Environment(), "cr": Handle("cr"), "_cr": Handle("cr")}


@dataclass(frozen=True, slots=True, eq=False)
class Records(Value):
    """A recordset, or a field of one, which may be a recordset of another model."""

    model: str | None
    field: bool = False
    """Whether it is what a field holds: perhaps a plain value."""

    from_rows = True
    is_made = True

    @property
    def handle(self) -> bool:  # type: ignore[override]
        return not self.field

    @property
    def key(self) -> object:
        return ("records", self.model, self.field)

    @property
    def table(self) -> str | None:
        return self.model.replace(".", "_") if self.model else None

    def attribute(self, name: str, machine: Machine) -> Value:
        if name == "env":
            return Environment()
        if name in ("_cr", "cr"):
            return Handle("cr")
        if name == "_table" and self.table:
            return plain(self.table)
        if name == "_name" and self.model:
            return plain(self.model)
        if name == "_fields":
            return EXPRESSION
        if name in ("id", "ids", "_context", "display_name", "_ids", "create_date", "write_date"):
            return Unknown(name, from_rows=True)
        if name in _WRITES or name in _SAME | _READS | _CONVERTS or name == "modified":
            return Method(self, name)
        return Records(None, field=True)

    def item_written(self, key: Value, value: Value | None, machine: Machine, place: Place) -> None:
        """`record["name"] = …` is `record.name = …`."""
        if value is not None:
            self.assign(str(key), value, machine, place)

    def assign(self, name: str, value: Value, machine: Machine, place: Place) -> None:
        machine.ledger.change(
            OperationKind.UPDATE,
            spot_of(place),
            place,
            machine.frames,
            how=HOW,
            tables=[self.table] if self.table else [],
            model=self.model,
        )
        if _commands(value):
            record(machine.hidden_call(name), OperationKind.DML_CALL, how=HOW, callee=name)

    def method(self, name: str, call: Call) -> Value:
        if name in _WRITES and not (self.field and name in ("update", "copy", "load")):
            tables = (self.table,)
            record(call, _WRITES[name], how=HOW, tables=tables, model=self.model, from_rows=name == "copy")
            if any(map(_commands, call.arguments)):
                record(call, OperationKind.DML_CALL, how=HOW, callee=name)
            return Records(self.model)
        if name == "modified":  # what is stored and depends on these fields, of whatever model, is computed and written
            record(call, OperationKind.UPDATE, how=HOW)
            return NONE
        if name in _CALLS:
            self._asks(call)
        else:
            run_callbacks(call)
        if name in _SAME:
            return Records(self.model)
        if name == "mapped":
            return Records(None, field=True)
        if bool(call.arguments) if name in _CONVERTS else name in _READS or self.field:
            return Unknown(name, from_rows=True)
        opaque(call, f"{name} of {self.model or 'a model'} is out of sight", name)
        return Records(None, field=True)

    def _asks(self, call: Call) -> None:
        """What `mapped` and the like are given is called for each record."""
        for function in (option for value in call.arguments for option in value.alternatives()):
            if function.callable_in_sight or isinstance(function, (Method, Partial)):
                with call.machine.rows(inside=True):
                    call.machine.call(function, call.with_arguments((self.element(),), {})).consumed()

    def call(self, call: Call) -> Value:
        """A method of a model that stands in an addon."""
        opaque(call, f"{call.name} of {self.model or 'a model'} is out of sight", call.name)
        return Records(None, field=True)

    def element(self) -> Value:
        return Records(self.model, self.field)

    def item(self, key: Value) -> Value:
        return Records(None, field=True) if isinstance(key, Text) else self

    def operated(self, operator: str, other: Value, call: Call) -> Value | None:
        return self if not self.field else None
