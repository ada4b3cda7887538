"""Which captures there are, and which of them one task analyzes."""

import os
import re
from collections import defaultdict
from dataclasses import dataclass, field
from urllib.parse import urlsplit

COMPRESSIONS = re.compile(r"\.(gz|zst|zstd|lz4)$")
# Of times like 2026-01-31T12:00:00Z, too.
NUMBERS = "0123456789-_.:+@ ~tz"
DATE = re.compile(r"\d{4}-?\d\d-?\d\d")


@dataclass(frozen=True)
class Capture:
    """A file that may be a capture."""

    uri: str
    """Where it is: a path, or what Hadoop opens."""
    path: str
    """Where wsight reads it, on every executor. Names of rings follow from it."""
    size: int
    """In bytes."""
    modified: int
    """In milliseconds since 1970."""

    @property
    def is_fetched(self):
        """Whether it is copied to `path` before it is read."""
        return self.uri != self.path


@dataclass
class Unit:
    """Captures that one task analyzes: all files of one ring, or of several."""

    captures: list = field(default_factory=list)
    entries: dict = field(default_factory=dict)
    """What the manifest has about them: file names and their text."""

    @property
    def size(self):
        """In bytes."""
        return sum(capture.size for capture in self.captures)


def key(path):
    """What the captures of a unit have in common.

    wsight itself says which files are a ring (docs/FLEET.md, "Rings"). This only has to keep those together: whatever may be
    part of a number or a time does not count at the end of a name, and in front of its extension. Two rings in one unit
    are two rings all the same.
    """
    folder, name = os.path.split(path)
    while DATE.fullmatch(os.path.basename(folder)):
        folder = os.path.dirname(folder)
    name, _, extension = COMPRESSIONS.sub("", name.lower()).rstrip(NUMBERS).rpartition(".")
    return folder, name.rstrip(NUMBERS), extension


def find(hadoop, words, out, scratch):
    """The files that `words` stand for, except hidden ones and those in `out`. Those with a scheme go to `scratch`."""
    found, seen, out = {}, set(), hadoop.path(out).toString()
    pending = [(word, status) for word in words for status in hadoop.matches(word)]
    while pending:
        word, status = pending.pop()
        place, scheme = status.getPath(), urlsplit(word).scheme
        uri = place.toUri()
        path = uri.getPath()
        if status.isDirectory():
            real = path if scheme else os.path.realpath(path)
            if place.toString() != out and real not in seen:
                seen.add(real)
                children = hadoop.children(place)
                pending += [(word, child) for child in children if not child.getPath().getName().startswith(".")]
            continue
        if scheme:
            local = "/".join([scratch, scheme, uri.getAuthority() or "local", path.lstrip("/")])
            capture = Capture(place.toString(), local, status.getLen(), status.getModificationTime())
        else:
            capture = Capture(path, path, status.getLen(), status.getModificationTime())
        found[capture.path] = capture
    return found.values()


def group(captures, entries):
    """The units, the largest first, so that no large one is left for the end."""
    units = defaultdict(Unit)
    for capture in sorted(captures, key=lambda capture: capture.path):
        units[key(capture.path)].captures.append(capture)
    for name, entry in entries.items():
        unit = units.get(key(entry["files"][0]["path"]))
        if unit is not None:
            unit.entries[name] = entry
    return sorted(units.values(), key=lambda unit: -unit.size)
