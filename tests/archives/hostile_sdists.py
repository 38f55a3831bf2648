"""Source distributions that are sound tar archives and wrong in one way each, beside
`hostile_tars`."""

import tarfile
from collections.abc import Callable

from tests.archives import hostile_tars
from tests.archives.builders import (
    END,
    METADATA,
    PKG_INFO,
    STEM,
    member,
    patched,
    pax,
)
from tests.archives.hostile_tars import (
    Case,
    X,
    compressed,
    link,
    pax_of,
    pax_with,
    sdist_of,
    sdist_with,
)


def _linked(target: str, name: str = f"{STEM}/link") -> Callable[[], bytes]:
    return sdist_with(link(target, name))


def _hard(target: str) -> Callable[[], bytes]:
    return sdist_with(link(target, kind=tarfile.LNKTYPE))


def _long_part(part: str) -> Callable[[], bytes]:
    return pax_with({"path": f"{STEM}/{part}/x"})


def _many_accents() -> bytes:
    """Names that are slow to normalise, as many as are taken."""
    name = "/".join([STEM, *["\u0301" * 60 + "\u0327" * 60] * 8])
    one = pax({"path": name}) + member("x")
    return compressed([PKG_INFO, *[one] * 8_000, END])


def _same_many() -> bytes:
    """As many as are taken, all of one name."""
    one = member(f"{STEM}/x")
    return compressed([PKG_INFO, *[one * 1000] * 99, END])


def _long_names() -> bytes:
    return compressed(
        [
            PKG_INFO,
            *(
                member(f"{STEM}/{'x' * 130}/{n:06}{'x' * 80}", layout=tarfile.USTAR_FORMAT)
                for n in range(80_000)
            ),
            END,
        ]
    )


NAMES: dict[str, Case] = {
    "a name that leads out": (sdist_of("../evil.py"), "'../evil.py' has .. in its name"),
    "a name that leads out later": (sdist_of(f"{STEM}/../../evil.py"), "has .. in its name"),
    "an absolute name": (sdist_of("/etc/passwd"), "absolute name"),
    "an absolute name behind a dot": (sdist_of(".//etc/passwd"), "absolute name"),
    "a name on a drive": (sdist_of("C:/evil.py"), "absolute name"),
    "a name of Windows": (sdist_of(f"{STEM}\\evil.py"), "backslash"),
    "a name with an empty part": (sdist_of(f"{STEM}//evil.py"), "empty part"),
    "a name from twice here": (sdist_of(f"././{STEM}/x"), "a . in its name"),
    "a name with a dot": (sdist_of(f"{STEM}/./x"), "a . in its name"),
    "no name": (sdist_with(patched(member("x"), 0, b"\0")), "empty name"),
    "a file with a slash": (sdist_of(f"{X}/"), "empty part"),
    "a name with a line break": (sdist_of(f"{STEM}/a\nb"), "control character"),
    "a name with a zero in pax": (pax_with({"path": f"{X}\0y"}), "control character"),
    "a long name": (pax_with({"path": f"{STEM}/" + "x" * 1025}), "more than 1024 characters"),
    "a very long name": (
        pax_with({"path": f"{STEM}/" + "x" * 900_000}),
        "more than 1024 characters",
    ),
    "a name with a long part": (_long_part("x" * 256), "more than 255 bytes"),
    "a name with a part that is long in UTF-8": (_long_part("ä" * 128), "more than 255 bytes"),
    "a name that is no UTF-8": (
        sdist_with(patched(member(f"{STEM}/grue"), len(STEM) + 3, b"\xfc")),
        "not UTF-8",
    ),
    "a name that is no UTF-8 in pax": (pax_of(b"9 path=\xff\n"), "not UTF-8"),
    "a member twice": (sdist_with(member(X), member(X)), f"'{X}' is there twice"),
    "PKG-INFO twice": (sdist_with(PKG_INFO), "PKG-INFO' is there twice"),
    "PKG-INFO twice, once from here": (
        sdist_of(f"./{STEM}/PKG-INFO", data=METADATA),
        "PKG-INFO' is there twice",
    ),
    "a member in two forms": (
        sdist_with(member(f"{STEM}/caf\u00e9"), member(f"{STEM}/cafe\u0301")),
        "is there twice",
    ),
    "a file below a file": (sdist_with(member(X), member(f"{X}/y")), f"below '{X}'"),
    "a file below a link": (
        sdist_with(link("folder"), member(f"{STEM}/link/evil.py")),
        f"below '{STEM}/link'",
    ),
    "a file below a link that comes later": (
        sdist_with(member(f"{STEM}/link/evil.py"), link("folder")),
        f"below '{STEM}/link'",
    ),
    "a link below a link": (
        sdist_with(link("a"), link("b", f"{STEM}/link/c")),
        f"below '{STEM}/link'",
    ),
    "a folder that is a link": (
        sdist_with(link("a"), member(f"{STEM}/link", kind=tarfile.DIRTYPE)),
        f"below '{STEM}/link'",
    ),
    "a file below a link in capitals": (
        sdist_with(link("folder", f"{STEM}/d/Link"), member(f"{STEM}/d/link/x")),
        f"'{STEM}/d/link/x' is below '{STEM}/d/Link'",
    ),
    "a link in capitals that would lead out from below a link": (
        sdist_with(link("../..", f"{STEM}/a/b/Link"), link("../../../evil", f"{STEM}/a/b/link/c")),
        f"below '{STEM}/a/b/Link'",
    ),
    "a file below a folder that is a link in capitals": (
        sdist_with(member(f"{STEM}/D/e/x"), link("PKG-INFO", f"{STEM}/d/E")),
        f"below '{STEM}/d/E'",
    ),
    "a folder that is a link in capitals": (
        sdist_with(member(f"{STEM}/d/LINK", kind=tarfile.DIRTYPE), link("x", f"{STEM}/d/link")),
        f"below '{STEM}/d/link'",
    ),
    "a file below a link in another form and case": (
        sdist_with(link("folder", f"{STEM}/CAF\u00c9"), member(f"{STEM}/cafe\u0301/x")),
        "where upper and lower case are one",
    ),
    "a file below a link whose small letter is two": (
        sdist_with(link("folder", f"{STEM}/stra\u00dfe"), member(f"{STEM}/STRASSE/x")),
        "where upper and lower case are one",
    ),
    "a file below a hard link in capitals": (
        sdist_with(link(f"{STEM}/PKG-INFO", f"{STEM}/A", tarfile.LNKTYPE), member(f"{STEM}/a/x")),
        f"below '{STEM}/A'",
    ),
    "a file below a file in capitals beside a link": (
        sdist_with(link("x"), member(f"{STEM}/A"), member(f"{STEM}/a/x")),
        f"below '{STEM}/A'",
    ),
    "a file of a link's name in capitals": (
        sdist_with(link("PKG-INFO", f"{STEM}/A"), member(f"{STEM}/a")),
        f"'{STEM}/a' differs from '{STEM}/A' only",
    ),
    "a file of a hard link's name in capitals": (
        sdist_with(link(f"{STEM}/PKG-INFO", f"{STEM}/a", tarfile.LNKTYPE), member(f"{STEM}/A")),
        "only in upper and lower case",
    ),
    "PKG-INFO in small letters too": (
        sdist_of(f"{STEM}/Pkg-Info", data=METADATA),
        "Pkg-Info' differs from PKG-INFO only",
    ),
    "a second top folder": (sdist_of("other/x"), "'other/x' is not in the folder sample-1.0"),
    "a file at the top": (sdist_of("setup.py"), "not in the folder"),
    "a top folder in capitals": (sdist_of("Sample-1.0/x"), "not in the folder"),
    "a top folder of the same beginning": (sdist_of(f"{STEM}.evil/x"), "not in the folder"),
    "a top folder that is a file": (sdist_of(STEM), "not in the folder"),
    "a top folder that is a link": (sdist_with(link(".", STEM)), "not in the folder"),
    "a folder that is here": (sdist_of("./", kind=tarfile.DIRTYPE), "a . in its name"),
    "everything in another folder": (
        sdist_with(pkg_info=member("Sample-1.0/PKG-INFO", METADATA)),
        "not in the folder",
    ),
}

KINDS: dict[str, Case] = {
    "a device of characters": (sdist_of(X, kind=tarfile.CHRTYPE), f"'{X}' is a device"),
    "a device of blocks": (sdist_of(X, kind=tarfile.BLKTYPE), "is a device"),
    "a pipe": (sdist_of(X, kind=tarfile.FIFOTYPE), "a pipe"),
    "a contiguous file": (sdist_of(X, kind=tarfile.CONTTYPE), "of another kind"),
    "the end of another volume": (sdist_of(X, kind=b"M"), "of another kind"),
    "a volume": (sdist_of(X, kind=b"V"), "of another kind"),
    "an unknown kind": (sdist_of(X, kind=b"\xff"), "of another kind"),
    "a link out": (_linked("../evil"), "stay in the folder"),
    "a link out from deep": (_linked("../../evil", f"{STEM}/a/link"), "stay in the folder"),
    "a link up out": (_linked(".."), "stay in the folder"),
    "a link far out": (
        sdist_with(pax({"linkpath": "../" * 300_000}), link("")),
        "stay in the folder",
    ),
    "a long link that leads out at its end": (
        sdist_with(
            pax(
                {"path": f"{STEM}/" + "a/" * 500 + "x", "linkpath": "../" * 500 + "a/" * 300 + ".."}
            ),
            link(""),
        ),
        "stay in the folder",
    ),
    "a link out later": (_linked("a/../../evil"), "stay in the folder"),
    "a link round about": (_linked("a/../b"), "stay in the folder"),
    "an absolute link": (_linked("/etc/passwd"), "'/etc/passwd'"),
    "a link to a drive": (_linked("C:/evil"), "stay in the folder"),
    "a link of Windows": (_linked("..\\evil"), "stay in the folder"),
    "a link to nothing": (_linked(""), "stay in the folder"),
    "a link to itself": (_linked("."), "stay in the folder"),
    "a link with a line break": (_linked("a\nb"), "stay in the folder"),
    "a long link": (
        sdist_with(pax({"linkpath": "x" * 2000}), link("")),
        "stay in the folder",
    ),
    "a link that is no UTF-8": (
        sdist_with(patched(link("x"), 157, b"\xff")),
        "not UTF-8",
    ),
    "a hard link out": (_hard("/etc/passwd"), "no file before it"),
    "a hard link up": (_hard(f"{STEM}/../../etc/passwd"), "no file before it"),
    "a hard link to nothing": (_hard(f"{STEM}/ghost"), "no file before it"),
    "a hard link to what comes later": (
        sdist_with(link(X, kind=tarfile.LNKTYPE), member(X)),
        "no file before it",
    ),
    "a hard link to a link": (
        sdist_with(link("PKG-INFO", X), link(X, kind=tarfile.LNKTYPE)),
        "no file before it",
    ),
    "a hard link to itself": (_hard(f"{STEM}/link"), "no file before it"),
    "a hard link to its folder": (_hard(STEM), "no file before it"),
}

PKG_INFOS: dict[str, Case] = {
    "no PKG-INFO": (sdist_with(pkg_info=member(f"{STEM}/setup.py")), f"no {STEM}/PKG-INFO"),
    "no members": (sdist_with(pkg_info=b""), f"no {STEM}/PKG-INFO"),
    "PKG-INFO at the top": (sdist_with(pkg_info=member("PKG-INFO", METADATA)), "not in the folder"),
    "PKG-INFO further down": (
        sdist_with(pkg_info=member(f"{STEM}/sample.egg-info/PKG-INFO", METADATA)),
        f"no {STEM}/PKG-INFO",
    ),
    "PKG-INFO that is a link": (
        sdist_with(pkg_info=member(X) + link("x", f"{STEM}/PKG-INFO")),
        "PKG-INFO' is not a regular file",
    ),
    "PKG-INFO that is a hard link": (
        sdist_with(pkg_info=member(X) + link(X, f"{STEM}/PKG-INFO", tarfile.LNKTYPE)),
        "PKG-INFO' is not a regular file",
    ),
    "PKG-INFO that is a folder": (
        sdist_with(pkg_info=member(f"{STEM}/PKG-INFO", kind=tarfile.DIRTYPE)),
        "PKG-INFO' is not a regular file",
    ),
    "PKG-INFO that is too large": (
        sdist_with(pkg_info=member(f"{STEM}/PKG-INFO", METADATA + bytes(9 << 20))),
        "PKG-INFO' is larger than",
    ),
}

VERY_MANY: dict[str, Case] = {
    **hostile_tars.VERY_MANY,
    "very many members of one name": (_same_many, "is there twice"),
    "very many accents": (_many_accents, "is there twice"),
    "very long names": (_long_names, "too long together"),
}

ALL = hostile_tars.ALL | NAMES | KINDS | PKG_INFOS
