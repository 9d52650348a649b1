"""A cheap look at modules of the repository, by `ast` alone: which file an import means, what it defines, what it runs.

It answers only whether something may be; what really is, the interpreter finds out.
"""
