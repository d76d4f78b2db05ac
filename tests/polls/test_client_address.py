"""The network a request comes from."""

from __future__ import annotations

import pytest
from django.test import RequestFactory, override_settings

from polls import client_address

SPOOFABLE = [
    "X-Forwarded-For",
    "X-Real-IP",
    "Forwarded",
    "CF-Connecting-IP",
    "True-Client-IP",
    "Client-IP",
    "X-Client-IP",
    "X-Cluster-Client-IP",
]


def network(peer, headers=None):
    return client_address.network_of(RequestFactory(REMOTE_ADDR=peer).post("/", headers=headers or {}))


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("203.0.113.7", "203.0.113.7/32"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7/32"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unix"),
    ],
)
def test_the_network_is_an_ipv4_address_or_an_ipv6_64(peer, expected):
    assert network(peer) == expected


@pytest.mark.parametrize("header", SPOOFABLE)
@pytest.mark.parametrize("peer", ["203.0.113.7", "2001:db8::1", "127.0.0.1", ""])
@pytest.mark.parametrize("value", ["198.51.100.1", "2001:db8:ff::1", "for=198.51.100.1", "junk", "1.1.1.1," * 1000])
def test_no_header_changes_anything_when_the_peer_is_not_trusted(header, peer, value):
    assert network(peer, {header: value}) == network(peer)


@override_settings(TRUSTED_PROXIES=["10.0.0.1"])
@pytest.mark.parametrize("header", SPOOFABLE[1:])
def test_a_trusted_peer_is_believed_in_one_header_only(header):
    assert network("10.0.0.1", {header: "198.51.100.1"}) == "10.0.0.1/32"


@override_settings(TRUSTED_PROXIES=["10.0.0.0/8", "2001:db8:aa::/48"])
@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ("198.51.100.1", "198.51.100.1/32"),
        ("1.1.1.1, 198.51.100.1", "198.51.100.1/32"),
        ("1.1.1.1, 198.51.100.1, 10.2.0.9", "198.51.100.1/32"),
        ("1.1.1.1,198.51.100.1,2001:db8:aa::7,10.2.0.9", "198.51.100.1/32"),
        ("junk, 198.51.100.1", "198.51.100.1/32"),
        (", 198.51.100.1", "198.51.100.1/32"),
        ("1.1.1.1," * 1000 + "198.51.100.1", "198.51.100.1/32"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2:3::4]:443", "2001:db8:1:2::/64"),
        ("198.51.100.1:5678", "198.51.100.1/32"),
        ("::ffff:198.51.100.1", "198.51.100.1/32"),
        ("10.3.3.3, 10.2.0.9", "10.3.3.3/32"),
        ("", "10.0.0.1/32"),
        ("junk", "10.0.0.1/32"),
        ("198.51.100.1, junk", "10.0.0.1/32"),
        ("198.51.100.1,", "10.0.0.1/32"),
        ("198.51.100.1, unknown, 10.2.0.9", "10.0.0.1/32"),
        ("198.51.100.256", "10.0.0.1/32"),
        ("for=198.51.100.1", "10.0.0.1/32"),
    ],
)
def test_behind_trusted_proxies_the_address_is_counted_from_the_right(forwarded, expected):
    assert network("10.0.0.1", {"X-Forwarded-For": forwarded}) == expected


@override_settings(TRUSTED_PROXIES=["10.0.0.1"], CLIENT_ADDRESS_HEADER="X-Real-IP")
def test_the_operator_names_the_header():
    headers = {"X-Real-IP": "198.51.100.1", "X-Forwarded-For": "198.51.100.2"}
    assert network("10.0.0.1", headers) == "198.51.100.1/32"


@override_settings(TRUSTED_PROXIES=["unix"])
def test_a_peer_on_a_unix_socket_can_be_trusted_by_name():
    assert network("", {"X-Forwarded-For": "1.1.1.1, 198.51.100.1"}) == "198.51.100.1/32"
    assert network("", {"X-Forwarded-For": "junk"}) == "unix"
    assert network("203.0.113.7", {"X-Forwarded-For": "198.51.100.1"}) == "203.0.113.7/32"


@override_settings(TRUSTED_PROXIES=["10.0.0.1"])
def test_a_trusted_address_grants_nothing_to_the_unix_socket():
    assert network("", {"X-Forwarded-For": "198.51.100.1"}) == "unix"
