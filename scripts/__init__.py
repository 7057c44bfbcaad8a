"""Small programs people run: the set-up, the demo, the documentation."""
