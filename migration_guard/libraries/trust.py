"""What is believed of calls whose bodies are not in sight: by where a thing comes from, not by what it is called.

A name says what its author meant: `get_solo()` creates a row, `check_and_repair()` repairs. So a connection, a model or a
row that is handed to a function of unknown origin is told. Believed are the packages below, by their documentation, and
what asks for a part of the schema (`_ASKS` says why), and three kinds of methods of values of which nothing at all is known: those of lists and dictionaries, which they mostly are,
those of loggers and streams, which get rows to print them, and those of queues, whose work runs elsewhere. They are
believed of values only; a function or object that is imported from out of sight has an origin, and it is not one of these.
"""

from __future__ import annotations

from migration_guard.interpreter.values import External, Value
from migration_guard.later import re
from migration_guard.libraries.database import Handle
from migration_guard.libraries.handing import holds_rows
from migration_guard.libraries.handles import LOOKS
from migration_guard.operations import Direction

_READERS = frozenset(
    "tqdm pandas pd numpy structlog loguru click rich six attr attrs pydantic packaging dateutil pytz yaml simplejson "
    "orjson requests httpx sentry_sdk colorama termcolor tabulate progressbar more_itertools toolz inflection "
    "migration_guard".split()
)
"""Packages that may be handed a database handle and do not write through it."""
_IDLE = frozenset(
    "typing_extensions tenacity dotenv typer colorlog decouple environ environs dynaconf oslo_config oslo_log oslo_utils "
    "oslo_i18n sqlparse pytest".split()
)
"""… and further ones that change no rows, whatever is called of them."""
_OF_OPENUPGRADE = frozenset(
    "add_columns column_exists drop_columns get_legacy_name is_module_installed lift_constraints logging migrate "
    "rename_columns rename_tables table_exists get_column_type index_exists drop_module_constraints "
    "remove_tables_fks".split()
)
"""What Odoo's openupgradelib has that changes no rows of an application; the rest of it does."""
_OF_OSLO = frozenset(
    "get_table add_index drop_index change_index_columns index_exists index_exists_on_columns column_exists get_indexes "
    "get_foreign_keys get_foreign_key_constraint_name get_unique_keys get_non_innodb_tables get_db_connection_info".split()
)
"""What OpenStack's oslo.db has that only looks at tables, or changes indexes."""
_OF_HELPERS = {"openupgradelib": _OF_OPENUPGRADE, "oslo_db": _OF_OSLO}
_QUEUE_PACKAGES = frozenset(
    "rq django_rq celery kombu huey dramatiq procrastinate arq taskiq django_q saq streaq django_tasks prefect".split()
)
QUEUES = frozenset({"enqueue", "enqueue_in", "enqueue_at", "enqueue_call", "apply_async", "delay_on_commit", "kiq"})
"""Methods of queues, which nothing else is called."""
_LEAVES = frozenset({"delay", "defer", "defer_async", "send_with_options", "schedule"})
"""… and those that others have as well: nothing is done where they are called."""
_CREATES = frozenset(
    "pgtrigger pghistory alembic_utils sqlalchemy_declarative_extensions django_db_views django_pgviews pgviews "
    "django_pgtrigger sqlalchemy_views psqlextra rls".split()
)
"""Packages whose objects hold SQL that is created in the database, and not run."""
_ONLY_CREATES = re.compile(r"(?:Trigger|Function|Procedure|View|Policy|Rule)(?:S[Qq][Ll])?$")
"""… and classes that are named after what they create: their text is a body, and what makes a body run is told itself."""
_KEEPS = frozenset(
    "append appendleft add extend insert put setdefault push discard remove index count format join update bind".split()
)
"""Methods of collections and of loggers that only keep what they are given."""
_LOGGING = re.compile(
    r"^(?:debug|info|warning|warn|error|exception|critical|log|print|echo|secho|write|writeln|add_argument)$"
)
_PROGRESS = re.compile(r"progress|(?:^|[._])p?bar(?:[._@]|$)", re.IGNORECASE)
_LOGGER = re.compile(r"(?:^|_)(?:log|logger|logging|stdout|stderr|console)$", re.IGNORECASE)


_ASKS = re.compile(
    r"^_?(?:(?:table|column|index|constraint|foreign_key|fk|view|sequence|enum|type|schema)s?_exists?|"
    r"has_(?:table|column|index|constraint|foreign_key|fk|view|sequence|enum|type|schema)s?)$"
)
"""What asks whether a part of the schema is there. The one name that is believed of a function of any origin: nearly every
project with Alembic has such a helper, and on the corpus nine of ten functions that get a connection are called so."""


_FORWARD = frozenset("upgrade up forward forwards apply migrate database_forwards".split())
_BACKWARD = frozenset(
    "downgrade down backward backwards rollback revert reverse undo unapply database_backwards".split()
)


def other_way(direction: Direction) -> frozenset[str]:
    """Names of functions for one direction: whoever goes the other way calls none of them."""
    return _FORWARD if direction is Direction.DOWNGRADE else _BACKWARD


def asks(name: str) -> bool:
    """Whether a call only asks for a part of the schema."""
    return bool(_ASKS.match(name))


def is_reader(callee: Value, name: str) -> bool:
    """Whether it comes from a package that does not write through what it is given."""
    if not isinstance(callee, External):
        return False
    return callee.root in _READERS or name in _OF_HELPERS.get(callee.root, ())


def enqueues(callee: Value, name: str, arguments: tuple[Value, ...]) -> bool:
    """Whether a call leaves work to somebody else: no connection goes through a queue."""
    if name not in QUEUES:
        return False
    if isinstance(callee, External) and callee.root in _QUEUE_PACKAGES:
        return True
    return not any(isinstance(value, Handle) or holds_rows(value) for value in arguments)


def is_queue(name: str) -> bool:
    """Whether something of that dotted name leaves work to somebody else."""
    return name.partition(".")[0] in _QUEUE_PACKAGES


def only_creates(callee: Value, name: str) -> bool:
    """Whether a text that it is given becomes a body in the database."""
    return bool(_ONLY_CREATES.search(name)) or (isinstance(callee, External) and callee.root in _CREATES)


def leaves_alone(callee: Value, name: str) -> bool:
    """Whether lists and dictionaries that it is given are believed to stay as they are: of values of which nothing is known,
    what is called of them mostly only looks.
    """
    return not isinstance(callee, External) or is_reader(callee, name) or logs(callee, name) or asks(name)


def is_idle(package: str, name: str, *, given: bool) -> bool:
    """Whether what a package out of sight has under a name is believed to change no rows, though it is called for its effect.

    Only what is `given` something keeps it: `names.add(1)`, and not `store.insert()`.
    """
    if package in _READERS | _IDLE | _CREATES or name in _OF_HELPERS.get(package, ()):
        return True
    if LOOKS.match(name) or _LOGGING.match(name) or asks(name):
        return True
    return name in QUEUES or name in _LEAVES or (given and name in _KEEPS)


def shows_progress(origin: str, name: str) -> bool:
    """Whether it moves a progress bar on: what it is of says by its name that it is one."""
    return name == "update" and bool(_PROGRESS.search(origin))


def keeps(callee: Value, name: str) -> bool:
    """Whether it only keeps what it is given: a collection of which nothing is known."""
    return name in _KEEPS and not isinstance(callee, External)


def logs(callee: Value, name: str) -> bool:
    """Whether it prints what it is given."""
    if not _LOGGING.match(name):
        return False
    return not isinstance(callee, External) or bool(_LOGGER.search(callee.name.rpartition(".")[0].rpartition(".")[2]))
