"""Tables, migrations and every query. A question to the database is a function here, by domain noun."""

from sqlmodel import Session

__all__ = ["Session"]
