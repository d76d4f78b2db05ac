"""Addresses that are the same in every language: votes, what was mine, figures."""

from django.urls import path

from polls import views

urlpatterns = [
    path("polls/<slug:slug>/vote/", views.vote, name="vote"),
    path("polls/<slug:slug>/mine/", views.mine, name="mine"),
    path("polls/<slug:slug>/mine/leave/", views.leave_panel, name="leave"),
    path("polls/<slug:slug>/mine/hide/", views.hide_choice, name="hide_choice"),
    path("polls/<slug:slug>/mine/show/", views.show_choice, name="show_choice"),
    path("polls/<slug:slug>/results.json", views.results, name="results"),
]
