"""Pages of HTML are read, whichever server wrote them."""

import pytest

from pypi_web.standards import simple_pages
from pypi_web.standards.upstream_pages import (
    UnreadablePage,
    UpstreamFile,
    UpstreamMetadata,
    UpstreamPage,
)

URL = "https://index.example.org/simple/sample/"
SHA256, OTHER_SHA256, MD5 = "a1" * 32, "b2" * 32, "c3" * 16
WHEEL, SDIST = "sample-1.0-py3-none-any.whl", "sample-1.0.tar.gz"


def read(html: str, *, url: str = URL, content_type: str = "text/html") -> UpstreamPage:
    return simple_pages.read(html.encode(), content_type, url)


def read_one(html: str) -> UpstreamFile:
    (file,) = read(html).files
    return file


def names(page: UpstreamPage) -> list[str]:
    return [file.filename for file in page.files]


def test_reads_all_that_html_can_say():
    page = read(
        f"""<!DOCTYPE html>
        <html lang="en">
          <head>
            <meta charset="utf-8">
            <meta name="pypi:repository-version" content="1.4">
            <meta name="pypi:project-status" content="archived">
            <meta name="pypi:project-status-reason" content="No more &amp; never">
            <title>Links for sample</title>
          </head>
          <body>
            <h1>Links for sample</h1>
            <a href="https://files.example.org/a1/{WHEEL}#sha256={SHA256}"
               data-requires-python="&gt;=3.8" data-yanked="broken &lt;here&gt;"
               data-core-metadata="sha256={OTHER_SHA256}"
               data-provenance="https://index.example.org/integrity/{WHEEL}">{WHEEL}</a><br />
          </body>
        </html>
        <!--SERIAL 26104-->"""
    )

    assert page == UpstreamPage(
        name=None,
        versions=None,
        status="archived",
        status_reason="No more & never",
        last_serial=26104,
        files=(
            UpstreamFile(
                filename=WHEEL,
                url=f"https://files.example.org/a1/{WHEEL}",
                hashes={"sha256": SHA256},
                requires_python=">=3.8",
                yanked="broken <here>",
                metadata=UpstreamMetadata(sha256=OTHER_SHA256),
                provenance=f"https://index.example.org/integrity/{WHEEL}",
            ),
        ),
    )
    assert not page.tells_upload_times


def test_reads_links_that_lead_up_to_a_folder_of_digests():
    page = read(
        f"""<!DOCTYPE html><html><head><title>root/stable: links for sample</title></head><body>
        <h1>root/stable: links for sample</h1>
        <form action="/root/stable/sample/refresh" method="post"><input type="submit"/></form>
        root/stable <a href="../../+f/a1a/1a1a1a1a1a/{WHEEL}#sha256={SHA256}">{WHEEL}</a><br/>
        root/stable <a href="../../+f/b2b/2b2b2b2b2b/{SDIST}#sha256={OTHER_SHA256}"
          data-requires-python="&gt;=3.8">{SDIST}</a><br/>
        </body></html>""",
        url="https://dev.example.org/root/stable/+simple/sample/",
    )

    assert [(file.url, dict(file.hashes)) for file in page.files] == [
        (f"https://dev.example.org/root/stable/+f/a1a/1a1a1a1a1a/{WHEEL}", {"sha256": SHA256}),
        (
            f"https://dev.example.org/root/stable/+f/b2b/2b2b2b2b2b/{SDIST}",
            {"sha256": OTHER_SHA256},
        ),
    ]


def test_reads_links_from_the_root_with_an_old_digest():
    file = read_one(
        f"""<!DOCTYPE html>
        <html><head><title>Links for sample</title></head><body><h1>Links for sample</h1>
             <a href="/packages/{SDIST}#md5={MD5}">{SDIST}</a><br>
        </body></html>"""
    )

    assert file.url == f"https://index.example.org/packages/{SDIST}"
    assert file.hashes == {"md5": MD5}


def test_reads_the_listing_of_a_folder_whose_texts_are_cut():
    long = "sample_with_a_rather_long_name_in_it-1.0-py3-none-any.whl"

    page = read(
        f"""<html>
        <head><title>Index of /simple/sample/</title></head>
        <body bgcolor="white">
        <h1>Index of /simple/sample/</h1><hr><pre><a href="../">../</a>
        <a href="?C=M;O=A">Last modified</a>
        <a href="{long}">{long[:30]}..&gt;</a>   20-Nov-2025 10:00    1234
        <a href="{SDIST}">{SDIST}</a>            20-Nov-2025 10:00    1234
        <a href="{SDIST}.asc">{SDIST}.asc</a>    20-Nov-2025 10:00     123
        </pre><hr></body>
        </html>"""
    )

    assert names(page) == [long, SDIST]


@pytest.mark.parametrize(
    "html",
    [
        f'<A HREF="{SDIST}" DATA-YANKED="bad">{SDIST}</A>',
        f"<a href='{SDIST}' data-yanked='bad'>{SDIST}</a>",
        f"<a data-yanked=bad href={SDIST}>{SDIST}</a>",
        f'<a\n\thref = "\n {SDIST}\n"\n\tdata-yanked\n=\n"bad"\n>\n{SDIST}\n</a\n>',
        f'<a href="{SDIST}" data-yanked="bad" />{SDIST}',
        f'<a href="{SDIST}" data-yanked="bad"><code>sample-1.0<!-- ! -->.tar.gz</code></a>',
        f'<a href="{SDIST}" data-yanked="bad" href="other-1.0.zip" data-yanked="worse">x</a>',
        f'<p>< <a href="{SDIST}" data-yanked="&#98;&#x61;d">{SDIST}</a> AT&T',
        f'\ufeff<!doctype html><a href="sample-1&#46;0.tar.gz" data-yanked=bad>{SDIST}</a>',
    ],
)
def test_reads_html_as_people_write_it(html: str):
    file = read_one(html)

    assert (file.filename, file.url, file.yanked) == (SDIST, URL + SDIST, "bad")


def test_a_name_may_be_quoted_in_its_address():
    file = read_one('<a href="x/sample-1.0%2Bcu118-py3-none-any.whl">sample</a>')

    assert file.filename == "sample-1.0+cu118-py3-none-any.whl"
    assert file.url == f"{URL}x/sample-1.0%2Bcu118-py3-none-any.whl"


@pytest.mark.parametrize(
    "html",
    [
        f'<a href="/download?id=1">{SDIST}</a>',
        '<a href="/download?id=1">\n <b>sample</b>-1.0.tar.gz\n </a>',
        f'<a href="/1">first</a> <a href="/download?id=1">{SDIST}</a> {SDIST} <a href="/2">x</a>',
        f'<a href="/1">no end <a href="/download?id=1">{SDIST}<a href="/2">no end',
    ],
)
def test_the_text_names_a_file_whose_address_does_not(html: str):
    file = read_one(html)

    assert (file.filename, file.url) == (SDIST, "https://index.example.org/download?id=1")


@pytest.mark.parametrize(
    "html",
    [
        "<a>sample-1.0.tar.gz</a>",
        "<a href>sample-1.0.tar.gz</a>",
        "<a href=''>sample-1.0.tar.gz</a>",
        "<a href='#sha256=a'>sample-1.0.tar.gz</a>",
        "<a href='/1'>sample-1.0.tar.gz (12 MB)</a>",
        "<a href='javascript:sample-1.0.tar.gz'>sample-1.0.tar.gz</a>",
        "<a href='ftp://h.example.org/sample-1.0.tar.gz'>sample-1.0.tar.gz</a>",
        "<a href='sample-1.0-py3.8.egg'>sample-1.0-py3.8.egg</a>",
        "<a href='a%2Fsample-1.0.tar.gz'>..</a>",
        "<!-- <a href='sample-1.0.tar.gz'>sample-1.0.tar.gz</a> --><p>",
        "<script>'<a href=sample-1.0.tar.gz>'</script>",
        "<link href='sample-1.0.tar.gz'>",
    ],
)
def test_other_links_are_no_files(html: str):
    assert read(html).files == ()


@pytest.mark.parametrize(
    ("base", "absolute"),
    [
        ('<base href="https://files.example.org/all/">', "https://files.example.org/all/"),
        ("<BASE HREF=../../files/>", "https://index.example.org/files/"),
        ('<base target="x"><base href="/a/"><base href="/b/">', "https://index.example.org/a/"),
        ('<base href="javascript:x">', URL),
        ("<base href>", URL),
    ],
)
def test_links_are_resolved_against_the_base(base: str, absolute: str):
    assert read_one(f"{base}<a href={SDIST}>{SDIST}</a>").url == absolute + SDIST


@pytest.mark.parametrize(
    ("attribute", "yanked"),
    [
        ("", None),
        ("data-yanked", ""),
        ("data-yanked=''", ""),
        ("data-yanked='false'", "false"),
        ("data-yanked='a&#0;b'", "a\ufffdb"),
    ],
)
def test_a_file_is_yanked_when_the_attribute_is_there(attribute: str, yanked: str | None):
    assert read_one(f"<a href={SDIST} {attribute}>{SDIST}</a>").yanked == yanked


@pytest.mark.parametrize(
    ("attributes", "metadata"),
    [
        ("", None),
        ("data-core-metadata", None),
        ("data-core-metadata=false", None),
        ("data-core-metadata=true", UpstreamMetadata()),
        (f"data-core-metadata=md5={MD5}", UpstreamMetadata()),
        (f"data-core-metadata=sha256={SHA256}", UpstreamMetadata(sha256=SHA256)),
        (f"data-dist-info-metadata=sha256={SHA256}", UpstreamMetadata(sha256=SHA256)),
        (f"data-core-metadata=true data-dist-info-metadata=sha256={SHA256}", UpstreamMetadata()),
        ("data-core-metadata=false data-dist-info-metadata=true", None),
    ],
)
def test_metadata_is_offered_by_either_name(attributes: str, metadata: UpstreamMetadata | None):
    assert read_one(f"<a href={WHEEL} {attributes}>{WHEEL}</a>").metadata == metadata


@pytest.mark.parametrize(
    ("fragment", "hashes"),
    [
        ("", {}),
        ("#", {}),
        (f"#sha256={SHA256}", {"sha256": SHA256}),
        (f"#SHA256={SHA256.upper()}", {"sha256": SHA256}),
        (f"#egg=sample-1.0&sha256={SHA256}", {"sha256": SHA256}),
        (f"#md5={MD5}&sha256={SHA256}", {"md5": MD5, "sha256": SHA256}),
        (f"#sha256={SHA256[1:]}", {}),
        (f"#sha256={SHA256[1:]}g", {}),
        ("#sha256", {}),
    ],
)
def test_digests_stand_behind_the_address(fragment: str, hashes: dict[str, str]):
    assert read_one(f'<a href="{SDIST}{fragment}">{SDIST}</a>').hashes == hashes


def test_a_page_may_come_in_another_charset():
    html = f'<a href="{SDIST}" data-yanked="für immer">{SDIST}</a>'.encode("latin-1")

    for content_type, yanked in [
        ("text/html; charset=ISO-8859-1", "für immer"),
        ('Text/HTML;charset="windows-1252"', "für immer"),
        ("text/html", "f\ufffdr immer"),
        ("text/html; charset=utf-7", "f\ufffdr immer"),
        ("text/html; charset=base64", "f\ufffdr immer"),
    ]:
        assert simple_pages.read(html, content_type, URL).files[0].yanked == yanked


@pytest.mark.parametrize(
    "html",
    [
        "",
        "404: there is no such project",
        f"a < b, {SDIST}",
        f'<a href="{SDIST}">{SDIST}</a><a href="samp',
        f'<a href="{SDIST}>{SDIST}</a>',
        f"<a href={SDIST}>{SDIST}</a",
        f"<a href={SDIST}>{SDIST}</a><!-- cut",
        f"<a href={SDIST}>{SDIST}</a><![x[",
        f"<a href='{SDIST}&#{'9' * 5000};'>{SDIST}</a>",
        f"<meta name=pypi:repository-version content=2.0><a href={SDIST}>{SDIST}</a>",
        f"<meta name=pypi:repository-version content=soon><a href={SDIST}>{SDIST}</a>",
    ],
)
def test_refuses_what_is_no_page_or_half_of_one(html: str):
    with pytest.raises(UnreadablePage, match=r"^The page .*\.$|^The page .*; this index reads 1"):
        read(html)


def test_a_page_of_html_without_links_is_of_a_project_without_files():
    assert read("<!DOCTYPE html><title>Links for sample</title><h1>Links for sample</h1>") == (
        UpstreamPage(name=None, versions=None, files=())
    )
