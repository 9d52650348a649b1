"""Text from linted files stays text, whatever stands in it and wherever the output goes."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from migration_guard.operations import Problem
from migration_guard.report import formats, statistics
from migration_guard.report.formats.github import MOST_OF_A_LEVEL
from migration_guard.report.model import Report
from migration_guard.report.sanitise import data, one_line
from migration_guard.report.screen import Screen
from report.sample import REPORT, hostile

PIECES = (
    "%", "%0A", "%25", "\n", "\r\n", "\r", "::error::x", "::set-env name=a::b", "::", ":", ",", "##[error]x", "##[",
    "###[", "##vso[task]x", "#", "[", "]]>", "]](", "|", "\\|", "\\", "`", "```", "~~~", "@somebody", "@", "#12", "!7", "!",
    "$x$", "<img src=x>", "<b>", "<!--", "-->", "</details>", "<", ">", "[text](https://example.org)", "![i](x)", "](",
    "https://example.org", "http://", "://", "www.example.org", "www.", "a@example.org", "\x1b[31m", "\x1b]8;;x\x1b\\", "\x9b",
    "\x07", "\x00", "\x7f", "\u202e", "\u2066", "\u200b", "\ud800", "\udcff", "\u2028", "\u2029", "\x85", "\x0b", "\x0c",
    "\ufffe", "\U000e0041", "&amp;", "&#64;", "&", '"', "'", "*", "**", "_", "- ", "# ", "> ", "1. ", "    ", "/close",
    "größe", "表", "🙂", "\t", " ", "\u3000", "\u00a0", "leads", "x" * 90,
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), min_size=1, max_size=8).map("".join)
REPORTS = st.lists(TEXTS, min_size=1, max_size=4, unique=True).map(
    lambda texts: replace(
        REPORT,
        findings=tuple(hostile(text, number) for number, text in enumerate(texts, 1)),
        problems=tuple(Problem(text, 1, text) for text in texts),
        recovered=tuple(texts),
        sources={f"evil/{text}.py": "\n".join([text] * 5) for text in texts},
    )
)
SHOWN = [
    "full",
    "concise",
    "statistics",
    "json",
    "json-lines",
    "sarif",
    "github",
    "gitlab",
    "junit",
    "markdown",
    "rdjson",
    "azure",
    "bitbucket",
]
ACTS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
COMMAND_ANYWHERE = re.compile(r"##\w*\[")


def said(name: str, report: Report) -> str:
    screen = Screen(grandfathered=True)
    return statistics.render(report, screen) if name == "statistics" else formats.load(name).render(report, screen)


@pytest.mark.parametrize("name", SHOWN)
@given(report=REPORTS)
def test_nothing_acts_on_a_terminal_or_a_ci_runner(name: str, report: Report) -> None:
    text = said(name, report)
    assert not ACTS.findall(text)
    assert text.encode()
    if name != "azure":
        assert not COMMAND_ANYWHERE.findall(text)
    if name != "github":
        assert not [line for line in text.split("\n") if line.strip().startswith("::")]


@given(report=REPORTS)
def test_nothing_acts_in_an_overview(report: Report) -> None:
    many = tuple(replace(one, span=replace(one.span, line=n)) for one in report.findings for n in range(1, 22))
    text = said("full", replace(report, findings=many, first_run=True))
    assert not ACTS.findall(text)
    assert not [line for line in text.split("\n") if line.strip().startswith("::")]


@given(report=REPORTS)
def test_github_runs_our_commands_and_no_other(report: Report) -> None:
    lines = said("github", report).split("\n")
    obeyed = [_command(line) for line in lines if line.strip().startswith("::")]
    expected = [("error", f.path, "could not be checked", f.message) for f in report.problems[:MOST_OF_A_LEVEL]]
    expected += [
        ("warning", one.path, "MG101 update-in-migration [medium]", f"{one.message}. {one.help}")
        for one in sorted(report.findings, key=lambda one: one.sort_key)
    ]
    assert obeyed == [(level, one_line(path), title, one_line(text)) for level, path, title, text in expected]


def _command(line: str) -> tuple[str, str, str, str]:
    """Read a command as the runner does."""
    head, _, message = line.lstrip().removeprefix("::").partition("::")
    level, _, properties = head.partition(" ")
    named = dict(item.split("=", 1) for item in properties.split(","))
    assert set(named) <= {"file", "line", "endLine", "col", "endColumn", "title"}
    return level, _unescape(named["file"], True), _unescape(named["title"], True), _unescape(message, False)


def _unescape(text: str, value: bool) -> str:
    for escape, character in (
        ("%0D", "\r"),
        ("%0A", "\n"),
        *((("%3A", ":"), ("%2C", ",")) if value else ()),
        ("%25", "%"),
    ):
        text = text.replace(escape, character)
    return text


@given(report=REPORTS)
def test_azure_runs_our_commands_and_no_other(report: Report) -> None:
    lines = said("azure", report).split("\n")
    obeyed = [re.fullmatch(r"##vso\[task\.logissue ([^\]]*)\](.*)", line) for line in lines if line.startswith("##vso")]
    assert len(obeyed) == len(report.findings) + len(report.problems)
    for match in obeyed:
        assert match is not None
        named = dict(part.split("=", 1) for part in match[1].split(";") if part)
        assert set(named) <= {"type", "sourcepath", "linenumber", "columnnumber", "code"}
        assert not COMMAND_ANYWHERE.findall(match[2])


@given(report=REPORTS)
def test_json_keeps_every_character_that_has_an_encoding(report: Report) -> None:
    findings = json.loads(said("json", report))["findings"]
    assert [one["message"] for one in findings] == [data(one.message) for one in report.findings]
    assert [one["path"] for one in findings] == [data(one.path) for one in report.findings]


@given(report=REPORTS)
def test_json_of_services_is_whole(report: Report) -> None:
    entries = json.loads(said("gitlab", report))
    assert len({entry["fingerprint"] for entry in entries}) == len(report.findings) + len(report.problems)
    results = json.loads(said("sarif", report))["runs"][0]["results"]
    assert len(results) == len(report.findings)
    for result in results:
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"evil/[\w.~/%-]+", uri, re.ASCII)
        assert "](" not in result["message"]["text"]


@given(report=REPORTS)
def test_xml_holds_our_elements_and_no_other(report: Report) -> None:
    suite = fromstring(said("junit", report))[0]
    assert [child.tag for child in suite] == ["testcase"] * (2 * len(report.findings)) + ["system-out"]
    assert [one.get("message") for one in suite.findall("*/failure")] == [one_line(f.message) for f in report.findings]
    assert [one.get("classname") for one in suite.findall("testcase")[: len(report.findings)]] == [
        one_line(one.path) for one in report.findings
    ]


# Markdown.


def _flat(tokens: list[Token]) -> list[Token]:
    return [inner for token in tokens for inner in (token, *_flat(token.children or []))]


@given(report=REPORTS)
def test_markdown_holds_our_structure_and_no_other(report: Report) -> None:
    text = said("markdown", report)
    tokens = _flat(MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text))
    kinds = [token.type for token in tokens]
    size = len(report.findings)
    assert kinds.count("tr_open") == size + 1
    assert kinds.count("td_open") == 4 * size
    assert kinds.count("heading_open") == 1
    assert kinds.count("bullet_list_open") == 2
    assert kinds.count("list_item_open") == 2 * size
    assert kinds.count("code_inline") == 2 * size
    assert not {
        "image",
        "link_open",
        "html_inline",
        "fence",
        "code_block",
        "em_open",
        "s_open",
        "blockquote_open",
    } & set(kinds)
    assert [token.content.strip() for token in tokens if token.type == "html_block"] == [
        "<details><summary>What to do</summary>",
        "</details>",
    ]


@given(report=REPORTS)
def test_markdown_mentions_nobody_and_links_nowhere(report: Report) -> None:
    text = said("markdown", report)
    outside = re.sub(r"`[^`\n]*`", "", text)
    assert not re.findall(r"https?://|www\.", outside, re.IGNORECASE)
    tokens = _flat(MarkdownIt("commonmark").enable("table").parse(text))
    read = [token.content for token in tokens if token.type in {"text", "text_special"}]
    assert not [words for words in read if re.search(r"[@#!~%$]\w", words)]
