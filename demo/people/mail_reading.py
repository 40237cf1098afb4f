"""Reading our mails as a customer does: which case, what is wanted, which documents are still missing."""

import re
from dataclasses import dataclass
from email import message_from_bytes
from typing import Literal

CASE = re.compile(r"\[(PC[0-9A-HJKMNP-TV-Z]{8})\]")
EVIDENCE_WANTED = re.compile(r"补充.{0,6}材料|[Dd]ocuments needed")
ANSWERED = re.compile(r"我们的回复|[Oo]ur answer")
NAMED = {
    "proof_of_value": re.compile(r"货值证明|[Pp]roof of value"),
    "damage_photo": re.compile(r"损失照片|[Pp]hotos? of the damage"),
    "waybill": re.compile(r"运输合同|面单（|[Ww]aybill"),
    "packaging": re.compile(r"包装照片|[Pp]hotos? of the packaging"),
    "serial_number": re.compile(r"序列号（|商品序列号|[Ss]erial number"),
}
Matter = Literal["evidence", "answer", "other"]


@dataclass(frozen=True, slots=True)
class OurMail:
    message_id: str
    subject: str
    case_number: str | None
    text: str

    @property
    def wanted(self) -> tuple[str, ...]:
        """The kinds of evidence that the mail names."""
        return tuple(kind for kind, name in NAMED.items() if name.search(self.text))


def matter_of(subject: str) -> Matter:
    if EVIDENCE_WANTED.search(subject):
        return "evidence"
    return "answer" if ANSWERED.search(subject) else "other"


def case_number(subject: str) -> str | None:
    found = CASE.search(subject)
    return found[1] if found else None


def read(raw: bytes, message_id: str, subject: str) -> OurMail:
    """The plain text of a mail; an empty one where there is none."""
    for part in message_from_bytes(raw).walk():
        if part.get_content_type() == "text/plain":
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            return OurMail(message_id, subject, case_number(subject), payload.decode("utf-8", "replace"))
    return OurMail(message_id, subject, case_number(subject), "")
