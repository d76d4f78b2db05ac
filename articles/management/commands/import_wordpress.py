"""Take up a WordPress export: `manage.py import_wordpress FILE [--polls FILE…] [--dry-run]` (see `docs/import.md`)."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from articles import importing, wordpress
from articles.frontmatter import Malformed
from articles.management.commands.import_articles import write_report


class Command(BaseCommand):
    help = "Take up the posts of a WordPress export (WXR), with the polls of WP-Polls; safe to run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="The export, an XML file.")
        parser.add_argument(
            "--polls",
            nargs="+",
            type=Path,
            default=[],
            metavar="FILE",
            help="The tables pollsq and pollsa of WP-Polls, from mysqldump (SQL) or as CSV.",
        )
        parser.add_argument("--dry-run", action="store_true", help="Say what would happen and change nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        missing = [str(path) for path in [options["file"], *options["polls"]] if not path.is_file()]
        if missing:
            raise CommandError(f"There is no {', '.join(missing)}.")
        try:
            polls = wordpress.polls_of((path.name, path.read_bytes()) for path in options["polls"])
            with options["file"].open("rb") as source:
                export = wordpress.convert(source, name=options["file"].name, polls=polls)
        except Malformed as error:
            raise CommandError(f"{options['file'].name}:{error.line}: {error.message}") from error
        report = importing.import_files(export.files, dry_run=options["dry_run"])
        report.notes += export.notes
        write_report(self, report)
