"""The people who work here: invited by a link, given a role, closed; never deleted, for what they did stays theirs."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from articles import audit, desk_language, mail, roles
from articles.audit import Act
from articles.models import Invitation, Section
from articles.publication import current
from articles.roles import Role
from polls import spoken
from polls.characters import apart
from polls.dates import moment

VALID = timedelta(days=7)


class Refused(Exception):
    """It cannot be done; the message says why, `field` at which field."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


# --- invitations --------------------------------------------------------------------------------------------------


def invite(*, email: str, role: Role, sections: Iterable[Section], by: User, now: datetime) -> tuple[Invitation, str]:
    """Invite somebody; the invitation and the secret of its link, which is kept nowhere. Raises `Refused`."""
    check_invitation(email=email, now=now)
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        invitation = Invitation.objects.create(
            email=email, role=role, digest=_digest(secret), invited_by=by, expires_at=now + VALID
        )
        invitation.sections.set(sections)
        audit.record(Act.INVITED, by=by, on=invitation, text=str(role.label))
    return invitation, secret


def check_invitation(*, email: str, now: datetime) -> None:
    """Refuse to invite who is here already, or has an invitation that still works."""
    if User.objects.filter(email__iexact=email).exists():
        raise Refused(_("Somebody already works here with this address."), "email")
    standing = pending(now).filter(email__iexact=email).first()
    if standing:
        raise Refused(
            _("An invitation to this address is valid until %(until)s. Withdraw it before you send another one.")
            % {"until": moment(standing.expires_at)},
            "email",
        )


def pending(now: datetime) -> QuerySet[Invitation]:
    """Invitations whose link works."""
    return Invitation.objects.filter(accepted_by=None, withdrawn_at=None, expires_at__gt=now)


def send_invitation(invitation: Invitation, *, link: str) -> bool:
    """Mail the link, in the language of the publication; False where the mail could not be sent."""
    with override(current().default_language):
        text = _(
            "%(who)s has invited you to work here as %(role)s. Use this link to choose a username and a "
            "password, and then set up a second factor:\n\n%(link)s\n\nThe link works once, until %(until)s. If "
            "you do not know what this is about, you can ignore this message."
        )
        values = {
            "who": invitation.invited_by.get_full_name() or invitation.invited_by.get_username(),
            "role": Role(invitation.role).label,
            "link": link,
            "until": moment(invitation.expires_at),
        }
        return mail.send(to=invitation.email, subject=_("you have been invited"), text=text % values)


def find_invitation(secret: str, *, now: datetime, for_update: bool = False) -> Invitation | None:
    """The invitation of a link; None where there never was one. Raises `Refused` where it works no longer."""
    known = Invitation.objects.select_for_update() if for_update else Invitation.objects
    invitation = known.filter(digest=_digest(secret)).first()
    if invitation is None:
        return None
    if invitation.accepted_by_id is not None:
        raise Refused(_("This invitation has already been used. If it was you who used it, log in with your username."))
    if invitation.withdrawn_at is not None:
        raise Refused(_("This invitation has been withdrawn. Please ask the person who invited you."))
    if invitation.expires_at <= now:
        raise Refused(_("This invitation has expired. Please ask the person who invited you for a new one."))
    return invitation


def accept(secret: str, *, username: str, password: str, first_name: str, last_name: str, now: datetime) -> User | None:
    """Make the account of somebody who was invited, once; None where there is no such invitation. Raises `Refused`."""
    with transaction.atomic():
        invitation = find_invitation(secret, now=now, for_update=True)
        if invitation is None:
            return None
        user = User(username=username, email=invitation.email, first_name=first_name, last_name=last_name)
        user.is_staff = True
        user.set_password(password)
        try:
            with transaction.atomic():
                user.save()
                EmailAddress.objects.create(user=user, email=invitation.email.lower(), verified=True, primary=True)
        except IntegrityError:
            taken = User.objects.filter(username=username).exists()
            raise Refused(
                _("This username is already taken.") if taken else _("This address is already in use."),
                "username" if taken else None,
            ) from None
        roles.give(user, Role(invitation.role), invitation.sections.all())
        invitation.accepted_by = user
        invitation.save(update_fields=["accepted_by"])
        audit.record(Act.JOINED, by=user, on=user, text=rights_in_words(user))
    return user


def withdraw(invitation: Invitation, *, by: User, now: datetime) -> None:
    """Let the link of an invitation work no longer. Raises `Refused`."""
    if not Invitation.objects.filter(pk=invitation.pk, accepted_by=None, withdrawn_at=None).update(withdrawn_at=now):
        raise Refused(_("This invitation has already been used or withdrawn."))
    audit.record(Act.WITHDRAWN, by=by, on=invitation)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


# --- people -------------------------------------------------------------------------------------------------------


def administrators() -> QuerySet[User]:
    """Who can give rights to others."""
    return User.objects.filter(Q(groups__name=Role.ADMINISTRATOR) | Q(is_superuser=True), is_active=True).distinct()


def check_still_administered(person: User, *, role: Role, active: bool) -> None:
    """Refuse what would leave nobody who can give rights. To be asked in the transaction of the change: it holds a lock
    under which these changes are made one after another.
    """
    list(Group.objects.select_for_update().filter(name=Role.ADMINISTRATOR).values_list("pk"))
    if role == Role.ADMINISTRATOR and active:
        return
    if not any(other.pk != person.pk for other in administrators()):
        raise Refused(_("This is the last administrator: give somebody else that role first."))


@transaction.atomic
def set_rights(
    person: User, *, role: Role, sections: Iterable[Section] | None, active: bool, by: User, now: datetime
) -> None:
    """Give somebody a role, sections (None: as before) and an open or closed account. Raises `Refused`."""
    check_still_administered(person, role=role, active=active)
    before, was_active = rights_in_words(person), User.objects.get(pk=person.pk).is_active
    User.objects.filter(pk=person.pk).update(is_active=active, is_staff=True, is_superuser=False)
    person.is_active, person.is_staff, person.is_superuser = active, True, False
    roles.give(person, role, sections)
    after = rights_in_words(person)
    if before != after:
        audit.record(Act.RIGHTS_CHANGED, by=by, on=person, text=f"{before} → {after}")
    if active != was_active:
        audit.record(Act.OPENED if active else Act.CLOSED, by=by, on=person)
    if not active or role != Role.ADMINISTRATOR:
        # Whoever may invite no longer may not come back through a link that they sent to themselves.
        for invitation in pending(now).filter(invited_by=person.pk):
            withdraw(invitation, by=by, now=now)


def reset_second_factor(person: User, *, by: User) -> bool:
    """Take every second factor away from somebody who has lost it; whether the mail about it could be sent."""
    with transaction.atomic():
        Authenticator.objects.filter(user=person.pk).delete()
        audit.record(Act.FACTOR_RESET, by=by, on=person)
    if not person.email:
        return False
    with override(desk_language.of(person)):
        text = _(
            "%(who)s has removed your second factor, because it was lost. The next time you log in, you will "
            "set up a new one. If you have lost nothing, tell an administrator at once."
        )
        who = by.get_full_name() or by.get_username()
        return mail.send(to=person.email, subject=_("your second factor has been removed"), text=text % {"who": who})


@transaction.atomic
def rescue(person: User) -> str:
    """Let an administrator who is locked out in again; the new password. For the command line."""
    password = secrets.token_urlsafe(12)
    person.is_active = person.is_staff = True
    person.set_password(password)
    person.save(update_fields=["is_active", "is_staff", "password"])
    roles.give(person, Role.ADMINISTRATOR)
    Authenticator.objects.filter(user=person.pk).delete()
    audit.record(Act.RESCUED, by=person, on=person)
    return password


def rights_in_words(person: User) -> str:
    """ "editor (World, Economy)": role and sections of somebody, as they are stored."""
    known = User.objects.select_related("staff").prefetch_related("groups", "staff__sections")
    return in_words(known.get(pk=person.pk))


def in_words(person: User) -> str:
    """The same of somebody who was read with groups and sections."""
    role, staff = roles.role_of(person), getattr(person, "staff", None)
    words = str(role.label) if role else _("no role")
    if staff is not None and staff.limited:
        sections = spoken.in_a_row(apart(section.name) for section in staff.sections.all()) or _("no section")
        words += f" ({sections})"
    return words
