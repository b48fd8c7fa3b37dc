"""Whole-process comparison of ingest with its peers on one tensile CSV.

    python tests/bench/ingest.py REGRADE [--rows 5000000] [--repeats 3] [--work DIR]

Peers convert the same file to Parquet: DuckDB `COPY … TO`, polars `scan_csv().sink_parquet()` (neither
checks anything), and pandas + pandera with the ranges and allowed values of the contract. Every process is
run in turn, `repeats` times; the table gives the median wall time, CPU time and peak memory, and the ratio
to regrade's wall time. Machines are shared and noisy: read the ratios, not the seconds.
"""

import argparse
import math
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

HEADER = "specimen_id,heat_id,alloy,temper,product_form,elongation_type,test_temp_c,rm_mpa,rp02_mpa,a_pct\n"
GRADES = [
    ("AlSi10MnMg", "T7", "die_casting"),
    ("6082", "T6", "open_profile"),
    ("EN AC-46000", "F", "die_casting"),
    ("A356.0", "T6", "permanent_mould_casting"),
]

DUCKDB = """
import duckdb, sys
duckdb.sql(f"COPY (SELECT * FROM read_csv('{sys.argv[1]}')) TO '{sys.argv[2]}' (FORMAT parquet, COMPRESSION zstd)")
"""

POLARS = """
import polars, sys
polars.scan_csv(sys.argv[1]).sink_parquet(sys.argv[2], compression="zstd")
"""

PANDERA = """
import sys
import pandas
import pandera.pandas as pandera
from pandera import Check, Column

text = lambda: Column(str, nullable=False)
number = lambda low, high: Column(float, Check.in_range(low, high), nullable=True)
schema = pandera.DataFrameSchema(
    {
        "specimen_id": Column(str, nullable=False, unique=True),
        "heat_id": text(), "alloy": text(), "temper": text(),
        "product_form": Column(str, Check.str_matches("^[a-z][a-z0-9_]*$")),
        "elongation_type": Column(str, Check.isin(["A", "A50", "A80", "A4D", "A11.3"]), nullable=True),
        "test_temp_c": number(-273.15, 1000), "rm_mpa": number(1, 1500), "rp02_mpa": number(1, 1500),
        "a_pct": number(0.01, 100),
    },
    checks=Check(lambda frame: frame.rp02_mpa <= frame.rm_mpa),
)
frame = pandas.read_csv(sys.argv[1], dtype={name: str for name in ["specimen_id", "heat_id", "alloy", "temper"]})
frame["test_temp_c"] = frame["test_temp_c"].astype(float)
schema.validate(frame, lazy=True).to_parquet(sys.argv[2], compression="zstd")
"""


def write_csv(path, rows, bad):
    generator = random.Random(1)
    with open(path, "w", encoding="utf-8") as file:
        file.write(HEADER)
        lines = []
        for row in range(rows):
            alloy, temper, form = GRADES[row // 5 % 4]
            rm = 250 + 80 * generator.random()
            a = 5 + 10 * generator.random()
            # As Al-Si-Mg castings have it (Drouzy 1980), so that nothing in the good file looks odd.
            rp02 = rm - 60 * math.log10(a) - 13 + 10 * generator.random()
            flaw = "x" if bad else ""
            lines.append(
                f"H{row // 5:07d}-T{row % 5 + 1},H{row // 5:07d},{alloy},{temper},{form},A,23,"
                f"{flaw}{rm:.1f},{rp02:.1f},{a:.1f}\n"
            )
            if len(lines) == 100_000:
                file.writelines(lines)
                lines.clear()
        file.writelines(lines)


def measure(command, expected=(0,)):
    """Wall seconds, CPU seconds and peak memory in MiB of one process."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    complaint = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    if os.waitstatus_to_exitcode(status) not in expected:
        sys.exit(f"{command[0]} failed: {complaint.decode()[-2000:]}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def regrade_on(binary, csv, folder):
    inbox = folder / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    target = inbox / "tensile.csv"
    if not target.exists():
        os.link(csv, target)
    (folder / "lab.toml").write_text("", encoding="utf-8")
    shutil.rmtree(folder / "lake", ignore_errors=True)
    return [binary, "ingest", "--quiet", "--config", str(folder / "lab.toml")]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("regrade")
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--work", type=Path, default=Path("target/bench-ingest"))
    arguments = parser.parse_args()
    work = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    good, bad = work / f"good-{arguments.rows}.csv", work / f"bad-{arguments.rows}.csv"
    for path, flawed in ((good, False), (bad, True)):
        if not path.exists():
            write_csv(path, arguments.rows, flawed)
    python = sys.executable
    contestants = {
        "regrade ingest (validated, committed)": lambda: (regrade_on(arguments.regrade, good, work / "good"), (0,)),
        "polars scan_csv.sink_parquet (unchecked)": lambda: ([python, "-c", POLARS, good, work / "polars.parquet"], (0,)),
        "DuckDB COPY TO parquet (unchecked)": lambda: ([python, "-c", DUCKDB, good, work / "duckdb.parquet"], (0,)),
        "pandas + pandera (validated)": lambda: ([python, "-c", PANDERA, good, work / "pandera.parquet"], (0,)),
        "regrade ingest, every row bad": lambda: (regrade_on(arguments.regrade, bad, work / "bad"), (3,)),
    }
    figures = {name: [] for name in contestants}
    for _ in range(arguments.repeats):
        for name, contestant in contestants.items():
            command, expected = contestant()
            figures[name].append(measure([str(part) for part in command], expected))
    medians = {name: [statistics.median(column) for column in zip(*runs)] for name, runs in figures.items()}
    base = next(iter(medians.values()))[0]
    print(f"{arguments.rows} rows, {good.stat().st_size / 1e6:.0f} MB, median of {arguments.repeats}, {os.cpu_count()} cores")
    print(f"{'':42} {'wall s':>8} {'ratio':>6} {'CPU s':>7} {'peak MiB':>9}")
    for name, (wall, cpu, memory) in medians.items():
        print(f"{name:42} {wall:8.2f} {wall / base:6.2f} {cpu:7.2f} {memory:9.0f}")


if __name__ == "__main__":
    main()
