"""Runs the migrations, each in a transaction of its own, with timeouts that let a deployment fail fast."""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import create_engine, text

URL = os.environ.get("DATABASE_URL", context.config.get_main_option("sqlalchemy.url"))


def run() -> None:
    engine = create_engine(URL)
    with engine.connect() as connection:
        connection.execute(text("SET lock_timeout = '5s'"))
        connection.commit()
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()


run()
