"""The pages of polls, in every language."""

from django.urls import path

from polls import views

app_name = "polls"
urlpatterns = [
    path("polls/", views.archive, name="archive"),
    path("polls/<slug:slug>/", views.poll, name="poll"),
    path("polls/<slug:slug>/answer/", views.poll, name="answer"),
]
