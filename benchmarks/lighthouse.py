"""What Lighthouse says of the pages, on Debian's Chromium: its four scores and every audit that is not full.

Lighthouse comes from npm as `package-lock.json` fixes it, into `var/lighthouse`; Node.js from 18 on has to be there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.pages import PAGES, table
from polls_site.prepare import ROOT
from tests.stack import Stack

HERE = Path(__file__).parent
INSTALLED = ROOT / "var" / "lighthouse"
CATEGORIES = ("accessibility", "best-practices", "seo", "performance")
# By design: a page of answers belongs to one reader and is kept out of search engines.
NOT_FOR_SEARCH = {"survey, first page"}
SECONDS = 300


def measure(site: Stack, chromium: str) -> str:
    """A table of the scores, 0 to 100, and below it what cost points."""
    install()
    rows: list[list[Any]] = []
    lost: list[str] = []
    for name, path in PAGES.items():
        print(f"  {name} …", flush=True)
        report = ask(site.base_url + path, chromium)
        rows.append([name, *(_score(report, category) for category in CATEGORIES)])
        lost += [f"- {name}: {line}\n" for line in _lost(report)]
    said = table(["page", *(category.replace("-", " ") for category in CATEGORIES)], rows)
    short = [row[0] for row in rows if min(row[1:3]) < 100 or (row[3] < 100 and row[0] not in NOT_FOR_SEARCH)]
    verdict = "Under 100 where 100 is wanted: " + (", ".join(map(str, short)) or "none") + ".\n"
    note = "The survey's pages of answers ask search engines to stay away, which Lighthouse counts under SEO.\n"
    return f"## Lighthouse {version()}\n\n{said}\n{verdict}{note}\nWhat cost points:\n\n{''.join(lost) or '- nothing'}"


def install() -> None:
    """Lighthouse as the lock file fixes it; nothing where it is there."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    wanted = (HERE / "package-lock.json").read_bytes()
    there = INSTALLED / "package-lock.json"
    if there.exists() and there.read_bytes() == wanted and (INSTALLED / "node_modules" / "lighthouse").exists():
        return
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, INSTALLED / name)
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=INSTALLED, check=True, timeout=SECONDS)


def version() -> str:
    return str(json.loads((HERE / "package.json").read_text())["dependencies"]["lighthouse"])


def ask(address: str, chromium: str) -> dict[str, Any]:
    """Lighthouse's report of one address, on a phone as it imagines one."""
    done = subprocess.run(
        [
            INSTALLED / "node_modules" / ".bin" / "lighthouse",
            address,
            "--quiet",
            "--output=json",
            f"--only-categories={','.join(CATEGORIES)}",
            "--chrome-flags=--headless=new --no-sandbox",
        ],
        env={**os.environ, "CHROME_PATH": chromium},
        check=True,
        capture_output=True,
        timeout=SECONDS,
    )
    report: dict[str, Any] = json.loads(done.stdout)
    if report.get("runtimeError"):
        raise RuntimeError(f"{address}: {report['runtimeError']['message']}")
    return report


def _score(report: dict[str, Any], category: str) -> int:
    return round(100 * report["categories"][category]["score"])


def _lost(report: dict[str, Any]) -> list[str]:
    """The audits with weight that are not full, those of a shared machine's speed included."""
    return [
        f"{audit['title']} ({audit.get('displayValue') or audit['score']})"
        for category in CATEGORIES
        for reference in report["categories"][category]["auditRefs"]
        if reference["weight"]
        and (audit := report["audits"][reference["id"]])["score"] is not None
        and audit["score"] < 0.9
    ]
