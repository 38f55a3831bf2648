"""The tables. Every model is imported here, so that `SQLAlchemyBase.metadata` is complete."""

from pypi_web.data.audit import AuditEvent
from pypi_web.data.base import SQLAlchemyBase
from pypi_web.data.files import DownloadCount, File, TakenFilename
from pypi_web.data.journal import Action, JournalEntry
from pypi_web.data.mirror import MirroredFile, MirroredProject, MirrorLease
from pypi_web.data.projects import Project, ProjectStatus, Role, RoleName
from pypi_web.data.releases import (
    Classifier,
    Dependency,
    DependencyKind,
    Description,
    ProjectURL,
    Release,
    ReleaseClassifier,
)
from pypi_web.data.users import (
    ApiToken,
    Attempt,
    FactorKind,
    Invitation,
    RecoveryCode,
    SecondFactor,
    TokenProject,
    User,
    WebSession,
)

__all__ = [
    "Action",
    "ApiToken",
    "Attempt",
    "AuditEvent",
    "Classifier",
    "Dependency",
    "DependencyKind",
    "Description",
    "DownloadCount",
    "FactorKind",
    "File",
    "Invitation",
    "JournalEntry",
    "MirrorLease",
    "MirroredFile",
    "MirroredProject",
    "Project",
    "ProjectStatus",
    "ProjectURL",
    "RecoveryCode",
    "Release",
    "ReleaseClassifier",
    "Role",
    "RoleName",
    "SQLAlchemyBase",
    "SecondFactor",
    "TakenFilename",
    "TokenProject",
    "User",
    "WebSession",
]
