"""READMEs, whatever their publishers wrote: rendered in time, or shown as the text they are."""

import time

import pytest

from pypi_web import readmes
from pypi_web.data import Description
from pypi_web.readmes import rendering

PLAIN = '<pre class="plain-text">'


def test_what_is_no_markup_keeps_its_lines_and_its_indentation():
    rendered = rendering.render("  two <b>\n    four & more\n", "text/plain")

    assert rendered.html == f"{PLAIN}  two &lt;b&gt;\n    four &amp; more\n</pre>"
    assert rendered.problem is None


def test_markup_with_a_mistake_is_shown_as_text_and_the_mistake_is_told():
    rendered = rendering.render("Title\n==\n\n.. nonsense::", "text/x-rst")

    assert rendered.html == f"{PLAIN}Title\n==\n\n.. nonsense::</pre>"
    assert rendered.problem == (
        'The README cannot be rendered: line 4: Unknown directive type "nonsense".'
    )


@pytest.mark.parametrize("content_type", [None, ""])
def test_who_names_no_type_is_told_what_the_readme_is_taken_for(content_type: str | None):
    rendered = rendering.render("Some `markdown", content_type)

    assert rendered.problem == (
        "The README cannot be rendered: line 1: Inline interpreted text or phrase reference"
        " start-string without end-string (it is taken for reStructuredText: it says no content"
        " type)."
    )


@pytest.mark.parametrize(
    ("content_type", "reason"),
    [
        ("text/html", 'its type is "text/html", neither text/x-rst nor text/markdown nor'),
        ("no type at all", 'its type is "no type at all", neither text/x-rst'),
        ("text/\x1b[2Jx", 'its type is "text/\N{REPLACEMENT CHARACTER}[2jx", neither'),
        ("text/markdown; variant=Mine", 'its variant of Markdown is "Mine", neither GFM nor'),
    ],
)
def test_a_type_that_nobody_knows_is_told_with_those_that_are_known(content_type: str, reason: str):
    rendered = rendering.render("text", content_type)

    assert rendered.html == f"{PLAIN}text</pre>"
    assert rendered.problem.startswith(f"The README cannot be rendered: {reason}")


@pytest.mark.parametrize(
    ("content_type", "source", "reason"),
    [
        ("text/x-rst", ".. only a comment", "there is nothing in it to show"),
        ("text/markdown", " \n", "there is nothing in it to show"),
        ("text/x-rst", "\n".join(f"{' ' * depth}a\n" for depth in range(400)), "it is nested too"),
    ],
)
def test_what_else_keeps_a_readme_from_being_rendered_is_told(
    content_type: str, source: str, reason: str
):
    rendered = rendering.render(source, content_type)

    assert rendered.html.startswith(PLAIN)
    assert rendered.problem.startswith(f"The README cannot be rendered: {reason}")


@pytest.mark.parametrize(
    "source", [f".. {'a' * 90_000}::", '.. image:: a\n   :alt\x1b[2J: "\n\n', "`a" + "\n\x07a" * 9]
)
def test_a_problem_is_one_short_line_whatever_the_readme_holds(source: str):
    problem = rendering.render(source, "text/x-rst").problem

    assert problem.isprintable()
    assert len(problem) < 300


@pytest.mark.parametrize("kind", [ValueError, BaseException])
def test_a_renderer_that_fails_or_panics_keeps_nobody_from_the_text(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, kind: type[BaseException]
):
    def fail(*_: object, **_keywords: object) -> str:
        raise kind("a panic in Rust is no Exception")

    monkeypatch.setattr(rendering.markdown, "render", fail)

    rendered = rendering.render("# a", "text/markdown")

    assert rendered.html == f"{PLAIN}# a</pre>"
    assert rendered.problem == "The README cannot be rendered: the renderer failed on it."
    assert "no Exception" in caplog.text


def test_no_readme_changes_what_others_mean_by_a_role():
    rendering.render(".. role:: sub(raw)\n   :format: html\n\na", "text/x-rst")
    rendering.render(".. role:: mine(strong)\n\na", "text/x-rst")

    known = rendering.render("H\\ :sub:`2`\\ O", "text/x-rst")
    unknown = rendering.render(":mine:`a`", "text/x-rst")

    assert "<sub>2</sub>" in known.html
    assert 'Unknown interpreted text role "mine"' in unknown.problem


def test_the_name_of_the_renderer_changes_with_each_engine_and_fits_its_column(
    monkeypatch: pytest.MonkeyPatch,
):
    versions = dict.fromkeys(readmes._ENGINES, "1.0")
    monkeypatch.setattr(readmes, "version", lambda name: versions[name])
    names = {readmes._name_renderer()}
    for engine in versions:
        versions[engine] = "1.1.post20260101+a.local.version.that.is.long"
        names.add(readmes._name_renderer())

    assert len(names) == 1 + len(versions)
    assert max(map(len, names)) <= Description.renderer.type.length


@pytest.mark.parametrize(
    ("content_type", "source"),
    [
        ("text/markdown", "# a\n\n" + "word " * 1_900 + "\n" + "<b>x</b>" * 1_000),
        ("text/x-rst", "a\n=\n\n" + "word word\n" * 5_000),
    ],
)
def test_a_long_readme_is_rendered(content_type: str, source: str):
    rendered = rendering.render(source, content_type)

    assert "<h1" in rendered.html
    assert rendered.problem is None


@pytest.mark.parametrize(
    ("content_type", "source", "excess"),
    [
        ("text/markdown", "<div>" * 200_000, "more than 200,000 characters"),
        ("text/markdown", "<b>" * 3 + "<b>\n" * 9_998, 'more than 10,000 times a "<"'),
        ("text/markdown", "a" * 200_001, "more than 200,000 characters"),
        ("text/markdown", "> " * 50_000, "a line of more than 10,000 characters"),
        ("text/markdown", "# a\n" * 10_001, "more than 10,000 lines"),
        ("text/markdown", '<pre lang="a"><code>\n' * 501, 'more than 500 times a "<pre"'),
        (
            "text/markdown",
            f"|{'a|' * 1_000}\n|{'-|' * 1_000}\n" + "|a\n" * 2_000,
            'more than 500,000 cells: lines, times the most "|" in one',
        ),
        ("text/x-rst", "a a a a\n" * 6_251, "more than 25,000 words"),
        (
            "text/x-rst",
            ".. csv-table::\n\n" + f"   {'a,' * 4_000}\n" * 10,
            "more than 25,000 words",
        ),
        ("text/x-rst", "words of a million characters\n" * 33_334, "more than 100,000 characters"),
    ],
)
def test_a_readme_that_would_take_too_long_is_shown_as_text_and_the_limit_told(
    content_type: str, source: str, excess: str
):
    start = time.process_time()

    rendered = rendering.render(source, content_type)

    assert rendered.html.startswith(PLAIN)
    assert rendered.problem == f"The README cannot be rendered: it has {excess}."
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

    rendered = rendering.render(source, content_type)

    assert not rendered.html.startswith(PLAIN)
    assert time.process_time() - start < 10, "usually it is less than three"
