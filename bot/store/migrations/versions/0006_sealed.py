"""what waits for its key

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op

import bot.store.tables

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('sealed_event',
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('room_id', sa.String(), nullable=False),
    sa.Column('sender', sa.String(), nullable=False),
    sa.Column('session_id', sa.String(), nullable=False),
    sa.Column('sender_key', sa.String(), nullable=True),
    sa.Column('device', sa.String(), nullable=True),
    sa.Column('content', sa.String(), nullable=False),
    sa.Column('sent_at', bot.store.tables.UtcDateTime(), nullable=False),
    sa.Column('received_at', bot.store.tables.UtcDateTime(), nullable=False),
    sa.Column('offline_since', bot.store.tables.UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('event_id')
    )
    with op.batch_alter_table('sealed_event', schema=None) as batch_op:
        batch_op.create_index('ix_sealed_event_session', ['room_id', 'session_id'], unique=False)

    op.create_table('sealed_session',
    sa.Column('room_id', sa.String(), nullable=False),
    sa.Column('session_id', sa.String(), nullable=False),
    sa.Column('sender', sa.String(), nullable=False),
    sa.Column('since', bot.store.tables.UtcDateTime(), nullable=False),
    sa.Column('withheld', sa.String(), nullable=True),
    sa.Column('asked', sa.Integer(), nullable=False),
    sa.Column('asked_at', bot.store.tables.UtcDateTime(), nullable=True),
    sa.Column('ask_at', bot.store.tables.UtcDateTime(), nullable=True),
    sa.Column('tell_at', bot.store.tables.UtcDateTime(), nullable=True),
    sa.Column('told_at', bot.store.tables.UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('room_id', 'session_id', 'sender')
    )
    with op.batch_alter_table('sealed_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sealed_session_ask_at'), ['ask_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_sealed_session_tell_at'), ['tell_at'], unique=False)
