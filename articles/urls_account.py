"""Signing in, passwords and second factors. Of allauth's addresses only those that somebody here needs."""

from allauth.account import views
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from articles import desk_language
from articles.joining import invitation

urlpatterns = [
    path("invitation/<str:secret>/", invitation, name="invitation"),
    path("language/", desk_language.page, name="account_language"),
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    # allauth names this address in places; nobody makes an account without an invitation.
    path("signup/", RedirectView.as_view(pattern_name="account_login"), name="account_signup"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    path("password/reset/key/done/", views.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("2fa/", include("allauth.mfa.urls")),
]
