"""Real packages: their migrations run over made-up rows on PostgreSQL, and what ran is compared with what is told.

    python -m witness.packages [NAME ...]     (with `tests` on the path; packages come from PyPI)

Django's packages are installed with what they need; of Alembic's only the wheel is unpacked, and what its migrations
import beyond SQLAlchemy and Alembic is a stand-in. A migration that cannot be run so is counted, not compared.
"""
