"""The one error of `make state`."""

from __future__ import annotations


class StateError(Exception):
    """What is wrong and what to do about it; its text is the whole report."""
