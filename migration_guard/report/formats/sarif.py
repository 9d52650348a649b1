"""SARIF 2.1.0, which code scanning services read. GitHub opens an alert for each result, and adds hashes of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import TypedDict
from urllib.parse import quote

from migration_guard import __version__
from migration_guard.findings import Finding, Severity, Status
from migration_guard.operations import Problem, Span
from migration_guard.report import pages
from migration_guard.report.formats.json import encoded
from migration_guard.report.mends import FileChange, Insertion, difference, insertions, with_ends
from migration_guard.report.model import Report
from migration_guard.report.sanitise import data, one_line
from migration_guard.report.screen import Screen
from migration_guard.rules import Rule, all_rules, read_page

VERSION = "2.1.0"
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "migrationGuard/v1"
LEVELS = {Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
LONGEST_NAME = 200
"""Characters of what was asked about that a category is named by; a digest of it serves as well."""
KINDS = {Status.GRANDFATHERED: "external", Status.IGNORED: "inSource"}
"""Where a finding was set aside: in the baseline's file, or by a remark in the source."""


class Text(TypedDict):
    text: str


class Help(TypedDict):
    text: str
    markdown: str


class Configuration(TypedDict):
    enabled: bool
    level: str


class Artifact(TypedDict):
    uri: str


class Suppression(TypedDict):
    kind: str
    status: str


class _Descriptor(TypedDict):
    id: str
    name: str
    shortDescription: Text
    fullDescription: Text
    help: Help
    defaultConfiguration: Configuration


class Descriptor(_Descriptor, total=False):
    """A rule."""

    helpUri: str


class Region(TypedDict, total=False):
    """A place in a file; the end is exclusive, as ours is."""

    startLine: int
    startColumn: int
    endLine: int
    endColumn: int


class _Physical(TypedDict):
    artifactLocation: Artifact


class Physical(_Physical, total=False):
    """A file, or a place in it."""

    region: Region


class Location(TypedDict):
    """The same, as results want it."""

    physicalLocation: Physical


class Replacement(TypedDict):
    """Text in the place of a region; an empty one is where it is inserted."""

    deletedRegion: Region
    insertedContent: Text


class ArtifactChange(TypedDict):
    """What becomes of one file."""

    artifactLocation: Artifact
    replacements: list[Replacement]


class Fix(TypedDict):
    """What can be done about a result."""

    description: Text
    artifactChanges: list[ArtifactChange]


class _Result(TypedDict):
    ruleId: str
    level: str
    message: Text
    locations: list[Location]
    partialFingerprints: dict[str, str]


class Result(_Result, total=False):
    """A finding."""

    ruleIndex: int
    suppressions: list[Suppression]
    fixes: list[Fix]


class Notification(TypedDict):
    """A problem."""

    level: str
    message: Text
    locations: list[Location]


class Invocation(TypedDict):
    """How the run went."""

    executionSuccessful: bool
    toolExecutionNotifications: list[Notification]


class _Driver(TypedDict):
    name: str
    semanticVersion: str
    rules: list[Descriptor]


class Driver(_Driver, total=False):
    """The linter and its rules."""

    informationUri: str


class Tool(TypedDict):
    driver: Driver


class Automation(TypedDict):
    """What tells the runs of this tool from those of others that a service gets for the same commit."""

    id: str


class Run(TypedDict):
    """One run."""

    tool: Tool
    automationDetails: Automation
    columnKind: str
    invocations: list[Invocation]
    results: list[Result]


Log = TypedDict("Log", {"$schema": str, "version": str, "runs": list[Run]})


def render(report: Report, screen: Screen) -> str:
    """Give the log; what is grandfathered or ignored is left out unless it is asked for, and then suppressed."""
    rules = all_rules()
    indices = {rule.code: index for index, rule in enumerate(rules)}
    shown = report.shown(grandfathered=screen.grandfathered)
    remarks = insertions(shown, report.sources)
    driver = Driver(name="migration-guard", semanticVersion=__version__, rules=[_descriptor(rule) for rule in rules])
    documentation = pages.documentation()
    if documentation is not None:
        driver["informationUri"] = documentation
    run = Run(
        tool=Tool(driver=driver),
        automationDetails=Automation(id=_category(report.subject)),
        columnKind="unicodeCodePoints",
        invocations=[
            Invocation(
                executionSuccessful=not report.problems,
                toolExecutionNotifications=[_notification(problem) for problem in report.problems],
            )
        ],
        results=[
            _result(finding, indices.get(finding.code), [*_moving(finding, report), *_remark(finding, remarks)])
            for finding in shown
        ],
    )
    return encoded(Log({"$schema": SCHEMA, "version": VERSION, "runs": [run]}), indent=2) + "\n"


def _category(subject: tuple[str, ...]) -> str:
    """Name a category of results: the next run of the same takes its place, and no run that was about something else."""
    about = quote(data(",".join(subject)), safe="/,")
    if len(about) > LONGEST_NAME:
        about = sha256(about.encode()).hexdigest()
    return f"migration-guard/{about}/" if about else "migration-guard/"


def _descriptor(rule: Rule) -> Descriptor:
    """Describe a rule by its own page."""
    page = read_page(rule.page)
    descriptor = Descriptor(
        id=rule.code,
        name=rule.name,
        shortDescription=Text(text=" ".join(page.flags.split())),
        fullDescription=Text(text=" ".join(page.why.split())),
        help=Help(text=rule.text, markdown=rule.text),
        defaultConfiguration=Configuration(enabled=rule.default, level="warning"),
    )
    url = pages.page_of(rule.name)
    if url:
        descriptor["helpUri"] = url
    return descriptor


def _result(finding: Finding, index: int | None, fixes: list[Fix]) -> Result:
    result = Result(
        ruleId=finding.code,
        level=LEVELS[finding.severity],
        message=_message(f"{finding.message}. {finding.help}"),
        locations=[_location(finding.path, _region(finding.span))],
        partialFingerprints={FINGERPRINT: finding.fingerprint},
    )
    if index is not None:
        result["ruleIndex"] = index
    if finding.status is not Status.NEW:
        result["suppressions"] = [Suppression(kind=KINDS[finding.status], status="accepted")]
    if fixes:
        result["fixes"] = fixes
    return result


def _moving(finding: Finding, report: Report) -> Iterator[Fix]:
    """Offer what `move` would write: all of its files, for one without the others would lose rows."""
    moving = report.moves.get(finding)
    if moving is not None:
        what = f"Move it into {'a backfill' if len(moving.keys) == 1 else 'backfills'}: {', '.join(moving.keys)}"
        yield Fix(
            description=_message(". ".join((what, *moving.notes))),
            artifactChanges=[_change(one.path, *_replaced(one)) for one in moving.files],
        )


def _replaced(change: FileChange) -> tuple[Region, str]:
    old = with_ends(change.before)
    head, end, text = difference(old, with_ends(change.after))
    last = old[-1] if end == len(old) and old else "\n"
    open_end = not last.endswith(("\n", "\r"))
    region = Region(startLine=head + 1, startColumn=1, endLine=end + 1, endColumn=1)
    if open_end and head < end:
        region |= Region(endLine=end, endColumn=len(last) + 1)
    elif open_end:  # behind the last line, which has no end: it gets one
        region = Region(startLine=end, startColumn=len(last) + 1, endLine=end, endColumn=len(last) + 1)
    return region, text


def _remark(finding: Finding, remarks: Mapping[Finding, Insertion]) -> Iterator[Fix]:
    remark = remarks.get(finding)
    if remark is not None:
        before = Region(startLine=remark.line, startColumn=1, endLine=remark.line, endColumn=1)
        yield Fix(
            description=Text(text=f"Ignore {' and '.join(remark.names)} here, and write why behind the remark"),
            artifactChanges=[_change(finding.path, before, remark.text)],
        )


def _change(path: str, region: Region, text: str) -> ArtifactChange:
    replacement = Replacement(deletedRegion=region, insertedContent=Text(text=data(text)))
    return ArtifactChange(artifactLocation=Artifact(uri=_uri(path)), replacements=[replacement])


def _notification(problem: Problem) -> Notification:
    region = None if problem.line is None else Region(startLine=problem.line)
    return Notification(
        level="error",
        message=_message(f"Could not be checked: {problem.message}"),
        locations=[_location(problem.path, region)],
    )


def _message(text: str) -> Text:
    """Write a message; brackets followed by a parenthesis would be a link."""
    return Text(text=one_line(text).replace("](", "] ("))


def _location(path: str, region: Region | None) -> Location:
    physical = Physical(artifactLocation=Artifact(uri=_uri(path)))
    if region is not None:
        physical["region"] = region
    return Location(physicalLocation=physical)


def _region(span: Span) -> Region:
    return Region(startLine=span.line, startColumn=span.column, endLine=span.end_line, endColumn=span.end_column)


def _uri(path: str) -> str:
    """Encode a relative path, so that a colon in it makes no scheme."""
    return quote(data(path))
