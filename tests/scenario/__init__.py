"""Tests of scenario files: what they may say, what is said when they are wrong, and what they become."""
