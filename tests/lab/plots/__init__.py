"""Tests of the pictures of runs, by their artists: what they say and how much they show."""
