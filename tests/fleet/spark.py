"""Tables by Spark are those of one machine: docs/fleet on a cluster of two executors, one of which is killed meanwhile.

    target/spark/bin/python -m unittest discover -v -s tests/fleet -p spark.py

Needs Java, and editcap of Wireshark.
"""

import filecmp
import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import unittest.mock
from pathlib import Path

import duckdb
import pyspark
from programs import ROOT, SPARK, WSIGHT, needs

PACKAGE = ROOT / "docs/fleet"
TABLES = ["findings", "frames", "messages", "sessions", "upgrades"]

sys.path.insert(0, str(PACKAGE))
from wsight_fleet import units  # noqa: E402

# The first process of the program says which it is and waits to be interrupted; all processes are counted.
WAITING = """#!/bin/sh
echo $$ >> {folder}/started
if mkdir {folder}/first 2> /dev/null; then
    echo $$ > {folder}/pid.new
    mv {folder}/pid.new {folder}/pid
    sleep 4
fi
exec {wsight} "$@"
"""


def setUpModule():
    # A cluster on one machine leaves its executors' files where Spark is.
    home = Path(unittest.enterModuleContext(tempfile.TemporaryDirectory()))
    for part in Path(pyspark.__file__).parent.iterdir():
        if part.name != "work":
            (home / part.name).symlink_to(part)
    unittest.enterModuleContext(unittest.mock.patch.dict(os.environ, SPARK_HOME=str(home)))


def capture(name):
    return ROOT / "captures" / name


def ring(name, folders, packets):
    """Cuts a capture into the files of a ring, and distributes them over folders in turn."""
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as cut:
        subprocess.run(["editcap", "-c", str(packets), capture(name), f"{cut}/ring.pcapng"], check=True)
        files = sorted(Path(cut).iterdir())
        assert len(files) >= 4, files
        for at, file in enumerate(files):
            shutil.move(file, folders[at * len(folders) // len(files)] / file.name)


def captures(folder):
    """Three hosts: rings over several files and days, the same connections on two hosts, damaged files and others."""
    ring("victims-websockets.pcap", [folder / "web1"], 60)
    ring("victims-wsproto.pcap", [folder / "web2/2026-11-20", folder / "web2/2026-11-21"], 40)
    ring("clean-node-ws.pcap", [folder / "web2"], 7)
    web3 = folder / "web3"
    web3.mkdir()
    for name in ["victims-websockets.pcap", "pong-nul-cut.pcap", "tls-1.3.pcapng", "close-missing.pcap"]:
        shutil.copy(capture(name), web3)
    (web3 / "packed.pcap.gz").write_bytes(gzip.compress(capture("deflate-bomb.pcap").read_bytes()))
    (web3 / "damaged.pcap").write_bytes(capture("clean-wsproto.pcap").read_bytes()[:-9])
    (web3 / "notes.txt").write_text("no capture\n")
    (web3 / ".hidden.pcap").write_bytes(b"hidden")


def alone(out, *words):
    """The tables by one machine."""
    return subprocess.run([WSIGHT, "-f", "parquet", "-o", out, *words], stderr=subprocess.PIPE, text=True)


def by_spark(out, *words, program=WSIGHT, scratch):
    """The command, which runs on two executors."""
    command = [sys.executable, "-m", "wsight_fleet", "--wsight", program, "--out", out, "--scratch", scratch]
    command += ["--master", "local-cluster[2,1,1024]", *words]
    for name, value in SPARK.items():
        command += ["--conf", f"{name}={value}"]
    # Executors get the package from the command: it is not in the environment that they inherit.
    return subprocess.Popen(command, cwd=PACKAGE, stderr=subprocess.PIPE, text=True)


def parts(out):
    """All files but the manifest, by their paths in the folder."""
    found = (path.relative_to(out) for path in Path(out).rglob("*") if path.is_file())
    return sorted(path for path in found if path.parts[0] != "manifest")


def manifest(out):
    return {path.name: json.loads(path.read_text()) for path in Path(out, "manifest").iterdir()}


def page(out):
    """The page that is made of the tables, its exit status, and what is told of it."""
    # It names the folder as the command does.
    command = [WSIGHT, "report", "--tables", "."]
    made = subprocess.run(command, cwd=out, capture_output=True, text=True)
    return made.stdout, made.returncode, made.stderr


def ancestor(pid, name):
    """The next program of this name among those that have started a process."""
    while pid > 1:
        stat = Path(f"/proc/{pid}/stat").read_text()
        if f"({name})" in stat:
            return pid
        pid = int(stat.rpartition(")")[2].split()[1])
    raise AssertionError(f"no {name} has started it")


@needs("java", "editcap")
class Spark(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.captures, self.scratch = self.folder / "captures", self.folder / "scratch"
        captures(self.captures)

    def same_tables(self, one, other):
        """Row by row, by a database, and the files byte by byte."""
        for table in TABLES:
            first, second = (
                f"select * from read_parquet('{out}/{table}/*/*/*.parquet', hive_partitioning = true)"
                for out in (one, other)
            )
            self.assertGreater(duckdb.sql(f"select count(*) from ({first})").fetchall()[0][0], 5, table)
            for left, right in [(first, second), (second, first)]:
                self.assertEqual(duckdb.sql(f"({left}) except all ({right})").fetchall(), [], table)
        self.assertEqual(parts(one), parts(other))
        _, differing, unread = filecmp.cmpfiles(one, other, parts(one), shallow=False)
        self.assertEqual((differing, unread), ([], []))

    def ended(self, process, status):
        told = process.communicate()[1]
        self.assertEqual(process.returncode, status, told)
        return told

    def test_an_executor_is_killed(self):
        one, other = self.folder / "one", self.folder / "other"
        self.assertIn("damaged.pcap", alone(one, self.captures).stderr)
        program = self.folder / "wsight"
        program.write_text(WAITING.format(folder=self.folder, wsight=WSIGHT))
        program.chmod(0o755)

        process = by_spark(other, self.captures, program=program, scratch=self.scratch)
        pid = self.folder / "pid"
        while not pid.exists():
            self.assertIsNone(process.poll())
            time.sleep(0.05)
        # The program was started by a Python worker, and that by an executor.
        os.kill(ancestor(int(pid.read_text()), "java"), signal.SIGKILL)
        told = self.ended(process, 2)

        self.assertIn("Lost executor", told)
        self.assertIn("damaged.pcap", told)
        self.assertIn("1 passed over as no captures", told)
        self.same_tables(one, other)
        self.assertEqual(manifest(one), manifest(other))
        self.assertFalse((other / ".staging").exists())
        self.assertIn("web1", page(other)[0])
        self.assertEqual(page(one), page(other))
        # One unit was begun twice. In another there is no capture.
        started = (self.folder / "started").read_text().split()
        self.assertGreater(len(started), len(units_of(self.captures)) - 1)

        # Another file of a ring, another ring, and one whose parts were being put in their places. Nothing else is done
        # again.
        placing = next(path for path in (other / "manifest").iterdir() if "/web1/" in path.read_text())
        entry = json.loads(placing.read_text())
        (other / entry["parts"][0]["path"]).unlink()
        placing.write_text(json.dumps({**entry, "progress": "placing"}))
        shutil.copy(capture("clean-node-ws.pcap"), self.captures / "web2/ring_00099.pcapng")
        shutil.copy(capture("pong-nul-cut.pcap"), self.captures / "web3/other.pcap")
        alone(one, self.captures)
        told = self.ended(by_spark(other, self.captures, program=program, scratch=self.scratch), 2)
        self.assertIn(f"3 analyzed, {len(manifest(one)) - 3} unchanged", told)
        self.same_tables(one, other)
        self.assertEqual(manifest(one), manifest(other))

    def test_captures_are_fetched_and_results_stored_by_hadoop(self):
        one, other = self.folder / "one", self.folder / "other"
        # Names that Hadoop's shell would take for patterns.
        shutil.copy(capture("pong-nul-cut.pcap"), self.captures / "web3/a[1]{b}.pcap")
        told = self.ended(by_spark(f"file://{other}", f"file://{self.captures}", scratch=self.scratch), 2)
        self.assertIn("damaged.pcap", told)
        self.assertNotIn("left without new tables", told)
        fetched = self.scratch / "file/local" / self.captures.relative_to("/")
        left = [path for path in self.scratch.rglob("*") if path.is_file() and path.suffix != ".lock"]
        self.assertEqual(left, [])
        # Rings have names by their folder: the one machine has its captures where the executors had theirs.
        shutil.copytree(self.captures, fetched, dirs_exist_ok=True)
        alone(one, fetched)
        self.same_tables(one, other)

    def test_a_failure_costs_its_captures_only(self):
        one, other = self.folder / "one", self.folder / "other"
        program = self.folder / "wsight"
        program.write_text(f'#!/bin/sh\ncase "$*" in *web1*) echo broken >&2; exit 1;; esac\nexec {WSIGHT} "$@"\n')
        program.chmod(0o755)
        told = self.ended(by_spark(other, self.captures, program=program, scratch=self.scratch), 2)
        self.assertIn("wsight ended with status 1: broken", told)
        self.assertIn("1 left without new tables", told)
        alone(one, self.captures / "web2", self.captures / "web3")
        self.same_tables(one, other)


def units_of(folder):
    return {units.key(str(path)) for path in folder.rglob("[!.]*.*") if path.is_file()}


class Grouping(unittest.TestCase):
    def test_a_ring_is_in_one_unit(self):
        for names in [
            ["ring_00001_20260131120000.pcapng", "ring_00012_20260131130000.pcapng.gz", "2026-01-31/ring_1.pcapng"],
            ["trace.pcap", "trace.pcap1", "trace.pcap10", "trace.pcap2.gz", "20260131/trace.pcap.3.zst", "trace.PCAP"],
            ["trace", "trace1", "trace10"],
            ["eth0-2026-01-31_12:00:00.pcap", "eth0-2026-01-31T12:00:00Z.pcap"],
            ["trace.00001.pcapng", "trace.00002.pcapng"],
            ["00001.pcap", "2026-01-31.pcap"],
        ]:
            self.assertEqual(len({units.key(f"/captures/web1/{name}") for name in names}), 1, names)

    def test_hosts_and_other_names_are_in_others(self):
        # The last two are by `wsight split`.
        names = ["web1/a.pcap", "web2/a.pcap", "web1/b.pcap", "web1/a.pcapng"]
        names += ["web1/part-000-of-002.pcapng", "web1/part-001-of-002.pcapng"]
        self.assertEqual(len({units.key(f"/captures/{name}") for name in names}), len(names))
