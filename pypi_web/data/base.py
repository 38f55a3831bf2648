"""What all tables share: one metadata, names for constraints, and the types of columns."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Enum, Integer, MetaData, String, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

BigId = BigInteger().with_variant(Integer, "sqlite")
"""A row's number where there may be many; SQLite numbers rows by themselves only as INTEGER."""


def key(length: int) -> String:
    """A text that rows are found and ordered by: compared by its bytes on PostgreSQL too, whose
    locale would order it otherwise, and anew with each version of the system's library."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """A moment as aware UTC, also from SQLite, which forgets the time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone: write aware UTC, such as clock.now().")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def one_of(values: type[StrEnum], *, name: str) -> Enum:
    """A column's type: one of an enum's values, kept as text with a CHECK called `name`.

    Not a database's own enum, which PostgreSQL cannot change within a transaction.
    """
    return Enum(
        values,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda enum: [member.value for member in enum],
    )


class SQLAlchemyBase(DeclarativeBase):
    """The parent of every model."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: dict[Any, Any] = {  # noqa: RUF012 (SQLAlchemy reads it from the class)
        datetime: UtcDateTime(),
        list[str]: JSON().with_variant(JSONB(), "postgresql"),
        str: String(),
    }


def read_id(written: str) -> int | None:
    """A row's id as somebody gives it in an address or a form; None for what can be none."""
    is_id = written.isascii() and written.isdigit() and len(written) <= 18
    return int(written) if is_id else None
