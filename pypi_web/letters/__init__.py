"""Letters to people, sent once what they tell of has been committed."""

from pathlib import Path
from typing import Any

from pypi_web.letters.carriers import Carrier, Folder, Smtp
from pypi_web.letters.post import Post
from pypi_web.letters.writing import Letter
from pypi_web.settings import Settings

__all__ = ["Letter", "Post", "address_of", "open_post"]


def open_post(settings: Settings) -> Post:
    """Raises SettingsError where the mail server is no address."""
    carrier: Carrier | None = None
    if settings.mail_server is not None:
        carrier = Smtp(settings.mail_server.get_secret_value())
    elif settings.mail_folder is not None:
        carrier = Folder(Path(settings.mail_folder))
    return Post(carrier, settings.mail_sender)


def address_of(request: Any, route_name: str, **kw: Any) -> str:
    """The address of a page as letters say it: by the setting `url`, for the request's own host is
    what whoever asks for the letter has written. A site that has not set it sends no letter away:
    no mail server is taken without (settings.read), and those of development stay in a folder."""
    site: str | None = request.registry["settings"].url
    if site is None:
        return str(request.route_url(route_name, **kw))
    return str(request.route_url(route_name, _app_url=site, **kw))
