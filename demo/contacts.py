"""Contacts as their gateways deliver them: chat messages, claim forms, calls and mails, each in its own format."""

import base64
import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import orjson

from demo.composer import Scene, chat, claim_statement, letter, mood_for, traditional, transcript
from demo.corpus import Intent
from demo.evidence import evidence, kinds_for
from demo.facts import facts
from demo.journey import Journey
from demo.letters import DESK, File, charset_for, encodable, mail
from demo.messengers import text_message, wechat_text, weibo_text, whole_second
from demo.population import Person
from demo.sending import Contact, Purpose, Route, Sending, print_of
from demo.situations import INTENT_OF_CLAIM

BIG5_SHARE = 0.03
MISSED_SHARE = 0.06
PARTNER_SHARE = 0.10


class Desk:
    """Makes contacts out of one source of chance; `run` keeps the ids of two runs apart."""

    def __init__(self, rng: random.Random, run: str) -> None:
        self.rng = rng
        self.run = run

    def fresh_id(self, prefix: str) -> str:
        return f"{prefix}_{self.run}{self.rng.getrandbits(80):020x}"

    def scene(self, person: Person, intent: Intent, journey: Journey, at: datetime) -> Scene:
        told = facts(self.rng, person, journey, at)
        return Scene(person, intent, told, mood_for(self.rng, intent), insured=journey.insured_fen > 0)

    def chat_message(self, person: Person, intent: Intent, journey: Journey, at: datetime) -> Sending:
        text = chat(self.rng, self.scene(person, intent, journey, at))
        # A chat window opened from the parcel's page knows the number; an empty one does not.
        named = [journey.tracking_number] if self.rng.random() < 0.55 else []
        data = {"customer": self.web_person(person), "text": text, "tracking_numbers": named}
        return self.web(person, "chat.message", data, at, Contact("web", person, intent, journey, print_of(at, text)))

    def claim_form(self, person: Person, kind: str, journey: Journey, at: datetime) -> Sending:
        intent = INTENT_OF_CLAIM.get(kind, Intent.DAMAGE)
        text = claim_statement(self.rng, self.scene(person, intent, journey, at), kind)
        files = evidence(self.rng, kinds_for(self.rng, kind), journey)
        data = {
            "customer": self.web_person(person),
            "text": text,
            "form": {
                "kind": kind,
                "tracking_number": journey.tracking_number,
                "claimed": f"{self.claimed_fen(kind, journey) / 100:.2f}",
                "goods": journey.goods.named(person.language),
                **({"payee": self.account()} if self.rng.random() < 0.9 else {}),
            },
            "attachments": [as_json(file) for file in files],
        }
        contact = Contact("web", person, intent, journey, print_of(at, text), claim_kind=kind)
        return self.web(person, "form.submitted", data, at, contact)

    def claimed_fen(self, kind: str, journey: Journey) -> int:
        if kind == "delay":
            return self.rng.choice((journey.freight_fen, journey.freight_fen, journey.value_fen // 5))
        if kind == "shortage":
            return max(100, journey.value_fen * self.rng.choice((1, 2, 3)) // 4)
        return int(journey.value_fen * self.rng.choice((1, 1, 1, 1, 1, 1, 1.05, 0.8, 2.4)))

    def account(self) -> str:
        """A made-up account; the provider's test endings 0001 to 0003 come up now and then."""
        special = self.rng.random() < 0.05
        ending = self.rng.randrange(1, 4) if special else self.rng.randrange(4, 10**4)
        return f"620000000000{ending:04d}"

    def web_person(self, person: Person) -> dict[str, str]:
        handles = {"phone": person.phone, "email": person.email}
        given = self.rng.random()
        left_out = "phone" if given < 0.12 else "email" if given < 0.20 else None
        known = {name: value for name, value in handles.items() if name != left_out}
        return {"name": person.name, "language": person.language, "tier": person.tier, **known}

    def web(self, person: Person, kind: str, data: Mapping[str, object], at: datetime, contact: Contact) -> Sending:
        """By the web gateway, or (some chats) by a partner that writes straight to Kafka."""
        data = {**data, "occurred_at": at.isoformat()}
        if kind == "chat.message" and self.rng.random() < PARTNER_SHARE:
            event_id = self.fresh_id("evt")
            headers = ce_headers(event_id, kind, "/partners/shop-chat", at)
            key = f"c{person.number}".encode()
            return Sending(
                at, Route.CONTACTS_TOPIC, Purpose.CONTACT, event_id, orjson.dumps(data), headers, key, contact=contact
            )
        body = orjson.dumps({"type": kind, "timestamp": at.isoformat(), "data": data})
        return Sending(at, Route.WEB, Purpose.CONTACT, self.fresh_id("msg"), body, contact=contact)

    def wechat(self, person: Person, intent: Intent, journey: Journey, at: datetime) -> Sending:
        def write(text: str) -> bytes:
            return wechat_text(self.rng, person, text, whole_second(at))

        return self.direct(Route.WECHAT, "wechat", write, person, intent, journey, at)

    def weibo(self, person: Person, intent: Intent, journey: Journey, at: datetime) -> Sending:
        def write(text: str) -> bytes:
            return weibo_text(person, text, whole_second(at))

        return self.direct(Route.WEIBO, "weibo", write, person, intent, journey, at)

    def text_message(self, person: Person, intent: Intent, journey: Journey, at: datetime) -> Sending:
        def write(text: str) -> bytes:
            return text_message(self.rng, person, text)

        return self.direct(Route.TWILIO, "sms", write, person, intent, journey, at)

    def direct(
        self,
        route: Route,
        channel: str,
        write: Callable[[str], bytes],
        person: Person,
        intent: Intent,
        journey: Journey,
        at: datetime,
    ) -> Sending:
        """A message by a platform; its gateway signs it when it is sent."""
        text = chat(self.rng, self.scene(person, intent, journey, at))
        contact = Contact(channel, person, intent, journey, print_of(whole_second(at), text))
        return Sending(at, route, Purpose.CONTACT, self.fresh_id("msg"), write(text), contact=contact)

    def call(self, person: Person, intent: Intent, journey: Journey, at: datetime) -> Sending:
        answered = self.rng.random() >= MISSED_SHARE
        text = transcript(self.rng, self.scene(person, intent, journey, at)) if answered else ""
        # Most calls are taken within three rings; some callers wait.
        waited = self.rng.randrange(2, 14) if self.rng.random() < 0.85 else self.rng.randrange(15, 120)
        rings = min(12, 1 + waited // 5)
        talked = len(text) // 3 + self.rng.randrange(10, 60) if answered else 0
        data = {
            "call_id": self.fresh_id("call"),
            "from": person.phone,
            "rings": rings if answered else rings + 6,
            "wait_seconds": waited,
            "talk_seconds": talked,
            "answered": answered,
            "started_at": at.isoformat(),
            "ended_at": (at + timedelta(seconds=waited + talked)).isoformat(),
            "language": person.language,
            **({"transcript": text} if answered else {}),
            **({"recording_url": f"https://recordings.example.com/{self.fresh_id('rec')}.ogg"} if answered else {}),
        }
        body = orjson.dumps({"type": "call.ended", "timestamp": at.isoformat(), "data": data})
        contact = Contact("phone", person, intent, journey, print_of(at, text))
        return Sending(at, Route.PHONE, Purpose.CONTACT, self.fresh_id("msg"), body, contact=contact)

    def mail(self, person: Person, intent: Intent, journey: Journey, at: datetime) -> Sending:
        scene = self.scene(person, intent, journey, at)
        written = letter(self.rng, scene)
        subject, text = written.subject, written.body
        charset = charset_for(self.rng, person.language, subject + text + person.name)
        if person.language == "zh" and self.rng.random() < BIG5_SHARE:
            old = traditional(self.rng, scene)
            if encodable(old, "big5"):
                subject, text, charset = f"{journey.tracking_number} 查詢", old, "big5"
        message_id = f"<{self.fresh_id('m')}@mail.example.com>"
        body = mail(
            self.rng,
            sender=(person.name if charset != "big5" else "Customer", person.email),
            subject=subject,
            text=text,
            at=at,
            message_id=message_id,
            charset=charset,
        )
        contact = Contact("email", person, intent, journey, print_of(at, text))
        return Sending(
            at, Route.MAIL, Purpose.CONTACT, message_id, body, sender=person.email, recipient=DESK, contact=contact
        )


def as_json(file: File) -> dict[str, str]:
    content = base64.b64encode(file.content).decode()
    known = {"evidence": file.evidence} if file.evidence else {}
    return {"name": file.name, "content_type": file.content_type, "content_base64": content, **known}


def ce_headers(event_id: str, kind: str, source: str, at: datetime) -> tuple[tuple[str, str], ...]:
    """CloudEvents in Kafka's binary mode."""
    return (
        ("ce_specversion", "1.0"),
        ("ce_id", event_id),
        ("ce_type", kind),
        ("ce_source", source),
        ("ce_time", at.isoformat()),
        ("content-type", "application/json"),
    )
