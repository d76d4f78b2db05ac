"""Articles in the admin: one form for text, poll and date, and a preview as readers will see it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from js_asset import Media

from articles import addresses, checklist, languages, lifecycle, rehearsal, reviewing, revisions, steps, writings
from articles.admin import reviews, writing
from articles.admin.deleting import Deletable
from articles.admin.media import FilesInline
from articles.admin.rights import WithinRights
from articles.forms import ArticleForm, ArticleWithPanelForm, place_own_poll
from articles.models import Article, ArticleQuerySet, State
from articles.steps import STEPS, Step
from polls import drafting, panel, spoken
from polls.dates import moment
from polls.models import MULTIPLE, SINGLE, Poll

TEXT = (
    None,
    {"fields": ("section", "title", "slug", "standfirst", "lead_picture", "body", ("of_version", "revision"))},
)
FILED = (gettext_lazy("Byline and filing"), {"fields": ("authors", "topics", "audiences")})
TOLD = (
    gettext_lazy("What readers are told"),
    {
        "fields": ("corrections_so_far", "correction", "untold"),
        "description": gettext_lazy("Readers see this at once."),
    },
)
PANEL = (
    gettext_lazy("Poll"),
    {
        "fields": panel.SHORT,
        "description": gettext_lazy("Leave it empty for an article without a poll. Everything else has a default."),
    },
)
MORE = (
    gettext_lazy("More poll settings"),
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
# For whoever may only read it: no field that the form adds.
READ = (
    (None, {"fields": ("section", "title", "slug", "standfirst", "body")}),
    (None, {"fields": ("authors", "topics", "audiences", "poll", "published_at")}),
)
REVISIONS_A_PAGE = 50
# How wide a preview can be looked at, in pixels of the reader's screen, and how much of it is seen at once.
WIDTHS = ((390, gettext_lazy("on a phone")), (820, gettext_lazy("on a tablet")), (1280, gettext_lazy("on a computer")))
WIDE, TALL, LOW = 600, 844, 800
POLL = (gettext_lazy("Poll"), {"fields": ("poll_as_it_stands", "poll")})


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, Any]]:
        return State.choices

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(state_now=self.value()) if self.value() in State.values else queryset


@admin.register(Article)
class ArticleAdmin(WithinRights, Deletable):
    list_display = ("title", "filed_in", "signed_by", "state", "date", "asks", "reviewed")
    list_filter = (StateFilter, "section", ("authors", admin.RelatedOnlyFieldListFilter), "audiences")
    search_fields = ("title", "standfirst", "slug", "authors__name")
    date_hierarchy = "published_at"
    prepopulated_fields = {"slug": ("title",)}
    autocomplete_fields = ("authors", "topics")
    readonly_fields = ("poll_as_it_stands", "corrections_so_far")
    inlines = (FilesInline,)
    list_per_page = 50

    # --- the list -------------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Article]:
        known = cast(ArticleQuerySet, super().get_queryset(request))
        return known.with_state().select_related("section")

    @admin.display(description=gettext_lazy("section"), ordering="section__name")
    def filed_in(self, article: Article) -> str:
        return article.section.menu_name or article.section.name

    @admin.display(description=gettext_lazy("by"))
    def signed_by(self, article: Article) -> str:
        return ", ".join(author.name for author in article.authors.all())

    @admin.display(description=gettext_lazy("state"), ordering="state_now")
    def state(self, article: Any) -> str:
        return str(State(article.state_now).label)

    @admin.display(description=gettext_lazy("published"), ordering="published_at", empty_value="–")
    def date(self, article: Article) -> str | None:
        return moment(article.published_at) if article.published_at else None

    @admin.display(description=gettext_lazy("poll"), boolean=True)
    def asks(self, article: Article) -> bool:
        return article.poll_id is not None

    @admin.display(description=gettext_lazy("reviews"), empty_value="–")
    def reviewed(self, article: Article) -> str | None:
        """What reviewers said: how many approve, how many want something changed."""
        notes = [note.approves for link in article.review_links.all() for note in link.notes.all()]
        return (
            _("%(good)d approve, %(more)d comment") % {"good": sum(notes), "more": len(notes) - sum(notes)}
            if notes
            else None
        )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": _("Articles"), **(extra_context or {})})

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changes = super().get_changelist_instance(request)
        shown = changes.result_list.prefetch_related("authors", "review_links__notes")
        changes.result_list = shown.defer("body", "i18n")
        return changes

    # --- the form -------------------------------------------------------------------------------------------------

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["form"] = ArticleWithPanelForm if self.with_panel(request, obj) else ArticleForm
        form = cast(type[ArticleForm], super().get_form(request, obj, change=change, **kwargs))
        if request.method != "GET":
            return form
        if obj is not None and (revision := asked_for(request, obj)):
            form.shown_instead = {**revisions.content(revision), "revision": revision.history_id}
        form.typed = restored(request, obj)
        return form

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        """What was typed and not saved stands in the tables beside the form, too."""
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        typed = restored(request, obj if obj.pk else None)
        return {**kwargs, "data": typed, "files": {}} if typed and f"{prefix}-TOTAL_FORMS" in typed else kwargs

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None and not self.has_change_permission(request, obj):
            return READ
        told = (TOLD,) if obj and State(obj.state_now) in (State.PUBLISHED, State.ARCHIVED) else ()
        if self.with_panel(request, obj):
            return (TEXT, *told, PANEL, MORE, FILED)
        return (TEXT, *told, POLL, FILED)

    def with_panel(self, request: HttpRequest, article: Article | None) -> bool:
        """Whether the poll is written here: not once it has votes, and not where the short form has no fields for it.

        A form that was opened with the panel keeps it, so that what was written in it is answered in words.
        """
        if article is None or article.poll is None or "question" in request.POST:
            return True
        kinds = article.poll.questions.values_list("kind", flat=True)
        short = len(kinds) <= 1 and not article.poll.flow and set(kinds) <= {SINGLE, MULTIPLE}
        return short and not drafting.has_votes(article.poll)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and db_field.name == "section":
            field.empty_label = _("Choose a section")
        return field

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field and isinstance(field.widget, AutocompleteSelectMultiple):
            # The button that empties it all would stand in the list of what was chosen, which is no list then.
            field.widget.is_required = True
        return field

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        # Beside a list of sections or polls only "add" is of use; the rest has pages of its own.
        for name in ("can_change_related", "can_delete_related", "can_view_related"):
            if field is not None and hasattr(field.widget, name):
                setattr(field.widget, name, False)
        if field is not None and db_field.name == "body":
            field.widget.attrs.update(spoken.attributes(spoken.own()))
        if field is not None and db_field.name in ("poll", "audiences", "lead_picture"):
            field.widget.can_add_related = False
        return field

    @admin.display(description=gettext_lazy("Poll of this article"))
    def poll_as_it_stands(self, article: Article) -> Any:
        poll = Poll.objects.whole().get(pk=article.poll_id)
        template = "admin/articles/article/poll_as_it_stands.html"
        return render_to_string(template, {"poll": poll, "frozen": drafting.has_votes(poll)})

    @admin.display(description=gettext_lazy("Corrections so far"))
    def corrections_so_far(self, article: Article) -> Any:
        corrections = article.corrections.all()
        return render_to_string("admin/articles/article/corrections.html", {"corrections": corrections})

    def view_on_site(self, article: Any) -> str | None:
        seen = state_of(article) in (State.PUBLISHED, State.ARCHIVED, State.WITHDRAWN)
        return article.get_absolute_url() if seen else None

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """To be changed, an article is held until its page is stored: nobody else's save comes between."""
        if request.method == "POST" and object_id.isdigit():
            list(Article.objects.select_for_update(of=("self",)).filter(pk=object_id).values_list("pk"))
        return super().get_object(request, object_id, from_field)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError:
            # Somebody else took the address, or deleted what was chosen, in this very moment: now the form sees it.
            return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Article, form: Any, change: bool) -> None:
        who = request.user.get_username()
        obj.poll = form.save_polls(who=who)
        if obj.poll:
            obj.body = place_own_poll(obj.body, obj.poll)
        revisions.begin(obj)
        super().save_model(request, obj, form, change)
        if change and form.initial["slug"] != obj.slug and obj.published_at and obj.published_at <= form.now:
            addresses.leave(obj, slug=form.initial["slug"])
        if form.cleaned_data.get("correction"):
            obj.corrections.create(text=form.cleaned_data["correction"], who=who)
        for poll in lifecycle.polls_of(obj):
            try:
                lifecycle.follow(poll, obj, who=who, now=form.now)
            except lifecycle.Refused as refused:  # somebody else did something to it in this very moment
                messages.error(request, refused.message)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        changed = form.changes_something or any(formset.has_changed() for formset in formsets)
        writings.forget(user_of(request), form.instance if change else None)
        if changed or not change:
            revisions.keep(form.instance, by=user_of(request), reason=self.reason_of(form))

    def reason_of(self, form: Any) -> str:
        """Why this version was made, where the form says it."""
        brought_back = form.cleaned_data.get("revision")
        former = brought_back and revisions.kept(form.instance).filter(history_id=brought_back).first()
        if former:
            return _("Restored: the version of %(at)s") % {"at": moment(former.history_date)}
        return form.cleaned_data.get("correction") or ""

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        # The editor's import map is an inline script: without the nonce a strict policy stops it.
        article = context.get("original")
        context["conflict"] = context["adminform"].form.conflict
        if article:
            context["revision"] = asked_for(request, article)
            state = state_of(article)
            context |= {
                "state": state,
                "state_sentence": steps.sentence(article, state),
                "steps": self.steps_for(request, article),
                "reviews": reviewing.of(article) if self.has_change_permission(request, article) else (),
                "findings": () if state is State.WITHDRAWN else checklist.check(article, now=lifecycle.clock()),
            }
        if self.has_change_permission(request, article) if article else self.has_add_permission(request):
            context["writing"] = self.writing_of(request, article, context["adminform"].form)
        unseen = article is None or state_of(article) in lifecycle.UNSEEN
        context["may_publish"] = unseen and self.has_publish_permission(request, article)
        context["media"] = Media.from_media(context["media"]).with_nonce(request.csp_nonce)  # type: ignore[attr-defined]
        return super().render_change_form(request, context, *args, **kwargs)

    def writing_of(self, request: HttpRequest, article: Article | None, form: Any) -> dict[str, Any]:
        """What the form says of its own keeping, and what its script needs to know."""
        user = user_of(request)
        unsaved = writings.unsaved(user, article)
        state = writing.state_of(user, article)
        return {
            "url": reverse("admin:articles_article_writing", args=[article.pk])
            if article
            else reverse("admin:articles_article_writing"),
            "key": f"writing:{user.pk}:{article.pk if article else 'new'}",
            "version": state["version"],
            "mine": article is not None and not state["newer"],
            "last_made": "" if article else revisions.last_made(user),
            "others": state["others"],
            "unsaved": unsaved,
            "restored": unsaved is not None and form.typed is not None,
            "dirty": form.is_bound,
        }

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return self.to_next(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return self.to_next(request, obj) or super().response_change(request, obj)

    def to_next(self, request: HttpRequest, article: Article) -> HttpResponse | None:
        """Where the button leads with which the form was saved, when it is not one of Django's own."""
        if "_preview" in request.POST:
            return HttpResponseRedirect(reverse("admin:articles_article_preview", args=[article.pk]))
        if "_publish" in request.POST:
            return HttpResponseRedirect(reverse("admin:articles_article_step", args=[article.pk, "publish"]))
        return None

    # --- the steps of its life ------------------------------------------------------------------------------------

    def has_publish_permission(self, request: HttpRequest, obj: Article | None = None) -> bool:
        """Who may publish, schedule, archive: besides this permission, whoever may change the article."""
        allowed = request.user.has_perm("articles.publish_article")
        return allowed and self.has_change_permission(request, obj)

    def has_withdraw_permission(self, request: HttpRequest, obj: Article | None = None) -> bool:
        allowed = request.user.has_perm("articles.withdraw_article")
        return allowed and self.has_change_permission(request, obj)

    def may(self, request: HttpRequest, permission: str, article: Article) -> bool:
        """Whether this user has the permission, "change" for one, on this article."""
        return bool(getattr(self, f"has_{permission}_permission")(request, article))

    def steps_for(self, request: HttpRequest, article: Any) -> list[Step]:
        state = State(article.state_now)
        return [step for step in STEPS if state in step.states and self.may(request, step.permission, article)]

    def page(self, view: Callable[..., HttpResponse], permission: str = "change") -> Callable[..., Any]:
        """A view of one article for those who have the permission on it; never kept by a cache."""

        def guarded(request: HttpRequest, pk: int, **more: Any) -> HttpResponse:
            article = self.get_queryset(request).filter(pk=pk).first()
            if article is None:
                raise Http404
            if not self.may(request, permission, article):
                raise PermissionDenied
            return view(request, article, **more)

        return self.admin_site.admin_view(never_cache(guarded))

    def take_step(self, request: HttpRequest, article: Any, name: str) -> HttpResponse:
        """A page that says what the step will do; its POST does it."""
        step = next((step for step in STEPS if step.name == name), None)
        if step is None:
            raise Http404
        if not self.may(request, step.permission, article):
            raise PermissionDenied
        state = State(article.state_now)
        if state not in step.states:
            messages.warning(
                request, _("This article is %(state)s: that is not possible now.") % {"state": state.label}
            )
            return self.to_form(article)
        form = step.form(request.POST if request.method == "POST" else None, article=article)
        if request.method == "POST" and form.is_valid():
            try:
                changed = step.do(article=article, by=user_of(request), **form.given())
            except lifecycle.Refused as refused:
                form.add_error(None, refused.message)
            else:
                messages.success(request, step.done(changed))
                return self.to_form(article)
        findings = checklist.check(article, now=lifecycle.clock()) if step.name == "publish" else ()
        context = {"step": step, "what": step.what(article), "form": form, "findings": findings}
        return self.render(request, "admin/articles/article/step.html", article, here=str(step.label), **context)

    # --- its revisions --------------------------------------------------------------------------------------------

    def revisions(self, request: HttpRequest, article: Article) -> HttpResponse:
        """Every saved version, newest first: when, by whom, why, what was changed."""
        page = Paginator(revisions.kept(article), REVISIONS_A_PAGE).get_page(request.GET.get("page"))
        rows, after = list(page), revisions.kept(article)[page.end_index() : page.end_index() + 1].first()
        context = {"page_obj": page, "revisions": revisions.listed(rows, before=after)}
        return self.render(request, "admin/articles/article/revisions.html", article, here=_("Versions"), **context)

    def compare(self, request: HttpRequest, article: Article) -> HttpResponse:
        """Two versions side by side, whichever way round they were asked for."""
        wanted = [request.GET.get(name, "") for name in ("former", "present")]
        ids = [int(value) for value in wanted if value.isdecimal() and len(value) < 19]
        found = list(revisions.kept(article).filter(history_id__in=ids))
        if not found:
            messages.warning(request, _("Please choose two versions to compare."))
            return HttpResponseRedirect(reverse("admin:articles_article_revisions", args=[article.pk]))
        present, former = found[0], found[-1]
        context = {
            "former": former,
            "present": present,
            "who": [revisions.name_of(row.history_user) for row in (former, present)],
            "differs": revisions.compare(former, present),
            "newest": revisions.kept(article).values_list("history_id", flat=True)[:1][0],
            "may_change": self.has_change_permission(request, article),
        }
        return self.render(request, "admin/articles/article/compare.html", article, here=_("Compare"), **context)

    def render(
        self, request: HttpRequest, template: str, article: Article, *, here: str, **context: Any
    ) -> TemplateResponse:
        everything = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "article": article,
            "here": here,
            "title": f"{here}: {article}",
            **context,
        }
        return TemplateResponse(request, template, everything)

    def to_form(self, article: Article) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:articles_article_change", args=[article.pk]))

    # --- the preview ----------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        preview = self.admin_site.admin_view(never_cache(self.preview))
        at_width = self.page(self.preview_at_width, "view")
        own = [
            path("<int:pk>/preview/", preview, name="articles_article_preview"),
            path("<int:pk>/preview/<int:width>/", at_width, name="articles_article_width"),
            path("<int:pk>/reviews/", self.page(partial(reviews.page, self)), name="articles_article_reviews"),
            path("add/writing/", never_cache(partial(writing.answer, self)), name="articles_article_writing"),
            path("<int:pk>/writing/", never_cache(partial(writing.answer, self)), name="articles_article_writing"),
            path("<int:pk>/revisions/", self.page(self.revisions, "view"), name="articles_article_revisions"),
            path("<int:pk>/compare/", self.page(self.compare, "view"), name="articles_article_compare"),
            path("<int:pk>/step/<slug:name>/", self.page(self.take_step, "view"), name="articles_article_step"),
        ]
        return [*own, *super().get_urls()]

    def preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The article as a reader sees it, or will see it; its vote control answers in words and stores nothing."""
        found = self.get_queryset(request).prefetch_related("authors").filter(pk=pk).first()
        if found is None or not self.has_view_permission(request, found):
            raise Http404
        asked, said_in = request.GET.get("language"), translation.get_language()
        with translation.override(asked if asked in languages.shown() else languages.shown()[0]):
            context = {
                **rehearsal.page(request, found),
                "edit_url": reverse("admin:articles_article_change", args=[pk]),
                "widths": WIDTHS,
                "said_in": said_in,  # the bar over it speaks to whoever works here
                "framed": "framed" in request.GET,
            }
            response = TemplateResponse(request, "admin/articles/article/preview.html", context).render()
        response.framed_at_the_desk = True  # type: ignore[attr-defined]
        return response

    def preview_at_width(self, request: HttpRequest, article: Article, width: int) -> HttpResponse:
        """The preview in a frame as wide as a phone or a desk, whatever this screen is."""
        if width not in dict(WIDTHS):
            raise Http404
        return self.render(
            request,
            "admin/articles/article/width.html",
            article,
            here=_("Preview"),
            own=spoken.own(),
            width=width,
            widths=WIDTHS,
            height=TALL if width < WIDE else LOW,
        )


def asked_for(request: HttpRequest, article: Article) -> Any | None:
    """The revision of this article that the address names, to be brought back."""
    wanted = request.GET.get("revision", "")
    known = wanted.isdecimal() and len(wanted) < 19
    return revisions.kept(article).filter(history_id=int(wanted)).first() if known else None


def restored(request: HttpRequest, article: Article | None) -> QueryDict | None:
    """What was typed and not saved, where the address asks for it."""
    if request.method != "GET" or "unsaved" not in request.GET:
        return None
    unsaved = writings.unsaved(user_of(request), article)
    return writings.typed(unsaved) if unsaved else None


def user_of(request: HttpRequest) -> AbstractBaseUser:
    """Who is signed in; the admin lets nobody else in."""
    return cast(AbstractBaseUser, request.user)


def state_of(article: Any) -> State:
    """The state of an article that the admin has read from the database."""
    return State(article.state_now)
