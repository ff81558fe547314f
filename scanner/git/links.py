"""Links to the page of a Git host that shows the lines of a finding, as Gitleaks makes them."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from scanner.errors import UsageError
from scanner.model import text_of


class Platform(enum.Enum):
    """A kind of Git host; the values are those of ``--platform``."""

    UNKNOWN = "unknown"
    NONE = "none"
    GITHUB = "github"
    GITLAB = "gitlab"
    AZURE_DEVOPS = "azuredevops"
    GITEA = "gitea"
    BITBUCKET = "bitbucket"


_HOSTS = {
    "github.com": Platform.GITHUB,
    "gitlab.com": Platform.GITLAB,
    "dev.azure.com": Platform.AZURE_DEVOPS,
    "visualstudio.com": Platform.AZURE_DEVOPS,
    "gitea.com": Platform.GITEA,
    "code.forgejo.org": Platform.GITEA,
    "codeberg.org": Platform.GITEA,
    "bitbucket.org": Platform.BITBUCKET,
}

# git@host:[port/]path[.git]
_SCP_LIKE = r"git@([a-zA-Z0-9.-]+):(?:[0-9]{1,5}/)?([a-zA-Z0-9_/.-]+?)(?:\.git)?\Z"

_RENDERED = (".md", ".ipynb")  # shown formatted, without line numbers, unless asked otherwise


@dataclass(frozen=True, slots=True)
class Remote:
    """Where a repository is hosted.

    Attributes:
        url: the repository's web address; empty where there is none.
    """

    platform: Platform = Platform.NONE
    url: str = ""


def platform_named(name: str) -> Platform:
    """The platform that ``--platform`` names, in any case; empty means unknown. Raises `UsageError`."""
    try:
        return Platform(name.lower() or "unknown")
    except ValueError:
        known = ", ".join(platform.value for platform in Platform)
        raise UsageError(f"invalid platform {name!r}: use one of {known}") from None


def platform_of(url: str) -> Platform:
    """The platform of the host in `url`; unknown unless it is one of the public ones."""
    from urllib.parse import urlsplit  # only scans with findings need it

    try:
        return _HOSTS.get((urlsplit(url).hostname or "").lower(), Platform.UNKNOWN)
    except ValueError:
        return Platform.UNKNOWN


def remote_of(url: str, platform: Platform = Platform.UNKNOWN) -> Remote:
    """Where links lead, for a remote's `url` as Git has it; no user names or passwords stay in it.

    Args:
        url: of a remote in any form; empty for none.
        platform: what the user says of the host; unknown means that the host's name decides.
    """
    page = _web_address(url)
    if not page or platform is Platform.NONE:
        return Remote()
    return Remote(platform_of(page) if platform is Platform.UNKNOWN else platform, page)


def _web_address(url: str) -> str:
    from urllib.parse import urlsplit, urlunsplit

    if match := re.match(_SCP_LIKE, url):
        url = f"https://{match[1]}/{match[2]}"
    try:
        parts = urlsplit(url.removesuffix(".git"))
    except ValueError:
        return ""
    if not parts.scheme or not parts.netloc:
        return ""  # a local folder or an scp-like address of another user: no page
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def link(remote: Remote, commit: str, path: bytes, start_line: int, end_line: int) -> str:
    """Address of the page that shows lines of a file at a commit; empty where there is none.

    Args:
        commit: full object name; empty outside history, where there is no page.
        path: as in `model.Fragment`; for a path inside an archive the page is the archive's.
        start_line, end_line: from 1; 0 for the file as a whole.
    """
    if remote.platform in (Platform.UNKNOWN, Platform.NONE) or not commit:
        return ""
    outer, archive, _ = path.partition(b"!")
    file = text_of(outer).replace("%", "%25").replace(" ", "%20")
    page, lines = _FORMS[remote.platform](commit, file, start_line, end_line)
    return f"{remote.url}/{page}" + ("" if archive else lines)


def _github(commit: str, file: str, start: int, end: int) -> tuple[str, str]:
    plain = "?plain=1" if file.lower().endswith(_RENDERED) else ""
    return f"blob/{commit}/{file}", plain + _span("#L", start, "-L", end)


def _gitlab(commit: str, file: str, start: int, end: int) -> tuple[str, str]:
    return f"blob/{commit}/{file}", _span("#L", start, "-", end)


def _gitea(commit: str, file: str, start: int, end: int) -> tuple[str, str]:
    source = "?display=source" if file.lower().endswith(_RENDERED) else ""
    return f"src/commit/{commit}/{file}", source + _span("#L", start, "-L", end)


def _bitbucket(commit: str, file: str, start: int, end: int) -> tuple[str, str]:
    return f"src/{commit}/{file}", _span("#lines-", start, ":", end)


def _azure(commit: str, file: str, start: int, end: int) -> tuple[str, str]:
    # Without columns the page does not highlight the line.
    columns = "&lineStartColumn=1&lineEndColumn=10000000&type=2&lineStyle=plain&_a=files"
    return f"commit/{commit}?path=/{file}", _span("&line=", start, "&lineEnd=", end) + columns


def _span(before: str, start: int, between: str, end: int) -> str:
    return (f"{before}{start}" if start else "") + (f"{between}{end}" if end != start else "")


_FORMS = {
    Platform.GITHUB: _github,
    Platform.GITLAB: _gitlab,
    Platform.AZURE_DEVOPS: _azure,
    Platform.GITEA: _gitea,
    Platform.BITBUCKET: _bitbucket,
}
