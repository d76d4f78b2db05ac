"""Articles in the admin: one form for text, poll and date, and a preview as readers will see it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from js_asset import Media

from articles import body
from articles.forms import ArticleForm, ArticleWithPanelForm, place_own_poll
from articles.models import Article, Audience
from articles.reading import Reading, canonical
from polls import drafting, lifecycle, panel, paper
from polls.dates import moment
from polls.models import Poll
from polls.questions import TYPES

TEXT = (None, {"fields": ("section", "title", "slug", "standfirst", "body")})
FILED = (gettext_lazy("Signed and filed"), {"fields": ("authors", "topics", "audiences")})
PUBLISHED = (gettext_lazy("Publication"), {"fields": ("publish", "publish_at")})
PANEL = (
    gettext_lazy("Poll"),
    {
        "fields": panel.SHORT,
        "description": gettext_lazy("Leave it empty for an article without a poll. Everything else has a default."),
    },
)
MORE = (
    gettext_lazy("More settings of the poll"),
    {
        "fields": (
            panel.CHOICES,
            ("results_shown", "results_from"),
            ("minimum_base", "step"),
            ("repeat_rule", "may_change"),
            "opens_at",
            "note",
            "poll",
        ),
        "classes": ("collapse",),
    },
)
POLL = (gettext_lazy("Poll"), {"fields": ("poll_as_it_stands", "poll")})


class PublishedFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("draft", _("draft")), ("scheduled", _("scheduled")), ("published", _("published"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "draft":
                return queryset.filter(published_at__isnull=True)
            case "scheduled":
                return queryset.filter(published_at__gt=timezone.now())
            case "published":
                return queryset.filter(published_at__lte=timezone.now())
        return queryset


@admin.register(Article)
class ArticleAdmin(admin.ModelAdmin):
    list_display = ("title", "section", "signed_by", "state", "date", "asks")
    list_filter = (PublishedFilter, "section", "audiences")
    search_fields = ("title", "standfirst", "slug")
    date_hierarchy = "published_at"
    prepopulated_fields = {"slug": ("title",)}
    autocomplete_fields = ("authors", "topics")
    readonly_fields = ("poll_as_it_stands",)
    list_per_page = 50
    actions = None  # nothing is deleted in bulk

    # --- the list -------------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Article]:
        return super().get_queryset(request).select_related("section")

    @admin.display(description=gettext_lazy("by"))
    def signed_by(self, article: Article) -> str:
        return ", ".join(author.name for author in article.authors.all())

    @admin.display(description=gettext_lazy("state"))
    def state(self, article: Article) -> str:
        if article.published_at is None:
            return _("draft")
        return _("published") if article.published_at <= timezone.now() else _("scheduled")

    @admin.display(description=gettext_lazy("published"), ordering="published_at", empty_value="–")
    def date(self, article: Article) -> str | None:
        return moment(article.published_at) if article.published_at else None

    @admin.display(description=gettext_lazy("poll"), boolean=True)
    def asks(self, article: Article) -> bool:
        return article.poll_id is not None

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": _("Articles"), **(extra_context or {})})

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changes = super().get_changelist_instance(request)
        changes.result_list = changes.result_list.prefetch_related("authors").defer("body", "i18n")
        return changes

    # --- the form -------------------------------------------------------------------------------------------------

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["form"] = ArticleWithPanelForm if self.with_panel(request, obj) else ArticleForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if self.with_panel(request, obj):
            return (TEXT, PANEL, MORE, FILED, PUBLISHED)
        return (TEXT, POLL, FILED, PUBLISHED)

    def with_panel(self, request: HttpRequest, article: Article | None) -> bool:
        """Whether the poll is written here: not once it has votes, and not with several questions.

        A form that was opened with the panel keeps it, so that what was written in it is answered in words.
        """
        if article is None or article.poll is None or "question" in request.POST:
            return True
        return article.poll.questions.count() <= 1 and not drafting.has_votes(article.poll)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and db_field.name == "section":
            field.empty_label = _("Choose a section")
        return field

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        # Beside a list of sections or polls only "add" is of use; the rest has pages of its own.
        for name in ("can_change_related", "can_delete_related", "can_view_related"):
            if field is not None and hasattr(field.widget, name):
                setattr(field.widget, name, False)
        if field is not None and db_field.name in ("poll", "audiences"):
            field.widget.can_add_related = False
        return field

    @admin.display(description=gettext_lazy("Poll of this article"))
    def poll_as_it_stands(self, article: Article) -> Any:
        poll = Poll.objects.whole().get(pk=article.poll_id)
        template = "admin/articles/article/poll_as_it_stands.html"
        return render_to_string(template, {"poll": poll, "frozen": drafting.has_votes(poll)})

    def view_on_site(self, article: Article) -> str | None:
        published = article.published_at is not None and article.published_at <= timezone.now()
        return article.get_absolute_url() if published else None

    def save_model(self, request: HttpRequest, obj: Article, form: Any, change: bool) -> None:
        who = request.user.get_username()
        obj.published_at = form.published_at
        obj.poll = form.save_polls(who=who)
        if obj.poll:
            obj.body = place_own_poll(obj.body, obj.poll)
        super().save_model(request, obj, form, change)
        for poll in polls_of(obj):
            try:
                follow(poll, obj, who=who)
            except lifecycle.Refused as refused:  # somebody else did something to it in this very moment
                messages.error(request, refused.message)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        # The editor's import map is an inline script: without the nonce a strict policy stops it.
        context["media"] = Media.from_media(context["media"]).with_nonce(request.csp_nonce)  # type: ignore[attr-defined]
        return super().render_change_form(request, context, *args, **kwargs)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return self.to_preview(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return self.to_preview(request, obj) or super().response_change(request, obj)

    def to_preview(self, request: HttpRequest, article: Article) -> HttpResponse | None:
        if "_preview" not in request.POST:
            return None
        return HttpResponseRedirect(reverse("admin:articles_article_preview", args=[article.pk]))

    # --- the preview ----------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        preview = self.admin_site.admin_view(never_cache(self.preview))
        return [path("<int:pk>/preview/", preview, name="articles_article_preview"), *super().get_urls()]

    def preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The article as a reader sees it, or will see it; its vote control answers in words and stores nothing."""
        found = self.get_queryset(request).prefetch_related("authors").filter(pk=pk).first()
        if found is None or not self.has_view_permission(request, found):
            raise Http404
        reading = Reading(found, canonical=canonical(request, found.get_absolute_url()), drafts=True)
        if found.published_at is None:
            found.published_at = timezone.now()  # the date that readers would see; nothing is stored
        context = {
            "article": reading,
            "audiences": Audience.objects.all(),
            "preview": True,
            "edit_url": reverse("admin:articles_article_change", args=[pk]),
            "answer": self.answer_to_test_vote(request, reading),
        }
        return TemplateResponse(request, "admin/articles/article/preview.html", context)

    def answer_to_test_vote(self, request: HttpRequest, reading: Reading) -> str:
        """Without scripts the card's form comes back here with the choice: checked as a vote is, and thrown away."""
        given = {
            int(name[1:]): [int(value) for value in values if value.isdigit()]
            for name, values in request.GET.lists()
            if name[:1] == "q" and name[1:].isdigit()
        }
        if not given and not request.GET:
            return ""
        polls = [part.poll for part in reading.parts if part.poll] + [reading.poll_below]
        for poll in filter(None, polls):
            sheet = paper.from_poll(poll)
            if given.keys() & {question.id for question in sheet.questions}:
                try:
                    for question in sheet.questions:
                        TYPES[question.kind].check(question, given.get(question.id, []))
                except paper.InvalidAnswers as invalid:
                    return _("Test vote: %(sentence)s Nothing was stored.") % {"sentence": invalid.message}
                return _("Test vote: %(choice)s. Nothing was stored.") % {"choice": sheet.words(given)}
        return _("Test vote: please choose one of the options first. Nothing was stored.")


def polls_of(article: Article) -> list[Poll]:
    """Every poll that stands in an article, in or under its body."""
    placed = Poll.objects.filter(slug__in=body.polls_placed(article.body))
    return list(dict.fromkeys([*([article.poll] if article.poll else []), *placed]))


def follow(poll: Poll, article: Article, *, who: str) -> None:
    """A poll that readers have not seen yet is published when its article is, and waits while that is a draft."""
    now = timezone.now()
    if poll.published_at is not None and poll.published_at <= now:
        return
    if article.published_at is None:
        elsewhere = Article.objects.filter(poll=poll, published_at__isnull=False).exclude(pk=article.pk)
        if poll.published_at is not None and not elsewhere.exists():
            lifecycle.hold_back(poll=poll, who=who)
    elif poll.published_at != article.published_at:
        lifecycle.publish(poll=poll, at=article.published_at, who=who)
