# Every habit as a recipe; `just` lists them.

real_data := env("REGRADE_REAL_DATA", "../shared/data")
tools := env("REGRADE_TOOLS", justfile_directory() / "target/tools")
demo := justfile_directory() / "target/demo"

[private]
default:
    @just --list --unsorted

# A synthetic lab, the whole pipeline on it, a report.
demo:
    cargo run -- demo --out {{demo}}

# All tests that need nothing else.
test:
    cargo test

# Format everything.
fmt:
    cargo fmt

# Format check and clippy, warnings are errors.
lint:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings

# Licences, bans and sources of every dependency.
deny:
    command -v cargo-deny > /dev/null || test -x {{tools}}/bin/cargo-deny || cargo install --locked --root {{tools}} cargo-deny
    PATH="$PATH:{{tools}}/bin" cargo deny check bans licenses sources

# Open the demonstration's report in headless Chromium and try it out (needs Node; installs Debian's Chromium).
browser: demo
    command -v chromium > /dev/null || (apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium)
    cd tests/browser && npm ci --no-audit --no-fund
    cd tests/browser && REGRADE_REPORT={{demo}}/report node --test

# Read lake and snapshot with polars, deltalake, pyarrow and frictionless; run the notebook.
python: demo
    test -x {{tools}}/venv/bin/python || python3 -m venv {{tools}}/venv
    {{tools}}/venv/bin/pip install --quiet --disable-pip-version-check -r tests/python/requirements.txt
    {{tools}}/venv/bin/python tests/python/check_lake.py {{demo}}
    {{tools}}/venv/bin/jupyter nbconvert --to notebook --execute --log-level WARN --output-dir {{demo}} {{demo}}/notebooks-data/regrade.ipynb

# The real lab of 6061-T651 plate; it ends with exit code 3, because one curve has four bad points.
aa6061:
    REGRADE_REAL_DATA={{real_data}} cargo run -- run --config tests/labs/aa6061/lab.toml --out target/aa6061

# What CI does.
ci: lint deny test browser python

# Simulated labs with a known truth: do bounds and claims hold? (about ten minutes)
coverage *options:
    cargo bench --profile dev --config profile.dev.opt-level=1 --bench coverage -- {{options}}

# Whole-process comparisons with polars, DuckDB, pandera, statsmodels and numpy (needs a release build and about a GB of disk).
bench:
    cargo bench --profile dev --config profile.dev.opt-level=1 --bench parse --bench curve
    cargo build --release --bins --examples
    test -x {{tools}}/bench/bin/python || python3 -m venv {{tools}}/bench
    {{tools}}/bench/bin/pip install --quiet --disable-pip-version-check -r tests/bench/requirements.txt
    {{tools}}/bench/bin/python tests/bench/ingest.py target/release/regrade --work {{tools}}/bench-ingest
    {{tools}}/bench/bin/python tests/bench/basis.py target/release/regrade --work {{tools}}/bench-basis
    {{tools}}/bench/bin/python tests/bench/reduce.py target/release/regrade --floor target/release/examples/parse_numbers --work {{tools}}/bench-reduce
