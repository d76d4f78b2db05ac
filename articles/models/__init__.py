"""The tables of the publication: what it is, how it is ordered, what it holds, what it says, who works on it."""

from articles.models.article import (
    Article,
    ArticleQuerySet,
    Correction,
    FormerAddress,
    ReviewLink,
    ReviewNote,
    State,
    Writing,
)
from articles.models.delivery import DeliveredFile, Delivery
from articles.models.filing import Audience, Author, Section, Topic
from articles.models.media import ArticleFile, Document, Picture, Recording, Rendition
from articles.models.people import AuditEntry, Invitation, Person, Staff
from articles.models.publication import HomeLead, Page, Publication, SocialLink
from articles.models.translating import Translated

__all__ = [
    "Article",
    "ArticleFile",
    "ArticleQuerySet",
    "Audience",
    "AuditEntry",
    "Author",
    "Correction",
    "DeliveredFile",
    "Delivery",
    "Document",
    "FormerAddress",
    "HomeLead",
    "Invitation",
    "Page",
    "Person",
    "Picture",
    "Publication",
    "Recording",
    "Rendition",
    "ReviewLink",
    "ReviewNote",
    "Section",
    "SocialLink",
    "Staff",
    "State",
    "Topic",
    "Translated",
    "Writing",
]
