"""What search engines read of a poll's page: schema.org's Dataset as JSON-LD, which says what the page says."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urljoin

from django.utils.safestring import SafeString, mark_safe

from polls.cards import Card

# Data, not script: nothing in it may end the element that holds it.
ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def of_poll(card: Card, *, address: str, publisher: str) -> SafeString:
    """The JSON-LD of a poll whose page stands at the full `address`; its figures only where they show."""
    data: dict[str, Any] = {
        "@type": "Dataset",
        "name": card.name,
        "description": " ".join(filter(None, [f"{card.state_sentence}.", card.taken, card.selection])),
        "url": address,
        "temporalCoverage": f"{card.poll.opens_at.isoformat()}/{card.poll.closes_at.isoformat()}",
        "creator": {"@type": "Organization", "name": publisher},
        "variableMeasured": [question.text for question in card.questions],
        "isAccessibleForFree": True,
    }
    if card.shown:
        data["dateModified"] = card.as_of.isoformat()
        data["distribution"] = [
            {
                "@type": "DataDownload",
                "encodingFormat": "application/json",
                "contentUrl": urljoin(address, card.results_url),
            }
        ]
    return document(data)


def document(*parts: dict[str, Any]) -> SafeString:
    """Parts of one page as the text of a JSON-LD script."""
    text = json.dumps({"@context": "https://schema.org", "@graph": parts}, ensure_ascii=False).translate(ESCAPES)
    return mark_safe(text)  # noqa: S308 - escaped just above
