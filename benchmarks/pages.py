"""The pages that are measured, as the demo publication has them."""

from __future__ import annotations

from typing import Any

ARTICLE = "/articles/after-the-war-without-an-aftermath/"
POLL = "us-aims-open"
SURVEY = "reading-polls"
PAGES = {
    "home": "/",
    "article": ARTICLE,
    "poll": f"/polls/{POLL}/",
    "results of a closed poll": "/polls/us-aims-closed/",
    "survey": f"/polls/{SURVEY}/",
    "survey, first page": f"/polls/{SURVEY}/answer/",
    "archive": "/archive/",
}


def table(heads: list[str], rows: list[list[Any]]) -> str:
    """A Markdown table; figures to the right."""
    right = ["---" if any(not str(row[at])[:1].isdigit() for row in rows) else "---:" for at in range(len(heads))]
    lines: list[list[Any]] = [heads, right, *rows]
    return "".join("| " + " | ".join(map(str, line)) + " |\n" for line in lines)
