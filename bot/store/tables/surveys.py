"""The status-quo survey: its questions in versions, whom it asks, and what they have said so far."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from bot.store.tables.columns import moment, person_id, quoting, referring


class SurveyTemplate(SQLModel, table=True):
    """Questions of a survey, one version of them; never changed once written. `questions` is JSON."""

    __tablename__ = "survey_template"
    __table_args__ = (UniqueConstraint("network_id", "folded", "version"),)
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    name: str
    folded: str
    version: int
    questions: str
    created_by: str = person_id()
    created_at: datetime = moment()


class Survey(SQLModel, table=True):
    """Umfrage: a cohort (Staffel) is asked the questions of one version."""

    __table_args__ = (UniqueConstraint("network_id", "number"),)
    id: int | None = Field(default=None, primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    number: int
    template_id: int = Field(foreign_key="survey_template.id")
    cohort: str
    room_id: str
    due_at: datetime | None = moment(default=None)
    opened_by: str = person_id()
    opened_at: datetime = moment()
    closed_at: datetime | None = moment(default=None)


class SurveyAsk(SQLModel, table=True):
    """Somebody whom a survey asks. `at_question` and `at_entry` are where they are; None: at nothing just now.

    Between `paused_at` and their going on nothing that they say is taken for an answer.
    """

    __tablename__ = "survey_ask"
    __table_args__ = (
        Index("ix_survey_ask_survey", "survey_id", "person"),  # not unique: who is erased has one name
        referring("survey_ask", "organisation_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    survey_id: int = Field(foreign_key="survey.id")
    person: str = person_id(about=True, index=True)
    organisation_id: int | None = Field(default=None, foreign_key="organisation.id")
    asked_at: datetime = moment()
    answered_at: datetime | None = moment(default=None)
    finished_at: datetime | None = moment(default=None)
    at_entry: int | None = None
    at_question: str | None = None
    paused_at: datetime | None = moment(default=None)


class SurveyEntry(SQLModel, table=True):
    """One project that somebody describes: the answers (JSON, by question) and the project it has become."""

    __tablename__ = "survey_entry"
    __table_args__ = (UniqueConstraint("ask_id", "position"),)
    id: int | None = Field(default=None, primary_key=True)
    ask_id: int = Field(foreign_key="survey_ask.id")
    position: int
    project_id: int | None = Field(default=None, foreign_key="project.id", index=True)
    answers: str = quoting(searched=True)
    begun_at: datetime = moment()
    taken_at: datetime | None = moment(default=None)
