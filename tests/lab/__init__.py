"""Tests of what people do with runs."""
