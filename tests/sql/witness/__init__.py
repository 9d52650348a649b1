"""A witness for the reader of SQL: texts are run on PostgreSQL, and what it wrote is compared with what is told.

    python -m sql.witness [--texts N] [--seed N] [--minutes N] [--state FILE]

runs many (`make sql-witness`), goes on where it was stopped, and prints a table; `test_witness.py` runs a few hundred.
"""
