"""A file on its way into the store: measured and hashed as it comes, and kept aside until it is known whole."""

import hashlib
from collections.abc import AsyncIterator
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import Self

from services.intake.objects.faults import StoreUnavailable, TooLarge

IN_MEMORY = 1024 * 1024
HEAD = TAIL = 4_096
"""What the kind of a file is read from: its beginning, and the end where a zip has its list."""


class Spool:
    """Small files stay in memory, larger ones go to disk. `sha256` and `size` are final once all has been taken."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 closed by __exit__
        self._hash = hashlib.sha256()
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    async def take(self, chunks: AsyncIterator[bytes] | bytes) -> None:
        """Raises `TooLarge` at the first byte too many, and `StoreUnavailable` where the disk is full: the rest is not
        read."""
        if isinstance(chunks, bytes):
            self._add(chunks)
            return
        async for chunk in chunks:
            self._add(chunk)

    def _add(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if self.size > self._limit:
            raise TooLarge(self._limit)
        self._hash.update(chunk)
        try:
            self._file.write(chunk)
        except OSError as error:
            raise StoreUnavailable(f"there is no room to keep a file aside: {type(error).__name__}") from error

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def ends(self) -> bytes:
        """The first and the last bytes, from which the kind is read."""
        self._file.seek(0)
        head = self._file.read(HEAD)
        if self.size <= HEAD + TAIL:
            return head + self._file.read()
        self._file.seek(self.size - TAIL)
        return head + self._file.read()

    def pieces(self, size: int = IN_MEMORY) -> "Pieces":
        return Pieces(self._file, size)


class Pieces:
    """The file once more from its beginning, piece by piece."""

    def __init__(self, file: "SpooledTemporaryFile[bytes]", size: int) -> None:
        self._file = file
        self._size = size
        file.seek(0)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        piece = self._file.read(self._size)
        if not piece:
            raise StopIteration
        return piece
