"""Fields in which an editor picks what stands in a place: a poll, an article, a section, a picture."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.http import HttpRequest

from articles.models import Picture
from polls.models import Poll

POLLS_OFFERED = PICTURES_OFFERED = 200


class ChosenOnly(BaseModelAdmin):
    """What a field chooses has pages of its own: beside the field no signs to add, change or look at it."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        for name in ("can_add_related", "can_change_related", "can_delete_related", "can_view_related"):
            if field is not None and hasattr(field.widget, name):
                setattr(field.widget, name, False)
        return field


class NamedFields(forms.ModelForm):
    """A row of a list whose fields say what they are, and of what: there is no label beside them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = f"{field.label}: {self.instance}"


class EditableRows(admin.ModelAdmin):
    """A list in which something is changed at once."""

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, **{"form": NamedFields, **kwargs})


def choose_poll(field: Any, chosen: int | None, *, nothing: str) -> None:
    """Offer the newest polls and the one that is chosen now, each with its state."""
    newest = list(Poll.objects.order_by("-pk").values_list("pk", flat=True)[:POLLS_OFFERED])
    offered = Poll.objects.filter(pk__in=[*newest, chosen] if chosen else newest).order_by("-pk").with_state()
    field.queryset = offered.prefetch_related("questions")
    field.empty_label = nothing


def choose_picture(field: Any, chosen: int | None, *, nothing: str) -> None:
    """Offer the newest pictures of the library and the one that is chosen now."""
    newest = Picture.objects.order_by("-pk").values_list("pk", flat=True)[:PICTURES_OFFERED]
    field.queryset = Picture.objects.filter(pk__in=[*newest, *([chosen] if chosen else [])])
    field.empty_label = nothing
