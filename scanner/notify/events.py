"""An alert as SIEMs take it: JSON, ArcSight's Common Event Format, and OCSF's Detection Finding."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

from scanner.notify.notice import Alert, Notice

_OCSF = "1.5.0"
# Severity for people, its number in CEF (0 to 10) and in OCSF (severity_id).
_SEVERITIES = {"critical": (10, 5), "high": (8, 4), "medium": (5, 3), "low": (3, 2)}
_UNKNOWN = (5, 0)


def json_event(alert: Alert, notice: Notice) -> str:
    """The alert's own fields, and what was scanned."""
    return json.dumps(asdict(alert) | {"source": notice.source, "time": notice.time})


def cef_event(alert: Alert, notice: Notice) -> str:
    """Common Event Format, version 0 ("ArcSight CEF Implementation Standard", revision 25)."""
    head = ("leakscan", "leakscan", notice.version, alert.rule, alert.description or alert.rule)
    fields: dict[str, object] = {
        "rt": int(notice.time * 1000),
        "externalId": alert.id,
        "cat": "secret",
        "filePath": alert.file,
        "cn1Label": "line",
        "cn1": alert.line,
        "suser": alert.email,
        "cs1Label": "commit",
        "cs1": alert.commit,
        "cs2Label": "state",
        "cs2": alert.state or "unknown",
        "cs3Label": "source",
        "cs3": notice.source,
        "request": alert.link,
        "msg": alert.remediation,
    }
    extension = " ".join(f"{key}={_cef_value(str(value))}" for key, value in fields.items() if value != "")
    severity = _SEVERITIES.get(alert.severity, _UNKNOWN)[0]
    return "CEF:0|" + "|".join(map(_cef_head, head)) + f"|{severity}|{extension}"


def _cef_head(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|")


def _cef_value(text: str) -> str:
    return text.replace("\\", "\\\\").replace("=", "\\=").replace("\n", "\\n").replace("\r", "\\r")


def ocsf_event(alert: Alert, notice: Notice) -> str:
    """Open Cybersecurity Schema Framework, class Detection Finding (2004), version 1.5.0."""
    return json.dumps(ocsf(alert, notice))


def ocsf(alert: Alert, notice: Notice) -> dict[str, Any]:
    """The same as an object."""
    time = int(notice.time * 1000)
    info: dict[str, Any] = {
        "uid": alert.id,
        "title": alert.description or alert.rule,
        "types": ["Leaked secret"],
        "created_time": time,
        "analytic": {"name": alert.rule, "uid": alert.rule, "type_id": 1, "type": "Rule"},
    }
    if alert.link:
        info["src_url"] = alert.link
    if alert.date:
        info["first_seen_time"] = _milliseconds(alert.date)
    name = alert.file.rpartition("/")[2] or alert.file or "-"
    event: dict[str, Any] = {
        "category_uid": 2,
        "class_uid": 2004,
        "activity_id": 1,
        "type_uid": 200401,
        "severity_id": _SEVERITIES.get(alert.severity, _UNKNOWN)[1],
        "status_id": 1,
        "time": time,
        "message": f"{alert.rule} in {alert.place}",
        "metadata": {
            "version": _OCSF,
            "product": {"name": "leakscan", "vendor_name": "leakscan", "version": notice.version},
        },
        "finding_info": info,
        "evidences": [{"file": {"name": name, "path": alert.file or "-", "type_id": 1}}],
        "resources": [{"name": notice.source, "type": "repository"}],
        "unmapped": {"commit": alert.commit, "line": alert.line, "author": alert.email, "state": alert.state},
    }
    if alert.remediation:
        event["remediation"] = {"desc": alert.remediation}
    return event


def _milliseconds(date: str) -> int:
    moment = datetime.strptime(date, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    return int(moment.timestamp() * 1000)


EVENTS = {"json": json_event, "cef": cef_event, "ocsf": ocsf_event}
