"""Mail that nobody wrote: answering it could go on for ever, so it opens no case (RFC 3834)."""

import re
from collections.abc import Sequence

from services.intake.adapters.rfc5322.entity import Entity
from services.intake.adapters.rfc5322.headers import header, message_ids
from services.intake.adapters.thread import case_number_of_id

MAX_HOPS = 50
"""Received lines: as many as mail servers themselves take for a loop; ordinary mail has under ten."""

_REPORTS = {
    "delivery-status": "delivery report",
    "disposition-notification": "read receipt",
    "feedback-report": "complaint report",
}
_MARKS = ("x-autoreply", "x-autorespond", "x-auto-reply", "x-autoreply-from", "x-mail-autoreply", "x-vacation")
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_LISTS = ("list-id", "list-post", "mailing-list", "x-mailing-list", "x-beenthere")
_SUBJECT = re.compile(
    r"\s{0,5}(?:(?:外出)?(?:自动|自動)(?:回复|回覆|回復|答复|答覆)|Automatic reply|Auto[ -]?reply|Auto[ -]?response|"
    r"Out of (?:the )?office)\s{0,3}(?:[:：]|$|:?\s)",
    re.IGNORECASE,
)
_DAEMON = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon|mailadmin)@", re.IGNORECASE)


def automatic_because(mail: Entity, sender: str | None, return_path: str | None, domains: Sequence[str]) -> str | None:
    """One of a few words for why, or None where a person wrote it. `domains` are those that our own mail comes from."""
    return _loop(mail, sender, domains) or _report(mail, sender, return_path) or _reply(mail) or _many(mail)


def _loop(mail: Entity, sender: str | None, domains: Sequence[str]) -> str | None:
    own = next(iter(message_ids(mail, "message-id")), "")
    from_us = sender is not None and sender.rpartition("@")[2] in domains
    if from_us or case_number_of_id(own, domains):
        return "our own mail"
    return "loop" if len(mail.all("received")) > MAX_HOPS else None


def _report(mail: Entity, sender: str | None, return_path: str | None) -> str | None:
    kind = mail.content_type
    if kind == "multipart/report":
        return _REPORTS.get(mail.parameter("report-type").lower(), "bounce")
    if mail.first("x-failed-recipients"):
        return "delivery report"
    by_daemon = sender is not None and _DAEMON.match(sender) is not None
    return "bounce" if return_path == "" or by_daemon else None


def _reply(mail: Entity) -> str | None:
    submitted = mail.first("auto-submitted").split(";")[0].strip().lower()
    if submitted not in ("", "no") or any(_says(mail, name) for name in _MARKS):
        return "automatic reply"
    return "automatic reply" if _SUBJECT.match(header(mail, "subject")) else None


def _says(mail: Entity, name: str) -> bool:
    return mail.first(name).strip().lower() not in ("", "no", "false", "0")


def _many(mail: Entity) -> str | None:
    if any(mail.first(name) for name in _LISTS):
        return "mailing list"
    return "bulk mail" if mail.first("precedence").strip().lower() in _BULK else None
