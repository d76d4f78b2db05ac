"""Every address of the site. Votes, figures and live streams are the same in every language."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.contrib.sitemaps.views import index, sitemap
from django.urls import include, path

from articles.serving import media
from articles.sitemaps import SITEMAPS, robots

urlpatterns = [
    path("admin/", admin.site.urls),
    path("media/<path:name>", media, name="media"),
    path("robots.txt", robots, name="robots"),
    path("sitemap.xml", index, {"sitemaps": SITEMAPS, "sitemap_url_name": "sitemap-part"}, name="sitemap"),
    path("sitemap-<section>.xml", sitemap, {"sitemaps": SITEMAPS}, name="sitemap-part"),
    path("", include("polls.urls_data")),
    *i18n_patterns(path("", include("polls.urls")), path("", include("articles.urls")), prefix_default_language=False),
]
