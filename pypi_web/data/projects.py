"""Projects, and who may do what with them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pypi_web import clock
from pypi_web.data.base import BigId, SQLAlchemyBase, key, one_of


class RoleName(StrEnum):
    OWNER = "owner"
    MAINTAINER = "maintainer"


class Project(SQLAlchemyBase):
    """Found by its normalised name, shown by the name of its first upload."""

    __tablename__ = "projects"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(128))
    normalized_name: Mapped[str] = mapped_column(key(128), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    last_serial: Mapped[int] = mapped_column(BigId, default=0)


class Role(SQLAlchemyBase):
    __tablename__ = "roles"
    __table_args__ = (UniqueConstraint("project_id", "user_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[RoleName] = mapped_column(one_of(RoleName, name="name"))
