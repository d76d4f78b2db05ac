"""The Celery application; tasks live in the `tasks.py` of `polls` and `articles`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "polls_site.settings")

app = Celery("polls_site")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
