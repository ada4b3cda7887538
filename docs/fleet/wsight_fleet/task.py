"""What a task does, on an executor: one unit, by one process of wsight. This module is sent there as it is."""

import fcntl
import glob
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import sha256

from pyspark import SparkFiles, TaskContext

# pcap in both orders of bytes, with microseconds and nanoseconds; pcapng; gzip, zstd, lz4.
FIRST_BYTES = [
    bytes.fromhex(magic)
    for magic in "a1b2c3d4 d4c3b2a1 a1b23c4d 4d3cb2a1 0a0d0d0a 1f8b08 28b52ffd 04224d18 02214c18".split()
]

DONE = 0
# Something could not be read; the rest has its tables.
UNABLE = 2


@dataclass(frozen=True)
class Job:
    """What all tasks have in common."""

    program: str
    """The name under which Spark has shipped wsight."""
    options: tuple
    """Options for wsight."""
    scratch: str
    """A folder on each executor's own disk."""
    staging: str
    """Where results go."""
    attempts: int
    """How often Spark tries a task."""
    configuration: str
    """Hadoop's, as XML."""


@dataclass
class Result:
    """What has become of a unit."""

    staged: str = ""
    """The folder with the parts of all `entries`."""
    entries: list = field(default_factory=list)
    """The entries of rings that were analyzed."""
    unchanged: int = 0
    """How many rings were analyzed before, and have not changed."""
    passed_over: int = 0
    """How many files are no captures."""
    told: str = ""
    """What wsight said, where something could not be read."""
    failure: str = ""
    """Why there are no new tables."""


def analyze(unit, job):
    """Analyzes a unit. A failure is raised, so that Spark tries again, and told by the last attempt."""
    try:
        return _analyze(unit, job)
    except Exception as error:
        if TaskContext.get().attemptNumber() + 1 < job.attempts:
            raise
        return Result(failure=f"{unit.captures[0].uri}: {error}")


def _analyze(unit, job):
    os.makedirs(job.scratch, mode=0o700, exist_ok=True)
    if os.stat(job.scratch).st_uid != os.getuid():
        raise PermissionError(f"{job.scratch} belongs to somebody else")
    with ExitStack() as stack:
        work = stack.enter_context(tempfile.TemporaryDirectory(dir=job.scratch, prefix="attempt-"))
        fetched = [capture for capture in unit.captures if capture.is_fetched]
        if fetched:
            _fetch(fetched, job, work, stack)
        paths = [capture.path for capture in unit.captures]
        captures = [path for path in paths if _is_capture(path)]
        result = Result(passed_over=len(paths) - len(captures))
        if captures:
            _run(unit, captures, job, work, result)
        return result


def _run(unit, captures, job, work, result):
    tables, empty = f"{work}/tables", f"{work}/empty"
    os.mkdir(empty)
    os.makedirs(f"{tables}/manifest")
    for ring, entry in unit.entries.items():
        with open(f"{tables}/manifest/{ring}.json", "w", encoding="utf-8") as file:
            json.dump(entry, file)
    # A folder among the words asks for parts by host and day. There is nothing in it.
    command = [SparkFiles.get(job.program), "-f", "parquet", "-o", tables, "--jobs", "1", *job.options, empty, *captures]
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    told = ended.stderr.decode(errors="replace")
    entries = {}
    for name in glob.glob(f"{glob.escape(tables)}/manifest/*.json"):
        with open(name, encoding="utf-8") as file:
            entry = json.load(file)
        if entry["progress"] == "done":
            entries[entry["ring"]] = entry
    known = {file["path"] for entry in entries.values() for file in entry["files"]}
    # wsight writes other characters in its own way.
    missing = [path for path in captures if path.isprintable() and path not in known]
    if ended.returncode not in (DONE, UNABLE) or missing:
        raise RuntimeError(f"wsight ended with status {ended.returncode}: {told}")
    result.told = told if ended.returncode == UNABLE else ""
    result.entries = [entry for ring, entry in entries.items() if entry != unit.entries.get(ring)]
    result.unchanged = len(entries) - len(result.entries)
    if result.entries:
        # No other attempt has this name.
        result.staged = f"{job.staging}/{os.path.basename(work)}-{TaskContext.get().taskAttemptId()}"
        _put(tables, result.staged, job, work)


def _is_capture(path):
    with open(path, "rb") as file:
        first = file.read(4)
    return any(first.startswith(magic) for magic in FIRST_BYTES)


def _fetch(captures, job, work, stack):
    """Copies captures to their paths until the stack is closed. Other attempts on this machine wait meanwhile."""
    name = sha256(captures[0].path.encode()).hexdigest()
    lock = stack.enter_context(open(f"{job.scratch}/{name}.lock", "w"))
    fcntl.flock(lock, fcntl.LOCK_EX)
    folders = defaultdict(list)
    for capture in captures:
        stack.callback(_forget, capture.path)
        folders[os.path.dirname(capture.path)].append(capture)
    for folder, inside in folders.items():
        os.makedirs(folder, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=work) as arriving:
            # The shell takes names for patterns.
            names = [re.sub(r"([*?\[\]{}\\])", r"\\\1", capture.uri) for capture in inside]
            _hadoop(["-get", *names, arriving], job, work)
            for capture in inside:
                arrived = f"{arriving}/{os.path.basename(capture.path)}"
                os.utime(arrived, ns=(capture.modified * 1_000_000,) * 2)
                os.replace(arrived, capture.path)


def _forget(path):
    if os.path.exists(path):
        os.remove(path)


def _put(tables, staged, job, work):
    if staged.startswith("/"):
        shutil.copytree(tables, staged)
    else:
        _hadoop(["-put", tables, staged], job, work)


def _hadoop(arguments, job, work):
    """Runs Hadoop's shell with the jars of Spark: a task has no JVM of its own to ask."""
    from pyspark.find_spark_home import _find_spark_home

    # The driver's configuration, under the name by which Hadoop finds it.
    configuration = f"{work}/configuration"
    os.makedirs(configuration, exist_ok=True)
    with open(f"{configuration}/core-site.xml", "w", encoding="utf-8") as file:
        file.write(job.configuration)
    jars = ":".join([configuration, f"{_find_spark_home()}/jars/*", f"{SparkFiles.getRootDirectory()}/*"])
    home = os.environ.get("JAVA_HOME")
    java = f"{home}/bin/java" if home else "java"
    shell = [java, "-cp", jars, "org.apache.hadoop.fs.FsShell", *arguments]
    ended = subprocess.run(shell, stdin=subprocess.DEVNULL, capture_output=True)
    if ended.returncode != 0:
        raise RuntimeError(f"hadoop fs {arguments[0]}: {ended.stderr.decode(errors='replace')[-2000:]}")
