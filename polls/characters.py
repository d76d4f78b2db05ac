"""What a text may hold to be stored: whole characters, and none that PostgreSQL refuses."""

from __future__ import annotations


def storable(text: str) -> str:
    """The text without NUL and without halves of characters (lone surrogates), which JSON can name and UTF-8 cannot."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()
