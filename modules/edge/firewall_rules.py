"""AWS's managed rule groups in front of MLflow: which of their rules only count, and why.

MLflow's API carries what people log: file names, file contents, parameters, traces, search filters that read like SQL.
A rule that looks for attacks in such text blocks work, and protects nothing: MLflow binds its SQL, and hands files back
as they came. Such rules count, which shows in the metrics and the log; all others block.
`tests/image/test_firewall_traffic.py` looks at what real clients send, rule by rule.

Names and triggers: https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PAGES = "https://docs.aws.amazon.com/waf/latest/developerguide"


@dataclass(frozen=True, kw_only=True)
class ManagedRuleGroup:
    """One of AWS's groups.

    Attributes:
        name: AWS's.
        purpose: what it blocks, for the reader.
        page: where AWS says what its rules look for.
        blocking: rule → what it looks for, of those that block.
        counted: rule → why it only counts.
    """

    name: str
    purpose: str
    page: str
    blocking: Mapping[str, str]
    counted: Mapping[str, str]


IP_REPUTATION = ManagedRuleGroup(
    name="AWSManagedRulesAmazonIpReputationList",
    purpose="addresses that AWS has seen attacking others",
    page=f"{PAGES}/aws-managed-rule-groups-ip-rep.html",
    blocking={
        "AWSManagedIPReputationList": "addresses of bots and other attackers",
        "AWSManagedReconnaissanceList": "addresses that scan AWS's customers",
    },
    counted={"AWSManagedIPDDoSList": "AWS's own choice: addresses that were part of a flood may be anyone's"},
)

KNOWN_BAD_INPUTS = ManagedRuleGroup(
    name="AWSManagedRulesKnownBadInputsRuleSet",
    purpose="requests that exploit known holes, mostly in Java",
    page=f"{PAGES}/aws-managed-rule-groups-baseline.html#aws-managed-rule-groups-baseline-known-bad-inputs",
    blocking={
        "JavaDeserializationRCE_HEADER": "(java.lang.Runtime).getRuntime().exec and the like in a header",
        "JavaDeserializationRCE_BODY": "the same in the body",
        "JavaDeserializationRCE_URIPATH": "the same in the path",
        "JavaDeserializationRCE_QUERYSTRING": "the same in the query string",
        "Host_localhost_HEADER": "localhost as Host",
        "PROPFIND_METHOD": "the method PROPFIND",
        "ExploitablePaths_URIPATH": "paths such as web-inf",
        "Log4JRCE_HEADER": "${jndi:ldap://…} and the like in a header",
        "Log4JRCE_QUERYSTRING": "the same in the query string",
        "Log4JRCE_BODY": "the same in the body",
        "Log4JRCE_URIPATH": "the same in the path",
        "ReactJSRCE_BODY": "calls that exploit React's server components, in the body",
    },
    counted={},
)

SQL_DATABASE = ManagedRuleGroup(
    name="AWSManagedRulesSQLiRuleSet",
    purpose="SQL where none belongs",
    page=f"{PAGES}/aws-managed-rule-groups-use-case.html#aws-managed-rule-groups-use-case-sql-db",
    blocking={
        "SQLi_COOKIE": "SQL in a cookie",
        "SQLi_URIPATH": "SQL in the path",
    },
    counted={
        "SQLi_BODY": "a search for runs or traces: metrics.loss < 1 AND params.model = 'tree'",
        "SQLiExtendedPatterns_BODY": "the same: run_id IN ('…', '…') OR …",
        "SQLi_QUERYARGUMENTS": "a search for models: filter=name LIKE '%tree%' AND tags.stage = 'live'",
        "SQLiExtendedPatterns_QUERYARGUMENTS": "the same",
    },
)

CORE = ManagedRuleGroup(
    name="AWSManagedRulesCommonRuleSet",
    purpose="the commonest attacks on web applications",
    page=f"{PAGES}/aws-managed-rule-groups-baseline.html#aws-managed-rule-groups-baseline-crs",
    blocking={
        "NoUserAgent_HEADER": "no User-Agent",
        "UserAgent_BadBots_HEADER": "User-Agents of scanners, such as nessus and nmap",
        "SizeRestrictions_URIPATH": "a path of more than 1,024 bytes",
        "EC2MetaDataSSRF_COOKIE": "the instance metadata's address in a cookie",
        "EC2MetaDataSSRF_URIPATH": "the same in the path",
        "EC2MetaDataSSRF_QUERYARGUMENTS": "the same in a query argument",
        "GenericLFI_QUERYARGUMENTS": "../../ in a query argument; MLflow refuses such paths, too",
        "GenericLFI_URIPATH": "the same in the path",
        "GenericRFI_QUERYARGUMENTS": "a URL with an IPv4 address as its host in a query argument",
        "GenericRFI_URIPATH": "the same in the path",
        "CrossSiteScripting_COOKIE": "HTML or JavaScript in a cookie",
        "CrossSiteScripting_QUERYARGUMENTS": "the same in a query argument",
        "CrossSiteScripting_URIPATH": "the same in the path",
    },
    counted={
        "SizeRestrictions_BODY": "over 8 KB: a batch of metrics, a trace, almost any artifact",
        "SizeRestrictions_QUERYSTRING": "over 2,048 bytes: the page that compares runs asks for 100 of them at once",
        "SizeRestrictions_Cookie_HEADER": "over 10,240 bytes: the load balancer's own cookies of a sign-in",
        "RestrictedExtensions_URIPATH": "artifacts named train.log, config.ini",
        "RestrictedExtensions_QUERYARGUMENTS": "the same, shown in the UI: path=train.log",
        "GenericLFI_BODY": "a parameter such as ../../data/train.csv, and code with relative paths",
        "GenericRFI_BODY": "a parameter such as http://10.0.0.5:8080/v1",
        "EC2MetaDataSSRF_BODY": "a log that boto wrote, uploaded: http://169.254.169.254/latest/meta-data/",
        "CrossSiteScripting_BODY": "a Plotly or Bokeh figure is HTML with a script",
    },
)

# In the order in which they look at a request: the cheap ones first.
MANAGED_RULE_GROUPS = (IP_REPUTATION, KNOWN_BAD_INPUTS, SQL_DATABASE, CORE)
