"""READMEs, whatever their publishers wrote: rendered in time, or shown as the text they are."""

import time

import pytest

from pypi_web.projects import descriptions

PLAIN = '<pre class="plain-text">'


def test_what_is_no_markup_keeps_its_lines_and_its_indentation():
    html = descriptions.render("  two <b>\n    four & more\n", "text/plain")

    assert html == f"{PLAIN}  two &lt;b&gt;\n    four &amp; more\n</pre>"


def test_markup_with_a_mistake_is_shown_as_text():
    html = descriptions.render("Title\n==\n\n.. nonsense::", "text/x-rst")

    assert html == f"{PLAIN}Title\n==\n\n.. nonsense::</pre>"


@pytest.mark.parametrize(
    ("content_type", "source"),
    [
        ("text/markdown", "# a\n\n" + "word " * 1_900 + "\n" + "<b>x</b>" * 1_000),
        ("text/x-rst", "a\n=\n\n" + "word word\n" * 5_000),
    ],
)
def test_a_long_readme_is_rendered(content_type: str, source: str):
    html = descriptions.render(source, content_type)

    assert "<h1" in html


@pytest.mark.parametrize(
    ("content_type", "source"),
    [
        ("text/markdown", "<div>" * 200_000),
        ("text/markdown", "<b>\n" * 10_001),
        ("text/markdown", "a" * 200_001),
        ("text/markdown", "> " * 50_000),
        ("text/markdown", "# a\n" * 10_001),
        ("text/markdown", '<pre lang="a"><code>\n' * 501),
        ("text/markdown", f"|{'a|' * 1_000}\n|{'-|' * 1_000}\n" + "|a\n" * 2_000),
        ("text/x-rst", "word word\n" * 10_001),
        ("text/x-rst", ".. csv-table::\n\n" + f"   {'a,' * 4_000}\n" * 10),
        ("text/x-rst", "words of a million characters\n" * 33_334),
    ],
)
def test_a_readme_that_would_take_too_long_is_shown_as_text(content_type: str, source: str):
    start = time.process_time()

    html = descriptions.render(source, content_type)

    assert html.startswith(PLAIN)
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("content_type", "source"),
    [
        ("text/markdown", "> " * 4_999 + "\n" + "<div>" * 1_900 + "\n"),
        ("text/markdown", "# a\n" * 9_000),
        ("text/x-rst", "{0}\n{1}{0}\n".format("= " * 100, f"{'a ' * 100}\n" * 240)),
        ("text/x-rst", "* a\n" * 9_999),
        ("text/x-rst", ".. code:: python\n\n" + ("   " + "x=1;" * 2_000 + "\n") * 12),
    ],
)
def test_the_most_that_is_rendered_takes_some_seconds(content_type: str, source: str):
    start = time.process_time()

    html = descriptions.render(source, content_type)

    assert not html.startswith(PLAIN)
    assert time.process_time() - start < 10, "usually it is less than three"
