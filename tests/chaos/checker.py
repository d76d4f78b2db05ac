"""Compares what voters were told with what the database holds and what the site shows. Imports nothing of the site.

    python -m tests.chaos.checker journals postgres://postgres@%2Fsockets/polls http://127.0.0.1:8000

Its own rules, its own SQL, its own reading of a receipt: what the site gets wrong is not got wrong here in the same
way. Each check is a function that gives sentences, none when all is well; the names are those of the test plan.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psycopg

# After the last vote the sums may be late for so long, and no longer.
SETTLE_SECONDS = 90.0
# An answer of `results.json` may be kept by any cache for a second, and on a busy machine it takes some to arrive.
STALE_SECONDS = 5.0
# Faults after which results have to be answered all the same.
HARMLESS = ("cache", "broker", "worker", "beat")

Choice = dict[int, list[int]]


@dataclass
class Attempt:
    """One vote as one reader sent it, however often it was repeated."""

    voter: str
    cookie: str
    poll: str
    answers: Choice
    sent: float
    acked: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    unknown: int = 0

    @property
    def open(self) -> bool:
        """Whether nobody knows, not even after all repetitions."""
        return not self.acked and not self.refused


@dataclass
class Ballot:
    id: int
    poll: str
    voter_key: bytes
    revision: int
    receipt: str
    cast_at: datetime
    counted: bool
    choice: Choice = field(default_factory=dict)


class Evidence:
    """The journals, the database's rows and the site's figures, read once."""

    def __init__(self, journals: Path, database: str, site: str) -> None:
        self.site = site
        self.attempts = read_attempts(journals)
        self.polls = {attempt.poll for attempt in self.attempts.values()}
        self.probes = sorted(lines(journals, "figures-*.jsonl"), key=lambda line: line["asked_at"])
        self.faults = sorted(lines(journals, "faults.jsonl"), key=lambda line: line["at"])
        with psycopg.connect(database) as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            self.keys: dict[str, bytes] = dict(
                connection.execute("SELECT p.slug, s.key FROM polls_poll p JOIN polls_series s ON s.id = p.series_id")
            )
            self.windows = {
                slug: times
                for slug, *times in connection.execute("SELECT slug, opens_at, closes_at, finalised_at FROM polls_poll")
            }
            self.ballots = read_ballots(connection)
            self.tallies: dict[str, dict[str, Any]] = dict(
                connection.execute("SELECT p.slug, t.counts FROM polls_tally t JOIN polls_poll p ON p.id = t.poll_id")
            )
            self.recounted = {slug: recount(connection, slug) for slug in self.polls}
        self.documents = {slug: read_results(site, slug) for slug in self.polls}
        self.of_voter: dict[tuple[str, bytes], list[Ballot]] = defaultdict(list)
        for ballot in self.ballots:
            self.of_voter[ballot.poll, ballot.voter_key].append(ballot)
        self.by_receipt = {ballot.receipt: ballot for ballot in self.ballots}

    def voter_key(self, attempt: Attempt) -> bytes:
        """What the site must have made of the cookie's number for this poll."""
        number = attempt.cookie.partition("=")[2].split(".")[1]
        return hmac.digest(self.keys[attempt.poll], b"cookie:" + number.encode(), "sha256")


def lines(directory: Path, pattern: str) -> Iterator[dict[str, Any]]:
    for path in sorted(directory.glob(pattern)):
        for line in path.read_text().splitlines():
            yield json.loads(line)


def read_attempts(journals: Path) -> dict[str, Attempt]:
    found: dict[str, Attempt] = {}
    for line in lines(journals, "votes-*.jsonl"):
        if line["event"] == "send":
            found[line["attempt"]] = Attempt(
                line["voter"], line["cookie"], line["poll"], as_choice(line["answers"]), line["at"]
            )
            continue
        attempt = found[line["attempt"]]
        if line["event"] == "unknown":
            attempt.unknown += 1
        else:
            getattr(attempt, line["event"]).append(line)
    return found


def as_choice(answers: Mapping[str, list[int]]) -> Choice:
    return {int(question): sorted(options) for question, options in answers.items() if options}


def read_ballots(connection: psycopg.Connection) -> list[Ballot]:
    rows = connection.execute(
        "SELECT b.id, p.slug, b.voter_key, b.revision, b.nonce || b.digest, b.cast_at,"
        " NOT EXISTS (SELECT FROM polls_setaside s WHERE s.ballot_id = b.id)"
        " FROM polls_ballot b JOIN polls_poll p ON p.id = b.poll_id"
    )
    ballots = {
        row[0]: Ballot(row[0], row[1], bytes(row[2]), row[3], receipt_of(bytes(row[4])), row[5], row[6]) for row in rows
    }
    marks = connection.execute(
        "SELECT ballot_id, question_id, array_agg(option_id ORDER BY option_id) FROM polls_answer"
        " WHERE option_id IS NOT NULL GROUP BY 1, 2"
    )
    for ballot, question, options in marks:
        ballots[ballot].choice[question] = options
    return list(ballots.values())


def receipt_of(nonce_and_digest: bytes) -> str:
    letters = base64.b32encode(hashlib.sha256(nonce_and_digest).digest()).decode()[:16]
    return "-".join([letters[0:4], letters[4:8], letters[8:12], letters[12:16]])


def recount(connection: psycopg.Connection, slug: str) -> dict[str, Any]:
    """The figures of a poll from its rows: by plain joins, unlike the site's own count."""
    counted = (
        " FROM polls_ballot b JOIN polls_poll p ON p.id = b.poll_id LEFT JOIN polls_setaside s ON s.ballot_id = b.id"
    )
    marks = counted + " JOIN polls_answer a ON a.ballot_id = b.id WHERE p.slug = %s AND s.id IS NULL"
    total = connection.execute(f"SELECT count(*){counted} WHERE p.slug = %s AND s.id IS NULL", [slug]).fetchone()
    votes = connection.execute(
        f"SELECT a.option_id, count(*){marks} AND a.option_id IS NOT NULL GROUP BY 1", [slug]
    ).fetchall()
    bases = connection.execute(
        f"SELECT a.question_id, count(DISTINCT b.id){marks} AND a.missing IS NULL GROUP BY 1", [slug]
    ).fetchall()
    return {"ballots": total[0] if total else 0, "votes": dict(votes), "bases": dict(bases)}


def read_results(site: str, slug: str) -> dict[str, Any]:
    with urlopen(f"{site}/polls/{slug}/results.json", timeout=10) as answer:
        document: dict[str, Any] = json.load(answer)
        return document


# --- the checks ---------------------------------------------------------------------------------------------------


def acknowledged_is_stored(evidence: Evidence) -> Iterator[str]:
    """C1: every acknowledged vote is in the database, with the choices that were acknowledged."""
    for name, attempt in evidence.attempts.items():
        for ack in attempt.acked:
            told = ack.get("receipt")
            ballot = evidence.by_receipt.get(told) if told else ballot_with(evidence, attempt)
            if ballot is None:
                yield f"{name}: acknowledged at {ack['at']:.3f} and not stored"
            elif ballot.choice != attempt.answers or as_choice(ack.get("choice", attempt.answers)) != attempt.answers:
                yield f"{name}: acknowledged {attempt.answers}, told {ack.get('choice')}, stored {ballot.choice}"
            elif ballot.voter_key != evidence.voter_key(attempt) or ballot.poll != attempt.poll:
                yield f"{name}: the receipt is that of another voter or poll"
        for refusal in attempt.refused:
            if refusal.get("standing") and refusal["standing"] not in evidence.by_receipt:
                yield f"{name}: was told of a former vote that is not stored"


def stored_was_acknowledged(evidence: Evidence) -> Iterator[str]:
    """C2: every ballot was acknowledged, or nobody knows and it may be."""
    acked = {ack["receipt"] for attempt in evidence.attempts.values() for ack in attempt.acked if "receipt" in ack}
    possible = {
        (attempt.poll, evidence.voter_key(attempt), canonical(attempt.answers))
        for attempt in evidence.attempts.values()
        if attempt.open or any("receipt" not in ack for ack in attempt.acked)
    }
    for ballot in evidence.ballots:
        known = (ballot.poll, ballot.voter_key, canonical(ballot.choice)) in possible
        if ballot.poll in evidence.polls and ballot.receipt not in acked and not known:
            yield f"ballot {ballot.id} of {ballot.poll}: stored, and nobody was told so"


def one_ballot_a_voter(evidence: Evidence) -> Iterator[str]:
    """C3: one counted ballot of one voter in one poll."""
    counted = Counter((ballot.poll, ballot.voter_key) for ballot in evidence.ballots if ballot.counted)
    for (poll, key), number in counted.items():
        if number > 1:
            yield f"voter {key.hex()[:12]} counts {number} times in {poll}"


def sums_agree(evidence: Evidence) -> Iterator[str]:
    """C4: recount, stored count and published figures are the same."""
    for slug, own in evidence.recounted.items():
        stored, shown = evidence.tallies.get(slug), evidence.documents[slug]
        figures = {"recount": own, "stored": stored and of_tally(stored), "results.json": of_document(shown)}
        for name, found in figures.items():
            if found != own:
                yield f"{slug}: {name} says {found}, the ballots say {own}"
        if stored and shown.get("sha256") != checksum(slug, stored):
            yield f"{slug}: results.json carries another checksum than its own figures have"


def nothing_is_unknown(evidence: Evidence) -> Iterator[str]:
    """C5: after all repetitions every reader has a definite answer."""
    for name, attempt in evidence.attempts.items():
        if attempt.open:
            yield f"{name}: no definite answer after {attempt.unknown} tries"


def ballots_within_time(evidence: Evidence) -> Iterator[str]:
    """C6: no ballot was cast before the opening, after the closing or after the final count."""
    for ballot in evidence.ballots:
        opens, closes, final = evidence.windows[ballot.poll]
        if not opens <= ballot.cast_at < closes or (final and ballot.cast_at > final):
            yield f"ballot {ballot.id} of {ballot.poll}: cast at {ballot.cast_at}, open from {opens} to {closes}"


def versions_never_go_back(evidence: Evidence) -> Iterator[str]:
    """C7: nobody was shown a figure older than one that anybody had been shown five seconds before."""
    for probe, version in going_back(evidence, STALE_SECONDS):
        yield f"{probe['poll']}: version {probe['version']} at {probe['asked_at']:.3f}, {version} was out before"


def going_back(evidence: Evidence, grace: float) -> Iterator[tuple[dict[str, Any], int]]:
    seen: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for probe in evidence.probes:
        if probe["status"] != 200:
            continue
        known = seen[probe["poll"]]
        before = max((version for at, version in known if at <= probe["asked_at"] - grace), default=0)
        if probe["version"] < before:
            yield probe, before
        known.append((probe["answered_at"], probe["version"]))
        del known[:-200]


def refused_is_not_stored(evidence: Evidence) -> Iterator[str]:
    """C9: a vote that was refused has no row."""
    for name, attempt in evidence.attempts.items():
        if attempt.refused and ballot_with(evidence, attempt):
            yield f"{name}: refused ({attempt.refused[-1]['code']}) and stored"


def results_always_answered(evidence: Evidence) -> Iterator[str]:
    """C10: results are answered whenever web and PostgreSQL are there, whatever else is not."""
    for probe in evidence.probes:
        if probe["status"] != 200 and not excused(evidence, probe):
            yield f"{probe['poll']}: {probe['status']} {probe.get('why', '')} at {probe['asked_at']:.3f}"


CHECKS: dict[str, Callable[[Evidence], Iterator[str]]] = {
    "C1 acknowledged votes are stored": acknowledged_is_stored,
    "C2 stored votes were acknowledged": stored_was_acknowledged,
    "C3 one counted ballot a voter": one_ballot_a_voter,
    "C4 recount = stored count = results.json": sums_agree,
    "C5 no outcome is unknown": nothing_is_unknown,
    "C6 no ballot outside the poll's time": ballots_within_time,
    "C7 versions never go back": versions_never_go_back,
    "C9 refused votes are not stored": refused_is_not_stored,
    "C10 results are answered": results_always_answered,
}


# --- details ------------------------------------------------------------------------------------------------------


def canonical(choice: Choice) -> str:
    return json.dumps(choice, sort_keys=True)


def ballot_with(evidence: Evidence, attempt: Attempt) -> Ballot | None:
    """A ballot of this voter in this poll with just these answers, counted or replaced."""
    cast = evidence.of_voter[attempt.poll, evidence.voter_key(attempt)]
    return next((ballot for ballot in cast if ballot.choice == attempt.answers), None)


def of_tally(stored: Mapping[str, Any]) -> dict[str, Any]:
    questions = stored["questions"].items()
    votes = {int(o): n for _, question in questions for o, n in question["votes"].items() if n}
    return {
        "ballots": stored["ballots"],
        "votes": votes,
        "bases": {int(q): question["base"] for q, question in questions if question["base"]},
    }


def of_document(document: Mapping[str, Any]) -> dict[str, Any]:
    questions = document["questions"]
    votes = {option["id"]: option["votes"] for question in questions for option in question["options"]}
    return {
        "ballots": document["ballots"],
        "votes": {option: number for option, number in votes.items() if number},
        "bases": {question["id"]: question["base"] for question in questions if question["base"]},
    }


def checksum(slug: str, stored: Mapping[str, Any]) -> str:
    named = {name: stored[name] for name in ("ballots", "set_aside", "source", "questions")}
    text = json.dumps({"poll": slug, **named}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def excused(evidence: Evidence, probe: Mapping[str, Any]) -> bool:
    """Whether web or PostgreSQL was away at some time between the question and its answer."""
    return any(
        not fault["kind"].startswith(HARMLESS)
        and fault["at"] <= probe["answered_at"]
        and probe["asked_at"] <= fault["over"]
        for fault in evidence.faults
    )


def recovery(evidence: Evidence) -> Iterator[tuple[str, float, float, float]]:
    """For each fault: its kind, and the seconds that votes paused, that one vote took, and until a new count."""
    acked = sorted(ack["at"] for attempt in evidence.attempts.values() for ack in attempt.acked)
    took = [(a.sent, ack["at"] - a.sent) for a in evidence.attempts.values() for ack in (a.acked + a.refused)[:1]]
    counted = sorted(
        (datetime.fromisoformat(probe["as_of"]).timestamp(), probe["answered_at"])
        for probe in evidence.probes
        if probe["status"] == 200
    )
    for fault in evidence.faults:
        begin, end = fault["at"], fault["next"]
        near = [begin, *(at for at in acked if begin < at < end)]
        after = next((at for at in acked if at >= end), None)
        pause = max((late - early for early, late in pairwise([*near, *([after] if after else [])])), default=0.0)
        fresh = min((answered for as_of, answered in counted if as_of > begin), default=float("nan"))
        slowest = max((seconds for sent, seconds in took if begin <= sent < end), default=0.0)
        yield fault["kind"], pause, slowest, fresh - begin


def check(
    journals: Path, database: str, site: str, *, settle: float = SETTLE_SECONDS
) -> tuple[Evidence, dict[str, list[str]]]:
    """All checks, repeated for `settle` seconds while the sums are not yet there."""
    until = time.monotonic() + settle
    while True:
        evidence = Evidence(journals, database, site)
        problems = {name: list(function(evidence)) for name, function in CHECKS.items()}
        if not problems["C4 recount = stored count = results.json"] or time.monotonic() > until:
            return evidence, problems
        time.sleep(0.5)


def report(evidence: Evidence, problems: Mapping[str, list[str]]) -> str:
    """What was sent, what came of it, how long each fault was felt, and every check."""
    attempts = evidence.attempts.values()
    refusals = Counter(attempt.refused[-1]["code"] for attempt in attempts if attempt.refused)
    stored = sum(ballot.poll in evidence.polls for ballot in evidence.ballots)
    answered = Counter(probe["status"] for probe in evidence.probes)
    text = [
        f"{len(attempts)} votes sent; {sum(bool(a.acked) for a in attempts)} acknowledged; refused {dict(refusals)};"
        f" {sum(a.unknown for a in attempts)} posts without an answer; {stored} ballots stored",
        f"results.json asked {len(evidence.probes)} times: {dict(answered)};"
        f" {sum(1 for _ in going_back(evidence, 0))} older than the answer before",
    ]
    by_kind = defaultdict(list)
    for kind, *times in recovery(evidence):
        by_kind[kind].append(times)
    for kind, found in sorted(by_kind.items()):
        pauses, slowest, counts = zip(*found, strict=True)
        text.append(
            f"{kind:16} × {len(found)}: no vote for {max(pauses):.1f} s, one took {max(slowest):.1f} s, newly counted"
            f" after {', '.join(f'{seconds:.1f}' for seconds in counts)} s"
        )
    for name, sentences in problems.items():
        text.append(f"{name}: {f'{len(sentences)} PROBLEMS' if sentences else 'ok'}")
        text += [f"    {sentence}" for sentence in sentences[:5]]
    return "\n".join(text)


def main(journals: str, database: str, site: str) -> int:
    evidence, problems = check(Path(journals), database, site)
    print(report(evidence, problems))
    return 1 if any(problems.values()) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
