"""Every setting of the site, read once from the environment; all wrong values are named together."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import dj_database_url
from environs import FileAwareEnv, ValidationError, validate

ROOT = Path(__file__).resolve().parent.parent


def address_or_network(value: str) -> None:
    """An address, a network, or "unix" for whoever reaches our socket."""
    try:
        if value != "unix":
            ipaddress.ip_network(value, strict=False)
    except ValueError as error:
        raise ValidationError(f"{value!r} is no address and no network.") from error


def time_zone(value: str) -> None:
    """A name of the time zone database."""
    try:
        ZoneInfo(value)
    except (LookupError, ValueError, OSError) as error:
        raise ValidationError(f"{value!r} is no time zone.") from error


def postgres_url(value: str) -> dict[str, Any]:
    """Django's form of postgres://user:password@host:port/name; no other database keeps our promises."""
    try:
        found = dict(dj_database_url.parse(value))
    except Exception as error:
        raise ValidationError("Not a database address.") from error
    if found.get("ENGINE") != "django.db.backends.postgresql":
        raise ValidationError("Not the address of a PostgreSQL database (postgres://...).")
    return found


def mail_url(value: str) -> dict[str, Any]:
    """Django's form of smtp://user:password@host:port (submission) or smtps:// (TLS from the first byte)."""
    if not value:
        return {}
    try:
        found = urlsplit(value)
        host, port = found.hostname, found.port
    except ValueError as error:
        raise ValidationError("Not the address of a mail server.") from error
    if found.scheme not in ("smtp", "smtps") or not host or found.path not in ("", "/"):
        raise ValidationError("Not smtp://user:password@host:port or smtps://... .")
    return {
        "host": host,
        "port": port or (465 if found.scheme == "smtps" else 587),
        "user": unquote(found.username or ""),
        "password": unquote(found.password or ""),
        "ssl": found.scheme == "smtps",
        # A password is never sent in the clear: whoever has one speaks TLS.
        "tls": found.scheme == "smtp" and bool(found.username),
    }


# `_FILE` twins (SECRET_KEY_FILE) come with FileAwareEnv; `eager=False` collects every error for `seal()`.
env = FileAwareEnv(eager=False, strip_whitespace=True)
env.add_parser("postgres_url", postgres_url)
env.add_parser("mail_url", mail_url)


def values(name: str, default: list[str], check: Callable[[str], object] = str) -> list[str]:
    """A comma-separated list, each of whose values passes `check`."""
    found: list[str] = env.list(
        name, default, subcast=str.strip, validate=lambda given: [check(v) for v in given] and None
    )
    return found


LONG = validate.Length(min=32)
WINDOW = validate.Regexp(r"[1-9][0-9]*/[1-9][0-9]*\Z", error="{input!r} is not number/seconds, such as 600/60.")
AT_LEAST_ONE = validate.Range(min=1)

SECRET_KEY: str = env.str("SECRET_KEY", validate=LONG)
SECRET_KEY_FALLBACKS = values("SECRET_KEY_FALLBACKS", [], LONG)
DEBUG: bool = env.bool("DEBUG", False)
BASE_URL: str = env.str(
    "BASE_URL", "", validate=validate.Regexp(r"(https?://[^/?#@\s]+/?)?\Z", error="Not http(s)://host, without a path.")
)
ALLOWED_HOSTS = values("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
REDIS_URL: str = env.str("REDIS_URL", validate=validate.Regexp(r"(rediss?|unix)://", error="Not redis:// or unix://."))
BROKER_URL: str = env.str(
    "BROKER_URL", validate=validate.Regexp(r"(rediss?|redis\+socket)://", error="Not redis:// or redis+socket://.")
)
TIME_ZONE: str = env.str("TIME_ZONE", "UTC", validate=time_zone)
VAR: Path = env.path("VAR", ROOT / "var")
database = env.postgres_url("DATABASE_URL")

# Peers whose forwarding header is believed, and the one header they set (reliability: never the leftmost address).
TRUSTED_PROXIES = values("TRUSTED_PROXIES", [], address_or_network)
CLIENT_ADDRESS_HEADER: str = env.str(
    "CLIENT_ADDRESS_HEADER",
    "X-Forwarded-For",
    validate=validate.Regexp(r"[A-Za-z0-9-]+\Z", error="Not a header's name."),
)

# Votes one network (IPv4 address, IPv6 /64) and one browser may send: "number/seconds", burst then sustained.
VOTE_LIMITS_NETWORK = values("VOTE_LIMITS_NETWORK", ["600/60", "3000/3600"], WINDOW)
VOTE_LIMITS_VOTER = values("VOTE_LIMITS_VOTER", ["20/60", "200/3600"], WINDOW)

# A poll with at most this many ballots may be recounted while a page waits, when the counting service is away.
RECOUNT_ON_READ_LIMIT: int = env.int("RECOUNT_ON_READ_LIMIT", 20_000, validate=validate.Range(min=0))
# Open live streams one web process holds before it answers 503 and the page fetches instead.
LIVE_STREAMS: int = env.int("LIVE_STREAMS", 2_000, validate=AT_LEAST_ONE)
# Requests one web process answers at once, each with a database connection of its own.
WEB_THREADS: int = env.int("WEB_THREADS", 8, validate=AT_LEAST_ONE)
# Where mails are handed over; without it each is written to a file in VAR/mail.
mail_server: dict[str, Any] = env.mail_url("EMAIL_URL", "")
DEFAULT_FROM_EMAIL: str = env.str(
    "DEFAULT_FROM_EMAIL",
    "noreply@localhost",
    validate=validate.Regexp(r"[^\r\n]+@[^\r\n]+\Z", error="Not an email address."),
)
# Set by `make run` on this machine's own address, and refused by `check --deploy`.
WITHOUT_SECOND_FACTOR: bool = env.bool("WITHOUT_SECOND_FACTOR", False)

env.seal()

SECURE = BASE_URL.startswith("https://")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "polls_site.urls"
WSGI_APPLICATION = "polls_site.wsgi.application"

INSTALLED_APPS = [
    "polls_site.durability.Durability",
    # Before ours, which take their pages of accounts out of the admin.
    "django.contrib.auth",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "modeltrans",
    "polls",
    "articles",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_prose_editor",
    "simple_history",
    "django.contrib.admin",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.syndication",
    "django.contrib.humanize",
]

MIDDLEWARE = [
    "polls_site.headers.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "polls_site.headers.DatabaseAway",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "polls_site.languages.LanguageAndZone",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "articles.sessions.StaffSessions",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "articles.publication.context",
            ],
        },
    }
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

DATABASES = {
    "default": {
        **database,
        # Each thread keeps its connection. A pool would answer later when PostgreSQL is away, and come back later.
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            **database.get("OPTIONS", {}),
            "connect_timeout": 3,
            # A server whose machine or network is gone says nothing: over TCP it is given up after some ten seconds.
            "tcp_user_timeout": 10_000,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            # A vote is acknowledged only when it is on disk, and no wait is without a limit.
            "options": "-c synchronous_commit=on -c lock_timeout=2s -c statement_timeout=10s"
            " -c idle_in_transaction_session_timeout=30s",
        },
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cache",
        "OPTIONS": {"socket_timeout": 0.25, "socket_connect_timeout": 0.25},
    },
    # Ready pages, a second old at most (`polls/pages.py`): in the process, so that they need no Redis.
    "pages": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "pages"},
}

# Celery: tasks carry ids only and may run never, once or twice; the count is rebuilt from the ballots each time.
CELERY_BROKER_URL = BROKER_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 60
CELERY_TASK_SOFT_TIME_LIMIT = 50
CELERY_TASK_ACKS_ON_FAILURE_OR_TIMEOUT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 180,
    "socket_connect_timeout": 3,
    "socket_keepalive": True,
    "health_check_interval": 10,
}
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    # A tick that was not picked up within two seconds is worth nothing: the next one does its work.
    "tick": {"task": "polls.tasks.tick", "schedule": 1.0, "options": {"expires": 2}},
    "sweep": {"task": "polls.tasks.sweep", "schedule": 10.0, "options": {"expires": 10}},
    "verify": {"task": "polls.tasks.verify", "schedule": 600.0, "options": {"expires": 300}},
    "purge": {"task": "polls.tasks.purge", "schedule": 86_400.0, "options": {"expires": 3600}},
    "deliveries": {"task": "articles.tasks.go_through_deliveries", "schedule": 10.0, "options": {"expires": 10}},
    "renditions": {"task": "articles.tasks.sweep_renditions", "schedule": 60.0, "options": {"expires": 60}},
}

FORMAT_MODULE_PATH = ["polls_site.formats"]
LOCALE_PATHS = [ROOT / "polls_site" / "locale"]
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", "English"),
    ("ru", "Русский"),
    ("fr", "Français"),
    ("es", "Español"),
    ("de", "Deutsch"),
    ("ar", "العربية"),
    ("zh-hans", "简体中文"),
]
# The fields of a row hold what was written, in the language of the publication, whichever it is; so there can be a
# translation into any language, into that of the program too.
MODELTRANS_DEFAULT_LANGUAGE = "original"
MODELTRANS_AVAILABLE_LANGUAGES = tuple(code for code, _ in LANGUAGES)
MODELTRANS_CREATE_GIN = False
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR / "media"
STORAGES = {
    # A file's name is the digest of its bytes: written again it is the same file.
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"allow_overwrite": True},
    },
    "staticfiles": {"BACKEND": "polls_site.staticfiles.HashedStaticFiles"},
}
WHITENOISE_MAX_AGE = 300

# Where image questions find their pictures (`polls/pictures.py`).
POLLS_PICTURES = "articles.library.pictures_for_polls"

# Over https bound to this very host, as the voter's cookie is.
HOST_ONLY = "__Host-" if SECURE else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{HOST_ONLY}sessionid", f"{HOST_ONLY}csrftoken"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [f"{urlsplit(BASE_URL).scheme}://{urlsplit(BASE_URL).netloc}"] if BASE_URL else []
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE and TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
X_FRAME_OPTIONS = "DENY"  # for old browsers; others go by the `frame-ancestors` of the Content-Security-Policy
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # a survey of two hundred questions in one form

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL, LOGIN_REDIRECT_URL, LOGOUT_REDIRECT_URL = "account_login", "admin:index", "account_login"
SESSION_COOKIE_AGE = 12 * 3600  # as long as a session lasts at most (`articles/sessions.py`)
ACCOUNT_ADAPTER, MFA_ADAPTER = "articles.accounts.Accounts", "articles.accounts.SecondFactors"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_EMAIL_VERIFICATION = "none"  # an invitation reaches its address, or its link is handed over
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_METHODS = {"password", "mfa"}
# Guesses of a password or a code: of a network, and of an account from wherever. Counted in the cache; without it
# nobody signs in (decisions.md).
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key,20/h/key", "invitation": "20/m/ip"}
ACCOUNT_FORMS = {
    "login": "articles.accounts.SignIn",
    "change_password": "articles.accounts.ChangedPassword",
    "reset_password_from_key": "articles.accounts.NewPassword",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # clocks of telephones: the code before and the code after are right, too
MFA_FORMS = {
    "activate_totp": "articles.accounts.NewApp",
    "authenticate": "articles.accounts.Code",
    "reauthenticate": "articles.accounts.CodeAgain",
    "authenticate_webauthn": "articles.accounts.Passkey",
    "reauthenticate_webauthn": "articles.accounts.PasskeyAgain",
    "login_webauthn": "articles.accounts.PasskeyAlone",
    "add_webauthn": "articles.accounts.NewPasskey",
    "edit_webauthn": "articles.accounts.RenamedPasskey",
}

EMAIL_TIMEOUT = 10
if not mail_server:
    EMAIL_BACKEND = "articles.mail.ToFiles"
else:
    EMAIL_HOST, EMAIL_PORT = mail_server["host"], mail_server["port"]
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = mail_server["user"], mail_server["password"]
    EMAIL_USE_SSL, EMAIL_USE_TLS = mail_server["ssl"], mail_server["tls"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    # Every reader's first vote is answered with 428, and 404 is no news: what is ours to mend begins at 500.
    "loggers": {"django.request": {"level": "ERROR"}},
}
