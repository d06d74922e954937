"""Whether every event of a log is what its schema asks for: OCSF 1.8.0, one line each, in order."""

import json
import os
from pathlib import Path

SHOWN = 20

# What each class needs whatever happened, as pointers; the compiled schemas check far more where they are there.
EVERY = ("activity_id", "activity_name", "category_uid", "class_uid", "class_name", "type_uid", "severity_id", "time",
         "message", "status_id", "metadata/product/name", "metadata/product/vendor_name", "metadata/uid",
         "metadata/correlation_uid", "metadata/log_name", "metadata/logged_time", "metadata/original_time",
         "device/type_id", "device/hostname", "device/boot_uid", "device/os/type_id", "unmapped/modgate/kind",
         "unmapped/modgate/chain/prev")
OF_CLASS = {
    1002: ("actor/user/uid", "actor/process/pid", "driver/file/name", "driver/file/type_id", "action_id",
           "disposition_id", "is_alert", "unmapped/modgate/action", "unmapped/modgate/asked",
           "unmapped/modgate/rule", "unmapped/modgate/modules"),
    3002: ("actor/user/uid", "user/uid", "service/name", "auth_protocol", "logon_type_id"),
    3004: ("entity/name",),
    6002: ("app/name",),
}
VALUES = {"severity_id": {1, 2, 3, 4, 5, 6}, "status_id": {0, 1, 2, 99}, "action_id": {1, 2, 3},
          "metadata/version": {"1.8.0"}, "metadata/product/name": {"modgate"}, "device/os/type_id": {200}}


def at(event: dict, pointer: str):
    """The value there, None where there is none."""
    for name in pointer.split("/"):
        event = event.get(name) if isinstance(event, dict) else None
    return event


def problems_of(event: dict) -> list[str]:
    """Held against the table."""
    if event.get("class_uid") not in OF_CLASS:
        return [f"class {event.get('class_uid')}"]
    found = [f"no {pointer}" for pointer in EVERY + OF_CLASS[event["class_uid"]] if at(event, pointer) is None]
    found += [f"{pointer} is {at(event, pointer)!r}" for pointer, values in VALUES.items()
              if at(event, pointer) is not None and at(event, pointer) not in values]
    if event.get("type_uid") != event["class_uid"] * 100 + event.get("activity_id", 0):
        found.append(f"type_uid {event.get('type_uid')}")
    if event.get("category_uid") != event["class_uid"] // 1000:
        found.append(f"category_uid {event.get('category_uid')}")
    return found


def validators() -> dict:
    """Class → validator, from the compiled schemas in MODGATE_OCSF_DIR; empty where they or jsonschema are missing."""
    folder = os.environ.get("MODGATE_OCSF_DIR")
    if not folder:
        return {}
    try:
        from jsonschema import Draft7Validator
    except ImportError:
        return {}
    return {int(path.name.split("-")[2]): Draft7Validator(json.loads(path.read_text()))
            for path in Path(folder).glob("ocsf-1.8.0-*.schema.json")}


def check(log: bytes) -> tuple[list[str], str]:
    """The problems of a whole log, and in words what it was held against."""
    by_schema = validators()
    found, sequence = [], None
    lines = log.split(b"\n")
    if lines.pop() != b"":
        found.append("the last line has no end")
    for line in lines:
        if not all(0x20 <= byte < 0x7f for byte in line):
            found.append(f"not printable ASCII: {line[:80]!r}")
            continue
        try:
            event = json.loads(line)
        except ValueError as error:
            found.append(f"no JSON ({error}): {line[:80]!r}")
            continue
        said = problems_of(event)
        if event.get("class_uid") in by_schema:
            said += [f"{'/'.join(map(str, error.path))}: {error.message}"
                     for error in by_schema[event["class_uid"]].iter_errors(event)]
        number = at(event, "metadata/sequence")
        if sequence is not None and number != sequence + 1:
            said.append(f"sequence {number} after {sequence}")
        sequence = number
        found += [f"#{number} {at(event, 'unmapped/modgate/kind')}: {text[:200]}" for text in said]
    how = "schemas and table" if by_schema else "the table alone: MODGATE_OCSF_DIR or python3-jsonschema is missing"
    return found[:SHOWN], f"{len(lines)} events, {how}"
