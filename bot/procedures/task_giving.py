"""Telling people that a task is theirs now, where they did not read it."""

from collections.abc import Collection

from bot.context import Context
from bot.effects import Direct
from bot.procedures import responsible
from bot.procedures.tasks import ANSWERABLE, KEY, subject_of
from bot.store import rooms
from bot.store.tables import Task
from bot.texts import text


def in_charge(task: Task, ctx: Context) -> frozenset[str]:
    """Everybody who answers for a task now."""
    (seen,) = responsible.waiting([task], ctx)
    return frozenset(seen.asked)


def told(task: Task, before: Collection[str], ctx: Context) -> tuple[Direct, ...]:
    """A direct message to everybody who has come to answer for a task, once; „erledigt“ is an answer.

    Who is in the task's room reads it there, and who said it knows.
    """
    there = set(rooms.members(ctx.session, task.room_id))
    new = [each for each in sorted(in_charge(task, ctx)) if each not in {*before, ctx.person} | there]
    said = text("tasks.given", task=task, by=ctx.person, prefix=ctx.house.prefix)
    return tuple(
        Direct(
            person=person,
            key=f"{KEY}{task.id}/given/{ctx.message.event_id}/{person}",
            text=said,
            resume=f"aufgabe A{task.number} {{answer}}",
            resume_until=ctx.now + ANSWERABLE,
            network_id=task.network_id,
            subject=subject_of([task]),
            language=ctx.language_of(task.room_id),
        )
        for person in new
    )
