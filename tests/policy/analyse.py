"""Run by the analysers' own interpreter: what parliament finds in policies.

Standard input: address → policy, as JSON. Standard output: lists of address, severity, issue, detail and where.
"""

from __future__ import annotations

import json
import sys

from parliament import analyze_policy_string, enhance_finding


def main() -> None:
    found = []
    for address, policy in json.load(sys.stdin).items():
        for finding in analyze_policy_string(json.dumps(policy)).findings:
            told = enhance_finding(finding)
            found.append([address, told.severity, told.issue, str(told.detail), str(told.location)])
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
