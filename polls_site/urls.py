"""Every address of the site. Votes, figures and live streams are the same in every language."""

from django.contrib import admin
from django.urls import include, path, re_path

from articles import sitemaps, views_styleguide
from articles.serving import media
from articles.views import accent
from articles.views_icons import DRAWN, icon, manifest
from polls_site.languages import in_every_language

urlpatterns = [
    path("admin/", admin.site.urls),
    path("account/", include("articles.urls_account")),
    path("styleguide/", views_styleguide.components, name="styleguide"),
    path("styleguide/paper/", views_styleguide.components, {"on_paper": True}, name="styleguide-on-paper"),
    path("styleguide/paper.css", views_styleguide.paper, name="styleguide-paper"),
    path("styleguide/mail/", views_styleguide.letter, name="styleguide-mail"),
    path("styleguide/errors/<str:name>/", views_styleguide.error, name="styleguide-error"),
    path("media/<path:name>", media, name="media"),
    path("robots.txt", sitemaps.robots, name="robots"),
    path("sitemap.xml", sitemaps.index, name="sitemap"),
    path("sitemap-articles-<int:part>.xml", sitemaps.articles, name="sitemap-articles"),
    path("sitemap-<slug:name>.xml", sitemaps.part, name="sitemap-part"),
    path("", include("polls.urls_data")),
    *(path(name, icon, {"name": name}, name="icon") for name in DRAWN),
    path("manifest.webmanifest", manifest, name="manifest"),
    re_path(r"^accent/([0-9a-f]{6})-([0-9a-f]{12})\.css\Z", accent, name="accent"),
    in_every_language(path("", include("polls.urls")), path("", include("articles.urls"))),
]
handler400 = "polls_site.headers.not_understood"
handler429 = "polls_site.headers.too_often"
