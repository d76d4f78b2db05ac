"""The WSGI entry point: all pages, votes and figures; live streams need `asgi.py`."""

import os

from django.core.wsgi import get_wsgi_application

from polls_site.durability import refuse_unsafe_database

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "polls_site.settings")

application = get_wsgi_application()
refuse_unsafe_database()
