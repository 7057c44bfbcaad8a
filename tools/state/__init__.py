"""`make state`: the bucket of everyone's state, made and filled in one command that can be run again at any time.

`docs/state.md` says what it does.
"""
