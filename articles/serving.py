"""Pictures and files as readers fetch them: `/media/…`, under names that never change their content.

At scale nginx gives them out by the same rules.
"""

from __future__ import annotations

import re
from typing import Any, cast

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_safe

TYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
# The names that `articles/intake.py` and `articles/renditions.py` give, and no others: no way leads out of the folder.
NAME = re.compile(r"(pictures|renditions|documents)/([0-9a-f]{32}(?:-[0-9]{1,5})?)\.([a-z]{3,4})", re.ASCII)
RANGE = re.compile(r"bytes=([0-9]{0,12})-([0-9]{0,12})", re.ASCII)
YEAR = 31_536_000


@require_safe
def media(request: HttpRequest, name: str) -> HttpResponse:
    """One stored file, or 404; conditional and in parts where it is asked for so."""
    found = NAME.fullmatch(name)
    if not found or found[3] not in TYPES:
        raise Http404
    tag = f'"{found[2]}"'
    if request.headers.get("If-None-Match") in (tag, f"W/{tag}", "*"):
        return _with_headers(HttpResponseNotModified(), found, tag)
    try:
        stream: Any = default_storage.open(name)
        length = stream.size
    except FileNotFoundError as error:
        raise Http404 from error
    return _with_headers(_answer(request, stream, length, tag), found, tag)


def _answer(request: HttpRequest, stream: Any, length: int, tag: str) -> HttpResponse:
    asked = RANGE.fullmatch(request.headers.get("Range", ""))
    if not asked or not any(asked.groups()) or request.headers.get("If-Range", tag) != tag:
        answer: Any = FileResponse(stream)
        answer["Content-Length"] = str(length)
        return cast(HttpResponse, answer)
    first, last = _span(asked[1], asked[2], length)
    if first > last:
        stream.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{length}"})
    stream.seek(first)
    with stream:
        body = stream.read(last - first + 1)
    return HttpResponse(body, status=206, headers={"Content-Range": f"bytes {first}-{last}/{length}"})


def _span(first: str, last: str, length: int) -> tuple[int, int]:
    """The bytes from and to, both included, of "500-999", "500-" or "-500" (the last five hundred)."""
    if not first:
        return max(0, length - int(last)), length - 1 if int(last) else -1
    return int(first), min(int(last) if last else length, length - 1)


def _with_headers(answer: HttpResponse, name: re.Match[str], tag: str) -> HttpResponse:
    answer["Content-Type"] = TYPES[name[3]]
    answer["ETag"] = tag
    answer["Accept-Ranges"] = "bytes"
    answer["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    # Even where a browser took it for a page, it could do nothing.
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["X-Content-Type-Options"] = "nosniff"
    if name[1] == "documents":
        answer["Content-Disposition"] = "attachment"
    return answer
