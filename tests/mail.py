"""Letters that tests read: what an application would send, kept instead."""

import re
from dataclasses import dataclass, field
from email.message import EmailMessage

from pypi_web.letters import Post


@dataclass
class Mailbox:
    """Takes on what a post carries."""

    messages: list[EmailMessage] = field(default_factory=list)
    post: Post | None = None

    def carry(self, message: EmailMessage) -> None:
        self.messages.append(message)

    def read(self) -> list[EmailMessage]:
        """All letters up to now, the oldest first."""
        assert self.post is not None
        assert self.post.wait(10)
        return self.messages

    def to(self, address: str) -> list[str]:
        """The subjects of the letters to an address."""
        return [str(each["Subject"]) for each in self.read() if each["To"] == address]

    def link(self) -> str:
        """The path that the newest letter leads to."""
        text = self.read()[-1].get_content()
        found = re.search(r"https?://[^/\s]+(/account/\S+)", text)
        assert found, text
        return found[1]


def open_mailbox(application) -> Mailbox:
    """Has an application (as `TestApp.app`) send its letters to a mailbox."""
    box = Mailbox()
    box.post = Post(box, "pypi_web <index@example.org>")
    application.registry["post"] = box.post
    return box
