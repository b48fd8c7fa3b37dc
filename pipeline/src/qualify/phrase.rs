//! The sentences of a verdict: numbers and ratios in words, never rounded into a claim.

use super::component::{Demand, Limit};
use super::gauge::{Capability, HeatValue, Reading};
use super::verdict::{Basis, Direction};
use crate::domain::rounding::{down_to_step, half_even};

/// A scrap ratio in words, `42.5 %`, rounded down to a tenth of a percent.
pub(super) fn ratio(ratio: f64) -> String {
    format!("{} %", half_even(down_to_step(ratio, 0.001) * 100.0, 1))
}

/// A scrap ratio that is claimed: rounded down to the step, never up.
pub(super) fn claim(claimed: f64, step: f64) -> String {
    ratio(if step > 0.0 {
        down_to_step(claimed, step)
    } else {
        claimed
    })
}

/// The name people use: the symbol of a property or element, the title of an index, the kind of
/// evidence.
pub(super) fn subject(demand: &Demand) -> &str {
    match demand {
        Demand::Property { property, .. } => property.symbol(),
        Demand::Index { index, .. } => index.title(),
        Demand::Element { .. } | Demand::Evidence { .. } => demand.subject(),
    }
}

/// A number with as many decimals as its size deserves, and more where it would read as the limit.
pub(super) fn number(number: f64, limit: f64) -> String {
    let decimals = match number.abs() {
        size if size >= 100.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    let apart = |digits: &u32| (half_even(number, *digits) - limit).abs() > 0.0;
    let digits = (decimals..=9).find(apart).unwrap_or(decimals);
    half_even(number, digits).to_string()
}

/// `at least` or `at most`.
pub(super) fn side(direction: Direction) -> &'static str {
    match direction {
        Direction::AtLeast => "at least",
        Direction::AtMost => "at most",
    }
}

/// `225 MPa`, or the number alone where it has no unit.
pub(super) fn with_unit(number: &str, unit: &str) -> String {
    if unit.is_empty() {
        number.to_owned()
    } else {
        format!("{number} {unit}")
    }
}

/// How a requirement with a number came out, as one sentence without its subject's outcome.
///
/// `B bound 231.4 MPa at 35 % scrap meets at least 225 MPa with 6.4 MPa to spare`.
pub(super) fn comparison(
    demand: &Demand,
    limit: &Limit,
    reading: &Reading,
    at: Option<f64>,
) -> String {
    let unit = demand.unit();
    let rule = limit.rule();
    let capability = limit.basis == Basis::Cpk;
    let number_word = match (limit.basis, demand) {
        (Basis::A, _) => "A bound",
        (Basis::B, _) => "B bound",
        (Basis::Cpk, _) => "Cpk",
        (Basis::Mean, Demand::Property { .. }) => "fitted value",
        (Basis::Mean, _) => "mean of the heats",
        (Basis::Min, _) => "lowest heat",
        (Basis::Max, _) => "highest heat",
    };
    let place = match at {
        None => " as tested".to_owned(),
        Some(at) if matches!(limit.basis, Basis::Min | Basis::Max) => {
            format!(" up to {} scrap", ratio(at))
        }
        Some(at) => format!(" at {} scrap", ratio(at)),
    };
    let rounded = limit.rounded_to.map_or(String::new(), |_| {
        format!(", rounded to {}", rule.compared(reading.number))
    });
    let verdict = if rule.holds(reading.number) {
        "meets"
    } else {
        "misses"
    };
    // A capability has no unit, and its limit is told apart.
    let bare = if capability { "" } else { unit };
    let amount = with_unit(&number(rule.margin(reading.number).abs(), 0.0), bare);
    let end = if verdict == "meets" {
        format!("with {amount} to spare")
    } else {
        format!("by {amount}")
    };
    let of = if capability {
        let wanted = with_unit(&limit.value.to_string(), unit);
        format!(
            " (a random specimen against {} {wanted})",
            side(limit.direction)
        )
    } else {
        String::new()
    };
    let mut told = with_unit(&number(reading.number, rule.value), bare);
    if let Some(Capability { point, confidence }) = reading.capability {
        // Of a share such as 0.95, binary dust would show in the percentage.
        let percent = half_even(100.0 * confidence, 6);
        let point = number(point, rule.value);
        told = format!("at least {told} with {percent} % confidence (point {point})");
    }
    format!(
        "{}: {number_word} {told}{place}{rounded} {verdict} {} {} {end}{of}",
        subject(demand),
        side(rule.direction),
        with_unit(&rule.value.to_string(), bare),
    )
}

/// A heat on the wrong side, `heat H7 at 45 % has 0.33 wt%`.
pub(super) fn offender(
    demand: &Demand,
    limit: &Limit,
    heat: &HeatValue<'_>,
    scrap: bool,
) -> String {
    let place = if scrap {
        format!(" at {}", ratio(heat.ratio))
    } else {
        String::new()
    };
    let measured = with_unit(&number(heat.value, limit.value), demand.unit());
    format!("heat {}{place} has {measured}", heat.heat_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_never_reads_as_the_limit_it_misses() {
        assert_eq!(number(224.98, 225.0), "224.98");
        assert_eq!(number(0.300_04, 0.3), "0.30004");
        assert_eq!(number(231.44, 225.0), "231.4");
        assert_eq!(number(225.0, 225.0), "225");
    }

    #[test]
    fn a_claim_is_rounded_down_in_words_too() {
        assert_eq!(claim(0.4999, 0.005), "49.5 %");
        assert_eq!(claim(0.4999, 0.0), "49.9 %");
        assert_eq!(ratio(0.345), "34.5 %");
    }
}
