"""The pages of the publication, in every language."""

from django.urls import path

from articles import feeds, views

app_name = "articles"
urlpatterns = [
    path("", views.home, name="home"),
    path("feed/", feeds.feed, name="feed"),
    path("articles/<slug:slug>/", views.article, name="article"),
    path("sections/<slug:slug>/", views.section, name="section"),
    path("for/<slug:slug>/", views.audience, name="audience"),
]
