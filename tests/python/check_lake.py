"""Reads the lake and the published snapshot of a lab as a researcher's tools would.

    python check_lake.py LAB

LAB is a folder with `lake/` and `notebooks-data/` whose lab has delivered charge lines, chemistry, tensile tests and
evidence, such as `regrade demo` makes. One line per check, the count last; exit code 1 when a check failed.
"""

import hashlib
import json
import sys
import tempfile
from pathlib import Path

import deltalake
import frictionless
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

# A table begins with its first row: a lab may lack `findings` and `tensile_curves`.
LAKE = {"charge_lines", "evidence", "files", "fits", "heats", "oes_burns", "runs", "tensile_tests", "verdicts"}
PUBLISHED = {"fits", "heats", "oes_burns", "tensile_tests", "verdicts"}
# Numbers whose unit differs from row to row: that of the property, the proof or the limiting requirement.
UNIT_OF_THE_ROW = {
    ("evidence", "value"),
    ("evidence", "limit"),
    ("fits", "estimate_at_x_min"),
    ("fits", "slope_per_10pct_scrap"),
    ("fits", "se_slope_per_10pct_scrap"),
    ("fits", "sigma_between"),
    ("fits", "sigma_within"),
    ("verdicts", "limiting_margin"),
}

passed = failed = 0


def check(name, run, *arguments):
    """Runs one check: it returns what it found, or raises AssertionError or whatever the tool raised."""
    global passed, failed
    try:
        found = run(*arguments)
    except Exception as error:  # a tool that cannot read a table is a failed check, not the end
        failed += 1
        print(f"FAIL  {name}: {type(error).__name__}: {error}")
    else:
        passed += 1
        print(f"ok    {name}: {found}")


def all_tables_are_there(lake):
    tables = {folder.parent.name for folder in lake.glob("*/_delta_log")}
    assert LAKE <= tables, f"missing: {', '.join(sorted(LAKE - tables))}"
    return f"{len(tables)} Delta tables"


def readers_agree(table):
    """Rows by polars, by delta-rs with DataFusion, and by the counts in the log."""
    delta = deltalake.DeltaTable(table)
    by_polars = pl.scan_delta(str(table)).collect()
    by_deltalake = deltalake.QueryBuilder().register("t", delta).execute("SELECT * FROM t").read_all()
    rows = (by_polars.height, by_deltalake.num_rows, delta.count())
    assert rows[0] > 0, "no rows"
    assert len(set(rows)) == 1, f"polars {rows[0]}, deltalake {rows[1]}, log {rows[2]} rows"
    names = [field.name for field in delta.schema().fields]
    assert by_polars.columns == names, "polars sees other columns than the Delta schema has"
    return f"{rows[0]} rows, {len(names)} columns by polars and deltalake"


def earlier_state_is_readable(table):
    first = pl.scan_delta(str(table), version=0).collect()
    newest = deltalake.DeltaTable(table)
    assert newest.version() > 0, "only one version"
    assert first.height == deltalake.DeltaTable(table, version=0).count()
    assert first.columns == [field.name for field in newest.schema().fields]
    return f"version 0 of {newest.version()}, {first.height} rows"


def delta_fields_are_described(table):
    delta = deltalake.DeltaTable(table)
    fields = delta.schema().fields
    assert fields, "no columns"
    assert delta.metadata().description, "the table has no description"
    for field in fields:
        assert field.metadata.get("description"), f"`{field.name}` has no description"
        assert "unit" in field.metadata, f"`{field.name}` has no unit"
        # A pure number has the unit `1`.
        if field.type.type in ("double", "long") and (table.name, field.name) not in UNIT_OF_THE_ROW:
            assert field.metadata["unit"], f"`{field.name}` is a number and its unit is empty"
    return f"{len(fields)} columns with description and unit"


def parquet_fields_are_described(snapshot, resource):
    schema = pq.read_schema(snapshot / resource["path"])
    fields = resource["schema"]["fields"]
    assert len(schema) > 0, "no columns"
    assert schema.names == [field["name"] for field in fields], "other columns than datapackage.json has"
    for column, field in zip(schema, fields):
        metadata = {key.decode(): value.decode() for key, value in (column.metadata or {}).items()}
        assert metadata.get("description"), f"`{column.name}` has no description"
        for key in ("unit", "description"):
            assert metadata.get(key) == field[key], f"`{key}` of `{column.name}`: {metadata.get(key)!r}, {field[key]!r}"
        assert column.nullable != field["constraints"].get("required", False), f"`{column.name}`: null or required?"
    units = sorted({field["unit"] for field in fields} - {""})
    assert units, "no column has a unit"
    return f"{len(schema)} columns with description and unit ({', '.join(units)})"


def file_is_the_one_described(snapshot, resource):
    path = snapshot / resource["path"]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert resource["hash"] == f"sha256:{digest}", f"the file's hash is {digest}"
    return f"sha256 {digest[:12]}…"


def keys_are_unique_and_missing_is_null(snapshot, resource):
    table = pq.read_table(snapshot / resource["path"])
    assert table.num_rows > 0, "no rows"
    key = resource["schema"]["primaryKey"]
    assert key, "no primary key"
    groups = table.group_by(key).aggregate([]).num_rows
    assert groups == table.num_rows, f"{table.num_rows} rows but {groups} keys ({', '.join(key)})"
    for column in table.schema:
        if pa.types.is_floating(column.type):
            finite = pc.all(pc.is_finite(table[column.name])).as_py()
            assert finite is not False, f"`{column.name}` holds NaN or infinity; a missing value is a null"
    return f"{table.num_rows} rows, key {' + '.join(key)}"


def snapshot_is_the_lake(lake, snapshot, table):
    """What is published is the newest revision of every row at the versions of the manifest."""
    manifest = json.loads((snapshot / "manifest.json").read_text(encoding="utf-8"))
    version = manifest["table_versions"][table]
    rows = pl.scan_delta(str(lake / table), version=version).collect()
    published = pl.read_parquet(snapshot / f"{table}.parquet")
    package = json.loads((snapshot / "datapackage.json").read_text(encoding="utf-8"))
    key = next(resource["schema"]["primaryKey"] for resource in package["resources"] if resource["name"] == table)
    if "revision" in rows.columns:
        rows = rows.sort("revision", "ingested_at").unique(key, keep="last")
    assert rows.height > 0, "no rows"
    assert published.sort(key).equals(rows.select(published.columns).sort(key)), "rows differ from the lake's"
    return f"equal to version {version} of the lake, {published.height} rows"


def package_is_valid(package):
    report = frictionless.Package(str(package)).validate()
    faults = report.flatten(["name", "rowNumber", "fieldName", "message"])
    assert report.valid, f"{len(faults)} faults, the first: {faults[:1]}"
    assert {task.name for task in report.tasks} == PUBLISHED, f"validated {[task.name for task in report.tasks]}"
    rows = {task.name: task.stats["rows"] for task in report.tasks}
    for name, count in rows.items():
        there = pq.read_metadata(package.parent / f"{name}.parquet").num_rows
        assert count == there > 0, f"frictionless read {count} of {there} rows of {name}"
    return f"{sum(rows.values())} rows of {len(rows)} resources"


def a_false_verdict_is_refused(package):
    """The rules of the data package have teeth: a scrap ratio of 150 % and an unknown status are faults."""
    described = json.loads(package.read_text(encoding="utf-8"))
    described["resources"] = [resource for resource in described["resources"] if resource["name"] == "verdicts"]
    verdicts = pq.read_table(package.parent / "verdicts.parquet")
    for name, value in (("max_scrap_ratio", 1.5), ("status", "splendid")):
        at = verdicts.schema.get_field_index(name)
        field = verdicts.schema.field(at)
        false = verdicts.set_column(at, field, pa.array([value] * verdicts.num_rows, field.type))
        with tempfile.TemporaryDirectory() as folder:
            pq.write_table(false, Path(folder) / "verdicts.parquet")
            (Path(folder) / "datapackage.json").write_text(json.dumps(described), encoding="utf-8")
            report = frictionless.Package(str(Path(folder) / "datapackage.json")).validate()
        faults = report.flatten(["type", "fieldName"])
        assert ["constraint-error", name] in faults, f"`{name}` = {value!r} was let through: {faults[:1]}"
    return "max_scrap_ratio = 1.5 and status = 'splendid' are faults"


def main(lab):
    lake, snapshot = lab / "lake", lab / "notebooks-data"
    package = snapshot / "datapackage.json"
    check("lake", all_tables_are_there, lake)
    for table in sorted({folder.parent.name for folder in lake.glob("*/_delta_log")} | LAKE):
        check(f"lake/{table} rows", readers_agree, lake / table)
        check(f"lake/{table} history", earlier_state_is_readable, lake / table)
        check(f"lake/{table} columns", delta_fields_are_described, lake / table)
    resources = {}
    if package.is_file():
        described = json.loads(package.read_text(encoding="utf-8"))
        resources = {resource["name"]: resource for resource in described["resources"]}
    for table in sorted(set(resources) | PUBLISHED):
        # A table that is not described fails here by its name.
        check(f"{table}.parquet columns", lambda: parquet_fields_are_described(snapshot, resources[table]))
        check(f"{table}.parquet hash", lambda: file_is_the_one_described(snapshot, resources[table]))
        check(f"{table}.parquet rows", lambda: keys_are_unique_and_missing_is_null(snapshot, resources[table]))
        check(f"{table}.parquet origin", snapshot_is_the_lake, lake, snapshot, table)
    check("datapackage.json by frictionless", package_is_valid, package)
    check("datapackage.json refuses", a_false_verdict_is_refused, package)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
