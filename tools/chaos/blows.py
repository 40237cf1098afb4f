"""Striking a program of a running stack, at the moment that the plan says."""

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from xmlrpc.client import Fault

from tools.chaos.plan import FREEZE_S, Blow, Strike
from tools.chaos.probes import Probed, Prober
from tools.stack import Stack

STARTS_WITHIN_S = 30.0
"""How long we wait for a program that is just being started again, to strike it then."""


class Striker:
    """Carries the plan out; what was struck is in `done`, with the probes that followed."""

    def __init__(self, stack: Stack, prober: Prober, report: Callable[[str], None]) -> None:
        self._stack = stack
        self._prober = prober
        self._report = report
        self._thaws: list[asyncio.Task[None]] = []
        self.done: list[Probed] = []

    async def run(self, plan: Sequence[Strike], started: float) -> None:
        """`started`: the monotonic second that the plan counts from."""
        try:
            for strike in plan:
                await asyncio.sleep(max(0.0, started + strike.at_s - time.monotonic()))
                await self._strike(strike, started)
        finally:
            await asyncio.gather(*self._thaws)

    async def _strike(self, strike: Strike, started: float) -> None:
        number = signal.SIGKILL if strike.blow is Blow.KILL else signal.SIGSTOP
        if not await asyncio.to_thread(self._send, strike.program, number):
            raise RuntimeError(f"{strike.program} did not run for {STARTS_WITHIN_S:.0f} s: it could not be struck")
        self.done.append(self._prober.begin(strike))
        self._report(f"{time.monotonic() - started:5.1f} s  {strike.blow.value} {strike.program}")
        if strike.blow is Blow.FREEZE:
            self._thaws.append(asyncio.create_task(self._thaw(strike.program, self._stack.pid(strike.program))))

    async def _thaw(self, program: str, pid: int) -> None:
        """A frozen process that was killed meanwhile needs no thawing: its successor runs."""
        await asyncio.sleep(FREEZE_S)
        if await asyncio.to_thread(self._stack.pid, program) == pid:
            await asyncio.to_thread(self._send, program, signal.SIGCONT)

    def _send(self, program: str, number: signal.Signals) -> bool:
        end = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < end:
            try:
                self._stack.kill(program, number)
            except Fault:  # between its end and its next start there is nothing to signal
                time.sleep(0.05)
            else:
                return True
        return False
