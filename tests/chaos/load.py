"""Voters and watchers over HTTP, with a journal that survives whatever happens to the site.

    python -m tests.chaos.load vote http://127.0.0.1:8000 polls.json journals --seconds 60 --rate 50 --seed 1
    python -m tests.chaos.load watch http://127.0.0.1:8000 polls.json journals --seconds 60

Nothing of the site is imported. A voter writes down what it is about to send before it sends it, and each outcome
before it goes on: `acked` (the reader was told that it counts), `refused` (that it does not) or `unknown`, after
which the same post is repeated until a definite answer comes, as the page does it.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import itertools
import json
import os
import random
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

Answers = dict[int, list[int]]

# How long a voter waits for one answer, and how long for a definite one.
ANSWER_SECONDS = 15.0
PATIENCE_SECONDS = 180.0
# What a part of the voters does besides voting once in every poll.
DUPLICATES, BURSTS, WRONG, FORMS, CHANGES = 0.05, 0.05, 0.02, 0.15, 0.2
BURST = 3
PROBE_SECONDS = 0.05

DEFINITE = {200, 201, 303, 403, 409, 413, 415, 422}
Failure = (OSError, http.client.HTTPException)


class Journal:
    """Lines of JSON, each on the disk before the call returns (or, with `sync=False`, in the kernel's hands)."""

    def __init__(self, path: Path, *, sync: bool = True) -> None:
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._sync = sync

    def write(self, **line: Any) -> None:
        os.write(self._handle, json.dumps({"at": time.time(), **line}).encode() + b"\n")
        if self._sync:
            os.fdatasync(self._handle)


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Browser:
    """One reader's browser: a connection and a cookie."""

    def __init__(self, site: str) -> None:
        address = urlsplit(site)
        self.host, self.port = str(address.hostname), int(address.port or 80)
        self.cookie = ""
        self._connection: http.client.HTTPConnection | None = None

    def twin(self) -> Browser:
        """The same browser in another window."""
        other = Browser(f"http://{self.host}:{self.port}")
        other.cookie = self.cookie
        return other

    def ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """One request; raises `Failure` where no whole answer comes within a quarter of a minute."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self.host, self.port, timeout=ANSWER_SECONDS)
        sent = dict(headers or {})
        if self.cookie:
            sent["Cookie"] = self.cookie
        try:
            self._connection.request(method, path, body, sent)
            response = self._connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        except Failure:
            self.close()
            raise
        for given in answer.headers.get_all("Set-Cookie", []):
            if given.startswith(("voter-", "__Host-voter")):
                self.cookie = given.partition(";")[0]
        return answer

    def close(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None


class Voter:
    """One reader who votes in some polls, with or without scripts."""

    def __init__(self, name: str, site: str, journal: Journal, chance: random.Random) -> None:
        self.name = name
        self.browser = Browser(site)
        self.journal = journal
        self.chance = chance
        self.scripted = chance.random() >= FORMS
        self.attempts = itertools.count(1)

    def visit(self, polls: Sequence[Mapping[str, Any]], pace: Pace) -> None:
        """Vote once in each of `polls`, some of them in the ways in which people do not."""
        for poll in polls:
            pace.wait()
            kind = self.chance.random()
            if kind < WRONG:
                self.vote(poll, self.wrong_answers(poll))
            elif kind < WRONG + BURSTS:
                self.burst(poll)
            else:
                answers = self.answers(poll)
                revision = self.vote(poll, answers)
                if kind < WRONG + BURSTS + DUPLICATES:
                    self.vote(poll, answers)
                elif poll["may_change"] and revision and self.chance.random() < CHANGES:
                    self.vote(poll, self.answers(poll, besides=answers), replaces=revision)
        self.browser.close()

    def burst(self, poll: Mapping[str, Any]) -> None:
        """Several votes of one browser at once, each with another option."""
        first = self.answers(poll)
        several = [first, self.answers(poll, besides=first)]
        while len(several) < BURST:
            several.append(self.answers(poll))
        if not self.browser.cookie and not self.get_cookie(poll):
            return
        voters = []
        for answers in several:
            twin = Voter(self.name, "http://localhost", self.journal, self.chance)
            twin.browser, twin.scripted = self.browser.twin(), True
            twin.attempts = self.attempts
            voters.append(threading.Thread(target=twin.vote, args=(poll, answers)))
        for thread in voters:
            thread.start()
        for thread in voters:
            thread.join()

    def vote(self, poll: Mapping[str, Any], answers: Answers, replaces: int | None = None) -> int | None:
        """Send one vote until the answer is definite, or patience ends; the revision that was acknowledged."""
        if not self.browser.cookie and not self.get_cookie(poll):
            return None
        common = {"attempt": f"{self.name}.{next(self.attempts)}", "voter": self.name, "poll": poll["slug"]}
        self.journal.write(event="send", answers=answers, cookie=self.browser.cookie, replaces=replaces, **common)
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = self.post(poll, answers, replaces=replaces)
            except Failure as error:
                outcome: dict[str, Any] = {"event": "unknown", "why": repr(error)}
            else:
                outcome = understood(answer)
            self.journal.write(**common, **outcome)
            if outcome["event"] != "unknown":
                return outcome.get("revision") if outcome["event"] == "acked" else None
            if time.monotonic() > until:
                return None
            time.sleep(self.chance.uniform(0.2, 0.6))

    def post(self, poll: Mapping[str, Any], answers: Answers, *, again: bool = True, replaces: int | None) -> Answer:
        path = f"/polls/{poll['slug']}/vote/"
        headers = {"Sec-Fetch-Site": "same-origin", "Host": f"{self.browser.host}:{self.browser.port}"}
        more = {} if replaces is None else {"replaces": replaces}
        if self.scripted:
            body = json.dumps({"answers": answers, "again": again, "language": "en", **more}).encode()
            headers["Content-Type"] = "application/json"
        else:
            fields = {f"q{question}": options for question, options in answers.items()}
            body = urlencode({**fields, **more, **({"again": "1"} if again else {})}, doseq=True).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        return self.browser.ask("POST", path, body, headers)

    def get_cookie(self, poll: Mapping[str, Any]) -> bool:
        """The first contact, which stores nothing and may be repeated at will."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not self.browser.cookie and time.monotonic() < until:
            with contextlib.suppress(*Failure):
                self.post(poll, self.answers(poll), again=False, replaces=None)
            if not self.browser.cookie:
                time.sleep(self.chance.uniform(0.2, 0.6))
        return bool(self.browser.cookie)

    def answers(self, poll: Mapping[str, Any], *, besides: Answers | None = None) -> Answers:
        """What somebody may choose; not `besides`."""
        while True:
            chosen = {}
            for question in poll["questions"]:
                many = self.chance.randint(1, question["most"])
                chosen[question["id"]] = sorted(self.chance.sample(question["options"], many))
            if chosen != besides:
                return chosen

    def wrong_answers(self, poll: Mapping[str, Any]) -> Answers:
        """An option that is none of this question's, or two where one may be chosen."""
        question = poll["questions"][0]
        if question["most"] < len(question["options"]) and self.chance.random() < 0.5:
            return {question["id"]: question["options"]}
        return {question["id"]: [poll["foreign_option"]]}


def understood(answer: Answer) -> dict[str, Any]:
    """What an answer to a vote tells its reader, as a line of the journal."""
    if answer.status == 303:
        return {"event": "acked", "status": 303}
    try:
        body = json.loads(answer.body)
    except ValueError:
        body = {}
    if answer.status in (200, 201):
        if "receipt" not in body:  # a confirmation page: nothing was counted yet
            return {"event": "unknown", "status": answer.status}
        told = {name: body[name] for name in ("receipt", "choice", "revision")}
        return {"event": "acked", "status": answer.status, **told}
    code = body.get("error", {}).get("code", "")
    if answer.status in DEFINITE:
        standing = body.get("mine", {}).get("receipt")
        return {"event": "refused", "status": answer.status, "code": code, "standing": standing}
    return {"event": "unknown", "status": answer.status, "code": code}


class Pace:
    """Lets the threads of one process begin `rate` votes a second together, evenly and never in arrears."""

    def __init__(self, rate: float) -> None:
        self._gap = 1 / rate
        self._next = time.monotonic()
        self._lock = threading.Lock()

    def wait(self) -> None:
        with self._lock:
            now = time.monotonic()
            self._next = max(self._next + self._gap, now)
            wait = self._next - now
        time.sleep(wait)


def crowd(site: str, polls: Sequence[Mapping[str, Any]], journals: Path, arguments: argparse.Namespace) -> None:
    """Voters, one after another in each of several threads, until the time is over."""
    pace = Pace(arguments.rate)
    going_on = until_told(journals, arguments.seconds)

    def thread(number: int) -> None:
        chance = random.Random(f"{arguments.seed} {number}")
        journal = Journal(journals / f"votes-{arguments.seed}-{number}.jsonl")
        count = 0
        while going_on():
            count += 1
            voter = Voter(f"{arguments.seed}-{number}-{count}", site, journal, chance)
            voter.visit(chance.sample(polls, chance.randint(1, len(polls))), pace)

    run([threading.Thread(target=thread, args=(number,)) for number in range(arguments.threads)])


def watch(site: str, polls: Sequence[Mapping[str, Any]], journals: Path, arguments: argparse.Namespace) -> None:
    """One reader of figures who asks for every poll in turn, each time by a new connection."""
    journal = Journal(journals / f"figures-{arguments.seed}.jsonl", sync=False)
    going_on = until_told(journals, arguments.seconds)
    while going_on():
        for poll in polls:
            journal.write(event="asked", **probe(site, poll["slug"]))
            time.sleep(PROBE_SECONDS)


def until_told(journals: Path, seconds: float) -> Callable[[], bool]:
    """True until a file `stop` lies beside the journals, and for so many seconds at most."""
    until = time.monotonic() + seconds
    return lambda: time.monotonic() < until and not (journals / "stop").exists()


def probe(site: str, slug: str) -> dict[str, Any]:
    """What `results.json` says now, with the time of asking and answering."""
    browser, line = Browser(site), {"poll": slug, "asked_at": time.time()}
    try:
        answer = browser.ask("GET", f"/polls/{slug}/results.json")
        line |= {"status": answer.status}
        if answer.status == 200:
            document = json.loads(answer.body)
            line |= {name: document.get(name) for name in ("version", "as_of", "delayed", "state", "ballots")}
    except Failure as error:
        line |= {"status": 0, "why": repr(error)}
    finally:
        browser.close()
    return {**line, "answered_at": time.time()}


def run(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main(words: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["vote", "watch"])
    parser.add_argument("site")
    parser.add_argument("polls", type=Path)
    parser.add_argument("journals", type=Path)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--threads", type=int, default=12)
    parser.add_argument("--seed", default="1")
    arguments = parser.parse_args(words)
    socket.setdefaulttimeout(ANSWER_SECONDS)
    job = crowd if arguments.what == "vote" else watch
    job(arguments.site, json.loads(arguments.polls.read_text()), arguments.journals, arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
