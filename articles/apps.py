from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.utils.translation import gettext_lazy as _


class ArticlesConfig(AppConfig):
    name = "articles"
    verbose_name = _("Articles")


@register(Tags.security, deploy=True)
def check_second_factor(**_: Any) -> list[CheckMessage]:
    """`manage.py check --deploy` refuses a site whose admin is reached by a password alone."""
    if not settings.WITHOUT_SECOND_FACTOR:
        return []
    return [Error("WITHOUT_SECOND_FACTOR is for a site that only this machine reaches.", id="articles.E001")]
