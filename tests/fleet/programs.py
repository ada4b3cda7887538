"""The programs that tests run, and how tests say that one is missing."""

import os
import shutil
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# WSIGHT names another one.
WSIGHT = Path(os.environ.get("WSIGHT", ROOT / "target/debug/wsight")).resolve()

SPARK = {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "2"}
# Each Java runs for seconds only, and is not worth to be compiled well.
os.environ["JAVA_TOOL_OPTIONS"] = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


def needs(*programs: str):
    """Skips a test where a program is not installed. In CI every test has to run."""
    missing = [program for program in programs if shutil.which(program) is None]
    reason = f"{' and '.join(missing)} not installed"
    if missing and os.environ.get("CI", "") not in ("", "0", "false"):
        raise RuntimeError(f"CI runs every test, but {reason}")
    return unittest.skipIf(missing, reason)
