"""The questions of docs/FLEET.md, as they stand there, have the answers that are known from how the captures were made.

    target/spark/bin/python -m unittest discover -v -s tests/fleet -p questions.py

Those in DuckDB need no Java.
"""

import contextlib
import re
import subprocess
import tempfile
import unittest
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import ceil
from pathlib import Path

import duckdb
import traffic
from packets import Side
from programs import ROOT, SPARK, WSIGHT, needs
from pyspark.sql import SparkSession

Row = tuple
MILLISECOND = timedelta(milliseconds=1)
MICROSECOND = timedelta(microseconds=1)


def of_the_page() -> dict[str, str]:
    """The SQL of the section, by its heading."""
    page = (ROOT / "docs/FLEET.md").read_text()
    section = re.search(r"^## Ask the tables$(.*?)^## ", page, re.M | re.S)[1]
    return dict(re.findall(r"^### ([^\n]+)\n(?:(?!^###).)*?^```sql\n(.*?)^```", section, re.M | re.S))


class Truth:
    """What the answers are."""

    def __init__(self, hosts: list[traffic.Host]):
        self.sessions = [session for host in hosts for session in host.sessions]
        self.findings = [finding for host in hosts for finding in host.findings]

    def faults(self) -> list[traffic.Finding]:
        """What is worse than a note, and not the capture's fault."""
        return [finding for finding in self.findings if finding.severity != "note" and not finding.of_capture]

    def findings_by_day_and_host(self) -> Iterable[Row]:
        worse = (finding for finding in self.findings if finding.severity != "note")
        found = Counter((finding.time.date(), finding.host, finding.id, finding.severity) for finding in worse)
        return ((*key, count) for key, count in found.items())

    def new_since_a_deploy(self) -> Iterable[Row]:
        times = grouped(self.faults(), lambda finding: (finding.host, finding.id, finding.side))
        for key, found in times.items():
            since = min(finding.time for finding in found)
            if since >= traffic.DEPLOYED["web1"]:
                yield (*key, since, len(found))

    def clients_that_cut_pongs(self) -> Iterable[Row]:
        cut = (finding for finding in self.findings if finding.cut and finding.side is Side.CLIENT)
        for client, found in grouped(cut, lambda finding: finding.session.client.ip).items():
            times = [finding.time for finding in found]
            yield client, len(found), len({finding.host for finding in found}), min(times), max(times)

    def idle_timeouts_by_load_balancer(self) -> Iterable[Row]:
        silent = (finding for finding in self.findings if finding.id == "close-missing" and finding.lasted)
        cut = Counter((str(f.session.server), f.side, round(f.lasted.total_seconds())) for f in silent)
        return ((*key, count) for key, count in cut.items() if count >= 3)

    def failed_handshakes_by_cause(self) -> Iterable[Row]:
        failed = (finding for finding in self.faults() if finding.session is None)
        for key, found in grouped(failed, lambda finding: (finding.id, finding.cause)).items():
            yield *key, sum(finding.attempts for finding in found), len({finding.host for finding in found})

    def slow_upgrades_by_percentile(self) -> Iterable[Row]:
        for key, sessions in grouped(self.sessions, lambda session: (session.began.date(), session.host)).items():
            times = sorted(session.upgrade // MICROSECOND for session in sessions)
            yield *key, len(times), *(times[ceil(len(times) * p / 100) - 1] for p in (50, 95, 99))

    def sessions_that_ended_alike(self) -> Iterable[Row]:
        ended = (s for s in self.sessions if s.ended_by and s.close_code not in (1000, 1001))
        alike = grouped(
            ended, lambda s: (str(s.server), s.close_by, s.close_code, "fin", s.ended_by, round(s.age.total_seconds()))
        )
        for key, sessions in alike.items():
            if len(sessions) >= 3:
                yield *key, len(sessions), len({session.client.ip for session in sessions})

    def traffic_and_how_much_of_it_has_faults(self) -> Iterable[Row]:
        faulty = {finding.session for finding in self.faults()}
        for key, sessions in grouped(self.sessions, lambda session: (session.began.date(), session.host)).items():
            count = len(faulty.intersection(sessions))
            percent = round(100 * Decimal(count) / len(sessions), 1)
            yield *key, len(sessions), sum(session.bytes for session in sessions), count, percent

    def clients_that_vanish_or_do_not_read(self) -> Iterable[Row]:
        hang = (f for f in self.findings if f.id in ("data-unacknowledged", "receiver-stalled"))
        for key, found in grouped(hang, lambda f: (f.id, f.session.client.ip, f.host)).items():
            yield *key, len(found), max(finding.lasted for finding in found) // MILLISECOND

    def captures_that_leave_doubt(self) -> Iterable[Row]:
        for (host, file), found in grouped(self.findings, lambda f: (f.host, file_of(f.time))).items():
            lost = sum(finding.of_capture for finding in found)
            doubtful = sum(not finding.certain for finding in found)
            if lost or doubtful:
                yield host, f"captures/{host}/{file}", lost, doubtful


def grouped(items: Iterable, key: Callable) -> dict:
    groups = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return groups


def file_of(time: datetime) -> str:
    number = (time - traffic.FIRST_DAY) // traffic.FILE_OF_A_RING
    began = traffic.FIRST_DAY + number * traffic.FILE_OF_A_RING
    return f"ring_{number + 1:05}_{began:%Y%m%d%H%M%S}.pcap"


def plain(value):
    """A value as either database may have it."""
    match value:
        case Decimal():
            return float(value)
        case Side():
            return value.value
        case datetime(tzinfo=zone) if zone:
            return value.astimezone(UTC).replace(tzinfo=None)
        case _:
            return value


def plain_rows(rows: Iterable[Row]) -> list[Row]:
    """Rows in an order that does not depend on the database."""
    return sorted((tuple(map(plain, row)) for row in rows), key=repr)


class Questions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.enterClassContext(contextlib.chdir(folder))
        hosts = traffic.fleet()
        for host in hosts:
            host.write(Path("captures", host.name))
        subprocess.run([WSIGHT, "-f", "parquet", "-o", "tables", "captures"], check=True, stderr=subprocess.DEVNULL)
        cls.truth = Truth(hosts)
        cls.page = of_the_page()

    def ask(self, opening: str, rows: Callable[[str], Iterable[Row]]):
        """Opens the tables as the page says, and asks its questions."""
        for statement in self.page[opening].split(";")[:-1]:
            rows(statement)
        questions = [heading for heading in self.page if not heading.startswith("In ")]
        self.assertEqual(len(questions), 10)
        for heading in questions:
            with self.subTest(heading):
                answer = getattr(self.truth, re.sub(r"\W+", "_", heading.lower()))
                expected = plain_rows(answer())
                self.assertGreater(len(expected), 1)
                self.assertEqual(plain_rows(rows(self.page[heading])), expected)

    def test_in_duckdb(self):
        with duckdb.connect() as connection:
            self.ask("In DuckDB", lambda sql: connection.execute(sql).fetchall())

    @needs("java")
    def test_in_spark(self):
        with SparkSession.builder.master("local[2]").config(map=SPARK).getOrCreate() as spark:
            self.times_are_moments_and_nanoseconds(spark)
            self.ask("In Spark", lambda sql: map(tuple, spark.sql(sql).collect()))

    def times_are_moments_and_nanoseconds(self, spark: SparkSession):
        """Without any option, also in a table that is no part of many."""
        subprocess.run([WSIGHT, "-f", "parquet", "-o", "one", ROOT / "captures/clean-node-ws.pcap"], check=True)
        for table in ["one/frames.parquet", "tables/findings"]:
            rows = spark.read.parquet(table)
            self.assertEqual(dict(rows.dtypes)["time"], "timestamp")
            wrong = rows.filter("unix_micros(time) <> time_ns div 1000 or time_ns is null")
            self.assertEqual((wrong.count(), rows.count() > 5), (0, True))

    def test_all_that_is_found_was_made(self):
        found = duckdb.sql(
            "select host, time, id, severity, f.from, certainty = 'certain' from 'tables/findings/*/*/*.parquet' f"
        ).fetchall()
        made = [(f.host, f.time, f.id, f.severity, f.side, f.certain) for f in self.truth.findings]
        self.assertEqual(plain_rows(found), plain_rows(made))
