"""How what production protects is deleted on purpose, for the errors that refuse it."""

from __future__ import annotations

ON_PURPOSE = "To delete it on purpose, set allow_destroy = true, apply, then destroy."
