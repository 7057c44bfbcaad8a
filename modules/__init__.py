"""Constructs, one AWS concern each: plain values and other modules' objects in, read-only attributes out.

Importing this package makes the provider bindings lazy (see `bindings`), so it has to come before `import cdktf`.
"""

from modules.common.bindings import make_lazy

make_lazy()
