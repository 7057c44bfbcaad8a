"""`make demo`: the whole platform on one machine, deployed for real into an emulated AWS, and used.

`docs/demo.md` says what it does and what stands in for what.
"""
