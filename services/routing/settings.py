"""Settings of routing."""

from pathlib import Path

from services.routing.model import artefact
from services.routing.rule_files import DIRECTORY
from shared.settings import CommonSettings


class Settings(CommonSettings):
    """`rules_dir`: the rule files of this installation, `model_dir`: its classification model; intervals in real
    seconds; `partner_url`: the outside address of routing, where partners' links lead."""

    http_port: int = 8082
    rules_dir: Path = DIRECTORY
    model_dir: Path = artefact.DIRECTORY
    partner_url: str = "http://127.0.0.1:8082"
    timer_interval_s: float = 0.5
    assign_interval_s: float = 0.5
