"""A broker whose consumers join their groups side by side."""

import asyncio

from faststream.kafka import KafkaBroker


class JoiningBroker(KafkaBroker):
    """A member is let in once those who are there have sent a heartbeat, up to `GROUP_HEARTBEAT_S` later. FastStream
    joins one group after the other: a second process of routing, with seven groups, would be ready after 21 s."""

    async def start(self) -> None:
        await self.connect()
        await asyncio.gather(*(subscriber.start() for subscriber in self.subscribers))
        self.running = True
