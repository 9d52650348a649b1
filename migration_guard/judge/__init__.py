"""Judging: rules over Operations, severity, fingerprints. Pure; it reads no file and prints nothing."""

from migration_guard.judge.apply import Judged, Law, judge, judge_backfills, judge_contractions, judge_omissions
from migration_guard.judge.fingerprint import fingerprint
from migration_guard.judge.ignoring import Trusted, ignoring
from migration_guard.judge.severity import Severities
from migration_guard.judge.tables import SMALL, Measured, TablePatterns

__all__ = [
    "SMALL",
    "Judged",
    "Law",
    "Measured",
    "Severities",
    "TablePatterns",
    "Trusted",
    "fingerprint",
    "ignoring",
    "judge",
    "judge_backfills",
    "judge_contractions",
    "judge_omissions",
]
