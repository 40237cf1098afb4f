"""The work order that the playbook suggests for a case, filled in from what the case knows (RO-9, RO-10)."""

from dataclasses import dataclass

from services.routing.playbook import Book, Entry
from services.routing.workorders.kinds import VALUE_MAX, OrderRules
from shared.contracts.cases import Case
from shared.contracts.parcels import Node
from shared.contracts.personal import Personal
from shared.contracts.work_orders import HandoverField, Owner, OwnerKind


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`missing`: required fields that the case does not know and the handler adds."""

    entry: Entry
    kind: str
    owner: Owner
    hours: int
    node: Node | None
    handover: tuple[HandoverField, ...]
    missing: tuple[str, ...]


def suggested(case: Case, book: Book, rules: OrderRules, language: str) -> Suggestion | None:
    """None where the playbook asks nobody else for anything."""
    entry = book.for_case(case)
    if entry.order is None:
        return None
    kind = rules.kinds[entry.order]
    known = _known(case, entry, book, language)
    handover = tuple(
        HandoverField(name=name, value=Personal(known[name][:VALUE_MAX])) for name in kind.fields if known.get(name)
    )
    party = entry.partner or entry.department
    owner = Owner(kind=OwnerKind.PARTNER if entry.partner else OwnerKind.DEPARTMENT, name=party.name)
    wanted = dict.fromkeys((*kind.required, *(name for name in entry.handover if name in kind.fields)))
    missing = tuple(name for name in wanted if not known.get(name))
    node = case.parcel.node if case.parcel else None
    return Suggestion(entry, kind.name, owner, _limit(entry, kind.hours), node, handover, missing)


def _limit(entry: Entry, hours: int) -> int:
    """The playbook's own calendar hours; office hours run longer than they count, so there the kind's limit holds."""
    return hours if entry.business else entry.hours


def _known(case: Case, entry: Entry, book: Book, language: str) -> dict[str, str]:
    title = book.symptoms[entry.symptom].title[language]
    subject = case.subject.reveal() if case.subject else ""
    found = {
        "problem": f"{title}: {subject}" if subject else title,
        "progress": _progress(case, book, language),
        "support": "; ".join(entry.steps[language]),
        "tracking": case.tracking_numbers[0] if case.tracking_numbers else "",
    }
    if case.parcel is not None:
        found["carrier_contact"] = case.parcel.carrier
        found["last_place"] = (case.parcel.track[-1].place or "") if case.parcel.track else ""
        found["goods"] = (case.parcel.shipment.goods or "") if case.parcel.shipment else ""
    return found


def _progress(case: Case, book: Book, language: str) -> str:
    contacts = f"客户联系 {case.contacts} 次" if language == "zh" else f"{case.contacts} contact(s) of the customer"
    if case.parcel is None:
        return contacts
    node = book.nodes[case.parcel.node][language]
    last = case.parcel.track[-1].at.isoformat(timespec="minutes") if case.parcel.track else ""
    where = f"最后节点：{node} {last}" if language == "zh" else f"last node: {node} {last}"
    return f"{where.strip()}; {contacts}"
