"""The editors’ desk: one file for each table that editors open."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from articles.admin import (  # noqa: F401 - they register their tables
    article,
    audit,
    corrections,
    filing,
    interchange,
    media,
    people,
    publication,
    rights,
)

admin.site.index_title = _("The editors’ desk")
admin.site.empty_value_display = "–"
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
# A password is changed where that is written down and where it ends the sessions elsewhere.
admin.site.password_change = lambda *_args, **_kwargs: redirect("account_change_password")  # type: ignore
