import sqlalchemy as sa
from alembic import op

revision = "a2"
down_revision = "a1"


def upgrade():
    connection = op.get_bind()
    table = "guard_sample_leads"
    connection.execute(sa.text(f"UPDATE {table} SET status = :status"), {"status": "new"})  # expect: MG101
    for row in connection.execute(sa.text("SELECT id FROM guard_sample_leads")):
        connection.execute(sa.text("INSERT INTO guard_sample_copy (id) VALUES (:id)"), {"id": row.id})  # expect: MG106
    exec_dml(connection, statement_of_the_day())  # expect: MG107
    connection.execute(statement_of_the_day())  # expect: MG109


def downgrade():
    pass
