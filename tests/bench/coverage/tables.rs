//! The counts as Markdown tables.

use std::fmt::Write as _;

use super::claims::{self, Scenario, Tally};
use super::confidence::{self, Cell, Counts, binomial_error};
use super::strained::{Row, SHARES};

/// Percent with one decimal.
fn percent(share: f64) -> String {
    format!("{:.1}", 100.0 * share)
}

/// The rows of cells with their counts; `failed` marks a row outside what is wanted.
pub fn coverage(rows: &[(Cell, Counts, bool)]) -> String {
    let mut text = String::from(
        "| heats | ρ | slope | B | A | B upper | | plain OLS B | A | mean only B | A |\n\
         |---|---:|---:|---:|---:|---:|---|---:|---:|---:|---:|\n",
    );
    for (cell, counts, failed) in rows {
        let range = |claim| {
            let [least, most] = counts.extremes(0, claim);
            format!("{} to {}", percent(least), percent(most))
        };
        let least = |method, claim| percent(counts.extremes(method, claim)[0]);
        let [b, a, upper] = [0, 1, 2].map(range);
        let [plain_b, plain_a] = [0, 1].map(|claim| least(1, claim));
        let [mean_b, mean_a] = [0, 1].map(|claim| least(2, claim));
        let slope = if cell.slope < 0.0 { "falling" } else { "none" };
        let mark = if *failed { "**outside**" } else { "" };
        let _ = writeln!(
            text,
            "| {} | {} | {slope} | {b} | {a} | {upper} | {mark} | {plain_b} | {plain_a} | {mean_b} | {mean_a} |",
            cell.plan.name, cell.share,
        );
    }
    let labs = rows.first().map_or(1, |(_, counts, _)| counts.labs);
    let [least, most] = confidence::WANTED;
    let _ = writeln!(
        text,
        "\nPercent of {labs} labs per row in which the bound, nominally of 95 % confidence, lies on the safe side of \
         the true quantile: the least and the most of low end, centre and high end, for the bounds beside \
         it the least; ± {} is one binomial standard deviation at 95. Wanted: {} to {}.",
        percent(binomial_error(confidence::CONFIDENCE, labs)),
        percent(least),
        percent(most),
    );
    text
}

/// The designs under strain.
pub fn strained(rows: &[Row], sound: impl Fn(&Row) -> bool) -> String {
    let mut text = String::from("| heats | T by design | used |");
    for share in SHARES {
        let _ = write!(text, " T {share} | pivotal |");
    }
    text.push_str(" |\n|---|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|\n");
    for row in rows {
        let used = if row.strained() { "pivotal" } else { "T" };
        let predicted = percent(row.predicted);
        let _ = write!(text, "| {} | {predicted} | {used} |", row.plan.name);
        for [vangel, pivotal] in row.least {
            let _ = write!(text, " {} | {} |", percent(vangel), percent(pivotal));
        }
        let mark = if sound(row) { "" } else { "**below**" };
        let _ = writeln!(text, " {mark} |");
    }
    let labs = rows.first().map_or(1, |row| row.labs);
    let _ = writeln!(
        text,
        "\nLeast percent, over A and B and low end, centre and high end, of {labs} labs per design and ρ (0 to \
         0.95) whose bound is at most the true quantile; ± {} is one binomial standard deviation at 95. \
         \"T by design\": the least confidence of T over ρ that `vangel_confidence` finds from sizes and \
         ratios of the heats alone; below 93 the pivotal bound is used.",
        percent(binomial_error(confidence::CONFIDENCE, labs)),
    );
    text
}

/// The scenarios with their tallies.
pub fn claims(rows: &[(Scenario, Tally, bool)]) -> String {
    let mut text = String::from(
        "| labs' heats | ρ | case | too high | median | none | | plain OLS too high | median | mean script too high | median |\n\
         |---|---:|---|---:|---:|---:|---|---:|---:|---:|---:|\n",
    );
    for (scenario, tally, failed) in rows {
        let too_high = |method| percent(tally.false_claims(method));
        let median = |method| {
            tally
                .median_distance(method)
                .map_or("–".to_owned(), |points| format!("{points:+.1}"))
        };
        let none = percent(f64::from(tally.none[0]) / f64::from(tally.labs));
        let mark = if *failed { "**outside**" } else { "" };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {none} | {mark} | {} | {} | {} | {} |",
            scenario.plan.name,
            scenario.share,
            scenario.name,
            too_high(0),
            median(0),
            too_high(1),
            median(1),
            too_high(2),
            median(2),
        );
    }
    let labs = rows.first().map_or(1, |(_, tally, _)| tally.labs);
    let step = 100.0 * claims::POLICY.claim_step;
    let _ = writeln!(
        text,
        "\n\"Too high\": percent of {labs} labs per row whose `max_scrap_ratio`, rounded down to {step} %, is above the \
         highest ratio that the true quantiles allow (at most 5 wanted; one binomial standard deviation \
         at 5 is {}). \"Median\": claim − truth in points of scrap ratio, rounded up to {step}, no claim counting \
         as lowest. \"None\": percent of labs without a claim.",
        percent(binomial_error(0.05, labs)),
    );
    text
}
