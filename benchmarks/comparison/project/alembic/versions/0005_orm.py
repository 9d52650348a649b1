"""Changes rows: objects of SQLAlchemy's that were loaded from the table."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session, declarative_base

revision = "0005"
down_revision = "0004"

Base = declarative_base()


class Lead(Base):
    __tablename__ = "leads"
    id = sa.Column(sa.BigInteger, primary_key=True)
    name = sa.Column(sa.Text)


def upgrade():
    with Session(op.get_bind()) as session:
        for lead in session.query(Lead):
            lead.name = lead.name.strip()
        session.commit()
