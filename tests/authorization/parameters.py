"""What the parameters of a request say: the ARNs of the resources that it is about, and the tags that it gives."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from local.aws.requests import INDEX, AwsRequest
from tests.authorization.demands import Account, Tags
from tests.authorization.reference import ResourceType
from tests.authorization.tables import EC2_IDS, LEADING, NAMES, NOT_ASKED_FOR, PATHS, WAF_SCOPE

PART = re.compile(r"\$\{(\w+)\}")
# Parts of an ARN that no request has to say.
GIVEN_PARTS = frozenset({"Partition", "Region", "Account", "Scope"})
# `Tags.member.1.Key`, `Tag.1.Key`, `TagSpecification.1.Tag.1.Key`, `tags.0.key`, `Tags.0.TagKey`,
# `AddTags.0.Tag.0.Key.0`
IN_A_LIST = re.compile(r"((?:.*\.)?(?:Add)?Tags?\.(?:.*\.)?)(Tag)?(Key)(?:\.(\d+))?", re.IGNORECASE)
# `tags.Application`
IN_A_MAP = re.compile(r"tags\.([^.\d][^.]*)", re.IGNORECASE)
EC2_ID = re.compile(r"([a-z]+)-[0-9a-f]{8,}")


@dataclass(frozen=True)
class Call:
    """One request, its operation known.

    Attributes:
        request: itself.
        prefix: what the names of its actions begin with.
        operation: with that prefix.
        account: that it is made in.
    """

    request: AwsRequest
    prefix: str
    operation: str
    account: Account

    def __str__(self) -> str:
        return f"{self.request.request} {dict(self.request.parameters)}"

    @cached_property
    def tags(self) -> Tags:
        """Kind of resource → tag → value, of what it tags; the kind is empty where there is only one."""
        found: dict[str, dict[str, str]] = {}
        parameters = self.request.parameters
        for name, key in parameters.items():
            if (one := IN_A_MAP.fullmatch(name)) is not None:
                found.setdefault("", {})[one[1]] = key
            elif (one := IN_A_LIST.fullmatch(name)) is not None:
                # XML numbers all elements of a parent together: the value follows its key.
                index = f".{int(one[4]) + 1}" if one[4] else ""
                word = f"{one[2] or ''}{'Value' if one[3] == 'Key' else 'value'}"
                value = parameters.get(f"{one[1]}{word}{index}", "")
                kind = parameters.get(f"{one[1].rpartition('.Tag.')[0]}.ResourceType", "")
                found.setdefault(kind, {})[key] = value
        return found

    def tags_for(self, kind: str) -> Mapping[str, str]:
        """Those that it gives to what is of this kind."""
        return self.tags.get(kind) or self.tags.get("", {})

    def values(self, *names: str) -> list[str]:
        """Of the parameters with one of these names in lower case; a list has several."""
        return [value for name, value in self._asked_for() if INDEX.sub("", name).lower() in names]

    def _asked_for(self) -> Iterator[tuple[str, str]]:
        for name, value in self.request.parameters.items():
            if not name.lower().startswith(NOT_ASKED_FOR):
                yield name, value

    def condition_keys(self) -> dict[str, str | list[str]]:
        """Those of the services themselves: https://docs.aws.amazon.com/service-authorization/latest/reference/
        list_awsidentityandaccessmanagementiam.html and list_amazonroute53.html."""
        if self.prefix == "iam":
            told = self.request.parameters
            bounded = told.get("PermissionsBoundary") or self.account.boundaries.get(told.get("RoleName", ""))
            keys = {"iam:PermissionsBoundary": bounded, "iam:PolicyARN": told.get("PolicyArn")}
            return {key: value for key, value in keys.items() if value is not None}
        if self.operation != "route53:ChangeResourceRecordSets":
            return {}
        names, kinds, actions = (
            self._ending_with(word) for word in ("recordset.name", "recordset.type", "change.action")
        )
        return {
            "route53:ChangeResourceRecordSetsNormalizedRecordNames": [
                name.lower().removesuffix(".") for name in names
            ],
            "route53:ChangeResourceRecordSetsRecordTypes": kinds,
            "route53:ChangeResourceRecordSetsActions": actions,
        }

    def _ending_with(self, words: str) -> list[str]:
        """Of the parameters whose name without its numbers ends with `words`."""
        every = self.request.parameters.items()
        return sorted({value for name, value in every if re.sub(r"\.\d+", "", name).lower().endswith(words)})

    def _told(self) -> list[str]:
        """Every value, and what it stands for; what is made together with its tags was not there before."""
        told = [value for _, value in self._asked_for()]
        if self.tags:
            return told
        return [*told, *(parent for value in told for parent in self.account.parents.get(value, ()))]

    def arns_of(self, one: ResourceType, types: Sequence[ResourceType]) -> list[str]:
        """The resources of a kind that it is about.

        Args:
            one: the kind.
            types: all that its action is judged by.
        """
        pattern = _pattern(one.arn)
        if arns := sorted({value for value in self._told() if pattern.fullmatch(value)}):
            return [self._as_judged(arn) for arn in arns]
        if self.prefix == "ec2":
            return self._ec2_arns(one)
        if self.prefix == "wafv2" and one.name == "managedruleset":
            # https://github.com/aws-samples/amazon-cloudfront-waf-secretsmanager/issues/3
            groups = any("managedrulegroupstatement" in name.lower() for name in self.request.parameters)
            return [self.account.arn("wafv2", f"{WAF_SCOPE}/managedruleset/*/*")] if groups else []
        if self.prefix == "route53" and (kind := self.values("resourcetype")) and kind != [one.name]:
            return []
        # A name is that of the kind the action always has.
        taken = {part for other in types if other.required for part in _told_parts(other)}
        if not one.required and taken & _told_parts(one):
            return []
        return [self._as_judged(arn) for arn in self._named(one)]

    def any_of(self, one: ResourceType) -> str:
        """The ARN of every resource of a kind."""
        return self._arn(one, {})

    def filled(self, template: str) -> str:
        """An entry of `MADE`, with what the parameters say."""

        def value(match: re.Match[str]) -> str:
            (told,) = self.values(match[1])
            return told.replace(match[2], match[3]) if match[2] else told

        text = PART.sub(lambda part: self._given(part[1]), template)
        return re.sub(r"{(\w+)(?::([\w-]+)/([\w-]+))?}", value, text)

    def _given(self, part: str) -> str:
        return {
            "Partition": self.account.partition,
            "Region": self.request.region,
            "Account": self.account.id,
            "Scope": WAF_SCOPE,
        }.get(part, "*")

    def _named(self, one: ResourceType) -> list[str]:
        told = {part: names for part in sorted(_told_parts(one)) if (names := self._names(part))}
        if not told and not one.required:
            return []
        every = [dict(zip(told, names, strict=True)) for names in itertools.product(*told.values())]
        return [self._arn(one, said) for said in every]

    def _arn(self, one: ResourceType, said: Mapping[str, str]) -> str:
        return PART.sub(lambda part: said.get(part[1]) or self._given(part[1]), one.arn)

    def _names(self, part: str) -> list[str]:
        values = self.values(*NAMES.get((self.prefix, part), ()))
        if (self.prefix, part) in (("ecs", "ClusterName"), ("ecs", "ServiceName")):
            # Names or ARNs, as the caller likes.
            values = [value.rpartition("/")[2] for value in values]
        if part.endswith("NameWithPath"):
            (path,) = self.values("path") or ["/"]
            values = [f"{path.removeprefix('/')}{value}" for value in values]
        if part == "SecretId":
            # Its ARN ends with six characters that Secrets Manager adds.
            values = [f"{value}-AbCdEf" for value in values]
        return [value.removeprefix(LEADING.get(part, "")) for value in values]

    def _ec2_arns(self, one: ResourceType) -> list[str]:
        ids = [
            id for id in self._told() if (found := EC2_ID.fullmatch(id)) and EC2_IDS.get(found[1]) == one.name
        ]
        if ids:
            return [self.account.arn("ec2", f"{one.name}/{id}") for id in ids]
        return [self.account.arn("ec2", f"{one.name}/*")] if one.required or one.name in self.tags else []

    def _as_judged(self, arn: str) -> str:
        """CloudWatch Logs judges what is asked of a group on the streams in it, but for tags
        (https://github.com/hashicorp/terraform-provider-aws/issues/8804)."""
        if self.prefix == "logs" and ":log-group:" in arn and "tag" not in self.operation.lower():
            return f"{arn.removesuffix(':*')}:log-stream:"
        return arn


def _told_parts(one: ResourceType) -> set[str]:
    return set(PART.findall(one.arn)) - GIVEN_PARTS


def _pattern(template: str) -> re.Pattern[str]:
    parts = PART.split(template)
    texts = [re.escape(parts[0])]
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        texts += [".+" if name in PATHS else "[^/:]*", re.escape(text)]
    return re.compile("".join(texts))
