"""`!meinedaten`: what is stored about the asker, and its erasure. All of it is for them alone."""

from dataclasses import dataclass

from bot.command import Command, Form, Nothing, W, rest
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer, Direct, Reply
from bot.errors import Question, UserError
from bot.procedures import mydata
from bot.texts import text


@dataclass(frozen=True)
class Delete:
    """The number that our question gave: it stands for what is to be erased."""

    number: str = rest(W("Nummer", "number"), default="", shown="")


def show(args: Nothing, ctx: Context) -> Answer:
    """A file with everything, by direct message wherever it was asked for."""
    return Reply(text("mydata.sent", direct=_alone(ctx))), mydata.document(ctx)


def delete(args: Delete, ctx: Context) -> Answer:
    """Ask first, in numbers; erase once the person agrees to exactly these, in their direct chat."""
    if alone := mydata.coordinated_alone(ctx.person, ctx):
        if _alone(ctx):
            raise UserError("mydata.only_coordinator", networks=alone, prefix=ctx.house.prefix)
        return _elsewhere(
            Direct(
                person=ctx.person,
                key=f"mydata/{ctx.message.event_id}/refused",
                text=text("mydata.only_coordinator", networks=alone, prefix=ctx.house.prefix),
                language=ctx.language,
            )
        )
    held = mydata.held(ctx.person, ctx)
    number = mydata.fingerprint(held, ctx.person)
    configured = ctx.person in ctx.house.coordinators
    resume = f"meinedaten löschen {number}"
    if _alone(ctx) and args.number.strip() == number:
        erased = mydata.erase(ctx.person, ctx)
        return Reply(text("mydata.erased", erased=erased, held=held)), *erased.effects
    if _alone(ctx):
        raise Question("mydata.ask", resume=resume, held=held, number=number, configured=configured)
    return _elsewhere(
        Direct(
            person=ctx.person,
            key=f"mydata/{ctx.message.event_id}/ask",
            text=text("mydata.ask", held=held, number=number, configured=configured),
            resume=resume,
            language=ctx.language,
        )
    )


def _alone(ctx: Context) -> bool:
    """Whether nobody else reads the answer."""
    return ctx.room.direct_with == ctx.person


def _elsewhere(said: Direct) -> Answer:
    """In the room only that there is an answer: what is held of somebody, and where, is nobody else's business."""
    return Reply(text("mydata.see_direct")), said


COMMAND = Command(
    W("meinedaten", "mydata", ("meine-daten", "my-data")),
    (
        Form(
            verb=W("löschen", "delete", ("erase",)),
            args=Delete,
            run=delete,
            needs=Role.GUEST,
            anywhere=True,
            does=W(
                "löscht, was über Sie gespeichert ist, nach Rückfrage", "erases what is stored about you, after asking"
            ),
            examples=(W("meinedaten löschen", "mydata delete"),),
        ),
        Form(
            args=Nothing,
            run=show,
            needs=Role.GUEST,
            anywhere=True,
            does=W("schickt Ihnen, was über Sie gespeichert ist", "sends you what is stored about you"),
            examples=(W("meinedaten", "mydata"),),
        ),
    ),
)
