"""How people call the phases of a project, and its funding, in both languages."""

from bot.domain.project import Funding, Phase

PHASES = {
    "Zukunftsprojekt": Phase.FUTURE,
    "Zukunft": Phase.FUTURE,
    "future": Phase.FUTURE,
    "future project": Phase.FUTURE,
    "in Planung": Phase.PLANNED,
    "geplant": Phase.PLANNED,
    "planned": Phase.PLANNED,
    "planning": Phase.PLANNED,
    "in planning": Phase.PLANNED,
    "in Umsetzung": Phase.RUNNING,
    "laufend": Phase.RUNNING,
    "running": Phase.RUNNING,
    "in progress": Phase.RUNNING,
    "abgeschlossen": Phase.DONE,
    "fertig": Phase.DONE,
    "done": Phase.DONE,
    "completed": Phase.DONE,
    "pausiert": Phase.PAUSED,
    "paused": Phase.PAUSED,
}
FUNDINGS = {
    "unbekannt": Funding.UNKNOWN,
    "unknown": Funding.UNKNOWN,
    "nicht finanziert": Funding.NONE,
    "not funded": Funding.NONE,
    "teilweise finanziert": Funding.PARTLY,
    "teilweise": Funding.PARTLY,
    "partly funded": Funding.PARTLY,
    "partly": Funding.PARTLY,
    "finanziert": Funding.FULL,
    "funded": Funding.FULL,
}
