"""What files that people drop may be, each told by its header. One more kind is one more entry in `KINDS`.

`bulk` fetches a file, asks the kinds in their order whose it is, shows what it would do, and takes it over when that is
confirmed. What the rows mean, who may send such a file, and the words are the kind's own (`dropping.Kind`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from bot.context import Scope
from bot.effects import Effect
from bot.procedures import survey_filled, survey_forms
from bot.procedures.dropping import Kind, Named, Rows, Said, Sent
from bot.procedures.file_tables import TABLES
from bot.store.tables import Network
from bot.texts import Text, text


@dataclass(frozen=True)
class SurveyForms:
    """The form of a survey, filled in."""

    confirmed_with: ClassVar[str] = "umfrage einlesen"
    beside: ClassVar[bool] = False

    def expects(self, sent: Sent, scope: Scope) -> Sequence[Network] | None:
        """As `survey_filled.networks_for`: from whoever a survey asks, in their own direct chat."""
        return survey_filled.networks_for(sent.person, sent.room_id, sent.name, scope)

    def recognises(self, rows: Rows) -> bool:
        """As `survey_forms.recognised`."""
        return survey_forms.recognised(rows)

    def read(self, rows: Rows) -> Named:
        """As `survey_forms.read`."""
        return survey_forms.read(rows)

    def planned(self, lines: Named, network: Network, by: str, scope: Scope) -> survey_filled.FormPlan:
        """As `survey_filled.planned`."""
        return survey_filled.planned(lines, network, by, scope)

    def basis(self, network: Network, scope: Scope) -> None:
        """Planned where it is taken over."""

    def fingerprint(self, plan: survey_filled.FormPlan) -> str:
        """As `survey_filled.fingerprint`."""
        return survey_filled.fingerprint(plan)

    def apply(
        self, plan: survey_filled.FormPlan, network: Network, by: str, name: str, scope: Scope
    ) -> tuple[Effect, ...]:
        """As `survey_filled.apply`."""
        return survey_filled.apply(plan, scope)

    def said(self, what: Said, name: str, network: Network, plan: survey_filled.FormPlan) -> Text:
        """In the words of `surveyforms`."""
        match what:
            case Said.WRONG:
                return text("surveyforms.wrong", name=name, plan=plan)
            case Said.NOTHING:
                return text("surveyforms.nothing", name=name, survey=plan.asked.survey)
            case Said.APPLIED:
                return text("surveyforms.applied", name=name, plan=plan)
            case _:
                return text("surveyforms.preview", name=name, plan=plan, again=what is Said.AGAIN)


KINDS: tuple[Kind[Any], ...] = (SurveyForms(), *TABLES)
"""The first that recognises a header has it: those with a column of their own before those with common ones."""
