"""An address that fails, for the tests of what is said then."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a secret inside")


urlpatterns = [path("broken/", broken)]
