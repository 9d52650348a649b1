"""Migrations change the schema, backfills change the data: this package makes the rule hold."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from migration_guard.api import Finding, Misused, Operation, Problem, Report, Unread, check

__all__ = ["Finding", "Misused", "Operation", "Problem", "Report", "Unread", "__version__", "check"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load the library when it is asked for: the command line, which is most often all that is wanted, does without."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from migration_guard import api  # noqa: PLC0415

    return getattr(api, name)
