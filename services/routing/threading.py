"""Which case a contact or a parcel's exception belongs to (RO-1), and the keys that make a case the only one.

Keys of a case:
  p:<tracking>:<identity>, o:<order>:<identity>   the customer's case about that parcel or order
  p:<tracking>                                    the first case about that parcel, whoever wrote: an exception joins it
  c:<identity>:<n>                                the n-th case of the customer: where a contact without reference goes
  f:<interaction>                                 the case of a call: what comes of it later (its transcript) follows it
An identity is the customer id or a contact point, hashed, so one person is found by phone or by mail. Of a person with
several ids (aliases) a case is looked for under all of them. It takes the keys of those that its customer wrote with,
and of the person as such, so that two ids of one person do not open two cases at once. After an unmerge a case of
somebody who is said to be another is passed over. A key has one holder at a time (unique index). A contact that finds
no holder opens a case that takes the keys; of two that do so at once one fails, reads again, and finds the other. Keys
of one person, or one parcel, begin alike: they lie side by side in the index, which is then entered once for all.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from services.routing.life import Life, is_over
from services.routing.number import id_range
from services.routing.persons import NOBODY, People, Person, owner_of
from services.routing.state import CaseState
from shared.contracts.base import derived_id
from shared.contracts.cases import Case, CaseStatus
from shared.contracts.interactions import Interaction
from shared.contracts.parcels import Parcel
from shared.contracts.people import Customer


def references(tracking_numbers: Sequence[str], order_numbers: Sequence[str], life: Life) -> tuple[str, ...]:
    parcels = [f"p:{number}" for number in tracking_numbers]
    orders = [f"o:{number}" for number in order_numbers]
    return tuple((parcels + orders)[: life.references_max])


def keys_of_contact(contact: Interaction, life: Life, people: People) -> Iterator[str]:
    """Every key that matters for threading this contact."""
    person = people.who(contact.customer)
    if contact.follows is not None:
        yield _followed(contact.follows)
    if contact.call is not None:
        yield _followed(contact.interaction_id)
    for reference in references(contact.tracking_numbers, contact.order_numbers, life):
        yield from _keys_of_reference(reference, person)
    yield from person.slots


def keys_of_exception(parcel: Parcel, people: People) -> Iterator[str]:
    """Every key that matters for threading an exception of this parcel."""
    person = people.who(owner_of(parcel))
    yield from _keys_of_reference(f"p:{parcel.tracking_number}", person)
    yield from person.slots


def _keys_of_reference(reference: str, person: Person) -> Iterator[str]:
    yield reference
    yield f"{reference}:{NOBODY}"
    yield from (f"{reference}:{i}" for i in person.seen)


def _followed(interaction_id: str) -> str:
    return f"f:{interaction_id}"


def is_slot(key: str) -> bool:
    return key.startswith("c:")


class Book:
    """The cases of one batch by their keys, as the decisions so far left them."""

    def __init__(self, states: Iterable[CaseState], looked_up: Iterable[str], people: People) -> None:
        """`looked_up`: the keys whose holders, where there are any, are among `states`."""
        self._people = people
        self.states: dict[str, CaseState] = {}
        self._holders: dict[str, str] = {}
        self._awaiting: dict[str, str] = {}
        self._looked_up = frozenset(looked_up)
        for state in states:
            self._enter(state)
        self.loaded = dict(self.states)

    def settle(self, state: CaseState, life: Life, event: object = None) -> CaseState:
        """Enter a decided state, with the keys that it has a right to; `event` is what it was decided on."""
        keys = () if state.released else (*self._keys(state, life), *self._followed(state, event))
        settled = replace(state, open_keys=keys)
        self._enter(settled)
        return settled

    def as_known(self, contact: Interaction, case: Case) -> Interaction:
        """The contact with its customer under the id that the case knows the same person by."""
        known = case.customer.customer_id
        if known == contact.customer.customer_id or known not in self._people.who(contact.customer).same:
            return contact
        customer = contact.customer.model_copy(update={"customer_id": known})
        return contact.model_copy(update={"customer": customer})

    def key_until(self, customer: Customer) -> datetime | None:
        """So long (exclusive) the customer is a key account by volume; None: is none."""
        return self._people.who(customer).key_until

    def find_contact(self, contact: Interaction, life: Life) -> str | None:
        """The case that the contact belongs to, or None: open one."""
        named = self._case_of(contact.follows) or self._named(contact.case_number)
        if named is not None:
            return named
        person = self._people.who(contact.customer)
        concerned = references(contact.tracking_numbers, contact.order_numbers, life)
        if concerned:
            about = self._latest((f"{reference}:{i}" for reference in concerned for i in person.seen), person)
            if about is not None:
                return about
            unowned = self._latest(f"{reference}:{NOBODY}" for reference in concerned)
            if unowned is not None:
                return unowned
        mine = self._holding(person.slots, person)
        if not mine:
            return None
        if concerned:
            mine = [s for s in mine if not is_over(s.case) and not has_references(s.case)]
        return _latest_of(mine)

    def several_of(self, person: Person) -> list[Case]:
        """The cases in which this person writes without a reference, where there are several."""
        ids = set(map(self._holders.get, person.slots)) - {None}
        return [s.case for i, s in self.states.items() if i in ids] if len(ids) > 1 else []

    def last_agent(self, customer: Customer) -> str | None:
        """Who handled this customer last, as far as their cases can still be reopened."""
        handled = [s.case for s in self._holding(self._people.who(customer).slots) if s.case.agent]
        return max(handled, key=lambda case: case.updated_at).agent if handled else None

    def find_exception(self, parcel: Parcel) -> str | None:
        """The case that the parcel's exception belongs to, or None: open one."""
        reference = f"p:{parcel.tracking_number}"
        owner = self._people.who(owner_of(parcel))
        own = self._latest((f"{reference}:{i}" for i in (*owner.seen, NOBODY)), owner)
        if own is not None:
            return own
        consignee_known = parcel.shipment is not None and parcel.shipment.consignee is not None
        return None if consignee_known else self._latest([reference])

    def find_having(self, parcel: Parcel, exception_ids: Collection[str]) -> str | None:
        """The case that has one of these exceptions of the parcel, or None: it is long over."""
        reference = f"p:{parcel.tracking_number}"
        seen = self._people.who(owner_of(parcel)).seen
        keys = [reference, *(f"{reference}:{i}" for i in (*seen, NOBODY))]
        return _latest_of(s for s in self._holding(keys) if s.case.exception_id in exception_ids)

    def find_awaiting(self, media: str) -> str | None:
        """The case that waits for the file, or None: it has it, or never heard of it."""
        return self._awaiting.get(media)

    def _enter(self, state: CaseState) -> None:
        case_id = state.case.case_id
        before = self.states.get(case_id)
        for key in before.open_keys if before else ():
            self._holders.pop(key, None)
        self.states[case_id] = state
        self._holders.update(dict.fromkeys(state.open_keys, case_id))
        self._awaiting.update(dict.fromkeys(state.case.awaited_media, case_id))

    def _named(self, number: str | None) -> str | None:
        """The case of that number, while it is open or can be reopened."""
        span = id_range(number) if number else None
        if span is None:
            return None
        return _latest_of(
            s
            for case_id, s in self.states.items()
            if span[0] <= case_id < span[1] and (s.open_keys or s.case.status is not CaseStatus.CLOSED)
        )

    def _case_of(self, interaction_id: str | None) -> str | None:
        """The case of a call that this contact follows: that it joined, or opened and may still reopen."""
        if interaction_id is None:
            return None
        joined = self._holders.get(_followed(interaction_id))
        opened = self.states.get(derived_id(interaction_id, "case"))
        if joined is None and opened is not None and (opened.open_keys or opened.case.status is not CaseStatus.CLOSED):
            return opened.case.case_id
        return joined

    def _followed(self, state: CaseState, event: object) -> Iterator[str]:
        """The calls of a case: those that it had, and the one that it was decided on."""
        held = [key for key in state.open_keys if key.startswith("f:")]
        yield from held
        if isinstance(event, Interaction) and event.call is not None:
            key = _followed(event.interaction_id)
            if key not in held and key not in self._holders:
                yield key

    def _holding(self, keys: Iterable[str], person: Person | None = None) -> list[CaseState]:
        """The cases that hold these keys; without those of somebody who is said not to be this person."""
        found = [self.states[self._holders[key]] for key in keys if key in self._holders]
        if person is None or not person.apart:
            return found
        return [s for s in found if s.case.customer.customer_id not in person.apart]

    def _latest(self, keys: Iterable[str], person: Person | None = None) -> str | None:
        return _latest_of(self._holding(keys, person))

    def _keys(self, state: CaseState, life: Life) -> tuple[str, ...]:
        case, held = state.case, set(state.open_keys)
        ids = self._people.who(case.customer).ids

        def may_have(key: str) -> bool:
            return key in held or (key in self._looked_up and key not in self._holders)

        wanted: list[str] = []
        for reference in references(case.tracking_numbers, case.order_numbers, life):
            if reference.startswith("p:"):
                wanted.append(reference)
            wanted += [f"{reference}:{i}" for i in ids]
        keys = [key for key in wanted if may_have(key)]
        for n in range(life.open_cases_seen):
            slot = [f"c:{i}:{n}" for i in ids if i != NOBODY]
            if held.intersection(slot) or (slot and all(may_have(key) for key in slot)):
                return (*keys, *(key for key in slot if may_have(key)))
        return tuple(keys)


def has_references(case: Case) -> bool:
    return bool(case.tracking_numbers or case.order_numbers)


def _latest_of(states: Iterable[CaseState]) -> str | None:
    """Open before resolved or closed, then the one that was last worked on."""
    best = max(states, key=lambda s: (not is_over(s.case), s.case.updated_at, s.case.case_id), default=None)
    return best.case.case_id if best else None
