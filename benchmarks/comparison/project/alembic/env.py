"""Renders for PostgreSQL where it is asked for SQL; there is no database."""

from alembic import context

context.configure(url="postgresql+psycopg://nowhere/nothing", literal_binds=True)
with context.begin_transaction():
    context.run_migrations()
