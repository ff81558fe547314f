"""The fast way through a history: finds the few blobs worth looking at without scanning all of them whole.

Git stores most versions of a file as a difference to another version. A survey goes through each pack along
these differences, sieves what each adds, and scans whole only the versions that may hold something. What it
says of a blob is what scanning the blob would have said.
"""

from scanner.survey.survey import Survey, survey

__all__ = ["Survey", "survey"]
