"""Count polls anew from their ballots, or only compare: `manage.py recount [address ...] [--verify]`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from polls import tally
from polls.models import Poll


class Command(BaseCommand):
    help = "Count polls anew from their ballots; with --verify change nothing and report every difference."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slugs", nargs="*", metavar="ADDRESS", help="Addresses of polls; none means all of them.")
        parser.add_argument("--verify", action="store_true", help="Compare only; exit 1 where anything differs.")

    def handle(self, *args: Any, **options: Any) -> None:
        polls = Poll.objects.order_by("pk")
        if options["slugs"]:
            polls = polls.filter(slug__in=options["slugs"])
            unknown = set(options["slugs"]) - set(polls.values_list("slug", flat=True))
            if unknown:
                raise CommandError(f"There is no poll {', '.join(sorted(unknown))}.")
        wrong = sum(self._one(poll, verify=options["verify"]) for poll in polls)
        if wrong:
            raise CommandError(f"{wrong} of {len(polls)} polls differ.")

    def _one(self, poll: Poll, *, verify: bool) -> bool:
        if not verify:
            counted = tally.recount(poll.pk, wait=True)
            if counted:
                self.stdout.write(f"{poll.slug}: {counted.counts['ballots']} ballots, version {counted.version}")
            return False
        problems = tally.verify(poll.pk)
        self.stdout.write(f"{poll.slug}: {'; '.join(problems) or 'all figures agree'}")
        return bool(problems)
