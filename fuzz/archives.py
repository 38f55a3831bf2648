"""Sends the readers of archives whatever a fuzzer thinks of: `python -m fuzz.archives wheel …`.

An archive is refused with ArchiveRefused or taken, and what is taken is what Python's own readers
see. Inputs of two kinds are tried: archives as they are, and recipes for one whose checksums are
right, so that the fuzzer comes past them.
"""

import gzip
import sys
from dataclasses import replace

import atheris

with atheris.instrument_imports(include=["pypi_web"]):
    from pypi_web import archives

from tests.archives import builders, other_readers

FIELDS = ("version", "flags", "method", "crc", "compressed_size", "size", "offset")
LIMITS = {"version": 0xFFFF, "flags": 0xFFFF, "method": 0xFFFF}


def try_wheel(data: bytes) -> None:
    content = data if data.startswith(b"PK") else build_wheel(data)
    if is_taken(content, builders.WHEEL):
        other_readers.assert_zipfile_sees_the_same(content)


def try_sdist(data: bytes) -> None:
    content = data if data.startswith(b"\x1f\x8b") else gzip.compress(with_checksums(data), 0)
    if is_taken(content, builders.SDIST):
        other_readers.assert_tarfile_sees_the_same(content)


def is_taken(content: bytes, filename: str) -> bool:
    try:
        builders.read(content, filename)
    except archives.ArchiveRefused as refusal:
        reason = str(refusal)
    else:
        return True
    assert reason.isascii(), "a name from an archive is in the reason as it is"
    assert reason.isprintable(), "a name from an archive is in the reason as it is"
    return False


def build_wheel(data: bytes) -> bytes:
    """A wheel some of whose numbers, names and bytes are what `data` says."""
    source = atheris.FuzzedDataProvider(data)
    extra = {source.ConsumeUnicodeNoSurrogates(20): source.ConsumeBytes(20) for _ in range(2)}
    files = builders.wheel_files(extra if source.ConsumeBool() else {})
    record = f"{builders.DIST_INFO}/RECORD"
    if source.ConsumeBool():
        files[record] += source.ConsumeBytes(80)
    parts = builders.parts_of(files)
    for _ in range(source.ConsumeIntInRange(0, 3)):
        place = source.ConsumeIntInRange(0, len(parts) - 1)
        parts[place] = change(parts[place], source)
    end = change_numbers(source, ("disk", "first_disk", "here", "members", "size", "start"))
    return builders.write_zip(
        parts,
        end=end,
        large_end=change_numbers(source, ("members", "size", "place"))
        if source.ConsumeBool()
        else None,
        comment=source.ConsumeBytes(2) if source.ConsumeIntInRange(0, 9) == 9 else b"",
    )


def change(part: builders.Part, source: atheris.FuzzedDataProvider) -> builders.Part:
    what = source.PickValueInList(
        ["local", "central", "both", "extra", "descriptor", "name", "data", "attributes"]
    )
    if what in ("local", "central"):
        return replace(
            part, **{what: change_numbers(source, FIELDS[: 7 if what != "local" else 6])}
        )
    if what == "both":
        numbers = change_numbers(source, FIELDS[:6])
        return replace(part, local=numbers, central=numbers)
    if what == "extra":
        field = source.PickValueInList([b"\x01\0", b"\x75\x70", b"UT"]) + source.ConsumeBytes(28)
        return replace(part, **{source.PickValueInList(["local_extra", "central_extra"]): field})
    if what == "descriptor":
        return replace(part, flags=part.flags | 8, descriptor=source.ConsumeBytes(24))
    if what == "name":
        return replace(
            part, name=source.ConsumeBytes(12), flags=source.ConsumeIntInRange(0, 1) << 11
        )
    if what == "data":
        return replace(part, compressed=source.ConsumeBytes(40))
    return replace(part, attributes=source.ConsumeIntInRange(0, 0xFFFFFFFF))


def change_numbers(source: atheris.FuzzedDataProvider, names: tuple[str, ...]) -> dict[str, int]:
    numbers = {}
    for _ in range(source.ConsumeIntInRange(0, 2)):
        name = source.PickValueInList(list(names))
        limit = 0xFFFF if name in ("disk", "first_disk", "here", "members") else 0xFFFFFFFF
        limit = LIMITS.get(name, limit)
        numbers[name] = source.PickValueInList([0, limit, source.ConsumeIntInRange(0, 300)])
    return numbers


def with_checksums(tar: bytes) -> bytes:
    """Each block that could be a header gets the checksum of one."""
    blocks = [tar[place : place + 512] for place in range(0, len(tar), 512)]
    return b"".join(
        builders.patched(block, 0, b"")
        if len(block) == 512 and block[156:157] in b"\x000125xgLK" and any(block)
        else block
        for block in blocks
    )


if __name__ == "__main__":
    kind = sys.argv.pop(1)
    atheris.Setup(sys.argv, {"wheel": try_wheel, "sdist": try_sdist}[kind])
    atheris.Fuzz()
