"""Which packages are known, each by the module here that knows it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

from migration_guard.libraries import (
    alembic,
    celery,
    django,
    drivers,
    frappe,
    masonite,
    odoo,
    peewee,
    piccolo,
    pony,
    sqlalchemy,
    sqlalchemy_migrate,
    sqlite_utils,
    tortoise,
    yoyo,
)

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.values import External, Value


class Library(Protocol):
    """What a module of this package offers."""

    def value(self, name: str) -> Value | None:
        """Give what stands behind a dotted name, where it is more than a name."""

    def call(self, target: External, call: Call) -> Value | None:
        """Say what calling something of the library does; None where that is not known."""


BY_ROOT: dict[str, Library] = {
    **dict.fromkeys(alembic.ROOTS, alembic),
    **dict.fromkeys(sqlalchemy.ROOTS, sqlalchemy),
    **dict.fromkeys(django.ROOTS, django),
    **dict.fromkeys(drivers.ROOTS, drivers),
    **dict.fromkeys(celery.ROOTS, celery),
    **dict.fromkeys(sqlalchemy_migrate.ROOTS, sqlalchemy_migrate),
    **dict.fromkeys(yoyo.ROOTS, yoyo),
    **dict.fromkeys(odoo.ROOTS, odoo),
    **dict.fromkeys(frappe.ROOTS, frappe),
    **dict.fromkeys(tortoise.ROOTS, tortoise),
    **dict.fromkeys(piccolo.ROOTS, piccolo),
    **dict.fromkeys(peewee.ROOTS, peewee),
    **dict.fromkeys(pony.ROOTS, pony),
    **dict.fromkeys(masonite.ROOTS, masonite),
    **dict.fromkeys(sqlite_utils.ROOTS, sqlite_utils),
}


def is_known(value: External) -> bool:
    """Whether it comes from a library that is known here, or from Python's own."""
    return value.root in BY_ROOT or value.root in sys.stdlib_module_names


def gives(module: External, name: str) -> bool:
    """Whether `from module import *` may give a name: most libraries do not say."""
    says = getattr(BY_ROOT.get(module.root), "gives", None)
    return says is None or says(module.name, name)
