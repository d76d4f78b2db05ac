"""Every address of the site. Votes, figures and live streams are the same in every language."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("polls.urls_data")),
    *i18n_patterns(path("", include("polls.urls")), path("", include("articles.urls")), prefix_default_language=False),
]
