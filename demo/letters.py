"""Mails as mail programs send them: character sets old and new, HTML beside the text, attachments, threads."""

import html
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.mime.application import MIMEApplication
from email.mime.base import MIMEBase
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP
from email.utils import format_datetime, formataddr

from demo.market import weighted
from demo.parcels import CHINA

DESK = "service@parcelcare.example"
MAILERS = ("Foxmail 7.2.25.317[cn]", "QQMail 2.x", "NetEase Mail 4.0", "iPhone Mail (21G93)", "Thunderbird 128", None)
CHARSETS = {"utf-8": 70, "gbk": 14, "gb2312": 8, "gb18030": 8}


@dataclass(frozen=True, slots=True)
class File:
    """An attachment; `evidence` is said only where the channel has a field for it (web)."""

    name: str
    content_type: str
    content: bytes
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """The mail that is answered: its Message-ID and subject."""

    message_id: str
    subject: str


def charset_for(rng: random.Random, language: str, text: str) -> str:
    """GBK and its kin where the text fits; emoji need UTF-8."""
    chosen = "utf-8" if language == "en" else weighted(rng, list(CHARSETS), list(CHARSETS.values()))
    return chosen if encodable(text, chosen) else "utf-8"


def encodable(text: str, charset: str) -> bool:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def mail(
    rng: random.Random,
    *,
    sender: tuple[str, str],
    subject: str,
    text: str,
    at: datetime,
    message_id: str,
    charset: str,
    files: Sequence[File] = (),
    answers: Thread | None = None,
) -> bytes:
    """The message's bytes with CRLF line ends."""
    body = _body(rng, text, charset)
    message: MIMEBase = body
    if files:
        message = MIMEMultipart("mixed", boundary=_boundary(rng))
        for part in (body, *map(_part, files)):
            message.attach(part)
    message["From"] = formataddr((str(Header(sender[0], charset)), sender[1]))
    message["To"] = DESK
    message["Subject"] = Header(subject, charset).encode()
    message["Date"] = format_datetime(at.astimezone(CHINA))
    message["Message-ID"] = message_id
    mailer = rng.choice(MAILERS)
    if mailer:
        message["X-Mailer"] = mailer
    if answers:
        message["In-Reply-To"] = answers.message_id
        message["References"] = answers.message_id
    return message.as_bytes(policy=message.policy.clone(linesep=SMTP.linesep))


def _body(rng: random.Random, text: str, charset: str) -> MIMEBase:
    plain = MIMEText(text, "plain", charset)
    if rng.random() < 0.55:
        return plain
    both = MIMEMultipart("alternative", boundary=_boundary(rng))
    lines = "".join(f"<div>{html.escape(line) or '<br>'}</div>" for line in text.split("\n"))
    both.attach(plain)
    both.attach(MIMEText(f"<html><body style='font-size:14px'>{lines}</body></html>", "html", charset))
    return both


def _boundary(rng: random.Random) -> str:
    return f"----=_NextPart_{rng.getrandbits(64):016x}"


def _part(file: File) -> MIMEBase:
    kind, subtype = file.content_type.split("/")
    part: MIMEBase = MIMEImage(file.content, subtype) if kind == "image" else MIMEApplication(file.content, subtype)
    part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", file.name))
    return part


def answering(subject: str) -> str:
    return subject if subject.lower().startswith(("re:", "re：", "回复")) else f"Re: {subject}"
