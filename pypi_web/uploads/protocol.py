"""What the legacy upload protocol asks of a form (packaging's "Upload API")."""

import hmac

from pypi_web.uploads.forms import ReceivedFile, UploadForm
from pypi_web.uploads.refusal import UploadRefused

DIGESTS = {
    "sha256_digest": "sha256",
    "blake2_256_digest": "blake2b_256",
    "md5_digest": "md5",
}
"""The form's fields for digests, and what each is called here."""


def check(form: UploadForm) -> ReceivedFile:
    """The form's file, whole as its publisher says it is; raises UploadRefused."""
    _check_fields(form)
    return _check_file(form)


def _check_fields(form: UploadForm) -> None:
    action = form.get(":action")
    if action in ("submit", "submit_pkg_info", "doc_upload"):
        raise UploadRefused(
            f":action={action} is gone: send the file alone, with file_upload.", status=410
        )
    if action != "file_upload":
        raise UploadRefused("The field :action is not file_upload: publish with twine or uv.")
    if form.get("protocol_version") not in (None, "1"):
        raise UploadRefused("The field protocol_version is not 1, the only one there is.")
    if form.get("attestations") is not None:
        # What is served must have been verified, or refused (PEP 740).
        raise UploadRefused(
            "This index cannot verify attestations: publish without them, with uv publish"
            " --no-attestations or without twine's --attestations."
        )
    for name in ("name", "version", "filetype"):
        if form.get(name) is None:
            raise UploadRefused(f"The field {name} is missing: publish with twine or uv.")


def _check_file(form: UploadForm) -> ReceivedFile:
    if form.file is None:
        raise UploadRefused("The form has no part `content`: send the file.")
    if form.file.size == 0:
        raise UploadRefused(f"The file {form.file.filename} is empty.")
    told = {field: value for field in DIGESTS if (value := form.get(field)) is not None}
    if not told:
        raise UploadRefused(
            "The form has no digest: send sha256_digest, the file's SHA-256 in hex."
        )
    for field, value in told.items():
        actual: str = getattr(form.file, DIGESTS[field])
        if not hmac.compare_digest(value.lower().encode(), actual.encode()):
            raise UploadRefused(
                f"The file is damaged: its {field} is {actual}, the form says {value[:128]}."
                " Send it again."
            )
    return form.file
