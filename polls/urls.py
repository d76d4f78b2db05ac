"""The pages of polls, in every language."""

from django.urls import path

from polls import views, views_answer

app_name = "polls"
urlpatterns = [
    path("polls/", views.archive, name="archive"),
    path("polls/<slug:slug>/", views.poll, name="poll"),
    path("polls/<slug:slug>/answer/", views_answer.start, name="answer"),
    path("polls/<slug:slug>/answer/<int:page>/", views_answer.page, name="answer_page"),
    path("polls/<slug:slug>/answer/review/", views_answer.review, name="answer_review"),
    path("polls/<slug:slug>/answer/thanks/", views_answer.thanks, name="answer_thanks"),
    path("polls/<slug:slug>/answer/later/", views_answer.later, name="answer_later"),
    path("polls/<slug:slug>/answer/go-on/<str:token>/", views_answer.go_on, name="answer_go_on"),
]
