"""Reader panels: who joined one with a vote, and leaving it. The one writer of `Member` after its ballot was cast.

A panel is a series with a name. A ballot joins it in the statement that casts it, where its voter consents; from then
on the only change is withdrawal, which empties the key in all waves: no ballot can be joined with another any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from polls.models import Member, Series


@dataclass(frozen=True)
class Membership:
    """What a voter's ballot has to do with a panel; `left` is when its voter withdrew."""

    panel: str
    left: datetime | None


def panels() -> QuerySet[Series]:
    """The panels that an editor can choose from."""
    return Series.objects.exclude(name="").order_by("name")


@transaction.atomic
def panel_named(name: str) -> Series:
    """The panel of this name, made if there is none."""
    return panels().filter(name=name).first() or Series.objects.create(name=name)


def of_voter(*, poll_id: int, voter_key: bytes) -> Membership | None:
    """Whether the ballot of this voter that stands joined a panel, and whether that still holds."""
    member = (
        Member.objects.filter(ballot__poll=poll_id, ballot__voter_key=voter_key, ballot__set_aside__isnull=True)
        .select_related("panel")
        .first()
    )
    return Membership(member.panel.name, member.withdrawn_at) if member else None


def leave(*, panel_id: int, member_key: bytes) -> int:
    """Withdraw somebody from a panel, in all waves and for good; how many ballots that were. Safe to repeat."""
    mine = Member.objects.filter(panel=panel_id, key=member_key)
    return mine.update(key=None, withdrawn_at=Now())
