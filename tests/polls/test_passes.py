"""The pass that opens figures after voting."""

from __future__ import annotations

import re

import pytest
from django.test import override_settings

from polls import passes

OLD, NEW = "an old key of more than thirty-two letters", "a new key of more than thirty-two letters"


def test_a_pass_opens_its_own_poll():
    assert passes.valid("capital", passes.issue("capital")) is True


def test_a_pass_opens_no_other_poll():
    assert passes.valid("capital", passes.issue("river")) is False


def test_a_pass_is_the_same_for_everybody_so_that_its_address_can_be_cached():
    assert passes.issue("capital") == passes.issue("capital")


def test_a_pass_needs_no_escaping_in_an_address():
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", passes.issue(f"poll-{n}")) for n in range(200))


@pytest.mark.parametrize("value", ["", " ", "x", "é" * 22, "\0", "A" * 10_000])
def test_junk_is_no_pass(value):
    assert passes.valid("capital", value) is False


def test_a_pass_cut_or_lengthened_is_no_pass():
    issued = passes.issue("capital")
    assert [passes.valid("capital", value) for value in (issued[:-1], issued + "A", issued + "=")] == [False] * 3


def test_a_pass_outlives_a_rotation_of_the_key_while_the_former_key_is_named():
    with override_settings(SECRET_KEY=OLD):
        issued = passes.issue("capital")
    with override_settings(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=["another", OLD]):
        assert passes.valid("capital", issued) is True
        assert passes.issue("capital") != issued
    with override_settings(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[]):
        assert passes.valid("capital", issued) is False
