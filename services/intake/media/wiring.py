"""Joins the media to a running intake: which gateway's files are fetched from where, and the two groups that do it."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial

import httpx
import structlog

from services.intake.credentials import Credentials, GatewaySecrets
from services.intake.gateways import Gateway, Gateways, Kind
from services.intake.indicators import Indicators
from services.intake.media.access_token import AccessToken
from services.intake.media.addressed import RecordingSource, TwilioSource, WeiboSource
from services.intake.media.allowance import Allowance
from services.intake.media.download import MediaHttp
from services.intake.media.fetcher import MediaFetcher, Pace, Place, media_of
from services.intake.media.network import CheckedBackend, media_client
from services.intake.media.rules import MediaRules, media_rules
from services.intake.media.s3 import S3Source
from services.intake.media.source import Source
from services.intake.media.storing import Store
from services.intake.media.wechat import TokenDesk, WechatSource
from services.intake.media.wishes import TYPES, wishes_of
from services.intake.settings import Settings
from shared.contracts.topics import INTERACTIONS, MEDIA_REQUESTS
from shared.messaging.record import cloud_event_parser
from shared.messaging.retry import RetryPolicy
from shared.service import Runtime

log = structlog.get_logger()

WISHES_GROUP = "intake-media-wishes"
GROUP = "intake-media"
WISHES_PACE_S = 0.25
"""To fetch a file takes longer than that."""
BATCH = 32
CONNECT_S, READ_S = 5.0, 20.0
PACE = Pace(batch_s=15.0, file_s=600.0, at_once=16)
MOST_TRIES = 20_000
"""Never reached: how long a file is tried for is a matter of time (rules/media.yaml), not of tries."""

APIS = {
    Kind.WECHAT: "https://api.weixin.qq.com",
    Kind.WECOM: "https://qyapi.weixin.qq.com",
    Kind.WEIBO: "https://upload.api.weibo.com",
}


def join_media(
    runtime: Runtime,
    settings: Settings,
    gateways: Gateways,
    secrets: Credentials,
    store: Store,
    indicators: Indicators,
) -> None:
    """Raises `lined_yaml.RuleFileError` where media.yaml is wrong."""
    rules = media_rules(settings.media_file)
    simulator = settings.media_simulator_url.removeprefix("http://")
    own_network = {host for g in gateways.gateways if g.media_own_network for host in g.media_hosts}
    client = media_client(CheckedBackend(own_network, simulator), CONNECT_S, READ_S)
    places = {
        g.name: Place(g, source)
        for g in gateways.gateways
        if (source := _source(g, secrets.of(g), client, rules, settings.media_simulator_url)) is not None
    }
    _tell_who_fetches_none(gateways.gateways, places)
    now = runtime.clock.now
    fetcher = MediaFetcher(places, store, rules, indicators, now, partial(datetime.now, UTC), PACE)
    policy = RetryPolicy(settings.media_retry_s, 2.0, settings.media_retry_longest_s, MOST_TRIES)
    runtime.on_stop(client.aclose)
    runtime.on_stop(fetcher.close)
    runtime.consume_stateless(
        INTERACTIONS,
        group=WISHES_GROUP,
        parser=cloud_event_parser(TYPES, WISHES_GROUP),
        handle=wishes_of,
        pace_s=WISHES_PACE_S,
    )
    runtime.consume_effect(
        MEDIA_REQUESTS, group=GROUP, aggregate_of=media_of, perform=fetcher.perform, policy=policy, records=BATCH
    )


def _source(
    gateway: Gateway, secrets: GatewaySecrets, client: httpx.AsyncClient, rules: MediaRules, simulator: str
) -> Source | None:
    """None: nothing says where its files are, or how to ask for them; its contacts are told so at once."""
    kind = gateway.kind
    http = MediaHttp(client, Allowance(frozenset(gateway.media_hosts), simulator.removeprefix("http://")))
    api = simulator or APIS.get(kind, "")
    if kind in (Kind.WECHAT, Kind.WECOM):
        token = _token(kind, secrets, client, api, rules)
        return WechatSource(api, http, token, rules) if token or gateway.media_hosts else None
    if kind is Kind.WEIBO:
        return WeiboSource(api, http, secrets.access_token) if secrets.access_token else None
    if kind is Kind.AMAZON_CONNECT:
        key = (secrets.access_key_id, secrets.secret_access_key)
        whole = (key[0], key[1]) if key[0] and key[1] else None
        buckets, region = gateway.media_buckets, secrets.region
        return S3Source(buckets, region, whole, simulator or None) if buckets and region else None
    if not (gateway.media_hosts or simulator):
        return None
    if kind is Kind.TWILIO:
        account, login = secrets.account_sid, secrets.auth_token
        return TwilioSource(http, account, login) if account and login else None
    return RecordingSource(http, secrets.media_token)


def _token(
    kind: Kind, secrets: GatewaySecrets, client: httpx.AsyncClient, api: str, rules: MediaRules
) -> AccessToken | None:
    if not (secrets.app_id and secrets.app_secret):
        return None
    desk = TokenDesk(client, api, secrets.app_id, secrets.app_secret, rules)
    return AccessToken(desk.of_account if kind is Kind.WECHAT else desk.of_corporation, time.monotonic)


NAMING = frozenset(
    {Kind.WECHAT, Kind.WECOM, Kind.WEIBO, Kind.TWILIO, Kind.AMAZON_CONNECT, Kind.PHONE, Kind.ASTERISK, Kind.CONTACTS}
)


def _tell_who_fetches_none(gateways: Iterable[Gateway], places: dict[str, Place]) -> None:
    if missing := sorted(g.name for g in gateways if g.kind in NAMING and g.name not in places):
        log.warning("media_not_fetched", gateways=missing)
