"""A contact with what its text says: all findings with their places, and the mandatory fields of a complaint."""

from services.intake.extraction.find import find
from services.intake.extraction.mark import Mark
from shared.contracts.interactions import Finding, FindingKind, Interaction, Solution
from shared.contracts.parcels import Node
from shared.contracts.personal import Personal

_PERSONAL = frozenset({FindingKind.PHONE, FindingKind.ADDRESS})


def filled(interaction: Interaction) -> Interaction:
    """Places count from the beginning of the text; what only the subject says fills a field and has no place.

    Dates are told from the moment when the customer spoke. A claim form's goods count before those of the text.
    """
    subject = f"{interaction.subject.reveal()}\n" if interaction.subject else ""
    marks = find(f"{subject}{interaction.text.reveal()}", interaction.occurred_at)
    goods = interaction.claim.goods if interaction.claim else None
    of_form = find(goods, interaction.occurred_at) if goods else ()
    if not marks and not of_form:
        return interaction
    first = {mark.kind: mark.value for mark in reversed((*of_form, *marks))}
    of_text = {mark.kind: mark.value for mark in reversed(marks)} if of_form else first
    node, solution = of_text.get(FindingKind.EXCEPTION_NODE), of_text.get(FindingKind.WISHED_SOLUTION)
    return interaction.model_copy(
        update={
            "found": tuple([_finding(mark, len(subject)) for mark in marks if mark.start >= len(subject)]),
            "goods_type": first.get(FindingKind.GOODS_TYPE),
            "exception_node": Node(node) if node else None,
            "wished_solution": Solution(solution) if solution else None,
        }
    )


def _finding(mark: Mark, offset: int) -> Finding:
    personal = mark.kind in _PERSONAL
    return Finding(
        kind=mark.kind,
        start=mark.start - offset,
        end=mark.end - offset,
        value=None if personal else mark.value,
        personal=Personal(mark.value) if personal else None,
        currency=mark.currency,
    )
