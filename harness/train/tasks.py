"""The text of tasks: of the project's own (`tasks/*/data`), and of published ones once `cargo golf fetch` has brought them."""

import gzip
import json
from pathlib import Path

UPSTREAM = "https://raw.githubusercontent.com/"
FETCHED = ".golf/fetched"


def definitions(root):
    """All `task.json`, by id."""
    paths = sorted(Path(root).glob("tasks/*/task.json"))
    return {path.parent.name: json.loads(path.read_text()) for path in paths}


def data(root, definition):
    """The bytes of a task's data files, in order; `FileNotFoundError` if they aren't here."""
    for file in definition.get("files", []):
        if "url" in file:
            path = Path(root) / FETCHED / file["url"].removeprefix(UPSTREAM)
        else:
            path = Path(root) / "tasks" / definition["id"] / file["path"]
        content = path.read_bytes()
        yield gzip.decompress(content) if path.suffix == ".gz" else content


def document(definition, content):
    """What the harness scores of a published text."""
    source = definition["source"]
    if source["format"] == "conllu":
        lines = [line[9:] for line in content.decode().split("\n") if line.startswith("# text = ")]
        return "".join(line + "\n" for line in lines).encode()
    return content[source.get("from", 0) :]


def strings(value):
    """All texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, part in value.items():
            # Other examples that an evaluation put before the question are no part of the item.
            if key != "request":
                yield from strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part)


def texts(root, definition):
    """The texts of a task's items, one after the other."""
    for content in data(root, definition):
        if definition["kind"] == "bits_per_byte":
            yield document(definition, content).decode() if "source" in definition else content.decode()
        else:
            for line in content.decode().splitlines():
                yield from strings(json.loads(line))
