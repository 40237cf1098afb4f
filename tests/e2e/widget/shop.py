"""A shop's page of another origin, by a real server: a browser lets only pages of this machine ask this machine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import yaml

from services.intake.gateways import RULES

STYLE = "*{all:unset;color:red!important;font-family:cursive;letter-spacing:9px;text-transform:uppercase}"
"""Would break anything that is not shut off from it."""


@asynccontextmanager
async def shop_server() -> AsyncIterator["Shop"]:
    shop = Shop()
    server = await asyncio.start_server(shop.answer, "127.0.0.1", 0)
    async with server:
        shop.port = server.sockets[0].getsockname()[1]
        yield shop


class Shop:
    def __init__(self) -> None:
        self.port = 0
        self.script = ""

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    def gateways_file(self, directory: Path) -> Path:
        """The installation's gateways, with this shop among the pages that may embed the widget."""
        content = yaml.safe_load((RULES / "gateways.yaml").read_text("utf-8"))
        for gateway in content["gateways"]:
            if gateway["kind"] == "widget":
                gateway["widget"]["origins"] = [self.origin]
        file = directory / "gateways.yaml"
        file.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
        return file

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        page = f"<!doctype html><meta charset=utf-8><link rel=icon href=data:,><style>{STYLE}</style><h1>Shop</h1>"
        body = (page + self.script).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()
