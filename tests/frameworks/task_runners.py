"""Tasks of Prefect and Airflow that a migration calls: those that run here, and those that are left to somebody else."""

from __future__ import annotations

_ALEMBIC = """import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None

"""
_TASKS = """

@task
def fill(hot=1):
    with sa.create_engine(op.get_bind().engine.url).begin() as connection:
        connection.execute(sa.text("UPDATE leads SET hot = :hot"), {"hot": hot})


@task(retries=1)
def clear():
    with sa.create_engine(op.get_bind().engine.url).begin() as connection:
        connection.execute(sa.text("DELETE FROM notes"))


@task
def count():
    with sa.create_engine(op.get_bind().engine.url).connect() as connection:
        return connection.execute(sa.text("SELECT count(*) FROM leads")).scalar()

"""
HEADS = {
    "prefect": f"""{_ALEMBIC}from prefect import flow, task
from prefect.deployments import run_deployment
{_TASKS}
@flow(log_prints=True)
def whole():
    fill(2)
    clear.submit().wait()


def upgrade():
""",
    "airflow": f"""{_ALEMBIC}from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import task
{_TASKS}
def empty():
    with sa.create_engine(op.get_bind().engine.url).begin() as connection:
        connection.execute(sa.text("DELETE FROM notes"))


def upgrade():
""",
}
DEPTH = {"prefect": 4, "airflow": 4}
BODIES = {
    "prefect": [
        "fill.fn()",
        "clear.fn()",
        "fill()",
        "whole()",
        "fill.with_options(retries=1).fn(3)",
        "for hot in (1, 2):\n    fill.fn(hot)",
        # what changes no rows
        "print(count.fn())",
        "print(fill.name, whole.name)",
        "fill.delay(2)",
        "clear.apply_async()",
        "print(count.with_options(retries=1).fn())",
        "op.add_column('leads', sa.Column('extra', sa.Integer()))",
    ],
    "airflow": [
        "fill.function()",
        "clear.function()",
        "fill.__wrapped__(2)",
        "PythonOperator(task_id='empty', python_callable=empty).execute({})",
        "fill.override(task_id='again').function(3)",
        "empty()",
        # what changes no rows
        "print(count.function())",
        "print(count.__wrapped__())",
        "print(count.override(task_id='again').function())",
        "PythonOperator(task_id='count', python_callable=count.function).execute({})",
        "op.create_index('i', 'leads', ['hot'])",
        "print(op.get_bind().execute(sa.text('SELECT * FROM leads')).fetchall())",
    ],
}
