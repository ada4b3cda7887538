"""Reads the tables of captures as DuckDB, pyarrow and pandas do, and compares them with the JSON lines."""

import json
import pathlib
import sys

import duckdb
import pandas
import pyarrow as pa
import pyarrow.parquet as pq

KINDS = {"upgrades": "upgrade", "tls": "tls", "frames": "frame", "messages": "message", "findings": "finding",
         "sessions": "session"}
TYPES = {pa.int64(), pa.string(), pa.bool_(), pa.timestamp("us", tz="UTC")}


def rows_of(lines, kind):
    return [line for line in lines if line["type"] == kind and not line.get("waiting")]


def compare(folder, table, lines):
    path = folder / f"{table}.parquet"
    arrow = pq.read_table(path)
    assert set(arrow.schema.types) <= TYPES, arrow.schema
    assert arrow.schema.field("time").type == pa.timestamp("us", tz="UTC")
    frame = pandas.read_parquet(path)
    assert len(frame) == arrow.num_rows == len(lines), (path, len(frame), len(lines))
    assert list(frame["packet"]) == [line["packet"] for line in lines]
    # Nanoseconds and all.
    moments = pandas.to_datetime(frame["time_ns"], utc=True)
    times = [time.isoformat(timespec="nanoseconds").replace("+00:00", "Z") for time in moments]
    assert times == [line["time"] for line in lines], path
    assert (moments.dt.floor("us") == frame["time"]).all(), path
    names = ", ".join(f'"{name}"' for name in arrow.column_names if name != "time")
    asked = duckdb.sql(f"select {names} from '{path}'").fetchall()
    assert asked == [tuple(row.values()) for row in arrow.drop_columns(["time"]).to_pylist()], path
    micros = duckdb.sql(f"select epoch_us(time), typeof(time), epoch_ns(make_timestamp_ns(time_ns)) from '{path}'").fetchall()
    assert micros == [(ns // 1000, "TIMESTAMP WITH TIME ZONE", ns) for ns in frame["time_ns"]], path
    written = duckdb.sql(f"select count(*) from read_csv('{folder / table}.csv', all_varchar = true)").fetchall()
    assert written == [(len(lines),)], path


def main(folders):
    seen = 0
    for folder in sorted(folders.iterdir()):
        lines = [json.loads(line) for line in (folder / "lines.json").read_text().splitlines()]
        for table, kind in KINDS.items():
            compare(folder, table, rows_of(lines, kind))
            seen += len(rows_of(lines, kind))
    assert seen > 300, seen
    # What an analyst asks first: which finding how often, and what the sessions carried.
    found = duckdb.sql(f"select id, count(*) from '{folders}/*/findings.parquet' group by all").fetchall()
    assert found
    carried = duckdb.sql(
        f"""select sum(f.length) from '{folders}/*/frames.parquet' f
            where f.opcode = 'text' and f.time >= timestamptz '2020-01-01'""").fetchall()
    assert carried[0][0] > 0


main(pathlib.Path(sys.argv[1]))
