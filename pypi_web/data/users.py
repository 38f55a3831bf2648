"""People, and the tokens that their tools sign in with."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pypi_web import clock
from pypi_web.data.base import BigId, SQLAlchemyBase, key
from pypi_web.data.projects import Project


class User(SQLAlchemyBase):
    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("name = lower(name)", name="name_is_lower_case"),
        CheckConstraint("email = lower(email)", name="email_is_lower_case"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(key(64), unique=True)
    email: Mapped[str] = mapped_column(key(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(256))
    is_admin: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class ApiToken(SQLAlchemyBase):
    """A token is shown once; only the SHA-256 of it is kept."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    project_id: Mapped[int | None] = mapped_column(
        ForeignKey("projects.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str] = mapped_column(key(64), unique=True)
    hint: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()
    project: Mapped[Project | None] = relationship()
