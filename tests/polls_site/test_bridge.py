"""Django's WSGI side behind the bridge, driven as an ASGI server drives it."""

from __future__ import annotations

import asyncio
import io
import threading
import time

import pytest
from django.core.cache import caches
from django.core.handlers.wsgi import WSGIRequest
from django.http import FileResponse, HttpResponse

from polls_site import bridge
from polls_site.bridge import Bridge

MEGABYTE = 1 << 20
LIMITS = {"/": 1000, "/admin/": 8 * MEGABYTE}


class Exchange:
    """One request to an ASGI application: what was asked, what came back."""

    def __init__(self, application, path="/", *, method="GET", headers=(), body=(), **scope):
        if isinstance(body, bytes):
            headers, body = [*headers, ("content-length", str(len(body)))], [body]
        self.application = application
        self.scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "query_string": b"",
            "client": ("203.0.113.7", "1"),
            "server": ("reader.example", "8000"),
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
            **scope,
        }
        self.parts = list(body)
        self.pause = 0.0
        self.leaves_after = None  # messages taken before the client leaves
        self.status, self.headers, self.body, self.complete = 0, [], b"", False
        self.messages = 0

    async def receive(self):
        await asyncio.sleep(self.pause)
        if self.parts:
            return {"type": "http.request", "body": self.parts.pop(0), "more_body": bool(self.parts)}
        while self.leaves_after is None or self.messages < self.leaves_after:
            await asyncio.sleep(0.001)
        return {"type": "http.disconnect"}

    async def send(self, message):
        await asyncio.sleep(0)
        self.messages += 1
        if message["type"] == "http.response.start":
            assert not self.status
            self.status, self.headers = message["status"], message["headers"]
        else:
            assert self.status
            self.body += message["body"]
            self.complete = not message["more_body"]

    async def run(self):
        await asyncio.wait_for(self.application(self.scope, self.receive, self.send), 120)
        return self


def ask(application, path="/", **options):
    """One exchange with a WSGI application behind a bridge."""
    return asyncio.run(Exchange(Bridge(application, threads=2, body_bytes=LIMITS), path, **options).run())


class Echo:
    """A WSGI application that keeps what it was asked and answers with Django's own response objects."""

    def __init__(self, answer=lambda: HttpResponse(b"ok"), headers=()):
        self.answer, self.extra = answer, list(headers)
        self.environ, self.body, self.closed_in, self.ran_in = {}, b"", None, None

    def __call__(self, environ, start_response):
        self.environ = dict(environ)  # WSGIRequest changes it
        self.body = WSGIRequest(environ).read()
        self.ran_in = threading.current_thread()
        response = self.answer()
        before = response.close

        def close():
            self.closed_in = threading.current_thread()
            before()

        response.close = close
        start_response(f"{response.status_code} {response.reason_phrase}", [*response.items(), *self.extra])
        return response


def test_an_answer_arrives_with_status_and_headers():
    echo = Echo(lambda: HttpResponse("gone", status=410), headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    exchange = ask(echo)
    assert (exchange.status, exchange.body, exchange.complete) == (410, b"gone", True)
    assert exchange.headers == [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"set-cookie", b"a=1"),
        (b"set-cookie", b"b=2"),
    ]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_request_without_a_body_has_an_empty_one(method):
    echo = Echo()
    assert ask(echo, method=method, body=[b""]).status == 200
    assert (echo.environ["REQUEST_METHOD"], echo.body) == (method, b"")


def test_the_thread_sees_the_request_as_under_any_wsgi_server():
    echo = Echo()
    headers = [("host", "reader.example:8000"), ("content-type", "text/plain"), ("accept-language", "ru")]
    ask(echo, "/polls/é/", method="POST", headers=headers, body=b"x=1", query_string=b"a=%C3%A9&b", scheme="https")
    expected = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/polls/\u00c3\u00a9/",
        "QUERY_STRING": "a=%C3%A9&b",
        "SERVER_NAME": "reader.example",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "203.0.113.7",
        "HTTP_HOST": "reader.example:8000",
        "HTTP_ACCEPT_LANGUAGE": "ru",
        "CONTENT_TYPE": "text/plain",
        "CONTENT_LENGTH": "3",
        "wsgi.url_scheme": "https",
    }
    assert {name: echo.environ[name] for name in expected} == expected
    assert echo.body == b"x=1"
    assert WSGIRequest(echo.environ).path == "/polls/é/"


def test_bytes_of_a_path_that_are_no_text_arrive_as_they_were_sent():
    echo = Echo()
    ask(echo, "/a\ufffdb", raw_path=b"/a%ffb")
    assert echo.environ["PATH_INFO"] == "/a\xffb"


def test_a_percent_sign_in_a_path_is_not_decoded_twice():
    for scope in ({}, {"raw_path": b"/a%2541"}):
        echo = Echo()
        ask(echo, "/a%41", **scope)
        assert echo.environ["PATH_INFO"] == "/a%41"


def test_on_a_unix_socket_there_is_no_client_address():
    echo = Echo()
    ask(echo, client=None, server=None)
    assert (echo.environ["REMOTE_ADDR"], echo.environ["SERVER_NAME"]) == ("", "localhost")


def test_a_prefix_of_the_server_is_the_script_name():
    echo = Echo()
    ask(echo, "/site/polls/", root_path="/site")
    assert (echo.environ["SCRIPT_NAME"], echo.environ["PATH_INFO"]) == ("/site", "/polls/")


def test_header_names_with_an_underscore_are_dropped():
    echo = Echo()
    ask(echo, headers=[("x_forwarded_for", "1.1.1.1"), ("x-forwarded_for", "2.2.2.2"), ("content_length", "9")])
    assert [name for name in echo.environ if "FORWARDED" in name or name == "CONTENT_LENGTH"] == []


def test_a_header_sent_twice_is_one_list_in_order_and_cookies_are_one_cookie_header():
    echo = Echo()
    names = [("x-forwarded-for", "1.1.1.1"), ("cookie", "a=1"), ("x-forwarded-for", "2.2.2.2"), ("cookie", "b=2")]
    ask(echo, headers=names)
    assert echo.environ["HTTP_X_FORWARDED_FOR"] == "1.1.1.1,2.2.2.2"
    assert WSGIRequest(echo.environ).COOKIES == {"a": "1", "b": "2"}


def test_a_header_cannot_take_the_place_of_another_variable():
    echo = Echo()
    ask(echo, headers=[("remote-addr", "1.1.1.1"), ("wsgi.url-scheme", "https"), ("script-name", "/x")])
    assert (echo.environ["REMOTE_ADDR"], echo.environ["wsgi.url_scheme"], echo.environ["SCRIPT_NAME"]) == (
        "203.0.113.7",
        "http",
        "",
    )


def test_a_body_of_five_megabytes_in_pieces_arrives_whole():
    echo = Echo()
    pieces = [bytes([n]) * 65_536 for n in range(80)]
    exchange = ask(echo, "/admin/upload/", method="POST", body=pieces)
    assert exchange.status == 200
    assert echo.body == b"".join(pieces)
    assert echo.environ["CONTENT_LENGTH"] == str(5 * MEGABYTE)


def test_a_body_without_a_length_can_be_read_by_django():
    echo = Echo()
    ask(echo, method="POST", headers=[("transfer-encoding", "chunked")], body=[b"a=", b"1"])
    assert echo.body == b"a=1"


def test_a_body_shorter_than_announced_has_the_length_that_arrived():
    echo = Echo()
    ask(echo, method="POST", headers=[("content-length", "900")], body=[b"abc"])
    assert (echo.body, echo.environ["CONTENT_LENGTH"]) == (b"abc", "3")


@pytest.mark.parametrize(
    ("path", "length", "status"),
    [
        ("/polls/a/vote/", 1000, 200),
        ("/polls/a/vote/", 1001, 413),
        ("/administrator/", 1001, 413),
        ("/admin/x/", 1001, 200),
        ("/admin/x/", 8 * MEGABYTE + 1, 413),
        ("*", 1, 413),
    ],
)
@pytest.mark.parametrize("announced", [True, False])
def test_a_body_larger_than_its_path_allows_never_reaches_django(path, length, status, announced):
    echo = Echo()
    exchange = ask(echo, path, method="POST", body=b"x" * length if announced else [b"x" * length])
    assert (exchange.status, exchange.complete) == (status, True)
    assert bool(echo.environ) == (status == 200)


def test_a_body_announced_too_large_is_refused_before_it_is_read():
    exchange = Exchange(Bridge(Echo(), threads=1, body_bytes=LIMITS), method="POST", body=b"x" * 1001)
    asyncio.run(exchange.run())
    assert (exchange.status, len(exchange.parts)) == (413, 1)


def test_a_body_that_trickles_in_is_given_up(monkeypatch):
    monkeypatch.setattr(bridge, "BODY_SECONDS", 0.1)
    echo = Echo()
    exchange = Exchange(Bridge(echo, threads=1, body_bytes=LIMITS), method="POST", body=[b"x"] * 900)
    exchange.pause = 0.01
    asyncio.run(exchange.run())
    assert (exchange.status, echo.environ) == (408, {})


def test_where_large_bodies_may_come_they_may_take_longer(monkeypatch):
    monkeypatch.setattr(bridge, "BODY_SECONDS", 0.01)
    monkeypatch.setattr(bridge, "SLOWEST", 50)
    echo = Echo()
    exchange = Exchange(Bridge(echo, threads=1, body_bytes=LIMITS), method="POST", body=[b"x"] * 30)
    exchange.pause = 0.01
    asyncio.run(exchange.run())
    assert exchange.status == 200


def test_a_client_who_leaves_within_the_body_never_reaches_django():
    echo = Echo()
    exchange = Exchange(Bridge(echo, threads=1, body_bytes=LIMITS), method="POST", headers=[("content-length", "9")])
    exchange.leaves_after = 0
    asyncio.run(exchange.run())
    assert (exchange.status, echo.environ) == (0, {})


def test_head_gets_the_headers_and_no_body():
    echo = Echo(lambda: HttpResponse(b"body", headers={"Content-Length": "4"}))
    exchange = ask(echo, method="HEAD")
    assert (exchange.status, exchange.body, exchange.complete) == (200, b"", True)
    assert (b"content-length", b"4") in exchange.headers
    assert echo.closed_in is not None


@pytest.mark.parametrize("size", [0, 1, MEGABYTE, MEGABYTE + 1, 5 * MEGABYTE + 17])
def test_a_file_arrives_whole(size):
    content = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    exchange = ask(Echo(lambda: FileResponse(io.BytesIO(content))))
    assert (exchange.status, exchange.complete) == (200, True)
    assert exchange.body == content


def test_a_long_answer_is_sent_in_pieces_and_not_held_whole():
    made = []

    def pieces():
        for n in range(64):
            made.append(n)
            yield b"x" * (MEGABYTE // 4)

    echo = Echo(lambda: FileResponse(pieces()))
    exchange = ask(echo)
    assert len(exchange.body) == 16 * MEGABYTE
    assert exchange.messages > 10


def test_an_answer_is_closed_in_the_thread_that_made_it():
    for answer in (HttpResponse, lambda: FileResponse(io.BytesIO(b"x" * 3 * MEGABYTE))):
        echo = Echo(answer)
        ask(echo)
        assert echo.closed_in is echo.ran_in
        assert echo.ran_in is not threading.main_thread()


def test_after_the_client_left_nothing_more_is_made_and_the_answer_is_closed():
    made = []

    def pieces():
        for n in range(1_000):
            made.append(n)
            yield b"x" * MEGABYTE

    echo = Echo(lambda: FileResponse(pieces()))
    exchange = Exchange(Bridge(echo, threads=1, body_bytes=LIMITS))
    exchange.leaves_after = 3
    asyncio.run(exchange.run())
    assert len(made) < 100
    assert echo.closed_in is echo.ran_in
    assert not exchange.complete


def test_a_reader_who_takes_nothing_does_not_hold_a_thread_for_ever(monkeypatch):
    monkeypatch.setattr(bridge, "CHUNK_SECONDS", 0.1)
    echo = Echo(lambda: FileResponse(io.BytesIO(b"x" * 8 * MEGABYTE)))
    exchange = Exchange(Bridge(echo, threads=1, body_bytes=LIMITS))

    async def never(message):
        await asyncio.Event().wait()

    exchange.send = never  # type: ignore[method-assign]
    asyncio.run(exchange.run())
    assert echo.closed_in is echo.ran_in


def test_an_error_before_the_answer_is_a_500_in_words_without_its_reason(caplog):
    def broken(environ, start_response):
        raise RuntimeError("the secret reason")

    exchange = ask(broken, "/broken/")
    assert (exchange.status, exchange.complete) == (500, True)
    assert b"secret" not in exchange.body
    assert "GET /broken/ failed" in caplog.text


def test_an_error_within_a_short_answer_is_a_500_and_within_a_long_one_cuts_it():
    def breaking(pieces):
        def make():
            yield from [b"x" * MEGABYTE] * pieces
            raise RuntimeError("half way")

        return Echo(lambda: FileResponse(make()))

    short, long = ask(breaking(1)), ask(breaking(3))
    assert (short.status, short.complete) == (500, True)
    assert (long.status, long.complete) == (200, False)


def test_no_more_requests_run_at_once_than_there_are_threads():
    running, most = 0, 0
    lock, three = threading.Lock(), threading.Barrier(3)

    def slow(environ, start_response):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        three.wait(60)  # nobody goes on before there are as many as there can be
        time.sleep(0.01)
        with lock:
            running -= 1
        start_response("200 OK", [])
        return [b"ok"]

    async def many():
        application = Bridge(slow, threads=3, body_bytes=LIMITS)
        return await asyncio.gather(*(Exchange(application).run() for _ in range(30)))

    assert {exchange.status for exchange in asyncio.run(many())} == {200}
    assert most == 3


def test_a_thread_keeps_what_it_holds_in_context_from_one_request_to_the_next():
    seen = set()

    def application(environ, start_response):
        seen.add(id(caches["default"]))
        start_response("200 OK", [])
        return [b""]

    async def many():
        site = Bridge(application, threads=1, body_bytes=LIMITS)
        for _ in range(5):
            await Exchange(site).run()

    asyncio.run(many())
    assert len(seen) == 1
