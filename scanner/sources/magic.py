"""What a file is, told by its first bytes and never by its name.

The signatures are those that the formats' own specifications give. Which formats count as binary is
Gitleaks' choice: those whose media type is ``application/*``. Images, audio, and text with NUL bytes in
it are scanned.
"""

from __future__ import annotations

HEAD_BYTES = 33 * 1024
"""How much of a file's beginning the functions here look at (ISO 9660 says what it is at 32769)."""

UNPACKABLE = ("zip", "tar", "gz", "bz2", "xz", "zst")
"""The archive and compression formats that can be unpacked."""

# Parts of a signature: (offset, one of these byte strings). All parts must hold.
_Part = tuple[int, tuple[bytes, ...]]
_Signature = tuple[_Part, ...]

_ARCHIVES: tuple[tuple[str, _Signature], ...] = (
    ("zip", ((0, (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")),)),
    ("tar", ((257, (b"ustar",)),)),
    ("gz", ((0, (b"\x1f\x8b\x08",)),)),
    ("bz2", ((0, (b"BZh",)), (4, (b"1AY&SY", b"\x17rE8P\x90")))),
    ("xz", ((0, (b"\xfd7zXZ\x00",)),)),
    ("zst", ((0, (b"\x28\xb5\x2f\xfd",)),)),
    ("7z", ((0, (b"7z\xbc\xaf\x27\x1c",)),)),
    ("rar", ((0, (b"Rar!\x1a\x07\x00", b"Rar!\x1a\x07\x01")),)),
)

_PREFIXES = (
    *(b"BZh", b"LZIP", b"\x1f\x9d", b"\x1f\xa0", b"MSCF", b"ISc(", b"!<arch>"),  # compressed, ar, cab
    *(b"%PDF", b"%!", b"{\\rtf", b"CWS", b"FWS", b"SQLi", b"Cr24", b"NES\x1a", b"MZ"),
    *(b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"),  # Mach-O
    *(b"\xca\xfe\xba\xbe", b"\xbe\xba\xfe\xca"),  # universal Mach-O, and Java classes
    b"\x00asm\x01\x00\x00\x00",
    *(b"\x00\x01\x00\x00\x00", b"OTTO\x00", b"wOFF\x00\x01\x00\x00", b"wOF2\x00\x01\x00\x00"),  # fonts
)

_DEX: _Signature = ((0, (b"dex\n",)), (36, (b"\x70",)))
_OFFICE = b"\xd0\xcf\x11\xe0"
_OFFICE_STREAMS = (b"\xec\xa5", b"\x09\x08", b"\xa0\x46")
_SIGNATURES: tuple[_Signature, ...] = (
    _DEX,
    ((0, (b"dey\n",)), (40, (b"dex\n",)), (76, (b"\x70",)), (100, tuple(bytes([n]) for n in range(256)))),
    ((34, (b"LP",)), (8, (b"\x02\x00\x01", b"\x01\x00\x00", b"\x02\x00\x02"))),  # embedded OpenType
    ((128, (b"DICM",)),),
    ((32769, (b"CD001",)),),
    ((0, (_OFFICE,)), (512, _OFFICE_STREAMS)),
)

# These count only when the header is complete: signature, and the file's least size in bytes.
_ELF = (b"\x7fELF", 53)
_RPM = (b"\xed\xab\xee\xdb", 97)

_SKIPPABLE_ZSTD = tuple(bytes([0x50 + n]) + b"\x2a\x4d\x18" for n in range(16))

# The first part of each of all those. Hardly any text holds one, and to look at all the rest takes long.
_FIRST_PARTS = [signature[0] for signature in (*(parts for _, parts in _ARCHIVES), *_SIGNATURES)]
_BEGINNINGS = (
    *(*_PREFIXES, *_SKIPPABLE_ZSTD, _ELF[0], _RPM[0], _OFFICE),
    *(value for offset, values in _FIRST_PARTS if not offset for value in values),
)
_FURTHER_IN = tuple((offset, values) for offset, values in _FIRST_PARTS if offset)


def archive_kind(head: bytes) -> str | None:
    """The archive or compression format of a file: one of `UNPACKABLE`, ``7z``, ``rar``, or None.

    Args:
        head: its first `HEAD_BYTES` bytes, or all there are.
    """
    if _is_plain(head):
        return None
    for kind, signature in _ARCHIVES:
        if _holds(head, signature):
            return kind
    return "zst" if head.startswith(_SKIPPABLE_ZSTD) and _zstd_follows(head) else None


def is_binary(head: bytes) -> bool:
    """Whether Gitleaks would skip a file that begins so, as it cannot hold text.

    Args:
        head: its first `HEAD_BYTES` bytes, or all there are.
    """
    if _is_plain(head):
        return False
    if head.startswith(_PREFIXES) or archive_kind(head):
        return True
    if any(head.startswith(magic) and len(head) >= least for magic, least in (_ELF, _RPM)):
        return True
    if head.startswith(_OFFICE) and len(head) < 514:
        return True
    return any(_holds(head, signature) for signature in _SIGNATURES)


def _is_plain(head: bytes) -> bool:
    """Whether no format that is known here begins so."""
    if head.startswith(_BEGINNINGS):
        return False
    for offset, values in _FURTHER_IN:  # noqa: SIM110  (half as fast with any)
        if head.startswith(values, offset):
            return False
    return True


def _holds(head: bytes, signature: _Signature) -> bool:
    return all(head.startswith(values, offset) for offset, values in signature)


def _zstd_follows(head: bytes) -> bool:
    """Whether a Zstandard frame comes after the skippable ones that `head` begins with."""
    at = 0
    while head.startswith(_SKIPPABLE_ZSTD, at):
        at += 8 + int.from_bytes(head[at + 4 : at + 8], "little")
    return head.startswith(b"\x28\xb5\x2f\xfd", at)
