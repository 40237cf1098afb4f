"""`python -m services.intake.maildir DIRECTORY --domain …`: hands the mails of a Maildir to intake's SMTP port.

For desks whose mailbox is with a provider: mbsync, getmail or fetchmail drop its mail into a Maildir, this takes it
from there. A mail stays in new/ until intake has answered 250; then it goes to cur/. Killed in between, it is sent once
more, and intake knows it by its Message-ID. What intake refuses for good goes to the folder .refused.
"""

import re
import smtplib
import time
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import structlog
import typer
from rich.console import Console

from services.intake.adapters.rfc5322.entity import Unreadable, read
from services.intake.adapters.rfc5322.headers import addresses

log = structlog.get_logger()

NOBODY = "nobody@invalid"
"""Sender of a mail that names none: an empty one would make a bounce of it."""

TIMEOUT_S = 120
TOO_LARGE, WRONG_RECIPIENT = 552, 450
LONGEST_WAIT_S = 300.0
PATIENCE = 3
"""Mails that must wait before the rest waits too: one alone may be what intake stumbles over."""

_ADDRESS = re.compile(r"[!-;=?A-~]{1,64}@[A-Za-z0-9.-]{1,200}", re.ASCII)
_LINE_END = re.compile(rb"\r?\n")
_HEAD_BYTES = 200_000


class Outcome(StrEnum):
    """What became of a mail."""

    TAKEN = "taken"
    REFUSED = "refused"
    LATER = "later"


class Unusable(Exception):
    """The directory is no Maildir: it needs new and cur; see docs/gateways/mail.md."""


class Maildir:
    """One reader at a time moves files; two would only send twice what intake takes once."""

    def __init__(self, directory: Path) -> None:
        self._new, self._cur = directory / "new", directory / "cur"
        self._refused = directory / ".refused"
        if not (self._new.is_dir() and self._cur.is_dir()):
            raise Unusable(str(directory))

    def waiting(self) -> list[Path]:
        """Oldest first, as far as the names tell: they begin with the time of arrival."""
        return sorted(file for file in self._new.iterdir() if file.is_file() and not file.name.startswith("."))

    def done(self, file: Path) -> None:
        _move(file, self._cur / (file.name if ":2," in file.name else f"{file.name}:2,S"))

    def refused(self, file: Path) -> None:
        for name in ("new", "cur", "tmp"):
            (self._refused / name).mkdir(parents=True, exist_ok=True)
        _move(file, self._refused / "new" / file.name)


def _move(file: Path, to: Path) -> None:
    try:
        file.rename(to)
    except FileNotFoundError:
        log.warning("maildir_moved_by_another", file=file.name)


def sender_of(content: bytes) -> str:
    """The envelope's sender as whoever delivered the file noted it, else From; "" for a bounce."""
    try:
        mail = read(content[:_HEAD_BYTES], 0, min(len(content), _HEAD_BYTES))
    except Unreadable:
        return NOBODY
    if mail.first("return-path").strip() == "<>":
        return ""
    named = [address for field in ("return-path", "from") for _, address in addresses(mail, field)]
    return next((address for address in named if _ADDRESS.fullmatch(address)), NOBODY)


def hand_over(client: smtplib.SMTP, content: bytes, recipient: str) -> tuple[Outcome, str]:
    """Send one mail. Raises `OSError` or `smtplib.SMTPServerDisconnected` where the connection fails."""
    options = ["BODY=8BITMIME", f"SIZE={len(content)}"]
    try:
        code, answer = client.mail(sender_of(content), options)
        if code == 250:
            code, answer = client.rcpt(recipient)
            if 500 <= code < 600 and code != TOO_LARGE:
                # Our own recipient is unknown: a wrong --domain or --mailbox, not a wrong mail.
                code = WRONG_RECIPIENT
        if code == 250:
            code, answer = client.data(_LINE_END.sub(b"\r\n", content))
        else:
            client.rset()
    except smtplib.SMTPResponseException as error:
        return _outcome(error.smtp_code), str(error.smtp_error)
    return _outcome(code), answer.decode("ascii", "replace")


def _outcome(code: int) -> Outcome:
    if code == 250:
        return Outcome.TAKEN
    return Outcome.REFUSED if 500 <= code < 600 else Outcome.LATER


def empty(maildir: Maildir, host: str, port: int, recipient: str) -> Counter[Outcome]:
    """Hand over all that waits, until intake says too often that it must wait."""
    counts: Counter[Outcome] = Counter()
    waiting = maildir.waiting()
    if not waiting:
        return counts
    try:
        with smtplib.SMTP(host, port, timeout=TIMEOUT_S) as client:
            client.ehlo_or_helo_if_needed()
            _hand_over_all(client, maildir, waiting, recipient, counts)
    except (OSError, smtplib.SMTPException) as error:
        log.warning("maildir_connection_failed", error=type(error).__name__)
        counts[Outcome.LATER] += 1
    return counts


def _hand_over_all(
    client: smtplib.SMTP, maildir: Maildir, waiting: Iterable[Path], recipient: str, counts: Counter[Outcome]
) -> None:
    for file in waiting:
        try:
            content = file.read_bytes()
        except FileNotFoundError:
            continue
        outcome, answer = hand_over(client, content, recipient)
        counts[outcome] += 1
        log.info("maildir_mail", file=file.name, outcome=outcome.value, answer=answer[:200])
        if outcome is Outcome.TAKEN:
            maildir.done(file)
        elif outcome is Outcome.REFUSED:
            maildir.refused(file)
        elif counts[Outcome.LATER] >= PATIENCE:
            return


def main(
    directory: Annotated[Path, typer.Argument(help="a Maildir: new, cur, tmp")],
    domain: Annotated[str, typer.Option(help="a domain of the mail gateway")],
    mailbox: Annotated[str, typer.Option(help="the mailbox before the @")] = "care",
    host: Annotated[str, typer.Option(help="where intake's SMTP listens")] = "127.0.0.1",
    port: Annotated[int, typer.Option()] = 8025,
    watch: Annotated[float, typer.Option(help="look again every so many seconds; 0: once, then end")] = 0.0,
) -> None:
    """Exits with 1 where mail is left that could not be handed over."""
    try:
        maildir = Maildir(directory)
    except Unusable as error:
        raise typer.BadParameter(f"{error} is no Maildir: it needs the folders new and cur") from None
    wait = watch
    while True:
        counts = empty(maildir, host, port, f"{mailbox}@{domain}")
        if not watch:
            Console().print(", ".join(f"{outcome.value} {counts[outcome]}" for outcome in Outcome))
            raise typer.Exit(1 if counts[Outcome.LATER] else 0)
        wait = min(LONGEST_WAIT_S, 2 * wait) if counts[Outcome.LATER] else watch
        time.sleep(wait)


if __name__ == "__main__":
    typer.run(main)
