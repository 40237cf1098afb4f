"""The knobs of the metrics service."""

from shared.settings import CommonSettings


class MetricsSettings(CommonSettings):
    """Seconds are real seconds; `history_days` is how long the hours' figures are kept (totals stay for good)."""

    http_port: int = 8085
    refresh_s: float = 1.0
    lag_interval_s: float = 5.0
    settle_s: float = 600.0
    history_days: int = 800
