"""Tests of `migration-guard move`."""
