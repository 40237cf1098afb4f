"""Settings of routing."""

from pathlib import Path

from services.routing.rule_files import DIRECTORY
from shared.settings import CommonSettings


class Settings(CommonSettings):
    """`rules_dir`: the rule files of this installation; intervals in real seconds."""

    http_port: int = 8082
    rules_dir: Path = DIRECTORY
    timer_interval_s: float = 0.5
    assign_interval_s: float = 0.5
