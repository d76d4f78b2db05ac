"""Letters to the people who work here. One that cannot be sent is said, and loses nothing."""

from __future__ import annotations

import logging
import os
import secrets
import smtplib
from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from articles import publication

logger = logging.getLogger(__name__)


def send(*, to: str, subject: str, text: str) -> bool:
    """Send a text mail, within `EMAIL_TIMEOUT`; False where it could not be sent, which is logged without its text."""
    letter = EmailMessage(f"{_name()}: {' '.join(subject.split())}", text, to=[to])
    return deliver(letter)


def deliver(letter: EmailMessage) -> bool:
    """The same for a mail that is written already."""
    try:
        return bool(letter.send())
    except (OSError, smtplib.SMTPException) as error:
        logger.error("A mail to %s could not be sent: %s", ", ".join(letter.to), error)
        return False


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
