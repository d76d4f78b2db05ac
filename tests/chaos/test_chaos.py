"""kill -9 of everything while votes come in: what was acknowledged is stored, once, and counted right."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.chaos import checker
from tests.chaos.faults import KINDS, Faults, processor_seconds, programs
from tests.stack import NAMES, UNLIMITED, Stack

pytestmark = pytest.mark.stack

POLLS = "import json; from tests.chaos import polls; print(json.dumps(polls.make(closing={closing})))"
# Kinds of faults in which a child of the supervisor dies: what dies in its own programs, they replace themselves.
KILLED_PROGRAM = re.compile(r"^\w+( parent| tree| away)?$")
# Each part killed, and the two frozen that everything leans on.
SHORT = (
    "web parent",
    "web child",
    "worker parent",
    "worker child",
    "beat",
    "cache",
    "broker",
    "postgres tree",
    "cache frozen",
    "postgres frozen",
)


def test_no_acknowledged_vote_is_lost_when_each_part_is_killed_once(stack: Stack, tmp_path: Path) -> None:
    rain_and_judge(stack, tmp_path, SHORT, seed=2016, rate=40, quiet=2, gap=(0.5, 1.2), rounds=1)


@pytest.mark.long
def test_no_acknowledged_vote_is_lost_when_each_part_is_killed_many_times(tmp_path: Path) -> None:
    with Stack(tmp_path / "var", **UNLIMITED) as site:
        rain_and_judge(site, tmp_path, KINDS, seed=6022016, rate=100, quiet=15, gap=(1.5, 3.5), rounds=5)


def rain_and_judge(site: Stack, journals: Path, kinds: Sequence[str], **how: Any) -> None:
    site.until_running()  # whatever was killed in it before
    said_before = len(site.said())
    faults = rain(site, journals, kinds, **how)
    evidence, problems = checker.check(journals, site.environment()["DATABASE_URL"], site.base_url)
    print(checker.report(evidence, problems))
    assert {name: found[:3] for name, found in problems.items() if found} == {}
    # The supervisor said of each program that it died and was started again.
    said = site.said()[said_before:]
    killed = [kind.split()[0] for kind in (fault["kind"] for fault in faults.done) if KILLED_PROGRAM.search(kind)]
    told = {name: said.count(f"{name} stopped (signal SIGKILL); starting it again") for name in NAMES}
    assert told == {name: killed.count(name) for name in NAMES}


def rain(
    site: Stack,
    journals: Path,
    kinds: Sequence[str],
    *,
    seed: int,
    rate: int,
    quiet: float,
    gap: tuple[float, float],
    rounds: int,
) -> Faults:
    """`rate` votes a second, for `quiet` seconds without a fault, then with each of `kinds`, each `rounds` times."""
    polls = journals / "polls.json"
    polls.write_text(site.manage("shell", "-v0", "-c", POLLS.format(closing=quiet + 20)))
    load = [sys.executable, "-m", "tests.chaos.load"]
    common = [site.base_url, str(polls), str(journals), "--seconds", "1500"]
    crowds = [[*load, "vote", *common, "--seed", f"{seed}-{n}", "--rate", str(rate / 2)] for n in range(2)]
    faults = Faults(site, "once", seed=seed)
    with programs(*crowds, [*load, "watch", *common]):
        try:
            time.sleep(2)
            measure(site, quiet, journals)
            for _ in range(rounds):
                for kind in faults.chance.sample(kinds, len(kinds)):
                    faults.strike(kind)
                    time.sleep(faults.chance.uniform(*gap))
        finally:
            (journals / "stop").touch()
    faults.write(journals / "faults.jsonl")
    return faults


def measure(site: Stack, seconds: float, journals: Path) -> None:
    """Print the processor time of a vote while nothing is wrong; no test decides by it."""
    before, used = acknowledged(journals), processor_seconds(site, "web", "postgres")
    time.sleep(seconds)
    votes, used = acknowledged(journals) - before, processor_seconds(site, "web", "postgres") - used
    print(
        f"\nundisturbed: {votes / seconds:.0f} votes/s, {1000 * used / max(votes, 1):.1f} ms of web and PostgreSQL each"
    )


def acknowledged(journals: Path) -> int:
    return sum(path.read_text().count('"acked"') for path in journals.glob("votes-*.jsonl"))
