"""Take up articles from Markdown files: `manage.py import_articles PATH... [--dry-run]` (see `docs/import.md`)."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from articles import importing


class Command(BaseCommand):
    help = "Take up articles from Markdown files with YAML front matter; safe to run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="Markdown files, or folders of them.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would happen and change nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        missing = [str(path) for path in options["paths"] if not path.exists()]
        if missing:
            raise CommandError(f"There is no {', '.join(missing)}.")
        report = importing.import_files(importing.files_in(options["paths"]), dry_run=options["dry_run"])
        write_report(self, report)


def write_report(command: BaseCommand, report: importing.Report) -> None:
    """What became of each file; an error where one was refused."""
    for line in report.lines:
        command.stdout.write(str(line))
    for note in report.notes:
        command.stdout.write(note)
    counts = report.counts()
    command.stdout.write(", ".join(f"{number} {outcome}" for outcome, number in counts.items()))
    if counts[importing.REFUSED]:
        raise CommandError(f"{counts[importing.REFUSED]} files were refused; nothing of them was stored.")
