"""A mail server that keeps every mail and shows it: SMTP in, pages and a small HTTP interface out."""

import structlog
import uvloop
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.settings import CommonSettings
from tools.simulators import mail_server
from tools.simulators.deliveries import Deliveries
from tools.simulators.deliveries_api import delivery_routes, one, wanted_page
from tools.simulators.faults import MailFaults
from tools.simulators.mail_reading import readable
from tools.simulators.mail_server import Catcher
from tools.simulators.pages import page
from tools.simulators.server import application, faults_from, server

log = structlog.get_logger()


class MailCatcherSettings(CommonSettings):
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 1025
    mail_faults: MailFaults = MailFaults()


class MailCatcher:
    def __init__(self, deliveries: Deliveries, catcher: Catcher) -> None:
        self.deliveries = deliveries
        self.catcher = catcher

    async def stats(self, _: Request) -> Response:
        return JSONResponse(dict(self.deliveries.stats()))

    async def change_faults(self, request: Request) -> Response:
        self.catcher.faults = await faults_from(request, MailFaults)
        return Response(status_code=204)

    async def inbox(self, request: Request) -> Response:
        found, following = wanted_page(self.deliveries, request)
        words = request.query_params.get("q", "")
        stats = self.deliveries.stats()
        return page(request, "inbox.html", mails=found, following=following, words=words, stats=stats)

    async def mail(self, request: Request) -> Response:
        found = one(self.deliveries, request)
        return page(request, "mail.html", mail=found, content=readable(found.raw))

    def routes(self) -> list[Route]:
        return [
            Route("/", self.inbox),
            Route("/mails/{number:int}", self.mail),
            *delivery_routes(self.deliveries, "messages", "message/rfc822"),
            Route("/api/stats", self.stats),
            Route("/api/faults", self.change_faults, methods=["PUT"]),
        ]


async def run(settings: MailCatcherSettings) -> None:
    deliveries = Deliveries(settings.state_dir / "mails.sqlite")
    catcher = Catcher(deliveries, settings.mail_faults, settings.clock.now)
    smtp = await mail_server.listen(catcher, settings.smtp_host, settings.smtp_port)
    log.info("mail_catcher_listening", smtp_port=settings.smtp_port, http_port=settings.http_port)
    try:
        await server(application(MailCatcher(deliveries, catcher).routes()), settings).serve()
    finally:
        smtp.close()
        deliveries.close()


if __name__ == "__main__":
    uvloop.run(run(MailCatcherSettings()))
