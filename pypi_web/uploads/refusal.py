"""Why an upload is not taken."""


class UploadRefused(Exception):
    """An upload that is not taken, with the status to answer and a sentence for the publisher.

    ├── 400  the request or the file is wrong
    ├── 401  nobody is signed in
    ├── 403  this publisher may not
    ├── 410  the action is of an older protocol
    ├── 413  it is too large
    └── 503  it would be taken, but not at this moment
    """

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
