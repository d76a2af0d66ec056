"""the portfolio: changes of projects, what they serve, surveys, synergies, boards, and who may see the pages

Revision: 0008, after 0007
"""

import sqlalchemy as sa
from alembic import op

import bot.store.tables

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('aim',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('network_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('folded', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=True),
    sa.Column('created_by', sa.String(), nullable=False),
    sa.Column('created_at', bot.store.tables.UtcDateTime(), nullable=False),
    sa.Column('retired_at', bot.store.tables.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['network_id'], ['network.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('network_id', 'folded')
    )
    op.create_table('board',
    sa.Column('room_id', sa.String(), nullable=False),
    sa.Column('network_id', sa.Integer(), nullable=False),
    sa.Column('set_up_by', sa.String(), nullable=False),
    sa.Column('set_up_at', bot.store.tables.UtcDateTime(), nullable=False),
    sa.Column('post', sa.String(), nullable=False),
    sa.Column('shown', sa.String(), nullable=False),
    sa.Column('edited_at', bot.store.tables.UtcDateTime(), nullable=False),
    sa.Column('next_at', bot.store.tables.UtcDateTime(), nullable=False),
    sa.Column('edits', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['network_id'], ['network.id'], ),
    sa.PrimaryKeyConstraint('room_id')
    )
    with op.batch_alter_table('board', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_board_network_id'), ['network_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_board_next_at'), ['next_at'], unique=False)

    op.create_table('handed',
    sa.Column('row_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('fence', sa.BigInteger(), nullable=False),
    sa.Column('room_id', sa.String(), nullable=False),
    sa.Column('taken', sa.Boolean(), nullable=False),
    sa.Column('outcome', sa.String(), nullable=True),
    sa.Column('event_id', sa.String(), nullable=True),
    sa.Column('problem', sa.String(), nullable=True),
    sa.Column('after', sa.Float(), nullable=True),
    sa.Column('ours', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('row_id')
    )
    op.create_table('login_link',
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('network_id', sa.Integer(), nullable=False),
    sa.Column('person', sa.String(), nullable=False),
    sa.Column('made_at', bot.store.tables.UtcDateTime(), nullable=False),
    sa.Column('expires_at', bot.store.tables.UtcDateTime(), nullable=False),
    sa.Column('used_at', bot.store.tables.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['network_id'], ['network.id'], ),
    sa.PrimaryKeyConstraint('digest')
    )
    with op.batch_alter_table('login_link', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_login_link_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_login_link_person'), ['person'], unique=False)

    op.create_table('survey_template',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('network_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('folded', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('questions', sa.String(), nullable=False),
    sa.Column('created_by', sa.String(), nullable=False),
    sa.Column('created_at', bot.store.tables.UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['network_id'], ['network.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('network_id', 'folded', 'version')
    )
    op.create_table('synergy_scan',
    sa.Column('network_id', sa.Integer(), nullable=False),
    sa.Column('scanned_to', bot.store.tables.UtcDateTime(), nullable=True),
    sa.Column('wait_until', bot.store.tables.UtcDateTime(), nullable=True),
    sa.Column('propose_at', bot.store.tables.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['network_id'], ['network.id'], ),
    sa.PrimaryKeyConstraint('network_id')
    )
    with op.batch_alter_table('synergy_scan', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_synergy_scan_propose_at'), ['propose_at'], unique=False)

    op.create_table('web_session',
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('network_id', sa.Integer(), nullable=False),
    sa.Column('person', sa.String(), nullable=False),
    sa.Column('opened_at', bot.store.tables.UtcDateTime(), nullable=False),
    sa.Column('seen_at', bot.store.tables.UtcDateTime(), nullable=False),
    sa.Column('expires_at', bot.store.tables.UtcDateTime(), nullable=False),
    sa.Column('language', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['network_id'], ['network.id'], ),
    sa.PrimaryKeyConstraint('digest')
    )
    with op.batch_alter_table('web_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_web_session_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_web_session_person'), ['person'], unique=False)

    op.create_table('project_aim',
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('aim_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['aim_id'], ['aim.id'], ),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], ),
    sa.PrimaryKeyConstraint('project_id', 'aim_id')
    )
    with op.batch_alter_table('project_aim', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_project_aim_aim_id'), ['aim_id'], unique=False)

    op.create_table('project_change',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('at', bot.store.tables.UtcDateTime(), nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('field', sa.String(), nullable=False),
    sa.Column('before', sa.String(), nullable=True),
    sa.Column('after', sa.String(), nullable=True),
    sa.Column('cause', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('project_change', schema=None) as batch_op:
        batch_op.create_index('ix_project_change_project_at', ['project_id', 'at'], unique=False)

    op.create_table('survey',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('network_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('template_id', sa.Integer(), nullable=False),
    sa.Column('cohort', sa.String(), nullable=False),
    sa.Column('room_id', sa.String(), nullable=False),
    sa.Column('due_at', bot.store.tables.UtcDateTime(), nullable=True),
    sa.Column('opened_by', sa.String(), nullable=False),
    sa.Column('opened_at', bot.store.tables.UtcDateTime(), nullable=False),
    sa.Column('closed_at', bot.store.tables.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['network_id'], ['network.id'], ),
    sa.ForeignKeyConstraint(['template_id'], ['survey_template.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('network_id', 'number')
    )
    op.create_table('synergy',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('network_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('first_id', sa.Integer(), nullable=False),
    sa.Column('second_id', sa.Integer(), nullable=False),
    sa.Column('score', sa.Float(), nullable=False),
    sa.Column('terms', sa.String(), nullable=False),
    sa.Column('found_at', bot.store.tables.UtcDateTime(), nullable=False),
    sa.Column('first_asked', sa.String(), nullable=True),
    sa.Column('second_asked', sa.String(), nullable=True),
    sa.Column('first_said', sa.String(), nullable=True),
    sa.Column('first_by', sa.String(), nullable=True),
    sa.Column('first_at', bot.store.tables.UtcDateTime(), nullable=True),
    sa.Column('second_said', sa.String(), nullable=True),
    sa.Column('second_by', sa.String(), nullable=True),
    sa.Column('second_at', bot.store.tables.UtcDateTime(), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('dismissed_at', bot.store.tables.UtcDateTime(), nullable=True),
    sa.Column('linked_at', bot.store.tables.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['first_id'], ['project.id'], ),
    sa.ForeignKeyConstraint(['network_id'], ['network.id'], ),
    sa.ForeignKeyConstraint(['second_id'], ['project.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('first_id', 'second_id'),
    sa.UniqueConstraint('network_id', 'number')
    )
    with op.batch_alter_table('synergy', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_synergy_second_id'), ['second_id'], unique=False)

    op.create_table('survey_ask',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('survey_id', sa.Integer(), nullable=False),
    sa.Column('person', sa.String(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=True),
    sa.Column('asked_at', bot.store.tables.UtcDateTime(), nullable=False),
    sa.Column('answered_at', bot.store.tables.UtcDateTime(), nullable=True),
    sa.Column('finished_at', bot.store.tables.UtcDateTime(), nullable=True),
    sa.Column('at_entry', sa.Integer(), nullable=True),
    sa.Column('at_question', sa.String(), nullable=True),
    sa.Column('paused_at', bot.store.tables.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], ),
    sa.ForeignKeyConstraint(['survey_id'], ['survey.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('survey_ask', schema=None) as batch_op:
        batch_op.create_index('ix_survey_ask_survey', ['survey_id', 'person'], unique=False)
        batch_op.create_index(batch_op.f('ix_survey_ask_person'), ['person'], unique=False)

    op.create_table('survey_entry',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ask_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=True),
    sa.Column('answers', sa.String(), nullable=False),
    sa.Column('begun_at', bot.store.tables.UtcDateTime(), nullable=False),
    sa.Column('taken_at', bot.store.tables.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['ask_id'], ['survey_ask.id'], ),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('ask_id', 'position')
    )
    with op.batch_alter_table('survey_entry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_survey_entry_project_id'), ['project_id'], unique=False)

    with op.batch_alter_table('project', schema=None) as batch_op:
        batch_op.add_column(sa.Column('description', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('influential', sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column('changed_at', bot.store.tables.UtcDateTime(), nullable=True))

    # Nobody has noted until now when a project was changed; its last status update and its creation are known.
    op.execute(
        "UPDATE project SET changed_at = COALESCE("
        "(SELECT MAX(at) FROM status_update WHERE status_update.project_id = project.id), created_at)"
    )
    with op.batch_alter_table('project', schema=None) as batch_op:
        batch_op.alter_column('changed_at', existing_type=bot.store.tables.UtcDateTime(), nullable=False)
        batch_op.create_index('ix_project_changed', ['network_id', 'changed_at'], unique=False)
        batch_op.create_index('ix_project_room_changed', ['room_id', 'changed_at'], unique=False)

    # A network goes from one account to another.
    with op.batch_alter_table('room', schema=None) as batch_op:
        batch_op.add_column(sa.Column('reads_after', sa.String(), nullable=True))
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.add_column(sa.Column('sender', sa.String(), nullable=True))

    # What people say and the clock asks must cost the same after years.
    with op.batch_alter_table('check_in_ask', schema=None) as batch_op:
        batch_op.drop_index('ix_check_in_ask_person')
        batch_op.create_index('ix_check_in_ask_person', ['person', 'round_id'], unique=False)
        batch_op.drop_index('ix_check_in_ask_project')
        batch_op.create_index('ix_check_in_ask_project', ['project_id', 'answered_at'], unique=False)
    for name, table, columns in (
        ('ix_check_in_round_opened', 'check_in_round', ['opened_at']),
        ('ix_consultation_state_published', 'consultation', ['state', 'published_at']),
        ('ix_mandate_of_person', 'mandate', ['person']),
        ('ix_outbox_person', 'outbox', ['person', 'created_at']),
        ('ix_participation_of_person', 'participation', ['person']),
        ('ix_person_person', 'person', ['person']),
        ('ix_role_grant_of_person', 'role_grant', ['person']),
    ):
        op.create_index(name, table, columns, unique=False)

    # What is deleted is looked for where it may be referred to: a network that goes to another account has a lot of it.
    for table, column in (
        ('ballot', 'result_id'),
        ('cast_vote', 'elector_id'),
        ('cast_vote', 'withdraws'),
        ('check_in_answer', 'status_update_id'),
        ('check_in_ask', 'task_id'),
        ('elector', 'organisation_id'),
        ('idea', 'project_id'),
        ('organisation', 'parent_id'),
        ('result', 'merged_into_id'),
        ('survey_ask', 'organisation_id'),
        ('task_party', 'organisation_id'),
    ):
        there = sa.text(f'{column} IS NOT NULL')
        op.create_index(f'ix_{table}_{column}', table, [column], sqlite_where=there, postgresql_where=there)
    for table, column in (('consultation_project', 'project_id'), ('result_origin', 'origin_id')):
        op.create_index(f'ix_{table}_{column}', table, [column])
