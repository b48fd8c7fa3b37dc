"""Whole-process comparison of `regrade reduce` with the same reduction in pandas + numpy.

    python tests/bench/reduce.py REGRADE [--curves 10000] [--points 5000] [--repeats 3] [--work DIR] [--floor PROGRAM]

The curves are Ramberg-Osgood (E = 70 GPa, Rp0.2 of 180 to 330 MPa) with a toe, noise and necking, written as
a raw export of five columns (time, extension, load, strain, stress) with a row of units. `DISTINCT` files are
written and hard-linked under as many names as are asked for, so that the disk stays small and is not what is
measured. Every process takes the names of the files and gives Rm, Rp0.2, Ag, Agt, A and the slope of each:

- regrade, which reads and checks all five columns and runs on all cores;
- pandas + numpy, which reads the two columns it needs, in one process and in one process per core. The
  elastic line is searched in the same way: the rise is cut at its knee, 150 steps of stress begin and end
  windows, prefix sums give the least-squares line of every window in one vectorised pass, and the steepest of
  those that fit about as well as the best one is taken. It checks nothing, and gives no flags;
- `--floor PROGRAM`, which merely parses the numbers (`cargo build --release --example parse_numbers`).

The table gives the median wall time, CPU time and peak memory (of the largest process), and the ratio of the
wall times. Machines are shared and noisy: read the ratios, of the CPU times where the machine is busy.
The answers are compared as well: the script must agree with regrade on every curve.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path

DISTINCT = 250

PEER = '''
import json
import multiprocessing
import sys

import numpy
import pandas

CANDIDATES = 150


def line_of(strain, stress, top):
    """Slope and intercept of the elastic line, after ASTM E3076: normalised, all windows, prefix sums."""
    x, y = strain[: top + 1], stress[: top + 1]
    above_chord = (y - y[0]) / (y[-1] - y[0]) - (x - x[0]) / (x[-1] - x[0])
    knee = int(above_chord.argmax())
    x, y = x[: knee + 1], y[: knee + 1]
    x0, y0, width, height = x.min(), y.min(), numpy.ptp(x), numpy.ptp(y)
    u, v = (x - x0) / width, (y - y0) / height
    steps = numpy.maximum.accumulate((v * CANDIDATES).astype(int))
    ends = numpy.unique(numpy.append(numpy.flatnonzero(numpy.diff(steps, prepend=-1)), knee))
    u, v = u - 0.5, v - 0.5
    sums = numpy.zeros((5, knee + 2))
    numpy.cumsum([u, v, u * u, u * v, v * v], axis=1, out=sums[:, 1:])
    first, last = (ends[index] for index in numpy.triu_indices(len(ends), 1))
    long = (v[last] - v[first] >= 0.2) & (last + 1 - first >= 5)
    first, last = first[long], last[long]
    count = (last + 1 - first).astype(float)
    su, sv, suu, suv, svv = sums[:, last + 1] - sums[:, first]
    suu, suv, svv = suu - su * su / count, suv - su * sv / count, svv - sv * sv / count
    r2 = numpy.minimum(suv * suv / (suu * svv), 1.0)
    residual = numpy.sqrt(1 / r2 - 1)
    good = residual <= max(residual.min() * 1.2, 0.002)
    slopes = numpy.where(good & (r2 >= 0.98), suv / suu, -numpy.inf)
    best = int(slopes.argmax())
    slope = slopes[best] * height / width
    middle_x = x0 + (su[best] / count[best] + 0.5) * width
    middle_y = y0 + (sv[best] / count[best] + 0.5) * height
    noise = residual[best] * numpy.sqrt(suu[best] / count[best]) * width
    return slope, middle_y - slope * middle_x, last[best], noise


def reduce(path):
    frame = pandas.read_csv(path, skiprows=[1], usecols=["Tensile strain", "Tensile stress"])
    strain, stress = frame["Tensile strain"].to_numpy(), frame["Tensile stress"].to_numpy()
    top = int(stress.argmax())
    rm = stress[top]
    gone = numpy.flatnonzero(stress[top:] < 0.1 * rm)
    end = top + int(gone[0]) - 1 if gone.size else len(stress) - 1
    while end > top and stress[end - 1] - stress[end] > 0.05 * rm:
        end -= 1
    strain, stress = strain[: end + 1], stress[: end + 1]
    slope, intercept, last, noise = line_of(strain, stress, top)
    foot = -intercept / slope
    plastic = strain - foot - stress / slope
    beyond = plastic[last:] - 0.002
    out = numpy.flatnonzero(beyond > 4 * noise)
    inside = beyond[: out[0] + 1] if out.size else beyond
    up = numpy.flatnonzero((inside[:-1] < 0) & (inside[1:] >= 0))
    share = -inside[up] / (inside[up + 1] - inside[up])
    rp02 = (stress[last + up] + share * (stress[last + up + 1] - stress[last + up])).mean()
    level = (1 - 0.0005) * rm
    below = numpy.flatnonzero(stress < level)
    left, right = below[below < top], below[below > top]
    plateau = (left[-1] + 1 if left.size else 0, right[0] - 1 if right.size else end)
    agt = (strain[plateau[0]] + strain[plateau[1]]) / 2 - foot
    return {
        "file": path,
        "rm_mpa": rm,
        "rp02_mpa": rp02,
        "slope_gpa": slope / 1000,
        "a_pct": 100 * plastic[end],
        "ag_pct": 100 * (agt - rm / slope),
        "agt_pct": 100 * agt,
    }


if __name__ == "__main__":
    processes, names = int(sys.argv[1]), open(sys.argv[2]).read().split("\\n")
    if processes == 1:
        results = [reduce(name) for name in names]
    else:
        with multiprocessing.Pool(processes) as pool:
            results = pool.map(reduce, names, chunksize=50)
    json.dump(results, sys.stdout, indent=1)
'''


def write_curve(path, points, generator):
    """One curve: the points before the maximum follow Ramberg-Osgood, those after it a parabola."""
    modulus, proof, hardening = 70_000 + generator.gauss(0, 700), generator.uniform(180, 330), generator.uniform(12, 25)
    toe, area, gauge = generator.uniform(0, 0.0004), generator.uniform(28, 32), 50
    top = proof * generator.uniform(1.15, 1.25)
    rising, necking = int(0.8 * points), points - int(0.8 * points) - 3
    uniform = top / modulus + 0.002 * (top / proof) ** hardening
    lines = ["Time,Extension,Load,Tensile strain,Tensile stress\n(s),(mm),(N),(mm/mm),(MPa)\n"]

    def line(stress, strain):
        stress += generator.gauss(0, 0.03)
        strain += toe + generator.gauss(0, 1e-6)
        time_s = 0.02 * len(lines)
        travel = strain * 1.4 * gauge
        lines.append(f"{time_s:.3f},{travel:.5f},{stress * area:.3f},{strain:.7f},{stress:.4f}\n")

    stress = strain = 0.0
    for point in range(rising):
        # Equal steps of strain, by one step of Newton's method from the point before.
        target = uniform * point / (rising - 1)
        for _ in range(3):
            plastic = 0.002 * (stress / proof) ** hardening
            strain = stress / modulus + plastic
            rate = 1 / modulus + hardening * plastic / stress if stress > 0 else 1 / modulus
            stress = min(top, stress + (target - strain) / rate)
        line(stress, target)
    for point in range(1, necking + 1):
        part = point / necking
        line(top * (1 - 0.15 * part * part), uniform * (1 + 0.3 * part))
    for part in (0.3, 0.01, 0.001):
        line(top * part, uniform * 1.3)
    path.write_text("".join(lines), encoding="utf-8")


def fixture(folder, curves, points):
    """The names of `curves` files of `points` points."""
    distinct = folder / f"distinct-{points}"
    linked = folder / f"curves-{points}"
    for made in (distinct, linked):
        made.mkdir(parents=True, exist_ok=True)
    generator = random.Random(1)
    for number in range(min(DISTINCT, curves)):
        path = distinct / f"C{number:05d}.csv"
        if not path.exists():
            write_curve(path, points, generator)
    names = []
    for number in range(curves):
        name = linked / f"C{number:05d}.csv"
        if not name.exists():
            os.link(distinct / f"C{number % DISTINCT:05d}.csv", name)
        names.append(str(name))
    return names


def measure(command, output):
    """Wall seconds, CPU seconds (children included) and peak memory in MiB of one process."""
    with open(output, "wb") as file:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.PIPE)
        complaint = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{command[0]} failed: {complaint.decode()[-2000:]}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def compare(ours, theirs):
    """Largest relative difference of every property over all curves."""
    largest = {}
    for one, other in zip(ours, theirs, strict=True):
        assert one["file"] == other["file"]
        for name in ("rm_mpa", "rp02_mpa", "slope_gpa", "a_pct", "ag_pct", "agt_pct"):
            largest[name] = max(largest.get(name, 0), abs(one[name] / other[name] - 1))
    return largest


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("regrade")
    parser.add_argument("--curves", type=int, default=10_000)
    parser.add_argument("--points", type=int, default=5_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--work", type=Path, default=Path("target/bench-reduce"))
    parser.add_argument("--floor")
    arguments = parser.parse_args()
    work = arguments.work.resolve()
    names = fixture(work, arguments.curves, arguments.points)
    (work / "names.txt").write_text("\n".join(names), encoding="utf-8")
    (work / "peer.py").write_text(PEER, encoding="utf-8")
    cores = os.cpu_count() or 1
    peer = [sys.executable, str(work / "peer.py")]
    contestants = {
        "regrade reduce": [arguments.regrade, "reduce", *names, "--format", "json"],
        "pandas + numpy, 1 process": [*peer, "1", str(work / "names.txt")],
        f"pandas + numpy, {cores} processes": [*peer, str(cores), str(work / "names.txt")],
    }
    if arguments.floor:
        contestants["parse only, csv crate"] = [arguments.floor, "csv", *names]
        contestants["parse only, one pass over the bytes"] = [arguments.floor, "bytes", *names]
    figures = {name: [] for name in contestants}
    outputs = {name: work / f"output-{place}.json" for place, name in enumerate(contestants)}
    for _ in range(arguments.repeats):
        for name, command in contestants.items():
            figures[name].append(measure(command, outputs[name]))
    medians = {name: [statistics.median(column) for column in zip(*runs)] for name, runs in figures.items()}
    size = sum(os.stat(name).st_size for name in names)
    print(
        f"{arguments.curves} curves of {arguments.points} points, {size / 1e6:.0f} MB, "
        f"median of {arguments.repeats}, {cores} cores"
    )
    base = medians["regrade reduce"]
    print(f"{'':36} {'wall s':>8} {'ratio':>6} {'CPU s':>8} {'ratio':>6} {'ms/curve':>9} {'peak MiB':>9}")
    for name, (wall, cpu, memory) in medians.items():
        print(
            f"{name:36} {wall:8.2f} {wall / base[0]:6.2f} {cpu:8.2f} {cpu / base[1]:6.2f} "
            f"{1000 * wall / arguments.curves:9.3f} {memory:9.0f}"
        )
    ours, theirs = (json.loads(path.read_text(encoding="utf-8")) for path in list(outputs.values())[:2])
    print("largest difference between the two:", {k: f"{v:.2e}" for k, v in compare(ours, theirs).items()})


if __name__ == "__main__":
    main()
