"""What orders articles, in the admin: sections, authors, topics, audiences."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.admin.deleting import Deletable
from articles.admin.placing import ChosenOnly, EditableRows, choose_picture, choose_poll
from articles.admin.rights import SectionsWithinRights
from articles.forms import PollChoice
from articles.models import Audience, Author, Section, Topic
from polls.drafting import name_of

GONE = gettext_lazy("Its page and its feed will no longer work, even where other sites link to them.")


class WithSlug(Deletable):
    """Sections, authors, topics, audiences: a name, an address made of it, and a line about it."""

    prepopulated_fields = {"slug": ("name",)}
    search_fields = ("name", "slug")
    list_display: tuple[str, ...] = ("name", "slug")
    list_per_page = 50
    when_deleted: tuple[str | Promise, ...] = (
        gettext_lazy("The articles stay; they will no longer appear on this page."),
        GONE,
    )


class SectionForm(forms.ModelForm):
    class Meta:
        model = Section
        fields = ("name", "menu_name", "slug", "description", "parent", "position", "default_poll")
        field_classes = {"default_poll": PollChoice}
        help_texts = {
            "menu_name": gettext_lazy("Shorter, for the menu and for lists. Leave empty to use the name."),
            "slug": gettext_lazy("The last part of its address: /sections/economy/."),
            "position": gettext_lazy("The smallest number comes first."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "default_poll" in self.fields:
            choose_poll(self.fields["default_poll"], self.instance.default_poll_id, nothing=_("None"))
        if "parent" in self.fields:
            parent: Any = self.fields["parent"]
            parent.queryset = Section.objects.exclude(pk=self.instance.pk)
            parent.empty_label = _("None: a section of its own")

    def clean_parent(self) -> Section | None:
        """No section lies in itself, by whatever way round."""
        parent: Section | None = self.cleaned_data["parent"]
        above = parent
        while above and self.instance.pk:
            if above.pk == self.instance.pk:
                raise forms.ValidationError(
                    _("“%(section)s” is part of this section: each would then be part of the other."),
                    params={"section": parent.name if parent else ""},
                )
            above = above.parent
        return parent


@admin.register(Section)
class SectionAdmin(SectionsWithinRights, ChosenOnly, EditableRows, WithSlug):
    form = SectionForm
    fields = ("name", "menu_name", "slug", "description", "parent", "position", "default_poll")
    list_display = ("name", "menu_name", "lies_in", "asks", "position")
    list_editable = ("position",)
    list_filter = (("parent", admin.RelatedOnlyFieldListFilter),)
    when_deleted = (GONE,)
    while_used = gettext_lazy(
        "Nothing was changed. Move these articles and sections to another section first; then this one can be deleted."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Section]:
        return (
            super()
            .get_queryset(request)
            .select_related("parent", "default_poll")
            .prefetch_related("default_poll__questions")
        )

    @admin.display(description=gettext_lazy("part of"), ordering="parent__name", empty_value="–")
    def lies_in(self, section: Section) -> str | None:
        return section.parent.name if section.parent else None

    @admin.display(description=gettext_lazy("poll"), empty_value="–")
    def asks(self, section: Section) -> str | None:
        return name_of(section.default_poll) if section.default_poll else None


class AuthorForm(forms.ModelForm):
    class Meta:
        model = Author
        fields = ("name", "slug", "is_person", "description", "biography", "portrait", "website")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "portrait" in self.fields:
            choose_picture(self.fields["portrait"], self.instance.portrait_id, nothing=_("None"))


@admin.register(Author)
class AuthorAdmin(ChosenOnly, WithSlug):
    form = AuthorForm
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    fields = ("name", "slug", "is_person", "description", "biography", "portrait", "website")
    when_deleted = (gettext_lazy("The articles stay, without this name above them."), GONE)


@admin.register(Topic)
class TopicAdmin(WithSlug):
    fields = ("name", "slug")


@admin.register(Audience)
class AudienceAdmin(EditableRows, WithSlug):
    fields = ("name", "slug", "summary", "position")
    list_display = ("name", "summary", "position")
    list_editable = ("position",)
