"""Whole-process comparison of `regrade basis` with statsmodels MixedLM on many groups.

    python tests/bench/basis.py REGRADE [--groups 10000] [--peers 200] [--repeats 3] [--work DIR]

Groups of 60 specimens in 12 heats of 5, heats and specimens normal. regrade computes A and B bounds of a
mean with random heats for every group, from one CSV to JSON; MixedLM fits a random intercept to the first
`peers` of the same groups, read from the same CSV and without any bound. Both are timed as whole
processes, MixedLM's fits by themselves as well. Read the ratio per group, not the seconds.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path

PEER = """
import sys, time
import pandas
import statsmodels.formula.api as smf
frame = pandas.read_csv(sys.argv[1], nrows=60 * int(sys.argv[2]))
started = time.perf_counter()
for _, group in frame.groupby("grade"):
    smf.mixedlm("rm ~ 1", group, groups=group["heat"]).fit(reml=True)
print(time.perf_counter() - started)
"""


def write_csv(path, groups):
    generator = random.Random(1)
    with open(path, "w", encoding="utf-8") as file:
        file.write("grade,heat,rm\n")
        for group in range(groups):
            for heat in range(12):
                level = 250 + generator.gauss(0, 4)
                lines = (
                    f"G{group:05d},G{group:05d}-H{heat:02d},{level + generator.gauss(0, 4):.2f}\n" for _ in range(5)
                )
                file.writelines(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("regrade")
    parser.add_argument("--groups", type=int, default=10_000)
    parser.add_argument("--peers", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--work", default="bench-basis")
    arguments = parser.parse_args()
    work = Path(arguments.work)
    work.mkdir(parents=True, exist_ok=True)
    csv = work / f"groups-{arguments.groups}.csv"
    if not csv.exists():
        write_csv(csv, arguments.groups)
    ours, peers, fits = [], [], []
    command = [arguments.regrade, "basis", str(csv), "--y", "rm", "--group", "heat", "--by", "grade"]
    for _ in range(arguments.repeats):
        started = time.perf_counter()
        done = subprocess.run([*command, "--format", "json"], capture_output=True, check=True)
        ours.append(time.perf_counter() - started)
        reports = json.loads(done.stdout)
        assert len(reports) == arguments.groups and all(len(report["bounds"]) == 2 for report in reports)
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", PEER, str(csv), str(arguments.peers)],
            capture_output=True,
            check=True,
        )
        peers.append(time.perf_counter() - started)
        fits.append(float(done.stdout))
    whole = statistics.median(ours)
    per_group = whole / arguments.groups
    peer = statistics.median(peers) / arguments.peers
    fit = statistics.median(fits) / arguments.peers
    print(f"regrade  {arguments.groups} groups in {whole:.2f} s: {per_group * 1e3:.3f} ms a group")
    print(f"MixedLM  {peer * 1e3:.1f} ms a group as a process, ratio {peer / per_group:.0f}")
    print(f"         {fit * 1e3:.1f} ms a group for the fits alone, ratio {fit / per_group:.0f}")


if __name__ == "__main__":
    main()
