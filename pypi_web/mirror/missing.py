"""Why a file that was imported with its project cannot be had, in a sentence."""

from dataclasses import replace

from pypi_web import clock
from pypi_web.data.session import reading
from pypi_web.mirror import Mirror, rules
from pypi_web.mirror.imported import is_imported
from pypi_web.settings import Settings
from pypi_web.standards import distribution_names
from pypi_web.standards.upstream_pages import UpstreamPage


def find_reason(mirror: Mirror, filename: str, sha256: str) -> str | None:
    """Of a file that mirror.files did not find; None for one that was not imported either.

    Raises UpstreamUnavailable.
    """
    if not distribution_names.is_distribution(filename):
        return None
    project, _ = distribution_names.split(filename)
    with reading(mirror.engine) as db:
        if not is_imported(db, project, filename, sha256):
            return None
    if rules.is_reserved(mirror.settings, project):
        return (
            f"{filename} was imported without its bytes, and upstream is not asked for {project}:"
            " the name is reserved (setting pypi_web.mirror.reserved)."
        )
    known = mirror.pages.find(project, of_hosted=True)
    return explain(mirror.settings, project, known.page if known else None, filename)


def explain(settings: Settings, project: str, page: UpstreamPage | None, filename: str) -> str:
    """By upstream's page of the project, which does not offer the file that was imported."""
    named = tuple(each for each in page.files if each.filename == filename) if page else ()
    if page is not None and named:
        offer = rules.judge(settings, project, replace(page, files=named), clock.now())
        if not offer.files:
            return " ".join((f"{filename} was imported, and is held back.", *offer.reasons))
        return f"{filename} was imported, but upstream does not have it with this SHA-256."
    return f"{filename} was imported, but upstream does not have it."
