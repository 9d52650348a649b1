"""Setting the guard up in a repository: what is there, and what is proposed for it. It writes nothing."""

from migration_guard.init.propose import Append, Create, Proposal, Tell, proposals
from migration_guard.init.survey import Survey, survey

__all__ = ["Append", "Create", "Proposal", "Survey", "Tell", "proposals", "survey"]
