"""Wheels that are sound zip archives and wrong in one way each, beside `hostile_zips`."""

import unicodedata
from collections.abc import Callable

from tests.archives import hostile_zips
from tests.archives.builders import (
    DIST_INFO,
    METADATA,
    STEM,
    Part,
    digest,
    parts_of,
    record_of,
    wheel,
    wheel_files,
    write_zip,
)
from tests.archives.hostile_zips import GOOD_RECORD, SAMPLE, Case, parts


def _named(name: str) -> Callable[[], bytes]:
    return lambda: wheel({name: b"x"})


def _record(change: Callable[[str], str]) -> Callable[[], bytes]:
    return lambda: wheel(record=change(GOOD_RECORD.decode()).encode())


def _line(text: str) -> Callable[[], bytes]:
    """With a line more in RECORD."""
    return _record(lambda good: good + text)


def _instead(text: str) -> Callable[[], bytes]:
    """With a line for sample.py that is another."""
    return _record(lambda good: "\n".join((text, *good.split("\n")[1:])))


def _in_dist_info(name: str, data: bytes | None) -> Callable[[], bytes]:
    return lambda: wheel({f"{DIST_INFO}/{name}": data})


def _without_record() -> bytes:
    files = wheel_files()
    del files[f"{DIST_INFO}/RECORD"]
    return write_zip(parts_of(files))


def _moved(folder: str) -> bytes:
    files = {
        name.replace(DIST_INFO, folder): data.replace(DIST_INFO.encode(), folder.encode())
        for name, data in wheel_files().items()
    }
    return write_zip(parts_of(files))


def _twice() -> bytes:
    parts = parts_of(wheel_files())
    return write_zip([parts[0], *parts])


def _many_honest() -> bytes:
    """As many as are taken, and not one in RECORD."""
    parts = [Part(b"%d" % number, method=0) for number in range(99_000)]
    return write_zip(
        [*parts, *parts_of(wheel_files())],
        end={"here": 0xFFFF, "members": 0xFFFF},
        large_end={},
    )


NAMES: dict[str, Case] = {
    "a name that leads out": (_named("../evil.py"), "'../evil.py' has .. in its name"),
    "a name that leads out later": (_named("a/../../evil.py"), "has .. in its name"),
    "a name that ends above": (_named("a/.."), "has .. in its name"),
    "an absolute name": (_named("/etc/passwd"), "absolute name"),
    "a name on a drive": (_named("C:evil.py"), "absolute name"),
    "a name of Windows": (_named("a\\evil.py"), "backslash"),
    "a name that leads out on Windows": (_named("..\\evil.py"), "backslash"),
    "a name with an empty part": (_named("a//b.py"), "empty part"),
    "a name from here": (_named("./a.py"), "a . in its name"),
    "a name with a dot": (_named("a/./b.py"), "a . in its name"),
    "no name": (_named(""), "empty name"),
    "a folder without a name": (
        lambda: write_zip([*parts(), Part(b"/")]),
        "empty name",
    ),
    "a name with a line break": (_named("a\nb.py"), "control character"),
    "a name with a zero": (_named("sample.py\0.txt"), "control character"),
    "a name with an escape": (_named("\x1b[31mred.py"), "control character"),
    "a name with a C1 control": (_named("a\x9bb.py"), "control character"),
    "a long name": (_named("x" * 1025), "more than 1024 characters"),
    "a member twice": (_twice, "'sample.py' is there twice"),
    "a member in two forms": (
        lambda: wheel(
            {unicodedata.normalize(form, "caf\u00e9.py"): b"" for form in ("NFC", "NFD")}
        ),
        "is there twice",
    ),
    "a file below a file": (_named("sample.py/evil.py"), "below 'sample.py'"),
    "a file deep below a file": (_named("sample.py/a/b/evil.py"), "below 'sample.py'"),
    "a file that is a folder": (lambda: wheel({"a/b.py": b"", "a": b""}), "below 'a'"),
    "a folder of a file's name": (
        lambda: write_zip([*parts(), Part(b"sample.py/", method=0)]),
        "below 'sample.py'",
    ),
    "a folder twice": (
        lambda: write_zip([*parts(), Part(b"a/", method=0), Part(b"a/", method=0)]),
        "'a/' is there twice",
    ),
}

LAYOUT: dict[str, Case] = {
    "no dist-info": (lambda: write_zip([Part(b"sample.py")]), "no .dist-info"),
    "a dist-info that is a file": (
        lambda: write_zip([Part(DIST_INFO.encode())]),
        "no .dist-info",
    ),
    "a dist-info further down": (lambda: _moved(f"x/{DIST_INFO}"), "no .dist-info"),
    "two dist-info": (
        _named("other-1.0.dist-info/METADATA"),
        "more than one .dist-info folder: 'other-1.0.dist-info' and 'sample-1.0.dist-info'",
    ),
    "a dist-info of another project": (lambda: _moved("other-1.0.dist-info"), "another project"),
    "a dist-info of another version": (lambda: _moved("sample-1.1.dist-info"), "or version"),
    "a dist-info without a version": (lambda: _moved("sample.dist-info"), "another project"),
    "a dist-info in strange letters": (
        lambda: _moved("sample-1.0 .dist-info"),
        "'sample-1.0 .dist-info'",
    ),
    "data of another project": (_named("other-1.0.data/data/x"), "'other-1.0.data'"),
    "two data folders": (
        lambda: wheel({"sample-1.0.data/data/x": b"", "Sample-1.0.data/data/x": b""}),
        "more than one .data",
    ),
    "no METADATA": (_in_dist_info("METADATA", None), f"no {DIST_INFO}/METADATA"),
    "METADATA that is a folder": (
        lambda: wheel({f"{DIST_INFO}/METADATA": None, f"{DIST_INFO}/METADATA/x": METADATA}),
        f"no {DIST_INFO}/METADATA",
    ),
    "METADATA that is too large": (
        _in_dist_info("METADATA", METADATA + bytes(9 << 20)),
        "METADATA' is larger than",
    ),
    "no WHEEL": (_in_dist_info("WHEEL", None), f"no {DIST_INFO}/WHEEL"),
    "WHEEL that is too large": (
        _in_dist_info("WHEEL", bytes(2 << 20)),
        "WHEEL' is larger than",
    ),
    "WHEEL of version 2": (_in_dist_info("WHEEL", b"Wheel-Version: 2.0\n"), "Wheel-Version"),
    "WHEEL of version 10": (_in_dist_info("WHEEL", b"Wheel-Version: 10.0\n"), "Wheel-Version"),
    "WHEEL of no version": (_in_dist_info("WHEEL", b"Generator: x\n"), "no line Wheel-Version"),
    "WHEEL of two versions": (
        _in_dist_info("WHEEL", b"Wheel-Version: 1.0\nWheel-Version: 2.0\n"),
        "or several",
    ),
    "WHEEL with a body": (
        _in_dist_info("WHEEL", b"Generator: x\n\nWheel-Version: 1.0\n"),
        "no line Wheel-Version",
    ),
    "no RECORD": (_without_record, f"no {DIST_INFO}/RECORD"),
    "an empty RECORD": (lambda: wheel(record=b""), "'sample.py' is not in RECORD"),
    "RECORD that is too large": (lambda: wheel(record=bytes(17 << 20)), "RECORD' is larger than"),
    "a file that is not in RECORD": (
        lambda: wheel({"evil.pth": b"import evil"}, record=GOOD_RECORD),
        "'evil.pth' is not in RECORD",
    ),
    "a file only in RECORD": (_line("ghost.py,,\n"), "lists 'ghost.py', which is not"),
    "a folder in RECORD": (
        lambda: write_zip(
            [
                *parts_of(wheel_files(record=record_of({"a/": b""}) + GOOD_RECORD)),
                Part(b"a/", method=0),
            ]
        ),
        "'a/'",
    ),
    "a file twice in RECORD": (_line("sample.py,,\n"), "lists 'sample.py' twice"),
    "RECORD twice in RECORD": (_line(f"{DIST_INFO}/RECORD,,\n"), "twice"),
    "a wrong hash": (
        _instead(f"sample.py,{digest(b'other')},16"),
        "'sample.py' has not the hash",
    ),
    "a hash with padding": (
        _instead(f"sample.py,{digest(SAMPLE)}=,16"),
        "has not the hash",
    ),
    "a hash that is no base64": (_instead("sample.py,sha256=\u00fc\u00fc,16"), "not the hash"),
    "no hash": (_instead("sample.py,,16"), "SHA-256"),
    "a hash without a name": (_instead("sample.py,=abc,16"), "SHA-256"),
    "md5": (_instead(f"sample.py,{digest(b'', 'md5')},16"), "weaker"),
    "sha1": (_instead(f"sample.py,{digest(b'', 'sha1')},16"), "weaker"),
    "sha224": (_instead(f"sample.py,{digest(b'', 'sha224')},16"), "weaker"),
    "RECORD with a hash of itself": (
        _record(lambda good: good.replace("RECORD,,", f"RECORD,{digest(b'')},")),
        "RECORD' has not the hash",
    ),
    "a wrong size": (_instead(f"sample.py,{digest(b'')},17"), "'sample.py' has 16 bytes"),
    "a size that is no number": (_instead(f"sample.py,{digest(b'')},many"), "has 16 bytes"),
    "a line of two columns": (_instead("sample.py,"), "path,hash,size"),
    "a line of four columns": (_instead("sample.py,,,"), "path,hash,size"),
    "a quote that does not end": (_line('"sample'), "no CSV"),
    "RECORD in another encoding": (
        lambda: wheel(record=GOOD_RECORD + b"\xff,,\n"),
        "no CSV in UTF-8",
    ),
    "RECORD with a mark at its beginning": (_record(lambda good: "\ufeff" + good), "not in the"),
    "a line of very many columns": (_line("," * 1_000_000), "more or longer lines"),
    "very many lines": (_line("\n" * 300_000), "more or longer lines"),
    "a path of Windows in RECORD": (
        _record(lambda good: good.replace(f"{DIST_INFO}/METADATA", f"{DIST_INFO}\\METADATA")),
        "is not in the wheel",
    ),
}


def _folder(name: str) -> Callable[[], bytes]:
    return lambda: write_zip([*parts(), Part(name.encode(), method=0)])


def _in_data(*names: str) -> Callable[[], bytes]:
    return lambda: wheel({f"{STEM}.data/{name}": b"x" for name in names})


NOT_A_SCHEME = "none of the folders that .data can have"
OVER_EACH_OTHER = "installed over each other"
AS_METADATA = "would be installed as metadata"

DATA: dict[str, Case] = {
    **{
        f"{what} in {scheme}": (_in_data(f"{scheme}/{path}"), AS_METADATA)
        for scheme in ("purelib", "platlib")
        for what, path in {
            "its own METADATA": f"{DIST_INFO}/METADATA",
            "its own METADATA in capitals": f"{DIST_INFO.upper()}/METADATA",
            "METADATA of another project": "other-1.0.dist-info/METADATA",
            "METADATA of another project in capitals": "other-1.0.Dist-Info/METADATA",
            "an egg-info": "other.egg-info/PKG-INFO",
            "an egg-info that is a file": "other-1.0.egg-info",
            "an egg-info in capitals": "other.EGG-INFO",
            "a dist-info that is a file": "other-1.0.dist-info",
            "a dist-info in strange letters": "other-1.0.di\u017ft-info/METADATA",
        }.items()
    },
    "an empty dist-info in purelib": (
        _folder(f"{STEM}.data/purelib/other-1.0.dist-info/"),
        AS_METADATA,
    ),
    "METADATA in data": (
        _in_data(f"data/lib/python3.11/site-packages/{DIST_INFO}/METADATA"),
        AS_METADATA,
    ),
    "METADATA at the top of data": (_in_data("data/other-1.0.dist-info/METADATA"), AS_METADATA),
    "an egg-info in data": (_in_data("data/Lib/site-packages/other.Egg-Info"), AS_METADATA),
    "a file in purelib over one at the top": (
        _in_data("purelib/sample.py"),
        f"'sample.py' and '{STEM}.data/purelib/sample.py' are {OVER_EACH_OTHER}",
    ),
    "a file in platlib over one at the top": (_in_data("platlib/sample.py"), OVER_EACH_OTHER),
    "a file in platlib over one in purelib": (
        _in_data("platlib/a/b.py", "purelib/a/b.py"),
        OVER_EACH_OTHER,
    ),
    "a file in purelib over one in another form": (
        lambda: wheel({"caf\u00e9.py": b"", f"{STEM}.data/purelib/cafe\u0301.py": b""}),
        OVER_EACH_OTHER,
    ),
    "a file in purelib below one at the top": (_in_data("purelib/sample.py/a"), OVER_EACH_OTHER),
    "a file in purelib over a folder at the top": (
        lambda: wheel({"a/b.py": b"", f"{STEM}.data/purelib/a": b""}),
        OVER_EACH_OTHER,
    ),
    "a file in purelib over an empty folder at the top": (
        lambda: write_zip(
            [Part(b"a/", method=0), *parts_of(wheel_files({f"{STEM}.data/purelib/a": b""}))]
        ),
        OVER_EACH_OTHER,
    ),
    "an empty folder in purelib over a file at the top": (
        _folder(f"{STEM}.data/purelib/sample.py/"),
        OVER_EACH_OTHER,
    ),
    "a file in purelib over a folder in platlib": (
        _in_data("purelib/a", "platlib/a/b"),
        OVER_EACH_OTHER,
    ),
    "a file directly in data": (_in_data("run"), f"'{STEM}.data/run' is in {NOT_A_SCHEME}"),
    "a file of a scheme's name": (_in_data("purelib"), NOT_A_SCHEME),
    "an unknown scheme": (_in_data("stdlib/os.py"), NOT_A_SCHEME),
    "a scheme in capitals": (_in_data("Purelib/a.py"), NOT_A_SCHEME),
    "an empty folder of an unknown scheme": (_folder(f"{STEM}.data/stdlib/"), NOT_A_SCHEME),
}

CASE: dict[str, Case] = {
    "two dist-info in two cases": (
        _named(f"{STEM}.DIST-INFO/METADATA"),
        "more than one .dist-info folder: 'sample-1.0.DIST-INFO' and 'sample-1.0.dist-info'",
    ),
    "two dist-info, all of one in capitals": (
        _named(f"{DIST_INFO.upper()}/METADATA"),
        "more than one .dist-info",
    ),
    "two dist-info, one in strange letters": (
        _named(f"{STEM}.di\u017ft-info/METADATA"),
        "more than one .dist-info",
    ),
    "an empty dist-info in capitals": (_folder(f"{STEM}.Dist-Info/"), "more than one .dist-info"),
    "a dist-info in capitals": (
        lambda: _moved(f"{STEM}.DIST-INFO"),
        "must end with .dist-info, in small letters",
    ),
    "two data folders in two cases": (
        lambda: wheel({f"{STEM}.data/data/x": b"", f"{STEM}.DATA/data/y": b""}),
        "more than one .data folder",
    ),
    "a data folder in capitals": (_named(f"{STEM}.DATA/data/x"), "must end with .data, in small"),
    "METADATA in small letters too": (
        _in_dist_info("metadata", METADATA),
        f"'{DIST_INFO}/metadata' differs from '{DIST_INFO}/METADATA' only in upper and lower case",
    ),
    "RECORD with a capital too": (_in_dist_info("Record", b""), "only in upper and lower case"),
    "a folder metadata beside METADATA": (
        _in_dist_info("metadata/x", b""),
        f"'{DIST_INFO}/metadata/x' is below '{DIST_INFO}/METADATA'",
    ),
    "an empty folder metadata beside METADATA": (
        _folder(f"{DIST_INFO}/metadata/"),
        f"'{DIST_INFO}/metadata/' is below '{DIST_INFO}/METADATA'",
    ),
    "licenses in two cases": (
        lambda: wheel({f"{DIST_INFO}/licenses/MIT.txt": b"", f"{DIST_INFO}/Licenses/mit.txt": b""}),
        "only in upper and lower case",
    ),
    "licenses in two cases and forms": (
        lambda: wheel(
            {f"{DIST_INFO}/licenses/caf\u00e9": b"", f"{DIST_INFO}/licenses/CAFE\u0301": b""}
        ),
        "only in upper and lower case",
    ),
    "scripts in two cases": (
        _in_data("scripts/run", "scripts/Run"),
        f"'{STEM}.data/scripts/run' differs from '{STEM}.data/scripts/Run'",
    ),
    "data in two cases": (_in_data("data/share/a/x", "data/Share/A/X"), "only in upper and lower"),
    "modules in two cases in purelib": (_in_data("purelib/a.py", "purelib/A.py"), "only in upper"),
}

VERY_MANY: dict[str, Case] = {
    **hostile_zips.VERY_MANY,
    "very many files that are not in RECORD": (_many_honest, "is not in RECORD"),
}

ALL = hostile_zips.ALL | NAMES | LAYOUT | DATA | CASE
