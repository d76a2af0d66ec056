"""After the workshop: rooms for the fields of action, and the first projects."""

from rich.table import Table

from bot.demo.cast import ANNA, BEN, CEM, DIGILAB, DORA, FIELDS, FILES, GRETA, LEADERS, PLACES, PORTAL
from bot.demo.performance import Performance, Scene, message


async def rooms(play: Performance) -> None:
    """Anna opens a room for each field and one for all; the bot comes and greets."""
    play.note(_fields())
    for place in PLACES:
        await play.opens(ANNA, place)
    for place in PLACES:
        await play.everybody_in(place)
        await play.expects(f"die Begrüßung in „{place.name}“", place, message, "!hilfe")


def _fields() -> Table:
    table = Table(title="Die Handlungsfelder und ihre Aktiven", title_justify="left", border_style="dim")
    table.add_column("Handlungsfeld", style="bold")
    table.add_column("Aktive")
    for field in FIELDS:
        active = ", ".join(f"{who.first_name} ({who.municipality})" for who in field.active)
        table.add_row(field.name, active or "[yellow]noch niemand[/yellow]")
    return table


async def projects(play: Performance) -> None:
    """The coordinator creates them; each has one person who is responsible."""
    ben, dora, cem, greta = (play.stage.user_id(who) for who in (BEN, DORA, CEM, GRETA))
    akte = (
        "!projekt neu eAkte\n"
        "Titel: Elektronische Akte\n"
        "Ziel: Papierlose Bauakten in allen neun Kommunen\n"
        f"Verantwortlich: {ben}\n"
        "Organisation: Stadt Lindenstadt\n"
        "Projektstatus: in Umsetzung\n"
        "Finanzierung: nicht finanziert"
    )
    stated = ("Elektronische Akte", "in Umsetzung", "nicht finanziert", "Papierlose Bauakten", ben)
    await play.asks(ANNA, FILES, akte, "eAkte", *stated)
    portal = (
        "!projekt neu Serviceportal\n"
        "Titel: Anträge online\n"
        f"Verantwortlich: {dora}\n"
        "Projektstatus: in Umsetzung\n"
        "Finanzierung: teilweise finanziert"
    )
    await play.asks(ANNA, PORTAL, portal, "Serviceportal", "teilweise finanziert", dora)
    lab = f"!projekt neu DigiLab\nTitel: Denkwerkstatt für alle\nVerantwortlich: {greta}\nProjektstatus: in Planung"
    await play.asks(ANNA, DIGILAB, lab, "DigiLab", "in Planung", greta)
    course = f"!projekt neu Führungswerkstatt\nVerantwortlich: {cem}\nProjektstatus: Zukunftsprojekt"
    await play.asks(ANNA, LEADERS, course, "Führungswerkstatt", "Zukunftsprojekt", cem)


SCENES = (
    Scene(
        "Nach dem Treffen",
        "Anna koordiniert. Sie öffnet je Handlungsfeld einen Raum und das Plenum der Kommunen; "
        "der Bot wird eingeladen und meldet sich einmal.",
        rooms,
    ),
    Scene(
        "Vier Projekte",
        "Ein Projekt ist eine Nachricht; der Bot wiederholt, was er verstanden hat.",
        projects,
    ),
)
