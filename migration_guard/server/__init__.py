"""The language server: a door for editors to the same run that `check` makes. It judges nothing itself.

`documents`: what editors show, which is read in place of what the disk holds. `judging`: one thread that makes a run for a
document. `saying`: what is found, as an editor shows it. `offering`: what can be done about it, as changes of files.
`door`: which message of an editor leads to what.
"""
