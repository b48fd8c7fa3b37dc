//! The simulations of `just coverage`, short: fixed seeds, few labs, limits wide enough for chance.
//!
//! Each limit is four binomial standard deviations beyond what the design demands, and a test shows
//! that bounds which ignore heats are caught by it.

#[path = "../bench/coverage/claims.rs"]
#[allow(dead_code, reason = "the tables need more than these tests")]
mod claims;
#[path = "../bench/coverage/confidence.rs"]
#[allow(dead_code, reason = "the tables need more than these tests")]
mod confidence;
#[path = "../bench/coverage/labs.rs"]
mod labs;
#[path = "../bench/coverage/strained.rs"]
#[allow(dead_code, reason = "the tables need more than these tests")]
mod strained;
#[path = "../bench/coverage/workers.rs"]
mod workers;

use std::num::NonZero;
use std::thread;

use confidence::{Cell, Counts, WANTED, binomial_error};

const SEED: u64 = 1;
const CHANCE: f64 = 4.0;

fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// The cells with a falling line at three correlations.
fn some_cells() -> impl Iterator<Item = Cell> {
    confidence::cells()
        .into_iter()
        .filter(|cell| cell.slope < 0.0 && [0.0, 0.5, 0.95].iter().any(|&s| close(s, cell.share)))
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-12
}

#[test]
fn bounds_hold_in_93_to_98_labs_of_100_and_plain_regression_is_caught() {
    for cell in some_cells() {
        let counts = confidence::run(&cell, 300, SEED, threads()).expect("sound labs");
        let name = format!("{}, ρ = {}", cell.plan.name, cell.share);
        println!("{name}: {counts:?}");
        assert!(counts.within(0, WANTED, CHANCE), "{name}: {counts:?}");
        // The same check on the bound that takes specimens for independent.
        let caught = !counts.within(1, WANTED, CHANCE);
        assert_eq!(caught, cell.share > 0.25, "plain, {name}: {counts:?}");
    }
}

#[test]
fn counts_do_not_depend_on_the_number_of_threads() {
    let cell = &confidence::cells()[5];
    let run = |threads| confidence::run(cell, 50, SEED, threads).expect("sound labs");
    let one = run(1);
    assert_eq!(one, run(3));
    let other = confidence::run(cell, 50, SEED + 1, 1).expect("sound labs");
    assert_ne!(one, other, "the seed matters");
    assert_ne!(one, Counts::default());
}

#[test]
fn claims_above_the_truth_are_rare_and_a_script_on_means_is_caught() {
    let labs = 120;
    let most = 0.05 + CHANCE * binomial_error(0.05, labs);
    let scenario = &claims::scenarios()[3];
    assert!(close(scenario.share, 0.9), "heats make most of the scatter");
    let tally = claims::run(scenario, labs, SEED, threads()).expect("sound labs");
    let [ours, plain, script] = [0, 1, 2].map(|method| tally.false_claims(method));
    println!("too high: {ours} of regrade, {plain} of plain OLS, {script} of a script on means");
    assert!(ours <= most, "{ours}");
    assert!(plain > most && script > most, "{plain} {script}");
    let median = tally.median_distance(0).expect("most labs claim something");
    assert!((-10.0..=0.0).contains(&median), "{median} points");
}

#[test]
fn unequal_heats_get_a_bound_that_holds_where_the_usual_one_does_not() {
    let labs = 250;
    let limit = WANTED[0] - CHANCE * binomial_error(WANTED[0], labs);
    let plan = &strained::plans()[6];
    let row = strained::run(plan, 0, labs, SEED, threads()).expect("sound labs");
    println!("{row:?}");
    assert!(row.strained() && row.sound(CHANCE), "{row:?}");
    let usual = row.least.iter().map(|[usual, _]| *usual);
    assert!(usual.fold(1.0, f64::min) < limit, "{row:?}");
}

/// A parabola taken by chance fits its heats too well; the verdict's bound must hold nevertheless.
#[test]
fn bounds_of_the_model_that_is_chosen_hold_as_well() {
    let cells = confidence::cells();
    let flat = cells
        .iter()
        .filter(|cell| close(cell.slope, 0.0) && close(cell.share, 0.5));
    for cell in flat {
        let counts = confidence::run_chosen(cell, 400, SEED, threads()).expect("sound labs");
        println!("{}: {counts:?}", cell.plan.name);
        assert!(counts.parabola > 0, "some labs take the parabola");
        for kept in counts.kept {
            let share = f64::from(kept) / f64::from(counts.labs);
            let margin = CHANCE * binomial_error(WANTED[0], counts.labs);
            assert!(
                share >= WANTED[0] - margin,
                "{}: {counts:?}",
                cell.plan.name
            );
        }
    }
}
