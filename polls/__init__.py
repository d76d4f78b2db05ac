"""Polls and surveys: ballots are cast, counted and shown here."""
