"""Write the whole site as Markdown files that `import_articles` reads: `manage.py export_site FOLDER`."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from articles import exporting


class Command(BaseCommand):
    help = "Write every article as a Markdown file, and the sections, authors, topics and audiences beside them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER", help="A new or empty folder.")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise CommandError(f"{folder} is not empty; an export is never mixed with other files.")
        written = 0
        for name, text in exporting.files():
            (folder / name).write_text(text, encoding="utf-8")
            written += 1
        self.stdout.write(f"Wrote {written} files.")
