"""What a file is, by its first bytes (IN-4): for the kinds of file that are evidence, and those that pretend to be."""

import re

_OFFICE = "application/vnd.openxmlformats-officedocument."
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"{\\rtf", "application/rtf"),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-executable"),
)
_ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"), "image/heic"),
    **dict.fromkeys((b"avif", b"avis"), "image/avif"),
    **dict.fromkeys((b"M4A ", b"M4B "), "audio/mp4"),
    b"qt  ": "video/quicktime",
    **dict.fromkeys((b"3gp4", b"3gp5", b"3gp6", b"3g2a"), "video/3gpp"),
}
_MPEG_FRAME = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb][\x10-\xe7]")
_CALLED = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/heif": "image/heic",
    "audio/mp3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/x-m4a": "audio/mp4",
    "audio/x-amr": "audio/amr",
    "application/x-zip-compressed": "application/zip",
    "application/x-pdf": "application/pdf",
    "application/x-msdownload": "application/vnd.microsoft.portable-executable",
}
_WITHIN = {
    "application/zip": ("application/vnd.", "application/java-archive", "application/epub+zip", "application/x-zip"),
    "application/x-ole-storage": ("application/msword", "application/vnd.ms-"),
    "video/mp4": ("audio/mp4", "video/quicktime", "video/3gpp"),
    "video/webm": ("video/x-matroska", "audio/webm"),
    "image/heic": ("image/heic", "image/heif"),
    "application/gzip": ("application/x-gzip", "application/x-compressed-tar", "image/svg+xml-compressed"),
    "audio/ogg": ("video/ogg", "application/ogg"),
}
"""Kinds that are a case of the more general one that the first bytes show: there the sender knows better."""

_ALWAYS_SHOWN = frozenset(
    {
        "image/jpeg",
        "image/png",
        "image/gif",
        "image/webp",
        "image/heic",
        "application/pdf",
        "application/zip",
        "application/gzip",
        "application/x-7z-compressed",
        "application/vnd.rar",
    }
)
"""Kinds that no file is of without their first bytes. Others (plain text, raw MPEG, old films) may do without."""

_BY_SUFFIX = {"docx": "wordprocessingml.document", "xlsx": "spreadsheetml.sheet", "pptx": "presentationml.presentation"}
NO_KIND = "application/octet-stream"
NOTHING_SAID = frozenset({NO_KIND, "application/x-octet-stream", "binary/octet-stream"})


def shown_type(content: bytes) -> str | None:
    """The kind that the first bytes show, None where they show none. Nothing is ever unpacked."""
    if content[4:8] == b"ftyp":
        return _BRANDS.get(content[8:12], "video/mp4")
    if content[:4] == b"RIFF":
        return _RIFF.get(content[8:12])
    if content.startswith(_ZIPS):
        return _of_zip(content)
    if b"%PDF-" in content[:1024]:
        return "application/pdf"
    if _MPEG_FRAME.match(content):
        return "audio/mpeg"
    return next((kind for magic, kind in _MAGIC if content.startswith(magic)), None)


def _of_zip(content: bytes) -> str:
    """Office files are zips with a folder of their own; the names of a zip's files stand in it uncompressed."""
    names = content[:4_000] + content[-4_000:]
    if b"[Content_Types].xml" in names or b"_rels/.rels" in names:
        for folder, suffix in ((b"word/", "docx"), (b"xl/", "xlsx"), (b"ppt/", "pptx")):
            if folder in names:
                return _OFFICE + _BY_SUFFIX[suffix]
    return "application/zip"


def type_of(content: bytes, declared: str, filename: str | None = None) -> str:
    """The content's own kind where it shows one; of a general one (a zip), the sender's special case of it.

    Where it shows none it is what the sender says, unless that kind would show: a page is no photo for being called so.
    """
    shown = shown_type(content)
    said = _CALLED.get(declared, declared)
    if shown is None:
        return NO_KIND if _would_show(said) else said
    if said.startswith(_WITHIN.get(shown, ())):
        return said
    suffix = (filename or "").rpartition(".")[2].lower()
    if shown == "application/zip" and said in NOTHING_SAID and suffix in _BY_SUFFIX:
        return _OFFICE + _BY_SUFFIX[suffix]
    return shown


def _would_show(said: str) -> bool:
    return said in _ALWAYS_SHOWN or said.startswith(_OFFICE)


def mismatch(content: bytes, declared: str) -> str | None:
    """What the content is, where the sender says something else that it is not; None where both agree or are silent."""
    said = _CALLED.get(declared, declared)
    actual = type_of(content, declared)
    return None if actual == said or said in NOTHING_SAID else actual
