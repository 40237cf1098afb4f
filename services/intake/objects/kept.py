"""What is known of a stored file, and the names by which it goes."""

import re
from dataclasses import dataclass

SCHEME = "object:"
FOLDER = "objects"
READERS = ("agent", "lead", "supervisor", "adjudicator", "archivist")
DECLARED_UNKNOWN = "application/octet-stream"
HANDED_OUT = {"Content-Type": DECLARED_UNKNOWN, "Content-Disposition": "attachment"}
"""Never shown by a browser: what a stranger sent may be a page with a script in it."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A file in the store: `size` in bytes, `content_type` by its content. `fresh`: it was not there before."""

    sha256: str
    size: int
    content_type: str
    fresh: bool = True

    @property
    def ref(self) -> str:
        return ref_of(self.sha256)


def ref_of(sha256: str) -> str:
    """How an event names a stored file."""
    return f"{SCHEME}{sha256}"


def digest_of(ref: str) -> str | None:
    """The digest of a file's name, None where it names something else."""
    digest = ref.removeprefix(SCHEME)
    return digest if ref.startswith(SCHEME) and _SHA256.fullmatch(digest) else None


def path_of(sha256: str) -> str:
    """Where it lies: two levels of folders, so that none of them grows large. Raises `ValueError`."""
    if not _SHA256.fullmatch(sha256):
        raise ValueError("not a SHA-256 digest")
    return f"{FOLDER}/{sha256[:2]}/{sha256[2:4]}/{sha256}"
