"""CL-10: the life cycle; every illegal move is refused, with the reason in both languages."""

from itertools import product

import pytest

from services.claims.lifecycle import MOVE_NAMES, MOVES, STATES, Move, Refused, after
from shared.contracts.claims import ClaimState

pytestmark = pytest.mark.req("CL-10")

S = ClaimState
LEGAL = {
    S.DRAFT: {Move.ASK, Move.REVIEW, Move.WITHDRAW},
    S.AWAITING_EVIDENCE: {Move.ASK, Move.REVIEW, Move.WITHDRAW},
    S.IN_REVIEW: {
        Move.ASK,
        Move.REVIEW,
        Move.APPROVE,
        Move.APPROVE_PARTLY,
        Move.REJECT,
        Move.UPHOLD,
        Move.WITHDRAW,
    },
    S.APPROVED: {Move.PAY, Move.LOSE_PAYMENT},
    S.PARTLY_APPROVED: {Move.PAY, Move.LOSE_PAYMENT},
    S.REJECTED: {Move.APPEAL, Move.CLOSE},
    S.PAID: {Move.APPEAL, Move.CLOSE, Move.LOSE_PAYMENT},
    S.CLOSED: set(),
    S.WITHDRAWN: set(),
}


def test_every_state_and_move_has_words() -> None:
    assert set(STATES) == set(ClaimState)
    assert set(MOVE_NAMES) == set(Move)


@pytest.mark.parametrize(("state", "move"), list(product(ClaimState, Move)))
def test_only_legal_moves(state: ClaimState, move: Move) -> None:
    if move in LEGAL[state]:
        assert after(state, move) is MOVES[state, move]
        return
    with pytest.raises(Refused) as refused:
        after(state, move)
    assert STATES[state].zh in refused.value.reason.zh
    assert MOVE_NAMES[move].en in refused.value.reason.en


def test_the_way_of_a_claim() -> None:
    state = S.DRAFT
    way = [Move.ASK, Move.REVIEW, Move.ASK, Move.REVIEW, Move.APPROVE_PARTLY, Move.PAY, Move.APPEAL, Move.UPHOLD]
    for move in [*way, Move.CLOSE]:
        state = after(state, move)
    assert state is S.CLOSED


def test_everything_ends() -> None:
    """From every state an end can be reached."""
    ends = {S.CLOSED, S.WITHDRAWN}
    for _ in ClaimState:
        ends |= {state for (state, _), target in MOVES.items() if target in ends}
    assert ends == set(ClaimState)
