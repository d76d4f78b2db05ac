"""Accents: which can be read, what is proposed instead, and what they become by night."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles import colours

any_colour = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21.0), ("#ffffff", "#ffffff", 1.0), ("#767676", "#ffffff", 4.54)]
)
def test_the_contrast_is_that_of_the_guidelines(one, other, ratio):
    assert round(colours.contrast(one, other), 2) == ratio
    assert colours.contrast(other, one) == colours.contrast(one, other)


@given(any_colour)
def test_what_is_proposed_for_any_colour_can_be_read_and_is_the_colour_itself_where_that_can(colour):
    proposed = colours.nearest_that_reads(colour)
    assert colours.reads_well(proposed)
    assert (proposed == colour) == colours.reads_well(colour)


@given(any_colour)
def test_every_colour_has_a_shade_for_the_night(colour):
    assert colours.contrast(colours.at_night(colour), colours.DARK_PAPER) >= colours.LEAST_AT_NIGHT


@given(any_colour)
def test_what_is_proposed_is_no_darker_than_it_must_be(colour):
    proposed = colours.nearest_that_reads(colour)
    assert proposed == colour or colours.contrast(proposed, colours.LIGHT_PAPER) < colours.LEAST + 0.35


def test_a_style_sheet_sets_both_shades_and_its_name_follows_its_content():
    sheet = colours.style_sheet("#0b5d3b")
    assert re.findall(r"--accent: (#[0-9a-f]{6})", sheet) == ["#0b5d3b", colours.at_night("#0b5d3b")]
    assert colours.digest("#0b5d3b") != colours.digest("#0b5d3c")
