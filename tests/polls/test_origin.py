"""Whose page sent a POST."""

from __future__ import annotations

import pytest
from django.core.exceptions import DisallowedHost
from django.test import RequestFactory, override_settings

from polls.origin import Origin, judge

OWN, FOREIGN, UNKNOWN = Origin.OWN, Origin.FOREIGN, Origin.UNKNOWN
HERE = "http://reader.example"


def judged(site=None, origin=None, host="reader.example", secure=False):
    headers = {"Host": host, "Sec-Fetch-Site": site, "Origin": origin}
    given = {name: value for name, value in headers.items() if value is not None}
    request = RequestFactory().post("/polls/capital/vote/", secure=secure, headers=given)
    with override_settings(ALLOWED_HOSTS=["*"]):
        return judge(request)


MATRIX = {  # Sec-Fetch-Site: (Origin absent, own, foreign, null)
    None: (UNKNOWN, OWN, FOREIGN, FOREIGN),
    "same-origin": (OWN, OWN, FOREIGN, OWN),
    "none": (UNKNOWN, UNKNOWN, FOREIGN, UNKNOWN),
    "same-site": (FOREIGN, FOREIGN, FOREIGN, FOREIGN),
    "cross-site": (FOREIGN, FOREIGN, FOREIGN, FOREIGN),
    "": (UNKNOWN, OWN, FOREIGN, FOREIGN),
    "junk": (UNKNOWN, OWN, FOREIGN, FOREIGN),
    "SAME-ORIGIN": (UNKNOWN, OWN, FOREIGN, FOREIGN),
    "same-origin, same-origin": (UNKNOWN, OWN, FOREIGN, FOREIGN),
}


@pytest.mark.parametrize("site", MATRIX)
def test_every_pair_of_headers_has_one_answer(site):
    origins = (None, HERE, "http://other.example", "null")
    assert tuple(judged(site, origin) for origin in origins) == MATRIX[site]


@pytest.mark.parametrize(
    ("host", "secure", "origin", "expected"),
    [
        ("reader.example", False, "http://reader.example:80", OWN),
        ("reader.example:80", False, "http://reader.example", OWN),
        ("reader.example", True, "https://reader.example:443", OWN),
        ("reader.example:8000", False, "http://reader.example:8000", OWN),
        ("Reader.Example", False, "HTTP://READER.example", OWN),
        ("[::1]:8000", False, "http://[::1]:8000", OWN),
        ("[0:0:0:0:0:0:0:1]:8000", False, "http://[::1]:8000", OWN),
        ("[2001:DB8::7]", False, "http://[2001:db8:0::7]", OWN),
        ("192.168.1.20:8000", False, "http://192.168.1.20:8000", OWN),
        ("reader.example", True, "http://reader.example", FOREIGN),
        ("reader.example", False, "https://reader.example", FOREIGN),
        ("reader.example:8000", False, "http://reader.example:8001", FOREIGN),
        ("reader.example:8000", False, "http://reader.example", FOREIGN),
        ("reader.example", False, "http://sub.reader.example", FOREIGN),
        ("reader.example", False, "http://reader.example.evil.example", FOREIGN),
        ("reader.example", False, "http://evilreader.example", FOREIGN),
        ("reader.example", False, "http://reader.example.", FOREIGN),
        ("[::1]", False, "http://[::2]", FOREIGN),
        ("192.168.1.20", False, "http://[::ffff:192.168.1.20]", FOREIGN),
    ],
)
def test_origin_must_be_this_scheme_host_and_port(host, secure, origin, expected):
    assert judged(None, origin, host, secure) is expected
    assert judged("same-origin", origin, host, secure) is expected


JUNK = [
    "reader.example",
    "//reader.example",
    "http:reader.example",
    "http://",
    "http://reader.example@evil.example",
    "http://user@reader.example",
    "http://reader.example/path",
    "http://reader.example?query",
    "http://reader.example#part",
    "http://reader.example:port",
    "http://reader.example:",
    "http://reader.example:8o",
    "http://reader.example http://evil.example",
    "http://reader.example, http://reader.example",
    "http://read\ter.example",
    "http://reader.example\\@evil.example",
    "http://ｒeader.example",
    "http://[::1",
    "http://[zz]",
    "http://[1:2:3]",
    "ftp://reader.example",
    "javascript:alert(1)",
    "NULL",
    "Null",
    "*",
    "http://reader.example" + "/" * 10_000,
]


@pytest.mark.parametrize("origin", JUNK)
def test_what_no_browser_sends_as_an_origin_is_foreign(origin):
    assert judged(None, origin) is FOREIGN
    assert judged("same-origin", origin) is FOREIGN


def test_an_origin_beyond_reading_never_equals_a_host_beyond_reading():
    assert judged(None, "http://[zz]", host="[1:2:3]") is FOREIGN


@override_settings(BASE_URL="https://reader.example/")
def test_behind_a_proxy_the_public_address_counts_not_the_scheme_of_the_inner_hop():
    assert judged(None, "https://reader.example", host="inner:8000") is OWN
    assert judged(None, "http://inner:8000", host="inner:8000") is FOREIGN


def test_a_host_that_is_not_ours_is_refused_by_django():
    request = RequestFactory().post("/", headers={"Host": "evil.example", "Origin": "http://evil.example"})
    with override_settings(ALLOWED_HOSTS=["reader.example"]), pytest.raises(DisallowedHost):
        judge(request)
