"""Which video or sound a link leads to, and who plays it: nothing is loaded from there before a reader asks for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, quote, urlencode, urlsplit

# The hosts whose players may stand in a page. The public Content-Security-Policy is made of these very names.
FRAME_HOSTS = (
    "www.youtube-nocookie.com",
    "player.vimeo.com",
    "geo.dailymotion.com",
    "w.soundcloud.com",
)
SOUND, VIDEO = ("mp3", "ogg", "oga", "m4a"), ("mp4", "webm")


@dataclass(frozen=True)
class Player:
    """`page` is the one address under which the recording is kept, `source` what plays it, from `host`."""

    kind: str  # "frame", "video" or "audio"
    source: str
    page: str

    @property
    def host(self) -> str:
        """Whom a reader's browser talks to once it plays."""
        return urlsplit(self.source).hostname or ""


def player(link: str) -> Player | None:
    """Who plays what a link leads to; None where no player of ours does."""
    try:
        address = urlsplit(link.strip())
        host, port = (address.hostname or "").removeprefix("www.").removeprefix("m."), address.port
    except ValueError:
        return None
    if address.scheme != "https" or port or address.username or address.password or not host:
        return None
    return HOSTS.get(host, _file)(address)


def _youtube(address: SplitResult) -> Player | None:
    parts = address.path.strip("/").split("/")
    if address.hostname and address.hostname.endswith("youtu.be"):
        name = parts[0]
    elif parts[0] == "watch":
        name = parse_qs(address.query).get("v", [""])[0]
    else:
        name = parts[1] if len(parts) == 2 and parts[0] in ("embed", "shorts", "live", "v") else ""
    if not re.fullmatch(r"[-_A-Za-z0-9]{11}", name):
        return None
    return Player(
        "frame",
        f"https://www.youtube-nocookie.com/embed/{name}?autoplay=1",
        f"https://www.youtube.com/watch?v={name}",
    )


def _vimeo(address: SplitResult) -> Player | None:
    found = re.fullmatch(r"/(?:video/)?([0-9]{4,12})(?:/([0-9a-f]{6,20}))?/?", address.path)
    if not found:
        return None
    secret = found[2] or parse_qs(address.query).get("h", [""])[0]
    secret = secret if re.fullmatch(r"[0-9a-f]{6,20}", secret) else ""
    options = {"autoplay": "1", "dnt": "1", **({"h": secret} if secret else {})}
    page = f"https://vimeo.com/{found[1]}" + (f"/{secret}" if secret else "")
    return Player("frame", f"https://player.vimeo.com/video/{found[1]}?{urlencode(options)}", page)


def _dailymotion(address: SplitResult) -> Player | None:
    found = re.fullmatch(r"(?:/embed)?(?:/video)?/([A-Za-z0-9]{5,12})/?", address.path)
    if not found:
        return None
    return Player(
        "frame",
        f"https://geo.dailymotion.com/player.html?video={found[1]}",
        f"https://www.dailymotion.com/video/{found[1]}",
    )


def _soundcloud(address: SplitResult) -> Player | None:
    if not re.fullmatch(r"/[-_A-Za-z0-9]+/(?:sets/)?[-_A-Za-z0-9]+/?", address.path):
        return None
    page = f"https://soundcloud.com{address.path.rstrip('/')}"
    return Player("frame", f"https://w.soundcloud.com/player/?url={quote(page, safe='')}&auto_play=true", page)


def _file(address: SplitResult) -> Player | None:
    """A sound or video file itself, wherever it lies."""
    ending = address.path.rpartition(".")[2].lower()
    page = address._replace(fragment="").geturl()
    if ending in SOUND:
        return Player("audio", page, page)
    return Player("video", page, page) if ending in VIDEO else None


HOSTS: dict[str, Callable[[SplitResult], Player | None]] = {
    "youtube.com": _youtube,
    "youtu.be": _youtube,
    "youtube-nocookie.com": _youtube,
    "music.youtube.com": _youtube,
    "vimeo.com": _vimeo,
    "player.vimeo.com": _vimeo,
    "dailymotion.com": _dailymotion,
    "dai.ly": _dailymotion,
    "soundcloud.com": _soundcloud,
}
