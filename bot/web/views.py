"""All pages."""

from bot.domain.roles import Role
from bot.web import views_agenda, views_consultations, views_people, views_pictures, views_projects, views_start
from bot.web.page import Page

ROUTES: tuple[Page, ...] = (
    Page(path="/", name="start", view=views_start.start, in_menu=True),
    Page(path="/projekte", name="projects", view=views_projects.portfolio, in_menu=True),
    Page(path="/projekt/{key}", name="project", view=views_projects.project),
    Page("/konsultationen", "consultations", views_consultations.listed, needs=Role.MEMBER, in_menu=True),
    Page("/konsultation/K{number}", "consultation", views_consultations.consultation, needs=Role.MEMBER),
    Page("/konsultation/K{number}/protokoll.{kind}", "minutes", views_consultations.minutes, needs=Role.MEMBER),
    Page("/treffen", "meetings", views_agenda.meetings, needs=Role.MEMBER, in_menu=True),
    Page("/treffen/T{number}", "meeting", views_agenda.meeting, needs=Role.MEMBER),
    Page("/aufgaben", "tasks", views_agenda.tasks, needs=Role.MEMBER, in_menu=True),
    Page("/beteiligung", "participation", views_people.participation, needs=Role.MEMBER, in_menu=True),
    Page("/gesundheit", "health", views_people.health, needs=Role.COORDINATOR, in_menu=True),
    Page("/bild/projekt/{key}.svg", "picture of a project", views_pictures.of_project),
    Page("/bild/{name}.svg", "picture", views_pictures.of_network),
)
