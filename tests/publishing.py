"""Publishing for tests that need something to be published."""

from webtest import TestApp

from tests.distributions import Distribution
from tests.people import Person


def publish(app: TestApp, who: Person, *distributions: Distribution) -> None:
    for dist in distributions:
        app.post(
            "/legacy/",
            dist.form(),
            upload_files=[("content", dist.filename, dist.content)],
            headers=who.basic,
            status=200,
        )
