"""Object-relational mappers: what their models, rows, querysets and relations read and write."""

from migration_guard.libraries.orm.models import model_attribute, model_method, model_of
from migration_guard.libraries.orm.names import MANAGERS, ROW_DELETES, SAVES, UNMISTAKABLE
from migration_guard.libraries.orm.querysets import query_method
from migration_guard.libraries.orm.relations import field_method
from migration_guard.libraries.orm.rows import row_assign, row_attribute, row_method
from migration_guard.libraries.orm.unknown import unknown_query_method, unknown_row_method

__all__ = [
    "MANAGERS",
    "ROW_DELETES",
    "SAVES",
    "UNMISTAKABLE",
    "field_method",
    "model_attribute",
    "model_method",
    "model_of",
    "query_method",
    "row_assign",
    "row_attribute",
    "row_method",
    "unknown_query_method",
    "unknown_row_method",
]
