"""Wiring of the site: settings, addresses, servers. Importing it makes `celery -A polls_site` find the app."""

from polls_site.celery import app as celery_app

__all__ = ["celery_app"]
