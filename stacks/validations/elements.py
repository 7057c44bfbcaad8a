"""The synthesized resources of a stack, as the rules read them, and what the rules find."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from settings.language.errors import Refusal, as_written

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Element:
    """One resource.

    Attributes:
        address: such as `aws_s3_bucket.artifact_store`.
        body: its arguments.
    """

    address: str
    body: Document

    @property
    def path(self) -> str:
        """Where in the construct tree it was made."""
        metadata: Document = self.body.get("//", {}).get("metadata", {})
        return str(metadata.get("path", ""))


class Elements:
    """All resources of a stack.

    Args:
        document: the stack's JSON.

    Attributes:
        region: the AWS provider's.
        default_tags: what the AWS provider tags everything with.
    """

    def __init__(self, document: Document) -> None:
        self._resources: Mapping[str, Mapping[str, Document]] = document.get("resource", {})
        provider = document["provider"]["aws"][0]
        self.region: str = provider["region"]
        tagged = provider.get("default_tags") or [{}]
        self.default_tags: Mapping[str, str] = tagged[0].get("tags", {})

    def body(self, kind: str, name: str) -> Document:
        """The arguments of one resource; none where the stack does not make it."""
        return self._resources.get(kind, {}).get(name, {})

    def every(self) -> Iterator[Element]:
        """All of them."""
        return self.of(*self._resources)

    def of(self, *kinds: str) -> Iterator[Element]:
        """The resources of some types."""
        for kind in kinds:
            for name, body in self._resources.get(kind, {}).items():
                yield Element(f"{kind}.{name}", body)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A rule that an element breaks; `str` is the whole report on it.

    Attributes:
        element: which.
        given: the value, as it was synthesized.
        refusal: why it is not accepted, and the way out.
    """

    element: Element
    given: Any
    refusal: Refusal

    def __str__(self) -> str:
        where = f"{self.element.path}: " if self.element.path else ""
        return (
            f"{where}{self.element.address}\n"
            f"    {self.refusal.problem}\n"
            f"    Given: {as_written(self.given)}\n"
            f"    Allowed: {self.refusal.allowed}\n"
            f"    Fix: {self.refusal.fix}"
        )


Rule = Callable[[Elements], Iterator[Finding]]


def names(value: Any, address: str) -> bool:
    """Whether a synthesized value refers to a resource."""
    return f"{address}." in json.dumps(value)


def parsed(text: Any) -> Any:
    """A document within an argument; None where only Terraform can read it."""
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return None


def listed(value: Any) -> list[Any]:
    """IAM's and Terraform's "one or several", as several."""
    return list(value) if isinstance(value, list | tuple) else [] if value is None else [value]
