"""Who may see the overview pages: links for one login, and what is open since. No secret is stored, only digests."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from bot.store.tables.columns import Erasure, moment, person_id


class LoginLink(SQLModel, table=True):
    """A link that one person got, for one login. `digest` is the SHA-256 of what stands in it."""

    __tablename__ = "login_link"
    digest: str = Field(primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    person: str = person_id(Erasure.DELETE_ROW, about=True, index=True)
    made_at: datetime = moment()
    expires_at: datetime = moment(index=True)
    used_at: datetime | None = moment(default=None)


class WebSession(SQLModel, table=True):
    """A browser in which somebody is logged in. `digest` is the SHA-256 of its cookie; `language` was chosen there."""

    __tablename__ = "web_session"
    digest: str = Field(primary_key=True)
    network_id: int = Field(foreign_key="network.id")
    person: str = person_id(Erasure.DELETE_ROW, about=True, index=True)
    opened_at: datetime = moment()
    seen_at: datetime = moment()
    expires_at: datetime = moment(index=True)
    language: str | None = None
