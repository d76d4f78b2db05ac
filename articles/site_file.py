"""`site.yaml`, which an export writes beside its articles: the record of the publication, its pages, its sections.

It is taken up before the articles, since they name sections and authors; what names articles or polls itself, the lead
articles and the polls in their places, is taken up after them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import yaml
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from articles import body, publication
from articles.frontmatter import LARGEST_FILE, Malformed
from articles.models import Article, Audience, Author, HomeLead, Page, Publication, Section, SocialLink, Topic
from polls.models import Poll

NAME = "site.yaml"
TABLES: dict[str, type[models.Model]] = {
    "sections": Section,
    "authors": Author,
    "topics": Topic,
    "audiences": Audience,
    "pages": Page,
}
FIELDS: dict[str, tuple[str, ...]] = {
    "sections": ("slug", "name", "menu_name", "description", "position"),
    "authors": ("slug", "name", "description", "is_person", "biography", "website"),
    "topics": ("slug", "name"),
    "audiences": ("slug", "name", "summary", "position"),
    "pages": ("slug", "title", "role", "body", "in_menu", "in_footer", "position", "published_at"),
}
RECORD = (
    "name",
    "strapline",
    "accent",
    "contact_email",
    "footer",
    "time_zone",
    "default_language",
    "languages",
    "slot_from",
    "slot_until",
)
PLACES = ("featured_poll", "slot_poll")
LINK = ("name", "url", "position")
DATES = ("published_at", "slot_from", "slot_until")

# --- writing ------------------------------------------------------------------------------------------------------


def write() -> str:
    """The whole file."""
    tables: dict[str, Any] = {}
    record = Publication.objects.select_related("featured_poll", "slot_poll").first()
    if record:
        tables["publication"] = _record(record)
    for key, model in TABLES.items():
        rows = model._default_manager.order_by("slug").values(*FIELDS[key], "i18n")
        tables[key] = [_with_translations(row) for row in rows]
    _add_to_sections(tables["sections"])
    return yaml.safe_dump(tables, sort_keys=False, allow_unicode=True, width=10**6)


def _record(record: Publication) -> dict[str, Any]:
    links = record.social_links.values(*LINK)
    leads = record.leads.values_list("article__slug", flat=True)
    places = {name: poll.slug for name in PLACES if (poll := getattr(record, name))}
    return {
        **_with_translations({**{name: getattr(record, name) for name in RECORD}, "i18n": record.i18n}),
        **places,
        "links": [dict(link) for link in links],
        "leads": list(leads),
    }


def _with_translations(row: dict[str, Any]) -> dict[str, Any]:
    """The texts in other languages too, those of pages as Markdown."""
    stored = sorted((row.pop("i18n") or {}).items())
    texts = {name: body.to_markdown(text) if _is_body(name) else text for name, text in stored if text}
    return {**_plain(row), "translations": texts} if texts else _plain(row)


def _is_body(name: str) -> bool:
    return name == "body" or name.startswith("body_")


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Dates as text, with their zone, and pages as Markdown; everything else as it is."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, datetime):
            found[name] = value.isoformat()
        elif _is_body(name):
            found[name] = body.to_markdown(value)
        else:
            found[name] = value
    return found


def _add_to_sections(rows: Iterable[dict[str, Any]]) -> None:
    """In which section each lies, and which poll is its own; in one query."""
    related = {slug: more for slug, *more in Section.objects.values_list("slug", "parent__slug", "default_poll__slug")}
    for row in rows:
        parent, poll = related[row["slug"]]
        row |= {name: slug for name, slug in (("parent", parent), ("default_poll", poll)) if slug}


# --- taking up ----------------------------------------------------------------------------------------------------


def take_up(raw: bytes) -> bool:
    """The record, the pages and the tables; whether anything was changed by that."""
    content = _read(raw)
    changed = [_take_up_row(key, row) for key in TABLES for row in _rows(content, key)]
    changed += [_lies_in(row) for row in _rows(content, "sections")]
    if isinstance(content.get("publication"), dict):
        changed.append(_take_up_record(content["publication"]))
    return any(changed)


def place(raw: bytes) -> list[str]:
    """What names articles and polls, once they are here; a sentence for each that is not."""
    content, missing = _read(raw), []
    for row in _rows(content, "sections"):
        if poll := row.get("default_poll"):
            found = Poll.objects.filter(slug=str(poll)).first()
            if found:
                Section.objects.filter(slug=str(row["slug"])).update(default_poll=found)
            else:
                missing.append(_("There is no poll “%(poll)s” for a section to show.") % {"poll": poll})
    record, given = Publication.objects.first(), content.get("publication")
    if record and isinstance(given, dict):
        missing += _place_in_record(record, given)
    return missing


def _place_in_record(record: Publication, given: Mapping[str, Any]) -> list[str]:
    missing = []
    for name in PLACES:
        if slug := given.get(name):
            poll = Poll.objects.filter(slug=str(slug)).first()
            if poll is None:
                missing.append(_("There is no poll “%(poll)s” for the publication to show.") % {"poll": slug})
            setattr(record, name, poll or getattr(record, name))
    with transaction.atomic():
        record.save(update_fields=PLACES)
        leads = given.get("leads")
        if isinstance(leads, list):
            slugs = [str(slug) for slug in leads]
            articles = {article.slug: article for article in Article.objects.filter(slug__in=slugs).only("slug")}
            HomeLead.objects.filter(publication=record).delete()
            for position, slug in enumerate(dict.fromkeys(slugs), start=1):
                if slug in articles:
                    HomeLead.objects.create(publication=record, article=articles[slug], position=position)
                else:
                    missing.append(_("There is no article “%(article)s” to lead the home page.") % {"article": slug})
    publication.forget()
    return missing


def _read(raw: bytes) -> dict[str, Any]:
    try:
        if len(raw) > LARGEST_FILE:
            raise ValueError
        text = raw.decode("utf-8")
        # An alias can stand for more than fits into memory; the export writes none.
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, Loader=yaml.SafeLoader)):
            raise ValueError
        content = yaml.safe_load(text)
        _check_texts(content)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise Malformed(
            _("This file cannot be read; it is written by the export and not meant to be edited.")
        ) from error
    return content if isinstance(content, dict) else {}


def _check_texts(value: Any) -> None:
    """ValueError where a text holds what PostgreSQL cannot: a zero byte, half a character."""
    if isinstance(value, str):
        if "\x00" in value:
            raise ValueError
        value.encode()
    for inner in [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []:
        _check_texts(inner)


def _rows(content: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    rows = content.get(key, [])
    if not isinstance(rows, list):
        return []
    for row in rows:
        if not isinstance(row, dict) or not row.get("slug") or not (row.get("name") or row.get("title")):
            raise Malformed(_("Under “%(key)s”, each entry needs a slug and a name.") % {"key": key})
    return rows


def _take_up_row(key: str, given: Mapping[str, Any]) -> bool:
    model, slug = TABLES[key], str(given["slug"])
    row: Any = model._default_manager.filter(slug=slug).first() or model()
    changed = _store(row, FIELDS[key], given, slug)
    return _translate(row, given.get("translations"), slug) or changed


def _translate(row: Any, texts: Any, slug: str) -> bool:
    """Texts in other languages; where the file has none, those that are here stay."""
    if not texts:
        return False
    offered = {field.name for field in row._meta.get_field("i18n").get_translated_fields()}
    if not isinstance(texts, dict) or not all(key in offered and isinstance(text, str) for key, text in texts.items()):
        raise Malformed(_("“%(slug)s” has a value that does not fit.") % {"slug": slug[:60]})
    texts = {name: body.stored(_value(name, text)) if _is_body(name) else text for name, text in texts.items()}
    if row.i18n == texts:
        return False
    row.i18n = texts
    row.save(update_fields=["i18n"])
    return True


def _take_up_record(given: Mapping[str, Any]) -> bool:
    record = Publication.objects.first() or Publication()
    changed = _store(record, RECORD, given, "publication")
    changed |= _translate(record, given.get("translations"), "publication")
    links = given.get("links")
    if isinstance(links, list):
        changed |= _take_up_links(record, links)
    publication.forget()
    return changed


def _take_up_links(record: Publication, given: list[Any]) -> bool:
    here = [dict(link) for link in record.social_links.values(*LINK)]
    if here == given:
        return False
    if not all(isinstance(link, dict) for link in given):
        raise Malformed(_("“%(slug)s” has a value that does not fit.") % {"slug": "links"})
    record.social_links.all().delete()
    for link in given:
        _store(SocialLink(publication=record), LINK, link, "links")
    return True


def _lies_in(given: Mapping[str, Any]) -> bool:
    """Puts a section into the one it names; one that would lie in itself is refused."""
    section = Section.objects.get(slug=str(given["slug"]))
    parent = Section.objects.filter(slug=str(given["parent"])).first() if given.get("parent") else None
    if given.get("parent") and parent is None:
        raise Malformed(_("There is no section “%(slug)s”.") % {"slug": given["parent"]})
    if section.parent_id == (parent.pk if parent else None):
        return False
    above = parent
    while above:
        if above.pk == section.pk:
            raise Malformed(_("The section “%(slug)s” would be part of itself.") % {"slug": section.slug})
        above = above.parent
    section.parent = parent
    section.save()
    return True


def _value(name: str, given: Any) -> Any:
    """A value as its field holds it."""
    if _is_body(name):
        return body.from_markdown(str(given or ""))
    if name in DATES and given is not None:
        at = given if isinstance(given, datetime) else parse_datetime(str(given))
        return timezone.make_aware(at) if at and timezone.is_naive(at) else at
    return given


def _store(row: Any, fields: Iterable[str], given: Mapping[str, Any], slug: str) -> bool:
    """Store what differs, checked as in a form; whether anything did."""
    names = [name for name in fields if name in given]
    before = {name: getattr(row, name) for name in names}
    try:
        for name in names:
            # A field that may be empty is not checked further; null is not empty, and no field holds a mapping.
            if isinstance(given[name], Mapping) or (given[name] is None and not row._meta.get_field(name).null):
                raise ValueError
            setattr(row, name, _value(name, given[name]))
        row.full_clean(exclude=["i18n", "publication"])
    except (ValidationError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise Malformed(_("“%(slug)s” has a value that does not fit.") % {"slug": slug[:60]}) from error
    if not row._state.adding and before == {name: getattr(row, name) for name in names}:
        return False
    row.save()
    return True
