"""The pages of the publication, in every language."""

from django.urls import path

from articles import feeds, views

app_name = "articles"
urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("feed/", feeds.feed, name="feed"),
    path("feed/sections/<slug:section>/", feeds.feed, name="section-feed"),
    path("feed/authors/<slug:author>/", feeds.feed, name="author-feed"),
    path("feed/topics/<slug:topic>/", feeds.feed, name="topic-feed"),
    path("feed/for/<slug:audience>/", feeds.feed, name="audience-feed"),
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
