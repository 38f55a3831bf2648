"""Alembic's environment: the application's models, and the application's database."""

import os
from logging.config import fileConfig
from pathlib import Path
from typing import Any

from alembic import context

from pypi_web.data import SQLAlchemyBase
from pypi_web.schema.database import find_url_of_ini
from pypi_web.schema.migrating import make_migration_engine, render_item

config = context.config
ini = Path(config.config_file_name) if config.config_file_name else Path("alembic.ini")
if config.attributes.get("configure_logger", True) and config.config_file_name:
    fileConfig(config.config_file_name, disable_existing_loggers=False)

options: dict[str, Any] = {
    "target_metadata": SQLAlchemyBase.metadata,
    "render_as_batch": True,
    "compare_server_default": True,
    "render_item": render_item,
}

if context.is_offline_mode():
    context.configure(url=find_url_of_ini(os.environ, ini), literal_binds=True, **options)
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = make_migration_engine(find_url_of_ini(os.environ, ini))
    with engine.connect() as connection:
        context.configure(connection=connection, transactional_ddl=True, **options)
        with context.begin_transaction():
            context.run_migrations()
