"""Alembic's environment: the application's models, its database, and one migration at a time."""

import os
from logging.config import fileConfig
from pathlib import Path
from typing import Any

from alembic import context

from pypi_web.data import SQLAlchemyBase
from pypi_web.schema import explaining, migrating, renames
from pypi_web.schema.database import find_url_of_ini

config = context.config
ini = Path(config.config_file_name or "alembic.ini")
if config.attributes.get("configure_logger", True) and config.file_config.has_section("loggers"):
    fileConfig(ini, disable_existing_loggers=False)

options: dict[str, Any] = {
    "target_metadata": SQLAlchemyBase.metadata,
    "render_as_batch": True,
    "render_item": migrating.render_item,
    "compare_server_default": True,
    "autogenerate_plugins": [
        "alembic.autogenerate.*",
        "alembic.ext.checkconstraint_byname",
        renames.NAME,
    ],
}

with explaining.explained():
    given = config.attributes.get("connection")  # a caller's, be it an engine or a connection
    url = None if given is not None else find_url_of_ini(os.environ, ini)
    if context.is_offline_mode():
        context.configure(url=url, literal_binds=True, transaction_per_migration=True, **options)
        with context.begin_transaction():
            context.run_migrations()
    else:
        with migrating.connecting(url, given) as connection, migrating.exclusively(connection):
            context.configure(
                connection=connection,
                transactional_ddl=True,
                transaction_per_migration=connection.dialect.name != "sqlite",
                **options,
            )
            migrating.run(context)
