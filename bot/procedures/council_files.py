"""A council paper becomes two files: HTML to read and print, and a Word file in the operator's template or in ours."""

import html
import re
from dataclasses import dataclass
from pathlib import Path

from bot import texts
from bot.context import Context
from bot.effects import Document
from bot.errors import UserError
from bot.files import council
from bot.files.council import WORDS, Broken, Request
from bot.language.slugs import slug
from bot.procedures.council import Paper
from bot.texts import Text, Texts, text

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def documents(paper: Paper, ctx: Context) -> tuple[Document, ...]:
    """The paper as HTML and as a Word file, to whoever asked. Raises UserError for a template that is broken."""
    writer = _Writer(paper, texts.of(ctx.house.templates), ctx.language)
    stem = _stem(paper, ctx.language)
    files = (
        (f"{stem}.html", "text/html", writer.document(), None),
        (f"{stem}.docx", DOCX, writer.request(_template(ctx.house.templates, ctx.language)), "paper"),
    )
    return tuple(
        Document(
            person=ctx.person,
            key=f"council/{ctx.message.event_id}/{name}",
            name=name,
            mimetype=mimetype,
            content=content,
            maker=maker,
        )
        for name, mimetype, content, maker in files
    )


def _template(folder: Path | None, language: str) -> bytes:
    try:
        return council.template(folder, language)
    except Broken as fault:
        raise UserError("council.bad_template", fault=str(fault)) from fault


def _stem(paper: Paper, language: str) -> str:
    stem = "vorlage" if language == "de" else "council-paper"
    if paper.decision is not None:
        return f"{stem}-B{paper.decision.shown.decision.number}"
    name = paper.field or "-".join(project.key for project in paper.projects[:3])
    return f"{stem}-{slug(name, 'projekte')}"


@dataclass(frozen=True, slots=True)
class _Writer:
    paper: Paper
    texts: Texts
    language: str

    def document(self) -> bytes:
        title = self._bare(text("council.title", paper=self.paper))
        filled = text("council.document", paper=self.paper, title=title, sections=self._sections())
        return ("<!DOCTYPE html>\n" + self._html(filled) + "\n").encode()

    def request(self, template: bytes) -> bytes:
        words = {key: self._bare(text("council.value", name=key, paper=self.paper)) for key in WORDS if key != "title"}
        words["title"] = self._bare(text("council.title", paper=self.paper))
        sections = {key: self._html(said) for key, said in self._sections().items()}
        return Request(template=template, language=self.language, words=words, sections=sections).to_json()

    def _sections(self) -> dict[str, Text]:
        """Each a text of its own, so that the operator can lay over each by itself."""
        return {
            "occasion": text("council.occasion", paper=self.paper),
            "projects": text("council.projects", paper=self.paper),
            "decisions": text("council.decisions", paper=self.paper),
            "measures": text("council.measures", paper=self.paper),
            "funds": text("council.funds", paper=self.paper),
            "proposal": text("council.proposal", paper=self.paper),
        }

    def _html(self, said: Text) -> str:
        # in chat a person is a link that clients show as a name; in a file it would lead out of it
        return re.sub(r"</?a\b[^>]*>", "", self.texts.html(said, self.language, self.paper.zone))

    def _bare(self, said: Text) -> str:
        return html.unescape(re.sub(r"<[^>]+>", "", self._html(said))).strip()
