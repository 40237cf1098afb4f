"""Puts the published playbook into a routing process: page and JSON, the telephone menu, the topic (RO-10)."""

from services.routing.ivr import words as ivr_words
from services.routing.ivr.api import IvrApi, load_token
from services.routing.ivr.turns import Ivr
from services.routing.pages import Pages
from services.routing.playbook import Book
from services.routing.published import wechat_menu
from services.routing.published.announcing import Announcer
from services.routing.published.api import routes
from services.routing.settings import Settings
from shared.service import Runtime

ANNOUNCE_S = 2.0


def attach(runtime: Runtime, settings: Settings, book: Book, pages: Pages) -> None:
    """Raises `RuleError` where a rule file can't be used, `ValueError` where Twilio's token is none."""
    today, public_url = runtime.clock.now().date(), settings.partner_url.rstrip("/")
    wechat_menu.load(settings.rules_dir, book, public_url, today)
    ivr = Ivr(book, ivr_words.load(settings.rules_dir, today))
    runtime.mount(routes(book, pages))
    runtime.mount(IvrApi(ivr, public_url, load_token(settings.secrets_dir)).routes())
    announcer = Announcer(book, runtime.publisher, runtime.clock.now)
    runtime.every("playbook", ANNOUNCE_S, announcer.announce)
