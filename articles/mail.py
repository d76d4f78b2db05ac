"""Letters to the people who work here. One that cannot be sent is said, and loses nothing."""

from __future__ import annotations

import logging
import os
import re
import secrets
import smtplib
from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.utils import timezone

from articles import publication

ADDRESS = re.compile(r"https?://\S+")
PARAGRAPHS = re.compile(r"\n\s*\n")
logger = logging.getLogger(__name__)


def send(*, to: str, subject: str, text: str) -> bool:
    """Send a mail within `EMAIL_TIMEOUT`; False where it could not be sent, which is logged without its text."""
    letter = EmailMessage(f"{_name()}: {' '.join(subject.split())}", text, to=[to])
    return deliver(letter)


def deliver(letter: EmailMessage) -> bool:
    """The same for a mail that is written already."""
    try:
        return bool(in_two_parts(letter).send())
    except (OSError, smtplib.SMTPException) as error:
        logger.error("A mail to %s could not be sent: %s", ", ".join(letter.to), error)
        return False


def in_two_parts(letter: EmailMessage) -> EmailMessage:
    """The same letter as text and as HTML. The HTML is made of the text, so neither says what the other does not."""
    text = str(letter.body).strip() + "\n"
    both = EmailMultiAlternatives(
        letter.subject, text, letter.from_email, letter.to, headers=letter.extra_headers, connection=letter.connection
    )
    both.attach_alternative(as_html(subject=str(letter.subject), text=text), "text/html")
    return both


def as_html(*, subject: str, text: str) -> str:
    """A text as the quiet page that a mail program shows; a line that is an address becomes a link."""
    parts = [part.strip() for part in PARAGRAPHS.split(text.strip())]
    signature = parts.pop() if len(parts) > 1 and parts[-1] == _name() else ""
    paragraphs = [[_line(line) for line in part.splitlines()] for part in parts]
    return render_to_string("mail.html", {"subject": subject, "paragraphs": paragraphs, "signature": signature})


def _line(line: str) -> dict[str, object]:
    return {"text": line.strip(), "address": bool(ADDRESS.fullmatch(line.strip()))}


def _name() -> str:
    return " ".join(publication.current().name.split())


class ToFiles(BaseEmailBackend):
    """Where no mail server is set: each mail is a file that only its owner reads, for it may hold a secret link."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = settings.VAR / "mail"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for letter in email_messages:
            name = f"{timezone.now():%Y%m%d-%H%M%S}-{secrets.token_hex(4)}.txt"
            heads = [f"From: {letter.from_email}", f"To: {', '.join(letter.to)}", f"Subject: {letter.subject}"]
            with open(
                os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
            ) as out:
                out.write("\n".join([*heads, "", str(letter.body), ""]))
        return len(email_messages)
