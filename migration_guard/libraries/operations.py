"""Alembic's operations by their names: its own, those of known plugins, and those that the repository registers."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.repository import Module
from migration_guard.interpreter.syntax import dotted
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import UNKNOWN, Value
from migration_guard.operations import OperationKind
from migration_guard.sight.folders import is_file

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

OWN = frozenset(
    "add_column alter_column batch_alter_table create_check_constraint create_exclude_constraint create_foreign_key "
    "create_index create_primary_key create_table create_table_comment create_unique_constraint drop_column "
    "drop_constraint drop_index drop_table drop_table_comment rename_table create_unique_index context "
    "create_module_class_proxy drop_unique_constraint".split()
)
"""Alembic's own operations that change the schema, on `op` and in a batch; the last are of versions long ago."""

PLUGINS = {
    "alembic_utils": "create_entity drop_entity replace_entity revert_entity",
    "alembic_postgresql_enum": "sync_enum_values",
    "alembic_autogenerate_enums": "sync_enum_values",
    "geoalchemy2": "create_geospatial_table drop_geospatial_table create_geospatial_index drop_geospatial_index "
    "add_geospatial_column drop_geospatial_column",
    "sqlalchemy_timescaledb": "create_hypertable enable_compression add_compression_policy remove_compression_policy "
    "add_retention_policy remove_retention_policy create_continuous_aggregate drop_continuous_aggregate",
    "sqlalchemy_declarative_extensions": "create_schema drop_schema create_role update_role drop_role grant_privileges "
    "revoke_privileges create_view update_view drop_view refresh_materialized_view create_function update_function "
    "drop_function create_procedure update_procedure drop_procedure create_trigger update_trigger drop_trigger "
    "create_database drop_database",
    "rls": "enable_rls disable_rls create_policy drop_policy",
    "clickhouse_sqlalchemy": "create_mat_view attach_mat_view detach_mat_view create_dictionary drop_dictionary",
}
"""What plugins register that changes the schema and no rows: all that is known of them, by their documentation."""
SCHEMA = OWN | {name for names in PLUGINS.values() for name in names.split()}

ROWS = {
    "insert_table_row": OperationKind.INSERT_VALUES,
    "update_table_row": OperationKind.UPDATE,
    "delete_table_row": OperationKind.DELETE,
}
"""… and those of sqlalchemy_declarative_extensions that write rows."""

MAX_MODULES = 40
"""Modules that are looked through for a registration."""


class Decorator(Value):
    """A call that is given, as a decorator or by hand, what it registers, and hands it back."""

    __slots__ = ("made_by",)

    def __init__(self, made_by: Call) -> None:
        self.made_by = made_by

    def call(self, call: Call) -> Value:
        for value in call.positional[:1]:
            self.takes(value)
            return value
        return UNKNOWN

    def takes(self, value: Value) -> None:
        raise NotImplementedError


class Registers(Decorator):
    """`Operations.register_operation("name", "method")`: what is below it becomes `op.name`."""

    __slots__ = ()

    def takes(self, value: Value) -> None:
        name, sourced = self.made_by.argument(0, "name"), self.made_by.argument(1, "sourcename")
        if isinstance(name, Text) and name.known:
            method = str(sourced) if isinstance(sourced, Text) and sourced.known else str(name)
            self.made_by.machine.libraries.operations.register(str(name), value, method)


class Implements(Decorator):
    """`Operations.implementation_for(cls)`: what is below it is run when such an operation is invoked."""

    __slots__ = ()

    def takes(self, value: Value) -> None:
        of = self.made_by.argument(0, "op_cls")
        for cls in of.alternatives() if of is not None else ():
            if isinstance(cls, Class):
                self.made_by.machine.libraries.operations.implement(cls, value)


class Operations:
    """The operations that the repository registers, as far as its modules were looked through."""

    def __init__(self) -> None:
        self._registered: dict[str, tuple[Value, str]] = {}
        self._implementations: dict[int, Value] = {}
        self._searched = False

    def register(self, name: str, value: Value, method: str) -> None:
        self._registered[name] = (value, method)

    def implement(self, cls: Class, value: Value) -> None:
        self._implementations[id(cls.node)] = value

    def registered(self, name: str, machine: Machine) -> tuple[Value, str] | None:
        """The class that makes an operation, and its method: whichever module of the repository says so."""
        if name not in self._registered and not self._searched:
            self._searched = True
            _run_registrations(machine)
        return self._registered.get(name)

    def implementation(self, operation: Instance) -> Value | None:
        """What runs an operation that is invoked."""
        known = (self._implementations.get(id(cls.node)) for cls in operation.cls.lineage())
        return next((one for one in known if one is not None), None)


def _run_registrations(machine: Machine) -> None:
    """Run the modules that register operations: those that the migration imports, or `env.py` before it."""
    for module in _imported(machine):
        if module.source is not None and "Operations" in module.source.text:
            for name in [name for name in module.definitions if name != "*"]:
                machine.module_attribute(module, name)


def _imported(machine: Machine) -> Iterator[Module]:
    """The modules of the repository that are loaded with the migration, nearest first."""
    waiting, seen = deque([machine.module, *_environments(machine)]), set[int]()
    while waiting and len(seen) < MAX_MODULES:
        module = waiting.popleft()
        if id(module) in seen or module.source is None:
            continue
        seen.add(id(module))
        if module is not machine.module:
            yield module
        for statement in (one for bound in module.definitions.values() for one in bound):
            waiting += _modules_of(statement, module, machine)


def _environments(machine: Machine) -> Iterator[Module]:
    for folder in list(machine.module.path.parents)[:4]:
        if is_file(folder / "env.py"):
            found = machine.repository.find("env", folder / "_")
            if found is not None:
                yield found
            return


def _modules_of(statement: cst.CSTNode, module: Module, machine: Machine) -> Iterator[Module]:
    names: list[tuple[str, int]] = []
    match statement:
        case cst.Import(names=aliases):
            names = [(dotted(alias.name) or "", 0) for alias in aliases]
        case cst.ImportFrom(module=origin, relative=dots, names=aliases):
            base = dotted(origin) or "" if origin is not None else ""
            names = [(base, len(dots))]
            if not isinstance(aliases, cst.ImportStar):
                names += [(f"{base}.{dotted(alias.name)}".lstrip("."), len(dots)) for alias in aliases]
    for name, level in names:
        found = machine.repository.find(name, module.path, level) if name or level else None
        if found is not None:
            yield found
