"""Scans as carriers deliver them: into Kafka, as CloudEvents by HTTP in three modes, as pushes of Kuaidi100 and SF."""

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

import orjson

from demo.contacts import ce_headers
from demo.journey import Journey, PlannedScan, Way
from demo.parcels import CHINA, Day
from demo.sending import Purpose, Route, ScanKey, Sending

REPEATED_SHARE = 0.015
RESENT_SHARE = 0.004
BATCH = 50
MEMORY, SHORT_MEMORY = timedelta(hours=47), timedelta(hours=23)
STRUCTURED = (("content-type", "application/cloudevents+json"),)
BATCHED = (("content-type", "application/cloudevents-batch+json"),)
# Kuaidi100's status codes for our nodes and exceptions (statusCode, resultv2=4).
STATUS = {
    "ordered": "101",
    "picked_up": "103",
    "customs": "11",
    "destination_in": "0",
    "out_for_delivery": "5",
    "held": "501",
    "signed": "301",
}
# SF's operation codes for the same.
OP_CODES = {
    "ordered": "127",
    "picked_up": "50",
    "outlet_out": "656",
    "hub_in": "31",
    "sorted": "30",
    "linehaul_out": "302",
    "linehaul_in": "311",
    "customs": "604",
    "destination_in": "31",
    "out_for_delivery": "204",
    "held": "130",
    "signed": "80",
}
EXCEPTION_CODES = {"damage": "33", "refused": "33", "failed_delivery": "70", "customs_hold": "15", "delay": "66"}
ROUTES_AT_ONCE = 10
EXCEPTION_STATUS = {"damage": "209", "refused": "203", "failed_delivery": "204", "customs_hold": "13", "delay": "208"}


def on_file(journey: Journey, day: Day) -> tuple[PlannedScan, ...]:
    """What a carrier still hands over of the time before the day: recent scans, or at least the last one.

    A scan that is older than the limit of its silence would be taken for a delay, until the next one is read.
    """
    earlier = [scan for scan in journey.scans if scan.at < day.opens]
    limit = SHORT_MEMORY if journey.product.code in ("cold_chain", "express") else MEMORY
    recent = [scan for scan in earlier if scan.at > day.opens - limit]
    return tuple(recent or earlier[-1:])


def data_of(journey: Journey, scan: PlannedScan, told_first: bool = False) -> dict[str, object]:
    """The `data` of a parcel.scan event; the first scans carry the terms of carriage."""
    told: dict[str, object] = {
        "tracking_number": journey.tracking_number,
        "carrier": journey.carrier.code,
        "node": scan.node,
        "occurred_at": scan.at.isoformat(),
        "place": scan.place,
        "description": scan.description,
    }
    for name in ("exception", "fault", "signer"):
        if value := getattr(scan, name):
            told[name] = value
    if told_first or scan.node in ("ordered", "picked_up"):
        told["shipment"] = shipment(journey)
    return told


def shipment(journey: Journey) -> dict[str, object]:
    person = journey.consignee
    phone = f"{person.phone[3:6]}****{person.tail}" if journey.phone_masked else person.phone
    return {
        "product": journey.product.code,
        "goods": journey.goods.zh,
        "freight_fen": journey.freight_fen,
        "insured_fen": journey.insured_fen,
        "declared_fen": journey.declared_fen,
        "weight_g": journey.weight_g,
        "limit_notified": journey.limit_notified,
        "consignee": {
            "name": person.name,
            "phone": phone,
            "email": person.email,
            "language": person.language,
            "tier": person.tier,
        },
        "merchant_id": f"shop-{sum(map(ord, journey.shop)) % 997:03d}",
        "origin": journey.origin.zh,
        "destination": journey.destination.zh,
        "promised_at": journey.promised_at.isoformat(),
    }


class Carriers:
    """Turns journeys into what their carriers send."""

    def __init__(self, rng: random.Random, run: str) -> None:
        self.rng = rng
        self.run = run

    def event_id(self, journey: Journey, scan: PlannedScan) -> str:
        return f"{self.run}-{journey.tracking_number}-{int(scan.at.timestamp())}"

    def today(self, journeys: Iterable[Journey], day: Day) -> Iterator[Sending]:
        for journey in journeys:
            for scan in journey.scans:
                if day.holds(scan.at):
                    yield from self.one(journey, scan)

    def one(self, journey: Journey, scan: PlannedScan) -> Iterator[Sending]:
        """The scan as it happens; now and then sent twice, or reported again under another id."""
        deliveries = 2 if self.rng.random() < REPEATED_SHARE else 1
        if journey.way is Way.KUAIDI100:
            yield self.push(journey, scan, deliveries)
        elif journey.way is Way.SF:
            yield self.route_push(journey, [scan], deliveries)
        elif journey.way is Way.CLOUD_EVENTS:
            yield self.by_http(journey, scan, deliveries)
        else:
            yield self.by_topic(journey, scan, deliveries)
            if self.rng.random() < RESENT_SHARE:
                yield self.by_topic(journey, scan, 1, suffix="-again")

    def by_topic(
        self, journey: Journey, scan: PlannedScan, deliveries: int = 1, suffix: str = "", told_first: bool = False
    ) -> Sending:
        event_id = self.event_id(journey, scan) + suffix
        return Sending(
            scan.at,
            Route.PARCELS_TOPIC,
            Purpose.SCANS,
            event_id,
            orjson.dumps(data_of(journey, scan, told_first)),
            ce_headers(event_id, "parcel.scan", f"/carriers/{journey.carrier.code}", scan.at),
            key=journey.tracking_number.encode(),
            deliveries=deliveries,
            scans=((journey.tracking_number, scan.at),),
        )

    def event(self, journey: Journey, scan: PlannedScan, told_first: bool = False) -> dict[str, object]:
        return {
            "specversion": "1.0",
            "id": self.event_id(journey, scan),
            "source": f"/carriers/{journey.carrier.code}",
            "type": "parcel.scan",
            "time": scan.at.isoformat(),
            "data": data_of(journey, scan, told_first),
        }

    def by_http(self, journey: Journey, scan: PlannedScan, deliveries: int) -> Sending:
        event = self.event(journey, scan)
        if self.rng.random() < 0.4:
            data = event.pop("data")
            binary = tuple((f"ce-{name}", quote(str(value), safe="/:+")) for name, value in event.items())
            headers, body = (*binary, ("content-type", "application/json")), orjson.dumps(data)
        else:
            headers, body = STRUCTURED, orjson.dumps(event)
        keys = ((journey.tracking_number, scan.at),)
        return self._http(scan, body, headers, keys, deliveries)

    def _http(
        self,
        scan: PlannedScan,
        body: bytes,
        headers: tuple[tuple[str, str], ...],
        keys: tuple[ScanKey, ...],
        deliveries: int = 1,
    ) -> Sending:
        webhook_id = f"scan_{self.run}{self.rng.getrandbits(64):016x}"
        return Sending(
            scan.at, Route.CARRIER, Purpose.SCANS, webhook_id, body, headers, deliveries=deliveries, scans=keys
        )

    def push(self, journey: Journey, scan: PlannedScan, deliveries: int = 1, since: datetime | None = None) -> Sending:
        """A push holds the whole track until now, newest line first; its form is signed when it is sent."""
        until = [one for one in journey.scans if one.at <= scan.at and (since is None or one.at >= since)]
        param = {
            "status": "shutdown" if scan.node == "signed" else "polling",
            "message": "",
            "lastResult": {
                "message": "ok",
                "nu": journey.tracking_number,
                "ischeck": "1" if scan.node == "signed" else "0",
                "com": journey.carrier.kuaidi100,
                "status": "200",
                "state": "3" if scan.node == "signed" else "0",
                "data": [line(one) for one in reversed(until)],
            },
        }
        return Sending(
            scan.at,
            Route.KUAIDI100,
            Purpose.SCANS,
            f"{self.event_id(journey, scan)}-push",
            orjson.dumps(param),
            deliveries=deliveries,
            scans=tuple((journey.tracking_number, one.at) for one in until),
        )

    def route_push(self, journey: Journey, scans: Sequence[PlannedScan], deliveries: int = 1) -> Sending:
        """SF pushes each route once, by its own id, at most ten at a time."""
        routes = [
            {
                "id": self.event_id(journey, one),
                "mailno": journey.tracking_number,
                "acceptTime": one.at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S"),
                "acceptAddress": one.place,
                "remark": one.description,
                "opCode": EXCEPTION_CODES.get(one.exception or "", OP_CODES.get(one.node, "501")),
            }
            for one in scans
        ]
        return Sending(
            scans[-1].at,
            Route.SF,
            Purpose.SCANS,
            f"{self.event_id(journey, scans[-1])}-route",
            orjson.dumps({"Body": {"WaybillRoute": routes}}),
            deliveries=deliveries,
            scans=tuple((journey.tracking_number, one.at) for one in scans),
        )

    def history(self, journeys: Iterable[Journey], day: Day) -> list[Sending]:
        """What was scanned before the day, parcel by parcel, as a carrier hands over what it has on file.

        One record each in Kafka, batches of whole tracks by HTTP, one push for a whole track by Kuaidi100.
        """
        sendings: list[Sending] = []
        waiting: list[tuple[Journey, PlannedScan]] = []
        for journey in journeys:
            earlier = on_file(journey, day)
            if journey.way is Way.KUAIDI100 and earlier:
                sendings.append(self.push(journey, earlier[-1], since=earlier[0].at))
            elif journey.way is Way.SF:
                for start in range(0, len(earlier), ROUTES_AT_ONCE):
                    sendings.append(self.route_push(journey, earlier[start : start + ROUTES_AT_ONCE]))
            elif journey.way is Way.CLOUD_EVENTS:
                waiting += [(journey, scan) for scan in earlier]
            else:
                sendings += [self.by_topic(journey, one, told_first=one is earlier[0]) for one in earlier]
            if len(waiting) >= BATCH:
                sendings.append(self._batch(waiting))
                waiting = []
        return [*sendings, *([self._batch(waiting)] if waiting else [])]

    def _batch(self, pairs: Sequence[tuple[Journey, PlannedScan]]) -> Sending:
        body = orjson.dumps([self.event(journey, scan, told_first=True) for journey, scan in pairs])
        keys = tuple((journey.tracking_number, scan.at) for journey, scan in pairs)
        return self._http(pairs[-1][1], body, BATCHED, keys)


def line(scan: PlannedScan) -> dict[str, object]:
    local = scan.at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
    code = EXCEPTION_STATUS.get(scan.exception or "", STATUS.get(scan.node, "0"))
    return {"time": local, "ftime": local, "context": scan.description, "areaName": scan.place, "statusCode": code}
