"""Who takes part in the day: gateways with their connections, agents of the roster, adjudicators, customers."""

import random
from collections import Counter
from dataclasses import dataclass, field

from demo import roster
from demo.contacts import Desk
from demo.gateways.fleet import Fleet, Gateway
from demo.gateways.http import HttpGateway, read_secrets
from demo.gateways.kafka import KafkaGateway
from demo.gateways.mail import MailGateway
from demo.ledger import Ledger
from demo.people.adjudicators import Adjudicator
from demo.people.agents import Agent
from demo.people.api import Api
from demo.people.customers import Customers
from demo.people.lead import Lead
from demo.schedule import Timetable
from demo.sending import Route
from shared.clock import Clock
from shared.http_client import HttpClient, Limits
from shared.security.tokens import Role, issue_local
from tools.stack import StackInfo

LEAD = "qin.yue"
ADJUDICATORS = ("ye.qing", "xu.hong", "tang.bo")
HTTP_WORKERS = {
    Route.WEB: 12,
    Route.PHONE: 8,
    Route.WECHAT: 6,
    Route.WEIBO: 3,
    Route.TWILIO: 3,
    Route.CARRIER: 12,
    Route.KUAIDI100: 6,
    Route.SF: 6,
    Route.SHOP: 1,
}
MAIL_CONNECTIONS = 4
KAFKA_WORKERS = 48
HTTP = Limits(timeout_s=8.0, connections=0, most_bytes=64 * 1024 * 1024)
"""As many connections as there are gateway workers and acts of people at a time: each has one."""


@dataclass
class Crew:
    """Everybody, and what they counted."""

    info: StackInfo
    clock: Clock
    rng: random.Random
    http: HttpClient
    kafka: KafkaGateway
    mails: list[MailGateway]
    fleet: Fleet
    counts: Counter[str] = field(default_factory=Counter)

    async def close(self) -> None:
        await self.fleet.close()
        for gateway in self.mails:
            await gateway.close()
        await self.kafka.close()
        await self.http.close()


def urls_of(info: StackInfo, service: str) -> list[str]:
    return [instance.url for instance in info.services[service]]


async def assemble(info: StackInfo, clock: Clock, ledger: Ledger, rng: random.Random, prefix: str) -> Crew:
    assert info.smtp, "the stack runs without intake"
    http = HttpClient(HTTP, "ParcelCare-demo/1")
    kafka = KafkaGateway(info.kafka, prefix)
    await kafka.start()
    mails = [MailGateway(info.smtp.host, info.smtp.port) for _ in range(MAIL_CONNECTIONS)]
    secrets, intake = read_secrets(info.secrets_dir), urls_of(info, "intake")
    workers: dict[Route, list[Gateway]] = {
        route: [HttpGateway(route, http, intake, secrets, rng) for _ in range(number)]
        for route, number in HTTP_WORKERS.items()
    }
    workers |= {Route.MAIL: [*mails], Route.CONTACTS_TOPIC: [kafka] * 4, Route.PARCELS_TOPIC: [kafka] * KAFKA_WORKERS}
    return Crew(info, clock, rng, http, kafka, mails, Fleet(workers, ledger, rng))


def agents(crew: Crew) -> list[Agent]:
    return [
        Agent(
            row["id"],
            tuple(row["groups"]),
            api_of(crew, "routing", row["id"], Role.AGENT),
            crew.clock,
            crew.rng,
            crew.counts,
        )
        for row in roster.agents()
    ]


def adjudicators(crew: Crew) -> list[Adjudicator]:
    return [
        Adjudicator(name, api_of(crew, "claims", name, Role.ADJUDICATOR), crew.clock, crew.rng, crew.counts)
        for name in ADJUDICATORS
    ]


def lead(crew: Crew) -> Lead:
    return Lead(api_of(crew, "routing", LEAD, Role.LEAD), crew.clock, crew.rng, crew.counts)


def api_of(crew: Crew, service: str, person: str, role: Role) -> Api:
    token = issue_local(crew.info.secrets_dir, person, [role.value])
    return Api(crew.http, urls_of(crew.info, service), token, crew.rng)


def customers(crew: Crew, timetable: Timetable, run: str) -> Customers:
    assert crew.info.mail_catcher, "the stack runs without a mail catcher"
    return Customers(
        client=crew.http,
        catcher_url=crew.info.mail_catcher.url,
        people=timetable.people,
        journeys=timetable.journeys,
        day=timetable.day,
        clock=crew.clock,
        desk=Desk(crew.rng, f"r{run}"),
        rng=crew.rng,
        submit=crew.fleet.submit,
        counts=crew.counts,
    )
