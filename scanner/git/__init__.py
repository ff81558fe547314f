"""What leakscan reads from Git repositories, and how.

Not named here is what only whole histories need, so that no other scan waits for its import: see
`scanner.git.history`, `scanner.git.packs`.
"""

from scanner.git.changes import Change
from scanner.git.content import is_binary, is_lfs_pointer
from scanner.git.lines import added_lines, added_text
from scanner.git.links import Platform, Remote, link, platform_named, platform_of, remote_of
from scanner.git.objects import CorruptObject, MissingObject, ObjectError
from scanner.git.repository import Repository, open_repository
from scanner.git.selection import Selection
from scanner.git.worktree import staged, unstaged, work_tree_content

__all__ = [
    "Change",
    "CorruptObject",
    "MissingObject",
    "ObjectError",
    "Platform",
    "Remote",
    "Repository",
    "Selection",
    "added_lines",
    "added_text",
    "is_binary",
    "is_lfs_pointer",
    "link",
    "open_repository",
    "platform_named",
    "platform_of",
    "remote_of",
    "staged",
    "unstaged",
    "work_tree_content",
]
