"""docs/limits.md, from the table of AWS's limits."""

from __future__ import annotations

from modules.common.limits import every_limit
from tools.documentation.markdown import MADE_BY, row, text

INTRODUCTION = f"""\
{MADE_BY.format(source="modules/common/limits.py")}
# AWS's limits

What AWS would refuse in the middle of an apply is refused before anything is planned: by the settings' rules, or, where
a length depends on the whole stack, when the stack is synthesized. The report says the number and what to change.

"Default" is what AWS gives each account and
[raises on request](https://docs.aws.amazon.com/servicequotas/latest/userguide/request-quota-increase.html). Where yours
has been raised, say so in [`[quotas]`](settings.md):

```toml
[quotas]
rules_per_security_group = 140
```

What an environment cannot know, it cannot refuse: how many VPCs, load balancers, roles or elastic IP addresses the
account has already.

| limit | number | |
| --- | --- | --- |
"""


def render() -> str:
    """The text of docs/limits.md."""
    rows = (
        row(
            f"[{text(limit.what)}]({limit.source})",
            f"{limit.number:,}",
            "default" if limit.adjustable else "",
        )
        for limit in every_limit()
    )
    return INTRODUCTION + "".join(rows)
