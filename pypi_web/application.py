"""The application: its settings, then one include a feature. The table of contents."""

import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

from pyramid.config import Configurator

from pypi_web.data.session import make_engine
from pypi_web.letters import open_post
from pypi_web.mirror import open_mirror
from pypi_web.request import needs_transaction
from pypi_web.schema.database import find_url
from pypi_web.settings import SettingsError, read
from pypi_web.storage import open_storage


def main(global_config: dict[str, str], **ini: Any) -> Any:
    """The WSGI application of an ini file.

    Exits with a sentence where the settings are wrong.
    """
    ini_file = Path(global_config["__file__"]) if "__file__" in global_config else None
    try:
        settings = read(ini, os.environ)
        engine = make_engine(find_url(os.environ, ini_file, ini))
        storage = open_storage(settings.storage)
        mirror = open_mirror(engine, storage, settings)
        post = open_post(settings)
    except SettingsError as error:
        sys.exit(str(error))

    pyramid_settings = {
        **ini,
        "tm.manager_hook": "pyramid_tm.explicit_manager",
        "tm.activate_hook": needs_transaction,
        "tm.annotate_user": False,
    }
    with Configurator(settings=pyramid_settings) as config:
        config.registry["load_again"] = partial(main, global_config, **ini)
        config.registry["settings"] = settings
        config.registry["engine"] = engine
        config.registry["storage"] = storage
        config.registry["mirror"] = mirror
        config.registry["post"] = post
        config.include("pyramid_jinja2")
        config.include("pyramid_tm")
        config.include("pypi_web.request")
        config.include("pypi_web.security")
        config.include("pypi_web.site")
        if mirror is not None:
            config.include("pypi_web.mirror")
        config.include("pypi_web.projects")
        config.include("pypi_web.accounts")
        config.include("pypi_web.uploads")
        config.include("pypi_web.simple")
        config.include("pypi_web.json_api")
        config.include("pypi_web.files")
        config.include("pypi_web.search")
        config.include("pypi_web.health")
        return config.make_wsgi_app()
