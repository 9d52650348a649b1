"""The witness: migrations are executed for real, and what ran is compared with what the guard tells of the same file.

A program is put together from *constructs* (`constructs/`, a few lines of data each): ways to build a text, ways to
the database, control flow, shared state, SQLAlchemy and Django. It is run with every truth of its unknown conditions on
a real SQLite, through real Alembic, SQLAlchemy and Django; each statement that ran must be told by kind and table.

    construct → grow → program → run_alembic, run_django → record ─┐
                            └──→ guard ────────────────────────────┴→ compare → table
"""
