"""What became of a file that a contact had only named: it joins the case, or the case is told that it can't be had."""

from datetime import datetime

from services.routing import due
from services.routing.draft import Draft
from services.routing.rules import Rules
from shared.contracts.cases import Case, MediaAdded, MediaMissing
from shared.contracts.interactions import MediaFailed, MediaStored


def learn(case: Case, news: MediaStored | MediaFailed, rules: Rules, now: datetime) -> Draft | None:
    """None: the case does not wait for it (any more). The customer did nothing, so nothing is woken or reopened."""
    if news.ref not in case.awaited_media:
        return None
    draft = Draft(case)
    due.fire(draft, rules.calendar, now)
    draft.set(awaited_media=tuple(ref for ref in case.awaited_media if ref != news.ref))
    draft.note(_change(news))
    return draft


def _change(news: MediaStored | MediaFailed) -> MediaAdded | MediaMissing:
    if isinstance(news, MediaStored):
        return MediaAdded(
            interaction_id=news.interaction_id, ref=news.ref, kind=news.kind, attachments=(news.attachment,)
        )
    return MediaMissing(interaction_id=news.interaction_id, ref=news.ref, kind=news.kind, fault=news.fault)
