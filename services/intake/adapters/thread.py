"""Which case a mail belongs to: our own Message-IDs name it (RFC 5322, 3.6.4)."""

import re
from collections.abc import Sequence

from services.intake.adapters.rfc5322.entity import Entity
from services.intake.adapters.rfc5322.headers import message_ids

_OUR_ID = re.compile(r"\.(PC[0-9A-HJKMNP-TV-Z]{8})@([a-z0-9.-]+)$", re.ASCII | re.IGNORECASE)


def case_number_of_id(message_id: str, domains: Sequence[str]) -> str | None:
    """The case of a Message-ID that one of our own mails has."""
    ours = _OUR_ID.search(message_id)
    return ours[1].upper() if ours and ours[2].lower() in domains else None


def case_number_of_thread(mail: Entity, domains: Sequence[str]) -> str | None:
    """Of what the mail answers; the latest of ours counts."""
    ids = [*message_ids(mail, "in-reply-to"), *reversed(message_ids(mail, "references"))]
    return next(filter(None, (case_number_of_id(one, domains) for one in ids)), None)
