"""The register set up again from the events of cases (SY-9): while nobody else writes."""

from collections.abc import Iterable

from services.routing.legal.register import entries, superseded
from services.routing.legal.store import Register
from services.routing.store import CaseStore
from shared.contracts.cases import Case


async def take(register: Register, cases: Iterable[Case]) -> None:
    """In whatever order: of each deadline what the newest version of its case says."""
    await register.restore([entry for case in cases for entry in entries(None, case)])


async def finish(register: Register, cases: CaseStore) -> None:
    """What a case no longer has went on in another one, or began anew: an event by itself does not say so."""
    gone = []
    async for entry in register.pending_answers():
        state = await cases.get(entry.case_id)
        stands = {e.deadline.deadline_id for e in entries(None, state.case)} if state else set()
        if state is not None and entry.deadline.deadline_id not in stands:
            gone.append(superseded(entry, state.case))
    await register.write(gone)
