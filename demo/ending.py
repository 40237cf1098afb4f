"""The end of the day: until everything has arrived everywhere, then the judgement on what was seen outside."""

import asyncio
import time
from collections.abc import Callable
from math import inf

from aiokafka.errors import KafkaError

from demo.invariants import Verdict, judge
from demo.invariants.finding import Evidence
from demo.ledger import Ledger
from demo.seen.lag import lag
from demo.seen.providers import arrivals, statement
from demo.seen.topics import TopicReader
from shared.http_client import HttpClient, HttpFailure
from tools.stack import StackInfo

QUIET_S = 2.0
STUCK_S = 40.0
LONGEST_S = 300.0
JUDGE_AGAIN_S = 30.0
LOOK_S = 0.5


async def drained(info: StackInfo, prefix: str, reader: TopicReader, tick: Callable[[str], None]) -> dict[str, int]:
    """Returns when no group is behind and nothing new came for QUIET_S: {}.

    Where nothing moves for STUCK_S, or LONGEST_S are over: what is still behind.
    """
    started = moved = time.monotonic()
    behind: dict[str, int] = {"?": 1}
    while time.monotonic() < min(moved + STUCK_S, started + LONGEST_S):
        before, behind = behind, await _behind(info, prefix)
        quiet = time.monotonic() - reader.last_record_at
        if quiet > QUIET_S and reader.caught_up and not behind:
            return {}
        if behind != before or quiet < QUIET_S:
            moved = time.monotonic()
        tick(waiting_for(behind))
        await asyncio.sleep(LOOK_S)
    return behind


async def _behind(info: StackInfo, prefix: str) -> dict[str, int]:
    try:
        return {group: number for group, number in (await lag(info.kafka, prefix)).items() if number}
    except (KafkaError, OSError) as error:
        return {type(error).__name__: 1}


def waiting_for(behind: dict[str, int]) -> str:
    groups = " · ".join(
        f"{group} {number:,}" for group, number in sorted(behind.items(), key=lambda item: -item[1])[:4]
    )
    return f"收尾：等待各消费组处理完毕 · waiting for {groups or 'the last records'}"


async def judged(
    info: StackInfo, client: HttpClient, ledger: Ledger, reader: TopicReader, all_arrived: bool
) -> Verdict:
    """What breaks a rule must break it for good: judged again until it holds, or JUDGE_AGAIN_S are over.

    Where the day is not `all_arrived`, what is very new is left out: it is still on its way.
    """
    ends = time.monotonic() + JUDGE_AGAIN_S
    while True:
        try:
            verdict = judge(await gathered(info, client, ledger, reader, all_arrived))
        except HttpFailure:
            # A provider that was killed comes back; one that does not is an error of the run.
            if time.monotonic() > ends:
                raise
        else:
            if verdict.holds or time.monotonic() > ends:
                return verdict
        await asyncio.sleep(LOOK_S)


async def gathered(
    info: StackInfo, client: HttpClient, ledger: Ledger, reader: TopicReader, all_arrived: bool
) -> Evidence:
    """The clock is read first: what comes while the others are asked is too new to be judged."""
    assert info.payment
    assert info.mail_catcher
    assert info.webhook_sink
    now = inf if all_arrived else time.monotonic()
    return Evidence(
        ledger=ledger,
        seen=reader.observations,
        statement=await statement(client, info.payment.url, info.secrets_dir),
        mails=await arrivals(client, info.mail_catcher.url, "messages"),
        webhooks=await arrivals(client, info.webhook_sink.url, "webhooks"),
        now=now,
    )
