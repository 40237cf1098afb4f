"""Customers who read what they are sent: they hand in evidence, say thanks, or say that this is no answer."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from demo.composer import Scene, reply
from demo.contacts import Desk, as_json
from demo.corpus import Intent
from demo.evidence import evidence
from demo.facts import facts
from demo.journey import Journey
from demo.letters import DESK, File, Thread, answering, charset_for, mail
from demo.parcels import Day
from demo.people.mail_reading import OurMail, case_number, matter_of, read
from demo.population import Person
from demo.seen.providers import Arrival, arrivals
from demo.sending import Contact, Purpose, Route, Sending, print_of
from shared.clock import Clock
from shared.http_client import HttpClient, HttpFailure

log = structlog.get_logger()

POLL_S = 0.5
SILENT_SHARE, PARTIAL_SHARE, BY_WEB_SHARE = 0.12, 0.12, 0.3
THANKS_SHARE, UNHAPPY_SHARE = 0.05, 0.06
EVIDENCE_MINUTES, ANSWER_MINUTES = (8, 110), (5, 60)
# After that nobody answers any more today, so that the day can come to its end.
LAST_ANSWER = timedelta(minutes=20)


@dataclass
class Customers:
    """All customers' eyes on the mail catcher; `submit` hands an answer to its gateway."""

    client: HttpClient
    catcher_url: str
    people: Sequence[Person]
    journeys: Sequence[Journey]
    day: Day
    clock: Clock
    desk: Desk
    rng: random.Random
    submit: Callable[[Sending], None]
    counts: Counter[str]
    last_number: int = 0
    handed_in: dict[str, int] = field(default_factory=dict)
    answering: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.by_address: Mapping[str, Person] = {person.email: person for person in self.people}
        self.parcels_of: dict[int, list[Journey]] = {}
        for journey in self.journeys:
            self.parcels_of.setdefault(journey.consignee.number, []).append(journey)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                for arrival in await arrivals(self.client, self.catcher_url, "messages", self.last_number):
                    self.last_number = arrival.number
                    self.notice(arrival)
            except HttpFailure as failure:
                log.info("mailbox_unreadable", error=failure.reason)
            await asyncio.sleep(POLL_S)

    def notice(self, arrival: Arrival) -> None:
        """Decides whether this mail gets an answer."""
        person = self.by_address.get(arrival.recipient)
        matter, chance = matter_of(arrival.subject), self.rng.random()
        if person is None or self.clock.now() > self.day.closes - LAST_ANSWER:
            return
        if matter == "evidence" and chance >= SILENT_SHARE:
            self.later(lambda: self.hand_in(person, arrival), EVIDENCE_MINUTES)
        elif matter == "answer" and chance < THANKS_SHARE + UNHAPPY_SHARE:
            mood = "thanks" if chance < THANKS_SHARE else "unhappy"
            self.later(lambda: self.write_back(person, arrival, mood), ANSWER_MINUTES)

    def later(self, answer: Callable[[], Coroutine[None, None, None]], minutes: tuple[float, float]) -> None:
        async def in_time() -> None:
            await asyncio.sleep(self.rng.uniform(*minutes) * 60 / self.clock.rate)
            await answer()

        task = asyncio.create_task(in_time())
        self.answering.add(task)
        task.add_done_callback(self._answered)

    def _answered(self, task: asyncio.Task[None]) -> None:
        self.answering.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.warning("customer_stumbled", error=f"{type(error).__name__}: {error}")

    async def opened(self, arrival: Arrival) -> OurMail:
        given = await self.client.get(f"{self.catcher_url}/api/messages/{arrival.number}/raw")
        return read(given.checked().body, arrival.message_id, arrival.subject)

    async def hand_in(self, person: Person, arrival: Arrival) -> None:
        """The documents that the mail asks for; at the first time sometimes only some of them."""
        ours = await self.opened(arrival)
        number = ours.case_number or ""
        kinds, self.handed_in[number] = list(ours.wanted), self.handed_in.get(number, 0) + 1
        partial = len(kinds) > 1 and self.handed_in[number] == 1 and self.rng.random() < PARTIAL_SHARE
        journey, now = self.parcel_in(person, ours.text), self.clock.now()
        scene = Scene(person, Intent.FOLLOW_UP, facts(self.rng, person, journey, now), "calm")
        text = reply(self.rng, scene, "partial" if partial else "body")
        files = evidence(self.rng, kinds[: 1 if partial else None], journey)
        self.counts["evidence handed in"] += 1
        if self.rng.random() < BY_WEB_SHARE and ours.case_number:
            data = {
                "customer": {"name": person.name, "email": person.email, "language": person.language},
                "text": text,
                "case_number": ours.case_number,
                "attachments": [as_json(file) for file in files],
            }
            contact = Contact("web", person, Intent.FOLLOW_UP, journey, print_of(now, text))
            self.submit(self.desk.web(person, "form.submitted", data, now, contact))
        else:
            self.submit(self.mailed(person, ours, text, now, journey, files))

    async def write_back(self, person: Person, arrival: Arrival, mood: str) -> None:
        ours = await self.opened(arrival)
        journey, now = self.parcel_in(person, ours.text), self.clock.now()
        scene = Scene(person, Intent.FOLLOW_UP, facts(self.rng, person, journey, now), "annoyed")
        self.counts[f"wrote back: {mood}"] += 1
        self.submit(self.mailed(person, ours, reply(self.rng, scene, mood), now, journey))

    def mailed(
        self,
        person: Person,
        ours: OurMail,
        text: str,
        now: datetime,
        journey: Journey,
        files: Sequence[File] = (),
    ) -> Sending:
        """A reply in the thread: by its references, and (mostly) by the number in its subject."""
        subject = answering(ours.subject)
        if self.rng.random() < 0.1:
            subject = subject.replace(f"[{case_number(subject)}] ", "")
        message_id = f"<{self.desk.fresh_id('m')}@mail.example.com>"
        body = mail(
            self.rng,
            sender=(person.name, person.email),
            subject=subject,
            text=text,
            at=now,
            message_id=message_id,
            charset=charset_for(self.rng, person.language, subject + text + person.name),
            files=files,
            answers=Thread(ours.message_id, ours.subject),
        )
        contact = Contact("email", person, Intent.FOLLOW_UP, journey, print_of(now, text))
        return Sending(
            now, Route.MAIL, Purpose.CONTACT, message_id, body, sender=person.email, recipient=DESK, contact=contact
        )

    def parcel_in(self, person: Person, text: str) -> Journey:
        own = self.parcels_of.get(person.number) or [self.rng.choice(self.journeys)]
        return next((journey for journey in own if journey.tracking_number in text), own[0])
