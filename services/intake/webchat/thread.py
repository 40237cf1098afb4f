"""What a visitor may see of the case that his message opened: number, stage, and the replies to him (NO-5). Pure."""

from collections.abc import Collection
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from services.intake.webchat.casenews import CaseNews
from shared.contracts.cases import CaseStatus


class Reply(BaseModel):
    """`place` orders replies: the case's version, then the place within the change-set."""

    model_config = ConfigDict(frozen=True)

    place: tuple[int, int]
    at: datetime
    text: str


class Thread(BaseModel):
    """A case that a visitor's message `opened_by` opened; `contacts` are the interactions in it, each with the version
    of the case that it came with. `seen` are the versions that are in here."""

    model_config = ConfigDict(frozen=True)

    case_id: str
    revision: int = 0
    number: str
    status: CaseStatus
    opened_by: str | None = None
    contacts: tuple[tuple[int, str], ...] = ()
    replies: tuple[Reply, ...] = ()
    seen: tuple[int, ...] = ()
    updated_at: datetime

    def replies_to(self, written: Collection[str]) -> tuple[Reply, ...]:
        """The replies in order, up to where somebody wrote to the case who did not write all of `written`.

        Whoever gives another person's phone number must not read what that person is answered.
        """
        others = min((version for version, contact in self.contacts if contact not in written), default=None)
        replies = sorted(self.replies, key=lambda reply: reply.place)
        return tuple(r for r in replies if others is None or r.place[0] < others)


def followed(thread: Thread | None, event: CaseNews) -> Thread:
    """The thread after the event. Events may come twice or in another order: the result is the same."""
    case = event.case
    if thread is None:
        thread = Thread(case_id=case.case_id, number=case.number, status=case.status, updated_at=event.at)
    if case.version in thread.seen:
        return thread
    newest = case.version > max(thread.seen, default=0)
    contacts, replies, opened_by = list(thread.contacts), list(thread.replies), thread.opened_by
    for place, step in enumerate(event.changes):
        if step.type == "opened":
            opened_by = step.interaction_id
        elif step.type == "contact_added" and step.interaction_id:
            contacts.append((case.version, step.interaction_id))
        elif step.type == "replied" and step.text:
            replies.append(Reply(place=(case.version, place), at=event.at, text=step.text.reveal()))
    return thread.model_copy(
        update={
            "opened_by": opened_by,
            "contacts": tuple(contacts),
            "replies": tuple(replies),
            "seen": (*thread.seen, case.version),
        }
        | ({"status": case.status, "updated_at": event.at} if newest else {})
    )
