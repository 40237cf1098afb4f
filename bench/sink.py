"""A mail server that only notes who got mail when: the last hop of every measured chain (`python -m bench.sink PORT`).

Beside SMTP it answers XCOUNT (distinct recipients whose address begins so), XDUMP (recipient and arrival time, a
line each) and XRESET.
"""

import asyncio
import sys
import time


class Sink(asyncio.Protocol):
    """One SMTP session; `arrivals` is shared by all: recipient → Unix time of the first mail."""

    arrivals: dict[str, float]

    def __init__(self, arrivals: dict[str, float]) -> None:
        self.arrivals = arrivals
        self.buffer = b""
        self.in_data = False
        self.recipient = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            end = b"\r\n.\r\n" if self.in_data else b"\r\n"
            line, found, rest = self.buffer.partition(end)
            if not found:
                return
            self.buffer = rest
            if self.in_data:
                self.in_data = False
                self.arrivals.setdefault(self.recipient, time.time())
                self.transport.write(b"250 kept\r\n")
            else:
                self.answer(line)

    def answer(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb == b"DATA":
            self.in_data = True
            self.transport.write(b"354 go on\r\n")
        elif verb == b"RCPT":
            self.recipient = line.partition(b"<")[2].partition(b">")[0].decode()
            self.transport.write(b"250 ok\r\n")
        elif verb == b"EHLO":
            self.transport.write(b"250-sink\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 PIPELINING\r\n")
        elif verb == b"XCOU":
            label = line.decode().partition(" ")[2]
            count = sum(who.startswith(label) for who in self.arrivals)
            self.transport.write(f"250 {count}\r\n".encode())
        elif verb == b"XDUM":
            lines = "".join(f"{who} {when:.6f}\r\n" for who, when in self.arrivals.items())
            self.transport.write(f"{lines}.\r\n".encode())
        elif verb == b"XRES":
            self.arrivals.clear()
            self.transport.write(b"250 ok\r\n")
        elif verb == b"QUIT":
            self.transport.write(b"221 bye\r\n")
            self.transport.close()
        else:
            self.transport.write(b"250 ok\r\n")


async def serve(port: int) -> None:
    arrivals: dict[str, float] = {}
    server = await asyncio.get_running_loop().create_server(lambda: Sink(arrivals), "127.0.0.1", port)
    await server.serve_forever()


class SinkClient:
    """Asks a sink; one short connection per question."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def count(self, label: str) -> int:
        """Recipients whose address begins with `label` and a hyphen."""
        return int((await self._ask(f"XCOUNT {label}-\r\n".encode(), b"\r\n")).split()[-1])

    async def arrivals(self) -> dict[str, float]:
        lines = (await self._ask(b"XDUMP\r\n", b".\r\n")).decode().splitlines()[:-1]
        return {who: float(when) for who, when in (line.split() for line in lines)}

    async def reset(self) -> None:
        await self._ask(b"XRESET\r\n", b"\r\n")

    async def _ask(self, question: bytes, end: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=64 * 1024 * 1024)
        try:
            await reader.readline()
            writer.write(question)
            if end == b"\r\n":
                return await reader.readline()
            answer = await reader.readuntil(b"\r\n") if question[:4] != b"XDUM" else b""
            while not (answer == end or answer.endswith(b"\r\n" + end)):
                answer += await reader.readline()
            return answer
        finally:
            writer.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
