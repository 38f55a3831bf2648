"""READMEs are rendered by another process, and none takes longer than it may."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from pypi_web.readmes import as_text, renderer
from pypi_web.readmes.renderer import RendererBusy, render

LAUGHS = (
    "".join(f".. |a{n}| replace:: |a{n + 1}| |a{n + 1}|\n" for n in range(20))
    + ".. |a20| replace:: x\n\n|a0|\n"
)
ENDLESS = {
    "an endless loop of a highlighter": ("```mcschema\n<!--\n```\n", "text/markdown"),
    "a billion laughs": (LAUGHS, "text/x-rst"),
}


def test_a_readme_is_rendered():
    assert "<h1" in render("# Title", "text/markdown").html


@pytest.mark.parametrize("name", ENDLESS)
def test_what_takes_too_long_is_shown_as_its_text_and_the_next_is_rendered_again(name: str):
    source, content_type = ENDLESS[name]
    started = time.monotonic()

    rendered = render(source, content_type)

    assert rendered.html == as_text(source)
    assert "too much time or memory" in rendered.problem
    assert time.monotonic() - started < 60
    assert "<h1" in render("# Title", "text/markdown").html


def test_one_that_is_killed_is_replaced():
    render("# Title", "text/markdown")
    os.kill(renderer._child._process.pid, signal.SIGKILL)
    renderer._child._process.wait()

    assert "<h1" in render("# Title", "text/markdown").html


def test_it_knows_nothing_of_this_process_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PYPI_WEB_SECRET", "known to no one else")
    monkeypatch.setattr(renderer, "_child", None)
    render("# Title", "text/markdown")

    environment = Path(f"/proc/{renderer._child._process.pid}/environ").read_bytes()
    assert b"known to no one else" not in environment


def test_a_readme_waits_only_so_long_for_others(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(renderer, "PATIENCE", 0.05)
    with renderer._turn, pytest.raises(RendererBusy):
        render("# Title", "text/markdown")


def test_many_at_once_each_get_their_own():
    answers = {}

    def ask(number: int) -> None:
        answers[number] = render(f"# Title {number}", "text/markdown").html

    threads = [threading.Thread(target=ask, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(f"Title {number}" in answers[number] for number in range(8))
