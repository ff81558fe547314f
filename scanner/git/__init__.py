"""What leakscan reads from Git repositories, and how."""

from scanner.git.changes import Change
from scanner.git.content import is_binary, is_lfs_pointer
from scanner.git.history import Listing, commit_count, history, listing
from scanner.git.lines import added_lines, added_text
from scanner.git.links import Platform, Remote, link, platform_named, platform_of, remote_of
from scanner.git.objects import CorruptObject, MissingObject, ObjectError
from scanner.git.repository import Repository, open_repository
from scanner.git.selection import Selection
from scanner.git.worktree import staged, unstaged, work_tree_content

__all__ = [
    "Change",
    "CorruptObject",
    "Listing",
    "MissingObject",
    "ObjectError",
    "Platform",
    "Remote",
    "Repository",
    "Selection",
    "added_lines",
    "added_text",
    "commit_count",
    "history",
    "is_binary",
    "is_lfs_pointer",
    "link",
    "listing",
    "open_repository",
    "platform_named",
    "platform_of",
    "remote_of",
    "staged",
    "unstaged",
    "work_tree_content",
]
