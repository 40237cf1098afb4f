"""Who writes and who reads each topic: the arrows of the AsyncAPI document. A test holds it against the code."""

from dataclasses import dataclass

from shared.contracts import topics as t
from shared.contracts.topics import Topic


@dataclass(frozen=True, slots=True)
class Flow:
    """`outside`: others than our services write it (gateways that publish straight to Kafka)."""

    topic: Topic
    about: str
    writers: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    outside: bool = False


EVERYBODY = ("intake", "routing", "claims", "notify", "metrics")

FLOWS: tuple[Flow, ...] = (
    Flow(
        t.GATEWAY_CONTACTS,
        "Contacts from gateways that publish straight to Kafka: ce_type is chat.message, form.submitted or "
        "call.ended, the value is the `data` of the same HTTP delivery.",
        readers=("intake",),
        outside=True,
    ),
    Flow(
        t.GATEWAY_PARCELS,
        "Parcel scans from gateways that publish straight to Kafka: ce_type parcel.scan.",
        readers=("intake",),
        outside=True,
    ),
    Flow(t.RAW, "The original bytes of every accepted delivery.", ("intake",), ("intake",)),
    Flow(
        t.CALL_STAGES,
        "What platforms say about a call, stage by stage; intake makes one contact of them.",
        ("intake",),
        ("intake",),
    ),
    Flow(
        t.INTERACTIONS,
        "One contact on one channel, normalised; and what became of the media that it only names.",
        ("intake",),
        ("intake", "routing"),
    ),
    Flow(
        t.CUSTOMERS,
        "Which handles are one customer: linked, merged, separated again. Kept for good.",
        ("intake",),
        ("routing",),
    ),
    Flow(t.MEDIA_REQUESTS, "Media of a contact to fetch from its platform, one by one.", ("intake",), ("intake",)),
    Flow(t.PARCEL_EVENTS, "Scans of parcels, and questions about a parcel.", ("intake", "routing"), ("routing",)),
    Flow(t.ORDER_EVENTS, "What happened to an order in a shop.", ("intake",), ("intake", "routing")),
    Flow(
        t.PARCEL_EXCEPTIONS,
        "What went wrong with a parcel and what is over, and answers to questions about one.",
        ("routing",),
        ("routing", "metrics"),
    ),
    Flow(
        t.PARCEL_STATE,
        "Changelog of the parcels' states, from which a new owner of a partition restores. Internal to routing.",
        ("routing",),
        ("routing",),
    ),
    Flow(
        t.CASES,
        "Every change-set of a case with the case after it.",
        ("routing",),
        ("intake", "claims", "notify", "metrics"),
    ),
    Flow(
        t.WORK_ORDERS, "Every change-set of a work order with the order after it.", ("routing",), ("notify", "metrics")
    ),
    Flow(
        t.INCIDENTS,
        "Every change-set of an incident with the incident after it; each parcel that comes under one or out of it.",
        ("routing",),
        ("notify", "metrics"),
    ),
    Flow(t.SURVEY_ANSWERS, "What customers answer on the survey's page.", ("notify",), ("routing",)),
    Flow(
        t.TRAINING,
        "What agents corrected in a case's classification, with the customer's words: to train the model on.",
        ("routing",),
        ("routing",),
    ),
    Flow(
        t.CLAIMS, "Every change-set of a claim with the claim after it.", ("claims",), ("routing", "notify", "metrics")
    ),
    Flow(t.PAYMENT_REQUESTS, "Orders to pay, one for each decision.", ("claims",), ("claims",)),
    Flow(t.NOTICE_REQUESTS, "Notices to send: the text, and what its HTML part is made of.", ("notify",), ("notify",)),
    Flow(t.NOTICES, "What became of each notice.", ("notify",), ("metrics",)),
    Flow(
        t.PUSH_REQUESTS,
        "What staff and partners are to be told: one step to one person by one way, and the ways after it.",
        ("notify",),
        ("notify",),
    ),
    Flow(t.PUSHES, "What became of each push.", ("notify",), ()),
    Flow(
        t.PLAYBOOK,
        "The playbook as customers are told it, whole, one record for each language.",
        ("routing",),
        ("intake",),
    ),
    Flow(
        t.DEAD_LETTERS,
        "Records that could not be handled: the original bytes; group, reason and origin in the headers. A null "
        "value: replayed or dropped.",
        EVERYBODY,
        ("metrics",),
    ),
)
