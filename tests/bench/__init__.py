"""Figures, never pass or fail on time: `make bench` (`python -m tests.bench`) writes docs/performance.md."""
