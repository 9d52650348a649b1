"""What is asked of the file system while something is found out, with what it answered: so that it can be asked again.

A finding may rest on more than its file: on modules that it imports, on files that were looked for and are not there, on
what a folder holds. Whoever reads a migration asks for all of that here, or in `files.py`, and nowhere else. Then what it
found is as good as new for as long as each question is answered as it was.

- `asked`: a function that only the file system decides, and that is cheap: its question is noted, with its answer.
- `remembered`: a function that costs more: what it looked at is noted, each time that it is remembered.
- `Looks`: what was noted while something was found out.
"""

from migration_guard.sight.asking import answer, asked, forget, remembered, seed
from migration_guard.sight.looks import Looks, Memory, Question, looking, note_all

__all__ = ["Looks", "Memory", "Question", "answer", "asked", "forget", "looking", "note_all", "remembered", "seed"]
