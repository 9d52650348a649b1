"""JUnit's XML, which most CI systems show as tests: a finding fails, what could not be checked is an error.

JUnit knows no severity, so findings below `fail-on` are failures too; their type says how bad they are.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from migration_guard.findings import Finding, Status
from migration_guard.operations import Problem
from migration_guard.report.model import Report
from migration_guard.report.sanitise import one_line
from migration_guard.report.screen import Screen
from migration_guard.report.summary import summary


def render(report: Report, screen: Screen) -> str:
    """Give one suite. A run with nothing to say is one test that passes, for an empty suite looks as if it never ran."""
    findings = report.shown(grandfathered=screen.grandfathered)
    suites = Element("testsuites")
    suite = SubElement(suites, "testsuite", name="migration-guard")
    for finding in findings:
        _finding(suite, finding)
    for problem in report.problems:
        _problem(suite, problem)
    if not len(suite):
        SubElement(suite, "testcase", name="no data change", classname="migration-guard", time="0")
    counts = {
        "tests": len(suite),
        "failures": len(suite.findall("*/failure")),
        "errors": len(suite.findall("*/error")),
        "skipped": len(suite.findall("*/skipped")),
    }
    for name, number in counts.items():
        suite.set(name, str(number))
    SubElement(suite, "system-out").text = summary(report)
    indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(suites, encoding="unicode")}\n'


def _finding(suite: Element, finding: Finding) -> None:
    span = finding.span
    name = f"{finding.code} {finding.name} at {span.line}:{span.column}"
    case = _case(suite, name, finding.path, span.line)
    message = one_line(finding.message)
    if finding.status is not Status.NEW:
        SubElement(case, "skipped", message=f"{finding.status.value}: {message}")
        return
    failure = SubElement(case, "failure", type=finding.severity.value, message=message)
    failure.text = one_line(f"{finding.path}:{span.line}:{span.column}: {finding.help}")


def _problem(suite: Element, problem: Problem) -> None:
    case = _case(suite, "could be checked", problem.path, problem.line)
    SubElement(case, "error", type="could not be checked", message=one_line(problem.message))


def _case(suite: Element, name: str, path: str, line: int | None) -> Element:
    place = one_line(path)
    case = SubElement(suite, "testcase", name=name, classname=place, file=place, time="0")
    if line is not None:
        case.set("line", str(line))
    return case
