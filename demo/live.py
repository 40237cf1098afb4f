"""The one live view: the day's bar, the counters, a ticker of what is interesting; plain lines without a terminal."""

import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from demo.parcels import CHINA
from demo.score import Score
from demo.seen.happenings import Happening

PLAIN_EVERY_S = 10.0
TICKER_LINES = 9
NEW_PER_LOOK = 2


class Ticker:
    """The last interesting happenings; where many come at once, the weightiest."""

    def __init__(self) -> None:
        self.lines: deque[Happening] = deque(maxlen=TICKER_LINES)
        self.read = 0

    def look(self, happenings: list[Happening]) -> None:
        new, self.read = happenings[self.read :], len(happenings)
        chosen = sorted(new, key=lambda happening: -happening.weight)[:NEW_PER_LOOK]
        self.lines.extend(sorted(chosen, key=lambda happening: happening.at))


def ticker_line(happening: Happening) -> Text:
    style = {3: "bold green", 2: "cyan"}.get(happening.weight, "")
    return Text(happening.line(), style=style, no_wrap=True, overflow="ellipsis")


class LiveView:
    def __init__(self, console: Console, title: str, look: Callable[[], tuple[Score, list[Happening]]]) -> None:
        self.console = console
        self.title = title
        self.look = look
        self.ticker = Ticker()
        self.note = ""
        self.plain_at = 0.0
        self.live = Live(console=console, refresh_per_second=4, transient=False) if console.is_terminal else None

    def __enter__(self) -> Self:
        if self.live:
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.live:
            self.live.stop()

    def say(self, note: str) -> None:
        """What is going on beside the day: loading the days before, waiting for the last answers."""
        self.note = note
        if note and not self.live:
            self.console.print(f"· {note}", highlight=False)

    def refresh(self) -> None:
        score, happenings = self.look()
        self.ticker.look(happenings)
        if self.live:
            self.live.update(self.panel(score))
        elif time.monotonic() - self.plain_at >= PLAIN_EVERY_S:
            self.plain_at = time.monotonic()
            self.plain(score)

    def plain(self, score: Score) -> None:
        self.console.print(score.line(), highlight=False)
        if self.ticker.lines:
            self.console.print(f"   {self.ticker.lines[-1].line()}", highlight=False, markup=False)

    def panel(self, score: Score) -> Panel:
        parts: list[RenderableType] = [self._bar(score), "", self._counters(score), ""]
        parts += [ticker_line(happening) for happening in self.ticker.lines]
        parts += [""] * (TICKER_LINES - len(self.ticker.lines))
        return Panel(Group(*parts, Text(self.note, style="dim")), title=self.title, border_style="cyan", padding=(1, 2))

    def _bar(self, score: Score) -> Table:
        row = Table.grid(expand=True, padding=(0, 1))
        row.add_column(width=5)
        row.add_column(ratio=1)
        row.add_column(width=5, justify="right")
        now = Text(score.now.astimezone(CHINA).strftime("%H:%M"), style="bold cyan")
        row.add_row(
            now, ProgressBar(total=1.0, completed=score.share, complete_style="cyan", finished_style="cyan"), "23:00"
        )
        return row

    def _counters(self, score: Score) -> Table:
        grid = Table.grid(expand=True, padding=(0, 2))
        figures = (
            ("联系", "contacts", f"{score.contacts:,}"),
            ("轨迹", "scans", f"{score.scans:,}"),
            ("工单", "cases", f"{score.cases:,}"),
            ("主动建单", "before the call", f"{score.before_call:,}"),
            ("已赔付", "claims paid", f"{score.claims_paid} · ¥{score.paid_fen / 100:,.0f}"),
            ("通知", "notices", f"{score.notices:,}"),
        )
        for _ in figures:
            grid.add_column(justify="center", ratio=1)
        grid.add_row(*(Text(figure, style="bold green") for _, _, figure in figures))
        grid.add_row(*(Text(f"{zh}\n{en}", style="dim", justify="center") for zh, en, _ in figures))
        return grid
