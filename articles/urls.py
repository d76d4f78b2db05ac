"""The pages of the publication, in every language."""

from django.urls import path

from articles import feeds, views
from articles.views_review import review

app_name = "articles"
# One address for each form of each feed, for good: readers' programs keep them.
FEEDS = [
    path(f"feed/{where}{ending}", feeds.feed, {"form": form}, name=f"{kind}feed")
    for kind, where in (
        ("", ""),
        ("section-", "sections/<slug:section>/"),
        ("author-", "authors/<slug:author>/"),
        ("topic-", "topics/<slug:topic>/"),
        ("audience-", "for/<slug:audience>/"),
    )
    for form, ending in (("json", "json/"), ("rss", "rss/"), ("atom", ""))
]
urlpatterns = [
    path("", views.home, name="home"),
    path("review/<str:token>/", review, name="review"),
    path("search/", views.search, name="search"),
    *FEEDS,
    path("articles/<slug:slug>/", views.article, name="article"),
    path("pages/<slug:slug>/", views.page, name="page"),
    path("sections/<slug:slug>/", views.section, name="section"),
    path("for/<slug:slug>/", views.audience, name="audience"),
    path("archive/", views.archive, name="archive"),
    path("archive/<int:year>/<int:month>/", views.month, name="month"),
    path("authors/", views.authors, name="authors"),
    path("topics/", views.topics, name="topics"),
    path("authors/<slug:slug>/", views.author, name="author"),
    path("topics/<slug:slug>/", views.topic, name="topic"),
]
