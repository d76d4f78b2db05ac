"""Processor time per request, from /proc, of the web server, PostgreSQL and the cache together.

A rate depends on the machine and on what else it does; the milliseconds a request costs depend on the machine alone,
and how many times a static file a page costs depends on neither.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from benchmarks.pages import ARTICLE, POLL, SURVEY, table
from tests.chaos.faults import processor_seconds
from tests.chaos.load import Browser
from tests.stack import Stack

PROGRAMS = ("web", "postgres", "cache")
TIMES = 600
VOTES = 400
IDLE_SECONDS = 10.0
AS_BROWSERS_DO = {"Accept-Encoding": "gzip, deflate, br, zstd"}


def measure(site: Stack, chromium: str) -> str:
    """A table: milliseconds by program, and how many times a static file that is."""
    idle = _idle(site)
    style = _style_sheet(site)
    asked: dict[str, tuple[int, Callable[[int], Any]]] = {
        "static file": (TIMES, _get(site, style)),
        "article, as kept for a second": (TIMES, _get(site, ARTICLE)),
        "article, unchanged since (304)": (TIMES, _unchanged(site, ARTICLE)),
        "article, with another site's marks on its address": (TIMES, _anew(site, f"{ARTICLE}?utm_source=")),
        "poll's page, as kept": (TIMES, _get(site, f"/polls/{POLL}/")),
        "figures (results.json)": (TIMES, _get(site, f"/polls/{POLL}/results.json")),
        "survey, first page": (TIMES, _get(site, f"/polls/{SURVEY}/answer/")),
        "search, other words each time": (100, _anew(site, "/search/?q=corridor+")),
        "vote of a new voter (two requests)": (VOTES, _vote(site)),
    }
    costs = {name: _cost(site, times, ask, idle) for name, (times, ask) in asked.items()}
    base = sum(costs["static file"].values())
    rows: list[list[Any]] = []
    for name, cost in costs.items():
        whole = sum(cost.values())
        rows.append([name, *(f"{cost[program]:.2f}" for program in PROGRAMS), f"{whole:.2f}", f"{whole / base:.1f}"])
    return (
        "## Processor time per request\n\nMilliseconds, one after another on one connection, less what the site uses "
        f"when nobody asks ({1000 * sum(idle.values()):.0f} ms a second).\n\n"
        + table(["request", *PROGRAMS, "all", "times a static file"], rows)
    )


def _idle(site: Stack) -> dict[str, float]:
    """Seconds of processor a second that each program uses while nobody asks."""
    before = {program: processor_seconds(site, program) for program in PROGRAMS}
    time.sleep(IDLE_SECONDS)
    return {program: (processor_seconds(site, program) - before[program]) / IDLE_SECONDS for program in PROGRAMS}


def _cost(site: Stack, times: int, ask: Callable[[int], Any], idle: dict[str, float]) -> dict[str, float]:
    """Milliseconds of each program for one request, the first few left out."""
    for number in range(10):
        ask(number)
    began = time.monotonic()
    before = {program: processor_seconds(site, program) for program in PROGRAMS}
    for number in range(10, 10 + times):
        ask(number)
    used = {program: processor_seconds(site, program) - before[program] for program in PROGRAMS}
    took = time.monotonic() - began
    return {program: max(0.0, 1000 * (used[program] - took * idle[program]) / times) for program in PROGRAMS}


def _style_sheet(site: Stack) -> str:
    page = Browser(site.base_url).ask("GET", "/").body.decode()
    return page.partition('rel="stylesheet" href="')[2].partition('"')[0]


def _get(site: Stack, path: str) -> Callable[[int], Any]:
    browser = Browser(site.base_url)

    def ask(number: int) -> None:
        _wanted(browser.ask("GET", path, headers=AS_BROWSERS_DO).status, 200)

    return ask


def _unchanged(site: Stack, path: str) -> Callable[[int], Any]:
    browser = Browser(site.base_url)
    tag = browser.ask("GET", path, headers=AS_BROWSERS_DO).headers["ETag"]

    def ask(number: int) -> None:
        _wanted(browser.ask("GET", path, headers=AS_BROWSERS_DO | {"If-None-Match": tag}).status, 304)

    return ask


def _anew(site: Stack, path: str) -> Callable[[int], Any]:
    browser = Browser(site.base_url)

    def ask(number: int) -> None:
        _wanted(browser.ask("GET", f"{path}{number}", headers=AS_BROWSERS_DO).status, 200)

    return ask


def _vote(site: Stack) -> Callable[[int], Any]:
    with site.database() as connection:
        question, option = connection.execute(
            "SELECT q.id, min(o.id) FROM polls_poll p JOIN polls_question q ON q.poll_id = p.id"
            " JOIN polls_option o ON o.question_id = q.id WHERE p.slug = %s GROUP BY q.id",
            [POLL],
        ).fetchone() or (0, 0)
    headers = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}

    def ask(number: int) -> None:
        voter = Browser(site.base_url)
        for again, wanted in ((False, 428), (True, 201)):
            body = json.dumps({"answers": {str(question): [option]}, "again": again}).encode()
            _wanted(voter.ask("POST", f"/polls/{POLL}/vote/", body, headers).status, wanted)
        voter.close()

    return ask


def _wanted(status: int, wanted: int) -> None:
    if status != wanted:
        raise RuntimeError(f"the site answered {status} and not {wanted}")
