"""The report that tells others: it collects findings, and at the end sends one notice to each target.

Sending never fails a scan, nor holds it up for longer than `BUDGET`: what cannot be sent is a warning.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from scanner.model import Finding, Summary
from scanner.notify.http import NotTaken
from scanner.notify.notice import Collector, Notice
from scanner.notify.target import Target

ATTEMPTS, TIMEOUT, PAUSE = 4, 5.0, 1.0  # seconds of an attempt, and of the first pause, which doubles
BUDGET = 20.0  # seconds for all targets, which are told at the same time

Send = Callable[[Target, Notice, float], None]


class Notifier:
    """Sends a notice when the scan has ended, if there is something to tell.

    Args:
        source: what is scanned.
        warn: is told of what could not be sent.
    """

    def __init__(
        self, targets: Sequence[Target], source: str, version: str, warn: Callable[[str], None]
    ) -> None:
        self._targets, self._source, self._version, self._warn = targets, source, version, warn
        self._collector = Collector()

    def add(self, finding: Finding) -> None:
        """Takes a finding."""
        self._collector.add(finding)

    def finish(self, summary: Summary) -> None:
        """Sends what there is to tell."""
        notice = self._collector.notice(self._source, self._version, time.time())
        if notice is None:
            return
        end = time.monotonic() + BUDGET
        outcomes: dict[str, str] = {}
        threads = []
        for target in self._targets:
            thread = threading.Thread(target=_tell, args=(target, notice, end, outcomes), daemon=True)
            thread.start()
            threads.append((target, thread))
        for target, thread in threads:
            thread.join(max(end - time.monotonic(), 0))
            if problem := outcomes.get(target.name, "no answer in time"):
                self._warn(f"--notify {target.name}: could not be told: {problem}")


def _tell(target: Target, notice: Notice, end: float, outcomes: dict[str, str]) -> None:
    """Sends, again where that may help; notes the problem, or nothing. No exception's text is noted but
    `NotTaken`'s: others may hold the address."""
    pause = PAUSE
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _send_of(target)(target, notice, min(TIMEOUT, max(end - time.monotonic(), 0.1)))
        except NotTaken as error:
            problem, again = str(error), error.again
        except OSError as error:
            problem, again = type(error).__name__, True
        except Exception as error:
            problem, again = type(error).__name__, False
        else:
            outcomes[target.name] = ""
            return
        outcomes[target.name] = problem
        if not again or attempt == ATTEMPTS or time.monotonic() + pause > end:
            return
        time.sleep(pause)
        pause *= 2


def _send_of(target: Target) -> Send:
    """What sends to a target of that kind."""
    if target.kind == "mail":
        from scanner.notify import mail

        return mail.send
    if target.kind == "syslog":
        from scanner.notify import syslog

        return syslog.send
    from scanner.notify import http

    return http.post
