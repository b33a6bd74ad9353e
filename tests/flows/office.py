"""A caretaker for flows alone: it answers by a table of what it is asked, and keeps what it was told and asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from kiosk.config.events import Event
from kiosk.ipc.caretaker import Away, NoCaretaker
from kiosk.ipc.messages import Admit, Admitted, Answer, NotAdmitted, Question, Standing, Status

OFFICER, PASSCODE, WRONG = 12, "58203917", "58203918"


class ScriptedCaretaker(NoCaretaker):
    """answers: by the type of a question its answers, the last one again and again, or a function of the question;
    what has none is Away."""

    def __init__(self, answers: dict[type, Iterable[Answer] | Callable[[Any], Answer]] | None = None) -> None:
        usual: dict[type, Any] = {Status: [Standing(1, "0", 0, staffed=True)], Admit: admit}
        given = {**usual, **(answers or {})}
        self._answers = {kind: each if callable(each) else list(each) for kind, each in given.items()}
        self.told: list[dict[str, object]] = []
        self.asked: list[Question] = []

    def answers_to(self, kind: type, *answers: Answer) -> None:
        self._answers[kind] = list(answers)

    def tell(self, told: Event, times: int = 1) -> bool:
        self.told.append({"event": told.name, **told.fields})
        return True

    def ask(self, question: Question, patience_seconds: float | None = None) -> Answer:
        self.asked.append(question)
        answers = self._answers.get(type(question))
        if not answers:
            raise Away("away")
        answer: Answer = answers(question) if callable(answers) else answers.pop(0) if answers[1:] else answers[0]
        return answer


def admit(asked: Admit) -> Answer:
    """One officer has an account."""
    return Admitted("officer") if (asked.staff, asked.passcode) == (OFFICER, PASSCODE) else NotAdmitted(0)
