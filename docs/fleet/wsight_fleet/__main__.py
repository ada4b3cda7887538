"""python -m wsight_fleet --wsight BIN --out OUT PATH… [-- OPTIONS OF WSIGHT]"""

import argparse
import os
import shutil
import sys
import tempfile
import uuid

from pyspark import SparkConf, SparkContext

from wsight_fleet import task, units
from wsight_fleet.hadoop import Hadoop, Store, is_local

SCRATCH = "/var/tmp/wsight-fleet"


def run(context, program, out, words, options=(), scratch=SCRATCH):
    """Analyzes the captures that `words` stand for into the tables `out`, and returns what has become of each unit."""
    hadoop = Hadoop(context)
    out = os.path.abspath(out) if is_local(out) else out
    store = Store(hadoop, out, f"{context.applicationId}-{uuid.uuid4().hex[:8]}")
    before = store.entries(context)
    found = units.group(units.find(hadoop, words, out, scratch), before)
    job = task.Job(
        program=os.path.basename(program),
        options=tuple(options),
        scratch=scratch,
        staging=store.staging,
        attempts=int(context.getConf().get("spark.task.maxFailures", "4")),
        configuration=hadoop.configuration(),
    )
    shared, analyze = context.broadcast(job), task.analyze
    # Spark ships files from where they are, as long as there are executors.
    with tempfile.TemporaryDirectory() as folder:
        context.addFile(os.path.abspath(program))
        context.addPyFile(packed(folder))
        store.open()
        try:
            # A partition for each unit: they begin in this order.
            tasks = context.parallelize(found, max(len(found), 1))
            results = tasks.map(lambda unit: analyze(unit, shared.value)).collect()
            for result in results:
                for entry in result.entries:
                    store.keep(result.staged, entry, before.get(entry["ring"]))
        finally:
            store.close()
    return results


def packed(folder):
    """This package as a file in `folder`: executors need not have it."""
    package = os.path.dirname(os.path.abspath(__file__))
    above, name = os.path.split(package)
    return shutil.make_archive(f"{folder}/{name}", "zip", above, name)


def main():
    """The command. The exit status is 2 if something could not be read or has no new tables."""
    words, options = sys.argv[1:], []
    if "--" in words:
        at = words.index("--")
        words, options = words[:at], words[at + 1 :]
    parser = argparse.ArgumentParser(prog="wsight_fleet", description="Runs wsight on the captures of many hosts, on Spark.")
    parser.add_argument("--wsight", required=True, metavar="BIN", help="the program, built for the executors")
    parser.add_argument("--out", required=True, help="the folder of the tables, which all executors reach")
    parser.add_argument("--master", help="the cluster, where Spark's configuration does not say it")
    parser.add_argument("--conf", action="append", default=[], metavar="KEY=VALUE", help="a setting of Spark (repeatable)")
    parser.add_argument(
        "--scratch", default=SCRATCH, help="a folder on each executor's own disk [default: %(default)s]"
    )
    parser.add_argument("captures", nargs="+", metavar="PATH", help="files, folders, patterns; local, or s3a://…")
    arguments = parser.parse_args(words)
    conf = SparkConf().setAppName("wsight")
    if arguments.master:
        conf.setMaster(arguments.master)
    conf.setAll([setting.split("=", 1) for setting in arguments.conf])
    with SparkContext.getOrCreate(conf) as context:
        results = run(context, arguments.wsight, arguments.out, arguments.captures, options, arguments.scratch)
    told = [text.rstrip() for result in results for text in (result.told, result.failure) if text]
    counts = {
        "analyzed": sum(len(result.entries) for result in results),
        "unchanged since an earlier run": sum(result.unchanged for result in results),
        "passed over as no captures": sum(result.passed_over for result in results),
        "left without new tables": sum(bool(result.failure) for result in results),
    }
    counted = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    print(*told, f"wsight_fleet: {counted or 'nothing to do'}", sep="\n", file=sys.stderr)
    return task.UNABLE if told else task.DONE


if __name__ == "__main__":
    sys.exit(main())
