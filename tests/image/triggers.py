"""What trips each rule of AWS's groups, as far as AWS says it; where AWS says little, more than it can mean.

https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html. In front of a load balancer
WAF looks at the first 8 KB of a body
(https://docs.aws.amazon.com/waf/latest/developerguide/waf-oversize-request-components.html).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import unquote

from tests.image.recorder import Request

INSPECTED_BODY_BYTES = 8192
Trigger = Callable[[Request], bool]

JAVA = re.compile(
    r"java\.lang\.(runtime|processbuilder)|getruntime\(|freemarker\.template|rO0AB", re.IGNORECASE
)
LOG4J = re.compile(r"\$\{.{0,40}jndi", re.IGNORECASE)
REACT = re.compile(r"__proto__|constructor:constructor|child_process", re.IGNORECASE)
EXPLOITABLE = re.compile(r"web-inf|/\.(git|env|aws|htaccess)|wp-admin|phpmyadmin|/cgi-bin/", re.IGNORECASE)
METADATA = re.compile(r"169\.254\.169\.254|169\.254\.170\.2|fd00:ec2::254")
TRAVERSAL = re.compile(r"\.\.[/\\]")
ADDRESS_URL = re.compile(r"(https?|ftp)://\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}", re.IGNORECASE)
MARKUP = re.compile(r"<\s*/?\s*[a-z!]|javascript:|\bon(error|load|click)\s*=", re.IGNORECASE)
EXTENSION = re.compile(
    r"\.(log|ini|conf|config|cfg|bak|backup|old|sql|env|dat|key|pem|mdb|inc|dll|sys|bat|cmd)(\W|$)",
    re.IGNORECASE,
)
SQL = re.compile(
    r"'\s*(or|and)\s|\b(like|in)\s*[('%]|\bunion\s+select\b|\bselect\b.+\bfrom\b|\bdrop\s+table\b"
    r"|(or|and)\s+[\w.`\"]+\s*(=|<|>|like|in)\s*[('\d%]|--\s|\bsleep\(|;\s*(drop|delete|insert|update)\b",
    re.IGNORECASE,
)


def _cookie(request: Request) -> Iterable[str]:
    return [request.header("Cookie") or ""]


def _body(request: Request) -> Iterable[str]:
    text = request.body[:INSPECTED_BODY_BYTES].decode("utf-8", errors="replace")
    # WAF also decodes what is escaped in JSON.
    return [text, text.replace("\\u003c", "<").replace("\\/", "/").replace('\\"', '"')]


def _path(request: Request) -> Iterable[str]:
    return [request.path, request.decoded_path]


def _arguments(request: Request) -> Iterable[str]:
    return request.arguments


def _query_string(request: Request) -> Iterable[str]:
    return [request.query_string, unquote(request.query_string)]


def _headers(request: Request) -> Iterable[str]:
    return [value for _, value in request.headers]


def _finds(pattern: re.Pattern[str], component: Callable[[Request], Iterable[str]]) -> Trigger:
    return lambda request: any(map(pattern.search, component(request)))


def _user_agent_of_a_scanner(request: Request) -> bool:
    agent = (request.header("User-Agent") or "").lower()
    return any(scanner in agent for scanner in ("nessus", "nmap", "sqlmap", "nikto", "masscan", "zgrab"))


def _host_is_localhost(request: Request) -> bool:
    return (request.header("Host") or "").partition(":")[0].lower() == "localhost"


TRIGGERS: dict[str, Trigger] = {
    # AWSManagedRulesKnownBadInputsRuleSet
    "JavaDeserializationRCE_HEADER": _finds(JAVA, _headers),
    "JavaDeserializationRCE_BODY": _finds(JAVA, _body),
    "JavaDeserializationRCE_URIPATH": _finds(JAVA, _path),
    "JavaDeserializationRCE_QUERYSTRING": _finds(JAVA, _query_string),
    "Host_localhost_HEADER": _host_is_localhost,
    "PROPFIND_METHOD": lambda request: request.method == "PROPFIND",
    "ExploitablePaths_URIPATH": _finds(EXPLOITABLE, _path),
    "Log4JRCE_HEADER": _finds(LOG4J, _headers),
    "Log4JRCE_QUERYSTRING": _finds(LOG4J, _query_string),
    "Log4JRCE_BODY": _finds(LOG4J, _body),
    "Log4JRCE_URIPATH": _finds(LOG4J, _path),
    "ReactJSRCE_BODY": _finds(REACT, _body),
    # AWSManagedRulesSQLiRuleSet
    "SQLi_BODY": _finds(SQL, _body),
    "SQLiExtendedPatterns_BODY": _finds(SQL, _body),
    "SQLi_QUERYARGUMENTS": _finds(SQL, _arguments),
    "SQLiExtendedPatterns_QUERYARGUMENTS": _finds(SQL, _arguments),
    "SQLi_COOKIE": _finds(SQL, _cookie),
    "SQLi_URIPATH": _finds(SQL, _path),
    # AWSManagedRulesCommonRuleSet
    "NoUserAgent_HEADER": lambda request: not request.header("User-Agent"),
    "UserAgent_BadBots_HEADER": _user_agent_of_a_scanner,
    "SizeRestrictions_QUERYSTRING": lambda request: len(request.query_string) > 2048,
    "SizeRestrictions_Cookie_HEADER": lambda request: len(request.header("Cookie") or "") > 10_240,
    "SizeRestrictions_BODY": lambda request: len(request.body) > INSPECTED_BODY_BYTES,
    "SizeRestrictions_URIPATH": lambda request: len(request.path) > 1024,
    "EC2MetaDataSSRF_BODY": _finds(METADATA, _body),
    "EC2MetaDataSSRF_COOKIE": _finds(METADATA, _cookie),
    "EC2MetaDataSSRF_URIPATH": _finds(METADATA, _path),
    "EC2MetaDataSSRF_QUERYARGUMENTS": _finds(METADATA, _arguments),
    "GenericLFI_QUERYARGUMENTS": _finds(TRAVERSAL, _arguments),
    "GenericLFI_URIPATH": _finds(TRAVERSAL, _path),
    "GenericLFI_BODY": _finds(TRAVERSAL, _body),
    "RestrictedExtensions_URIPATH": _finds(EXTENSION, _path),
    "RestrictedExtensions_QUERYARGUMENTS": _finds(EXTENSION, _arguments),
    "GenericRFI_QUERYARGUMENTS": _finds(ADDRESS_URL, _arguments),
    "GenericRFI_BODY": _finds(ADDRESS_URL, _body),
    "GenericRFI_URIPATH": _finds(ADDRESS_URL, _path),
    "CrossSiteScripting_COOKIE": _finds(MARKUP, _cookie),
    "CrossSiteScripting_QUERYARGUMENTS": _finds(MARKUP, _arguments),
    "CrossSiteScripting_BODY": _finds(MARKUP, _body),
    "CrossSiteScripting_URIPATH": _finds(MARKUP, _path),
}
