"""Querysets, managers, queries of sessions, selects and results."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Sequence
from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.values import UNKNOWN, Unknown, Value
from migration_guard.later import Later
from migration_guard.libraries import active_record
from migration_guard.libraries.computing import called_by_text, called_in
from migration_guard.libraries.database import (
    Query,
    Record,
    Row,
    empties,
    record,
    values_from_rows,
    written_within,
)
from migration_guard.libraries.execution import execute, opaque, run_functions
from migration_guard.libraries.handles import LOOKS
from migration_guard.libraries.orm.content_types import CONTENT_TYPES, remember
from migration_guard.libraries.orm.names import (
    CREATES,
    DELETES,
    UPDATES,
    UPSERTS,
)
from migration_guard.libraries.orm.rows import overridden
from migration_guard.operations import OperationKind
from migration_guard.rendition import Rendered

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.rendition import core, saved, updates
else:
    core = Later("migration_guard.rendition.core")  # for who moves a change
    saved = Later("migration_guard.rendition.saved")
    updates = Later("migration_guard.rendition.updates")


_ONE = frozenset(
    "get first last earliest latest get_or_404 first_or_404 one_or_404 aget afirst alast get_by_natural_key get_or_none one one_or_none scalar_one "
    "scalar_one_or_none scalar fetchone get_one get_for_model get_for_id".split()
)
_NUMBERS = frozenset("count exists aggregate acount aexists explain contains __len__ sql".split())
_PLAIN = frozenset("values values_list dicts tuples mappings with_entities add_columns with_only_columns".split())


_OF_SESSION_QUERIES = frozenset(
    "add_column add_columns add_entity all apply_labels as_scalar autoflush column_descriptions correlate count cte delete "
    "distinct enable_assertions enable_eagerloads except_ except_all execution_options exists filter filter_by first "
    "from_self from_statement get get_execution_options group_by having instances intersect intersect_all join label limit "
    "merge_result offset one one_or_none only_return_tuples options order_by outerjoin params populate_existing prefix_with "
    "reset_joinpoint scalar scalar_subquery scalars select_entity_from select_from set_label_style slice statement subquery "
    "suffix_with tuples union union_all update value values where whereclause with_entities with_for_update with_hint "
    "with_labels with_lockmode with_parent with_polymorphic with_session with_statement_hint with_transformation yield_per "
    "get_or_404 first_or_404 one_or_404 paginate unique mappings fetchall fetchone fetchmany keys partitions alias c columns "
    "selectable session desc asc in_ notin_ isnot is_ union_by_name compile append_from append_whereclause".split()
)
"""Methods of SQLAlchemy's queries, of what is made of them, and of Flask-SQLAlchemy's: none writes but by a case of its own."""
_OF_SQL = frozenset(
    "filter where having order_by group_by join outerjoin select_from add_columns with_only_columns with_entities column".split()
)
"""Methods of SQLAlchemy that take texts as pieces of SQL."""
_OF_QUERYSETS = frozenset(
    "aaggregate aiterator alias all annotate as_manager complex_filter dates datetimes db_manager defer difference distinct "
    "exclude extra filter get_queryset intersection iterator none only order_by prefetch_related reverse select_for_update "
    "select_related union using sql query explain aexplain from_queryset deconstruct check "
    "_chain _clone _fetch_all".split()
)
"""Methods of Django's querysets and managers that only read; the others have cases of their own."""


def query_method(query: Query, name: str, call: Call) -> Value:
    """A method of a queryset, manager, session query, select or result."""
    model = query.model
    if name in ("iterator", "aiterator") and call.machine.ledger.critic is not None:
        call.machine.ledger.critic.iterated(call)
    if query.orm in active_record.ORMS:
        return active_record.query_method(query, name, call)
    if query.orm != "sqlalchemy-core" or model is not None:
        written = _query_write(query, name, call)
        if written is not None:
            return written
    if query.orm.startswith("sqlalchemy"):
        query = _calling(query, name, call)
    if name in _ONE:
        element = query.element()
        if name.startswith("scalar") and isinstance(element, Record):
            return element.known[0]
        if isinstance(element, Row) and str(element.model and element.model.name).lower() == CONTENT_TYPES:
            remember(element, call)
        return element if name != "scalar" or not query.plain else Unknown(name, from_rows=True)
    if name in _NUMBERS:
        return Unknown(name, from_rows=True)
    if name in _PLAIN:
        return replace(query, plain=True, manager=None, guessed=None)
    if name == "partitions":
        return Sequence([], query, from_rows=True)
    if name in ("scalars", "unique", "objects") and query.entities:
        return replace(query, entities=query.entities[:1], plain=False, manager=None, guessed=None)
    if name in ("in_bulk", "ain_bulk"):
        return empties(query.element())
    if name == "raw":
        execute(call, call.argument(0, "raw_query") or UNKNOWN)
        return query
    if name in ("model", "apply"):
        return UNKNOWN
    if name == "add_cte" and (within := written_within(call)) is not None:
        return within
    if query.live and name not in _OF_SESSION_QUERIES and not name.startswith("__"):
        opaque(call, f"{name} is no method of a session's query that is known", name)
    if query.manager is not None:
        own = query.manager.lookup(name)
        if isinstance(own, Function):
            return call.machine.run(own.bind(query), call)
    if _is_of_its_own(query, name, call) and model is not None:
        opaque(call, f"{model.name}'s manager has {name} from out of sight", name)
    return query


def _is_of_its_own(query: Query, name: str, call: Call) -> bool:
    """Whether a method is none of Django's, and may write: of a model that migrations know where it is called for what it does."""
    if query.model is None or query.model.orm != "django-orm" or name in _OF_QUERYSETS:
        return False
    is_used = call.place.whole is not call.machine.statements.unused
    return query.model.real or not (is_used or LOOKS.match(name))


def _calling(query: Query, name: str, call: Call) -> Query:
    """The query with the functions of the database that a condition, an order or a join adds to it."""
    texts = call.arguments if name in _OF_SQL else ()
    names = (*called_in(call.arguments), *called_by_text(texts, call.machine.libraries.dialect))
    if not names:
        return query
    if query.live:
        run_functions(call, names)
    return replace(query, calls=(*query.calls, *names))


def _query_write(query: Query, name: str, call: Call) -> Value | None:
    model = query.model
    table = model.table if model else None
    shown = (model.name if model else None) or query.guessed
    how = query.orm if query.orm != "sqlalchemy-core" else "sqlalchemy-orm"

    def rendered() -> str | Rendered:
        if how != "django-orm":
            return core.of_query(call)
        return (saved.of_bulk_update if name.lstrip("a") == "bulk_update" else updates.rendered)(call, model)

    named = tuple(call.named) if name in ("update", "aupdate") and not call.open else None

    def tell(kind: OperationKind, *, from_rows: bool = False) -> None:
        tables = call.machine.libraries.django.tables(model, named) if model and how == "django-orm" else (table,)
        record(call, kind, how=how, tables=tables, model=shown, from_rows=from_rows, rendered=rendered)

    if name in UPDATES and not (query.orm == "django-orm" and query.plain and not query.entities):
        tell(OperationKind.UPDATE)
        return Unknown(name)
    if name in DELETES:
        tell(OperationKind.DELETE)
        return Unknown(name)
    if query.orm == "sqlalchemy-orm":
        return None
    if name in CREATES or name in UPSERTS:
        given = values_from_rows(call) if name.lstrip("a") == "bulk_create" else False
        tell(OperationKind.UPSERT_VALUES if name in UPSERTS else OperationKind.INSERT_VALUES, from_rows=given)
        row = Row(model)
        if "bulk" not in name:
            overridden(row, "save", call.with_arguments((), {}))
        if name.endswith("or_create"):
            return Sequence([row, Unknown("created")])
        return Sequence([], row, from_rows=True) if "bulk" in name else row
    return None
