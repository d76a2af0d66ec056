"""what the operators are told of the bot itself

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op

import bot.store.tables

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('incident',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('trouble', sa.String(), nullable=False),
    sa.Column('began_at', bot.store.tables.UtcDateTime(), nullable=False),
    sa.Column('calm_since', bot.store.tables.UtcDateTime(), nullable=True),
    sa.Column('ended_at', bot.store.tables.UtcDateTime(), nullable=True),
    sa.Column('told_at', bot.store.tables.UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('incident', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_incident_trouble'), ['trouble'], unique=False)

    op.add_column('outbox', sa.Column('untold_since', bot.store.tables.UtcDateTime(), nullable=True))
