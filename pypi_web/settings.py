"""Every choice that a site's owner can make: its name, type, default, and one line why.

A setting stands in the ini as `pypi_web.<name>` (dots and underscores are alike, so that
`pypi_web.mirror.upstream` may be written by family) or in the environment as `PYPI_WEB_<NAME>`,
which wins. An empty environment variable counts as absent.
"""

import os
import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)

INI_PREFIX = "pypi_web."
ENVIRONMENT_PREFIX = "PYPI_WEB_"

# Kubernetes tells each pod of its neighbours in such variables; a service named `pypi-web`
# must not keep the index from starting.
_KUBERNETES = re.compile(r"PYPI_WEB_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_\w+)?)\Z")


SIZE_WANTED = "Write a size, such as 500MB, 50G."


class SettingsError(Exception):
    """A setting is unknown, wrong or missing; the message says which, and what to do.

    ├── DatabaseURLError  (schema.database)
    └── StorageError      (storage)
    """


def _read_duration(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    found = re.fullmatch(r"\s*(\d{1,6})\s*([smhdw])\s*", text)
    if not found:
        raise ValueError("it is no time such as 90s, 10m, 12h, 7d or 2w")
    duration = int(found[1]) * _UNITS[found[2]]
    if duration > _LONGEST:
        raise ValueError("it is longer than 100 years")
    return duration


def _read_patterns(text: Any) -> Any:
    """Names as PEP 503 has them, in which `*` stands for anything."""
    if not isinstance(text, str):
        return text
    patterns = [re.sub(r"[-_.]+", "-", each).lower() for each in re.split(r"[\s,]+", text) if each]
    for each in patterns:
        if not re.fullmatch(r"[a-z0-9*-]+", each):
            raise ValueError(f"{each!r} is no name of a project, nor the beginning of one and *")
    return tuple(patterns)


def check_url(text: str) -> str:
    """A site's address without a slash at its end; raises ValueError."""
    text = text.rstrip("/")
    if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?", text):
        raise ValueError("it is no address such as https://packages.example.org, without a path")
    return text


_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_LONGEST = timedelta(days=36_500)
"""Moments so long ago can still be written, whatever is reckoned from them."""

Duration = Annotated[timedelta, BeforeValidator(_read_duration)]
Patterns = Annotated[tuple[str, ...], BeforeValidator(_read_patterns)]


class Settings(BaseModel):
    """The site's settings, read once at the start."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    anonymous_read: bool = Field(
        default=False, description="Whether those who are not signed in may browse and install."
    )
    hsts: Duration = Field(
        default=timedelta(0),
        description="How long browsers insist on TLS for this host, as 365d; not unless said.",
    )
    kept_pages_size: ByteSize = Field(
        default=ByteSize(64 * 1024**2),
        description="How much memory each process keeps made pages of the index in; 0 keeps none.",
    )
    mail_folder: Path | None = Field(
        default=None, description="A folder to write letters into rather than send them."
    )
    mail_sender: str = Field(
        default="pypi_web@localhost", description="Whom letters are from: an e-mail address."
    )
    mail_server: SecretStr | None = Field(
        default=None,
        description="What sends letters, as smtp://user:password@host:587; nothing unless said.",
    )
    max_upload_size: Annotated[ByteSize, Field(gt=0)] = Field(
        default=ByteSize(1024**3), description="The largest request that a publisher may send."
    )
    mirror_upstream: str | None = Field(
        default=None,
        description="The Simple API address of another index, which answers for all that is not"
        " hosted here; none unless said.",
    )
    mirror_user: str | None = Field(
        default=None, description="Who this index is to upstream, if upstream asks."
    )
    mirror_password: SecretStr | None = Field(
        default=None, description="The password of that user, or a token."
    )
    mirror_reserved: Patterns = Field(
        default=(),
        description="Names that upstream is never asked for, by commas, as `acme, acme-*`.",
    )
    mirror_minimum_age: Duration = Field(
        default=timedelta(0),
        description="How long ago upstream must have got a file before it is offered, as 7d.",
    )
    mirror_minimum_age_except: Patterns = Field(
        default=(), description="Names whose files are offered whatever their age, by commas."
    )
    mirror_fresh_for: Duration = Field(
        default=timedelta(minutes=1),
        description="How long a project's page of upstream's is answered without asking again.",
    )
    mirror_stale_for: Duration = Field(
        default=timedelta(days=30),
        description="How long a page is answered that upstream could not be asked about since.",
    )
    mirror_max_file_size: Annotated[ByteSize, Field(gt=0)] = Field(
        default=ByteSize(8 * 1024**3), description="The largest file that is fetched from upstream."
    )
    mirror_trim_unused_for: Duration | None = Field(
        default=None,
        description="How long nobody may have had a file of upstream's before its bytes are"
        " removed, as 90d; never unless said.",
    )
    mirror_max_size: ByteSize | None = Field(
        default=None,
        description="How many bytes of upstream's files are kept, as 50GB: of more, those that"
        " nobody has had for longest are removed; all unless said.",
    )
    upload_direct_urls: bool = Field(
        default=True, description="Whether a requirement may name an address, as `NAME @ URL`."
    )
    upload_exact_filenames: bool = Field(
        default=True,
        description="Whether names of files must be spelled exactly as PEP 625, 427 and 425 ask.",
    )
    upload_local_platforms: bool = Field(
        default=True,
        description="Whether wheels may be for platforms of one machine's kind, as linux_x86_64.",
    )
    upload_local_versions: bool = Field(
        default=True, description="Whether a version may have a local part, as 1.0+cu118."
    )
    upload_strict_readme: bool = Field(
        default=False,
        description="Whether a README that cannot be rendered is refused, rather than warned of.",
    )
    new_projects: Literal["everyone", "administrators"] = Field(
        default="everyone",
        description="Who may publish the first file of a project: everyone who is signed in, or"
        " administrators.",
    )
    refuse_lookalike_names: bool = Field(
        default=True,
        description="Whether a new project's name must look different from all others.",
    )
    refuse_stdlib_names: bool = Field(
        default=True,
        description="Whether a new project may not be called as a module of the standard library.",
    )
    registration: Literal["open", "invited", "closed"] = Field(
        default="invited",
        description="Who may make an account at a browser: everyone (open), those who were invited,"
        " or nobody (closed).",
    )
    second_factor: Literal["optional", "administrators", "publishers"] = Field(
        default="optional",
        description="Who needs a second factor: nobody (optional), administrators, or all who"
        " publish and manage projects, administrators among them.",
    )
    secret: Annotated[SecretStr, Field(min_length=32)] | None = Field(
        default=None,
        description="Signs sessions and links; 32 characters or more, known to no one.",
    )
    secret_file: Path | None = Field(
        default=None, description="A file to keep the secret in; made at the first start."
    )
    sendfile: Literal["x-accel-redirect", "x-sendfile"] | None = Field(
        default=None,
        description="The header by which the web server in front is told to send a file itself.",
    )
    storage: str = Field(
        default="file:./var/files", description="Where the bytes of files are kept: a file:// URL."
    )
    url: Annotated[str, AfterValidator(check_url)] | None = Field(
        default=None,
        description="Where people reach this site, as https://packages.example.org: links in"
        " letters begin so. Needed where mail_server is set.",
    )

    def needs_factor(self, *, is_admin: bool) -> bool:
        """Whether somebody needs a second factor for what they may do beyond reading."""
        if self.second_factor == "administrators":
            return is_admin
        return self.second_factor == "publishers"

    @property
    def signing_key(self) -> str:
        """What sessions and one-time links are signed with."""
        assert self.secret is not None, "read() gives no settings without a secret"
        return self.secret.get_secret_value()


def read(ini: Mapping[str, Any], environment: Mapping[str, str]) -> Settings:
    """The settings of an ini's `[app:main]`, with those of the environment over them.

    Raises SettingsError, whose message names the setting as its owner wrote it.
    """
    written = {_field(name, INI_PREFIX): name for name in ini if name.startswith(INI_PREFIX)}
    values = {field: ini[name] for field, name in written.items()}
    for name, value in environment.items():
        if name.startswith(ENVIRONMENT_PREFIX) and value and not _KUBERNETES.match(name):
            field = _field(name, ENVIRONMENT_PREFIX)
            written[field], values[field] = name, value
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(_explain(error, written)) from None
    if settings.sendfile is not None and not settings.storage.lower().startswith("file:"):
        raise SettingsError(
            f"Setting {written['sendfile']} is wrong: a web server can send what lies in a folder"
            " alone. Remove it, or write file:///folder for pypi_web.storage."
        )
    if settings.mail_server is not None and settings.url is None:
        # Not of the request's Host header: whoever asks for a letter to somebody else could write
        # a host of their own there, and be sent the link's secret.
        raise SettingsError(
            "Setting pypi_web.url is missing: letters hold links, which begin with the address"
            " where people reach this site, as https://packages.example.org."
        )
    if (settings.mirror_user is None) != (settings.mirror_password is None):
        both = "user", "password"
        given, missing = both if settings.mirror_password is None else reversed(both)
        raise SettingsError(
            f"Setting {written[f'mirror_{given}']} is alone: set pypi_web.mirror.{missing} too, or"
            " remove it. Upstream is told both or neither."
        )
    return _with_secret(settings)


def _field(name: str, prefix: str) -> str:
    return name[len(prefix) :].replace(".", "_").lower()


def _explain(error: ValidationError, written: Mapping[str, str]) -> str:
    first = error.errors()[0]
    field = str(first["loc"][0])
    name = written[field]
    if first["type"] == "extra_forbidden":
        return f"Unknown setting {name}: remove it or correct its name. {_suggest(field)}"
    what_for = Settings.model_fields[field].description
    if first["type"].startswith("byte_size"):
        return f"Setting {name} is wrong. {SIZE_WANTED} {what_for}"
    return f"Setting {name} is wrong: {first['msg'].removeprefix('Value error, ')}. {what_for}"


def _suggest(field: str) -> str:
    """The known name that is nearest to an unknown one, or all of them."""
    near = get_close_matches(field, Settings.model_fields, n=1)
    if near:
        return f"Is it {_in_docs(near[0])}?"
    return f"Known are {', '.join(map(_in_docs, Settings.model_fields))}."


def _in_docs(field: str) -> str:
    """A setting's name as the documentation writes it."""
    return INI_PREFIX + re.sub("^mirror_", "mirror.", field)


def _with_secret(settings: Settings) -> Settings:
    if settings.secret is not None:
        return settings
    if settings.secret_file is None:
        raise SettingsError(
            "Setting pypi_web.secret is missing: set the environment variable PYPI_WEB_SECRET, the"
            " same at each start, to what this prints:"
            ' python -c "import secrets; print(secrets.token_hex())";'
            " or set pypi_web.secret_file to a file to keep a secret in."
        )
    return settings.model_copy(update={"secret": SecretStr(_keep_secret(settings.secret_file))})


def _keep_secret(path: Path) -> str:
    """The secret in the file `path`, which is made, readable by its owner alone, when absent."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex())
    secret = path.read_text().strip()
    if len(secret) < 32:
        raise SettingsError(
            f"The secret in {path} (pypi_web.secret_file) is shorter than 32 characters:"
            " remove the file to have a new one made, which ends all sessions."
        )
    return secret
