"""The one-time link that makes the first administrator."""

import hashlib
import hmac
from urllib.parse import urlencode

from sqlalchemy import Engine, exists, select

from pypi_web.data import User
from pypi_web.data.session import Database, reading
from pypi_web.settings import Settings


def find_setup_link(engine: Engine, settings: Settings, site_url: str) -> str | None:
    """The link, while nobody has an account; None as soon as somebody has."""
    with reading(engine) as db:
        if not is_open(db):
            return None
    return f"{site_url}/account/setup?{urlencode({'key': _key(settings)})}"


def is_open(db: Database) -> bool:
    """Whether the index has nobody yet."""
    return not db.execute(select(exists().where(User.id > 0))).scalar()


def is_key(settings: Settings, key: str) -> bool:
    return hmac.compare_digest(key.encode(), _key(settings).encode())


def _key(settings: Settings) -> str:
    """Known to whoever can read the start's output: it hangs on the secret alone, so that all
    processes of the site print the same, and it opens nothing once somebody has an account."""
    return hmac.new(settings.signing_key.encode(), b"setup", hashlib.sha256).hexdigest()[:40]
