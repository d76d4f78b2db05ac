"""The editors' desk: one file for each table that editors open."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from articles.admin import article, corrections, filing, publication, rights  # noqa: F401 - they register their tables

admin.site.index_title = _("The editors' desk")
