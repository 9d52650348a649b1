"""What the gate knows: schema operations, facts that may be asked of a database, and what only builds values.

Things are called by where they come from, and the result of a call by the call: `alembic.op.get_bind()`.
"""

from __future__ import annotations

from functools import lru_cache

from migration_guard.gate.text import only_calls_known
from migration_guard.later import re

OP = "alembic.op"
BATCH = "alembic.batch"
BIND = "alembic.bind"
CONTEXT = "alembic.context"
DIALECT = "alembic.dialect"
INSPECTOR = "sqlalchemy.inspector"
LOGGER = "logging.Logger"
MIGRATIONS = "django.db.migrations"
SOUTH = "south.db.db"
TEXT = "<text>"
"""Stands for every SQL text that only changes the schema, wherever it comes from."""

SEPARATE = f"{MIGRATIONS}.SeparateDatabaseAndState"
RUN_SQL = f"{MIGRATIONS}.RunSQL"
NO_SQL = f"{RUN_SQL}.noop"
SOUTH_MIGRATION = "south.v2.SchemaMigration"

HANDLES = frozenset({OP, BATCH, BIND, CONTEXT, SOUTH})
"""What may change data in other hands, so that it must stay in sight."""

EXECUTES = frozenset(
    {f"{OP}.execute", f"{BATCH}.execute", f"{BIND}.execute", f"{BIND}.exec_driver_sql", f"{SOUTH}.execute"}
)
GIVES_TEXT = frozenset({
    "sqlalchemy.text", "sqlalchemy.sql.text", "sqlalchemy.sql.expression.text", "textwrap.dedent"
})  # fmt: skip
CONTEXTS = frozenset({
    BATCH, f"{CONTEXT}.autocommit_block()", f"{CONTEXT}.begin_transaction()", f"{BIND}.begin_nested()",
    "contextlib.suppress()",
})  # fmt: skip
FACTS = frozenset(
    "bind connection dialect driver engine name server_version_info version_table version_table_schema".split()
)
"""What may be asked of a handle without a call."""

_INSPECTORS = (
    "sqlalchemy.inspect() sqlalchemy.inspection.inspect() sqlalchemy.Inspector.from_engine() "
    "sqlalchemy.engine.Inspector.from_engine() sqlalchemy.engine.reflection.Inspector.from_engine() "
    "sqlalchemy.reflection.Inspector.from_engine()"
).split()
_SAME_AS = {
    f"{OP}.get_bind()": BIND,
    f"{OP}.get_context()": CONTEXT,
    f"{OP}.batch_alter_table()": BATCH,
    "alembic.context.get_bind()": BIND,
    "alembic.context.get_context()": CONTEXT,
    f"{CONTEXT}.bind": BIND,
    f"{CONTEXT}.connection": BIND,
    f"{CONTEXT}.dialect": DIALECT,
    f"{BIND}.connection": BIND,
    f"{BIND}.dialect": DIALECT,
    f"{BIND}.engine": BIND,
    f"{INSPECTOR}.bind": BIND,
    f"{INSPECTOR}.engine": BIND,
    "logging.getLogger()": LOGGER,
    **dict.fromkeys(_INSPECTORS, INSPECTOR),
}
_LONG_WAY = re.compile(r"(?<=^django\.db\.migrations)(?:\.(?:operations|fields|models|special)\b)+")


@lru_cache(4096)
def same(origin: str) -> str:
    """The one name of what can be reached in several ways."""
    return _SAME_AS.get(origin) or _LONG_WAY.sub("", origin)


def _of(owner: str, names: str) -> set[str]:
    return {f"{owner}.{name}" for name in names.split()}


_ON_TABLES = (
    "add_column alter_column create_check_constraint create_exclude_constraint create_foreign_key create_index "
    "create_primary_key create_table_comment create_unique_constraint drop_column drop_constraint drop_index "
    "drop_table_comment f"
)
_ALEMBIC = {
    *_of(BATCH, _ON_TABLES),
    *_of(OP, _ON_TABLES),
    *_of(OP, "batch_alter_table create_table drop_table rename_table get_bind get_context inline_literal"),
    *_of(CONTEXT, "get_bind get_context is_offline_mode get_x_argument autocommit_block begin_transaction"),
    *_of(BIND, "begin_nested"),
}
SCHEMA_OPERATIONS = {
    *_of(
        MIGRATIONS,
        "AddConstraint AddField AddIndex AlterConstraint AlterField AlterIndexTogether AlterModelManagers "
        "AlterModelOptions AlterModelTable AlterModelTableComment AlterOrderWithRespectTo AlterUniqueTogether "
        "CreateModel DeleteModel RemoveConstraint RemoveField RemoveIndex RenameField RenameIndex RenameModel",
    ),
    *_of(
        "django.contrib.postgres.operations",
        "AddConstraintNotValid AddIndexConcurrently BloomExtension BtreeGinExtension BtreeGistExtension "
        "CITextExtension CreateCollation CreateExtension CryptoExtension HStoreExtension RemoveCollation "
        "RemoveIndexConcurrently TrigramExtension UnaccentExtension ValidateConstraint",
    ),
}
"""Django's, as elements of `operations`."""

_SOUTH = _of(
    SOUTH,
    "add_column alter_column clear_table_constraints create_index create_primary_key create_table create_unique "
    "delete_column delete_foreign_key delete_index delete_primary_key delete_table delete_unique rename_column "
    "rename_table send_create_signal shorten_name",
)
_INSPECTION = (
    "get_check_constraints get_columns get_enums get_foreign_keys get_indexes get_pk_constraint get_schema_names "
    "get_sequence_names get_table_comment get_table_names get_table_options get_unique_constraints get_view_names "
    "has_index has_sequence has_table"
)
_FACTS_OF = {*_of(INSPECTOR, _INSPECTION), *_of(DIALECT, _INSPECTION), *_of(f"{DIALECT}.name", "lower startswith")}
_PURE = {
    *_of(LOGGER, "critical debug error exception info warning"),
    *_of("logging", "critical debug error exception getLogger info warning"),
    f"{MIGRATIONS}.swappable_dependency",
    "contextlib.suppress",
    "functools.partial",
    "os.environ.get",
    "os.getenv",
    "re.compile",
    "swapper.dependency",
    "swapper.get_model_name",
    "swapper.swappable_setting",
    "textwrap.dedent",
    "time.time",
    "warnings.warn",
}
_INSPECTS = {origin.removesuffix("()") for origin in _INSPECTORS}
_KNOWN = _ALEMBIC | _FACTS_OF | _INSPECTS | _PURE | _SOUTH | SCHEMA_OPERATIONS
PURE_PACKAGES = (
    "collections.",
    "datetime.",
    "decimal.",
    "django.contrib.gis.db.models.",
    "django.contrib.postgres.",
    "django.core.validators.",
    "django.db.models.",
    "django.utils.",
    "enum.",
    "sqlalchemy.",
    "uuid.",
)
"""Packages whose functions and classes only build values."""

PURE_BUILTINS = frozenset(
    "abs all any bool bytes dict enumerate float frozenset hasattr int isinstance len list max min next object print "
    "range repr reversed round set sorted str sum tuple zip "
    "AssertionError Exception KeyError NotImplementedError RuntimeError TypeError ValueError".split()
)
"""Without those that call what they are given; `key=` and such are refused where they are used."""

PURE_METHODS = frozenset({"asc", "desc", "is_", "is_not", "isnot", "label", "nulls_last", "with_variant"})
"""Methods of values from pure packages that give others of their kind."""

PLAIN_METHODS = frozenset(
    (_INSPECTION + " append count endswith format get index intersection issubset items join keys lower "
    "lstrip rstrip split startswith strip upper").split()
)  # fmt: skip
"""Methods that change no data, whichever of the values has them that a file can make without an unknown call."""

_CALLS_WHAT_IT_KEEPS = frozenset({"event", "signals", "dispatch", "autoreload", "module_loading"})
"""Modules of pure packages that call, now or later, what they are given, or that import."""
_CALL_LATER = frozenset({"SimpleLazyObject", "LazyObject", "AttrConnector"})
_SCHEMA_ITEM = re.compile(r"^sqlalchemy\.(?:\w+\.)*[A-Z]\w*\(\)\.(?:create|drop)$")
"""`sa.Enum(…).create(bind)`, and the same of tables and indexes."""


COMPUTE = frozenset(
    {
        f"{OP}.create_check_constraint",
        f"{OP}.create_exclude_constraint",
        f"{OP}.create_index",
        f"{BATCH}.create_check_constraint",
        f"{BATCH}.create_exclude_constraint",
        f"{BATCH}.create_index",
        *(
            f"sqlalchemy.{name}"
            for name in (
                "text schema.Computed schema.CheckConstraint schema.Index Computed CheckConstraint Index "
                "sql.text sql.expression.text sql.schema.Computed sql.schema.CheckConstraint "
                "literal_column sql.literal_column sql.expression.literal_column"
            ).split()
        ),
    }
)
"""What takes expressions of SQL that the database computes for the rows that are there."""
_OF_DATABASE = ("sqlalchemy.func.", "sqlalchemy.sql.func.", "sqlalchemy.sql.expression.func.")


def calls_known(origin: str) -> bool:
    """Whether it is no function of the database, or one that changes no rows."""
    return not origin.startswith(_OF_DATABASE) or only_calls_known(f"{origin.rpartition('.')[2]}(")


def is_known(origin: str) -> bool:
    """Whether a call changes no data, and keeps what it is given to itself."""
    if origin in _KNOWN or _SCHEMA_ITEM.match(origin):
        return True
    *folders, name = origin.split(".")
    if (
        "(" in origin
        or not _CALLS_WHAT_IT_KEEPS.isdisjoint(folders)
        or name in _CALL_LATER
        or not origin.startswith(PURE_PACKAGES)
        or origin.startswith(INSPECTOR)
    ):
        return False
    # A method of a class is something else: `models.Model.objects.create`.
    return is_class(name) or not any(is_class(folder) for folder in folders)


def may_call(origin: str) -> bool:
    """Whether a function of a pure package may call what it is given, as `defaultdict` does: its classes only keep it."""
    return origin not in _KNOWN and "(" not in origin and not is_class(origin.rpartition(".")[2])


def is_handle(origin: str) -> bool:
    """Whether a value is a handle, or a function of one that was imported by its name."""
    return origin in HANDLES or ("(" not in origin and origin.rpartition(".")[0] in {OP, SOUTH})


def is_plain(origin: str) -> bool:
    """Whether a value is made by the file itself, or by a call that gives nothing but values."""
    return origin in {"", TEXT} or origin.startswith(INSPECTOR) or (origin.endswith("()") and is_known(origin[:-2]))


def may_be_built(origin: str) -> bool:
    """Whether a call as an argument of another one can be taken for the building of a value: a field of some package."""
    return (
        "(" not in origin
        and is_class(origin.rpartition(".")[2])
        and not origin.startswith(("alembic.", INSPECTOR, MIGRATIONS, SOUTH))
    )


def is_class(name: str) -> bool:
    return name.lstrip("_")[:1].isupper()
