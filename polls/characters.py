"""What a text may hold to be stored, whole characters that PostgreSQL takes; and the marks round one that is quoted."""

from __future__ import annotations

from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _


def storable(text: str) -> str:
    """The text without NUL and without halves of characters (lone surrogates), which JSON can name and UTF-8 cannot."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()


def apart(words: object) -> str:
    """Words within a sentence that may run in the other direction: from right to left each keeps its own order.

    By the marks that Unicode has for it, since a sentence is text and no markup.
    """
    return f"\u2068{words}\u2069" if get_language_bidi() else str(words)


def quoted(text: object) -> str:
    """The text in the quotation marks of the language that is spoken."""
    return _("“%(text)s”") % {"text": apart(text)}
