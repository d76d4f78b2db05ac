#!/usr/bin/env python
"""Django's command line for this site."""

import os
import sys

from polls_site import local


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "polls_site.settings")
    with local.services_for_command():
        from django.core.management import execute_from_command_line  # noqa: PLC0415 - settings need the services

        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
