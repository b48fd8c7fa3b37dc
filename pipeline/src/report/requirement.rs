//! One requirement of a verdict as a row: what is asked, of which specimens, and how it came out.

use serde::Serialize;

use super::numbers::{self, Claims};
use super::text::{Texts, fill};
use super::wording::{self, Symbol};
use crate::qualify::verdict::{Basis, LimitStatus, RequirementOutcome};
use crate::qualify::{ElongationType, SpecimenOrigin};

/// Letters of a hash that are shown; the whole of it is its title.
const HASH_SHOWN: usize = 8;

/// A row of the requirements table.
#[derive(Serialize)]
pub(super) struct RequirementView {
    symbol: Symbol,
    limit: String,
    unit: String,
    compared: String,
    /// Which specimens count; empty when all do.
    conditions: String,
    estimate: String,
    bound: String,
    margin: String,
    at: String,
    holds: String,
    key: &'static str,
    outcome: &'static str,
    n: String,
    hash: Option<Hash>,
    source: String,
    unverified: bool,
    checked: &'static str,
    reason: String,
    /// What weakens the outcome: a rounding that decides, failed tests of assumptions.
    warnings: Vec<String>,
    /// Overruled tests, and what is missing.
    remarks: Vec<String>,
    limiting: bool,
}

#[derive(Serialize)]
struct Hash {
    short: String,
    title: String,
}

/// The row of `r`.
pub(super) fn view(
    r: &RequirementOutcome,
    limiting: bool,
    claims: Claims,
    t: &Texts,
) -> RequirementView {
    let v = &t.verdict;
    let more = r.more_heats.as_ref().map(|more| more.for_what.clone());
    let overruled = r.overruled.iter().map(|o| {
        fill(
            v.overruled,
            &[
                ("test", &o.test.replace('_', " ")),
                ("by", &o.by),
                ("reason", &o.reason),
            ],
        )
    });
    let unverified = r.limit_status == LimitStatus::Unverified;
    RequirementView {
        symbol: wording::subject(r.kind, &r.subject, t),
        limit: wording::requirement_limit(r),
        unit: r.unit.clone(),
        compared: compared(r, t),
        conditions: conditions(r, t),
        estimate: wording::requirement_number(r, r.estimate, false),
        bound: wording::requirement_number(r, r.bound, true),
        margin: wording::requirement_margin(r).unwrap_or_else(|| numbers::NONE.to_owned()),
        at: r
            .at_scrap_ratio
            .map_or_else(|| numbers::NONE.to_owned(), numbers::percent),
        holds: r
            .max_scrap_ratio
            .map_or_else(|| numbers::NONE.to_owned(), |ratio| claims.number(ratio)),
        key: r.outcome.as_str(),
        outcome: wording::outcome_word(r.outcome, t),
        n: if r.n == 0 {
            numbers::NONE.to_owned()
        } else {
            format!("{} ({})", r.n, r.heats)
        },
        hash: r.row_ids_sha256.as_ref().map(|hash| Hash {
            short: hash.chars().take(HASH_SHOWN).collect(),
            title: fill(v.rows_hash, &[("hash", hash)]),
        }),
        source: r.source.clone(),
        unverified,
        checked: if unverified || r.limit.is_none() {
            ""
        } else {
            v.verified
        },
        reason: r.reason.clone(),
        warnings: warnings(r, t),
        remarks: overruled.chain(more).collect(),
        limiting,
    }
}

/// Which number is compared, and how.
fn compared(r: &RequirementOutcome, t: &Texts) -> String {
    let Some(basis) = r.basis else {
        return String::new();
    };
    let word = wording::basis(basis, t);
    match (basis, r.cpk_at_least, r.rounded_to) {
        (Basis::Cpk, Some(floor), _) => fill(
            t.verdict.cpk_floor,
            &[("basis", word), ("floor", &numbers::limit(floor, 2))],
        ),
        (_, _, Some(digits)) => fill(
            t.rounded_to,
            &[("basis", word), ("digits", &digits.to_string())],
        ),
        _ => word.to_owned(),
    }
}

/// Which specimens count.
fn conditions(r: &RequirementOutcome, t: &Texts) -> String {
    let v = &t.verdict;
    let origin = r.specimen_origin.map(|origin| {
        match origin {
            SpecimenOrigin::SeparatelyCast => v.separately_cast,
            SpecimenOrigin::CastOn => v.cast_on,
            SpecimenOrigin::CutFromCasting => v.cut_from_casting,
            SpecimenOrigin::CutFromProduct => v.cut_from_product,
        }
        .to_owned()
    });
    let thickness = r.thickness_mm.map(|[low, high]| {
        fill(
            v.thickness,
            &[
                ("low", &numbers::limit(low, 0)),
                ("high", &numbers::limit(high, 0)),
            ],
        )
    });
    let elongation = r
        .elongation_type
        .map(|kind: ElongationType| fill(v.elongation_type, &[("type", kind.as_str())]));
    let parts: Vec<String> = [origin, thickness, elongation]
        .into_iter()
        .flatten()
        .collect();
    parts.join(", ")
}

fn warnings(r: &RequirementOutcome, t: &Texts) -> Vec<String> {
    let v = &t.verdict;
    let mut warnings = Vec::new();
    if let Some(comparison) = &r.comparison
        && let Some(rounded) = comparison.rounded.filter(|met| *met != comparison.full)
    {
        let number = wording::requirement_number(r, comparison.rounded_number, true);
        warnings.push(fill(
            if rounded {
                v.rounding_saves
            } else {
                v.rounding_costs
            },
            &[("rounded", &number)],
        ));
    }
    if !r.failed_checks.is_empty() {
        let tests: Vec<String> = r
            .failed_checks
            .iter()
            .map(|test| test.replace('_', " "))
            .collect();
        warnings.push(fill(v.failed_checks, &[("tests", &tests.join(", "))]));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qualify::MoreHeats;
    use crate::qualify::verdict::{Comparison, Kind, Overruled};
    use crate::report::sample;
    use crate::report::text::EN;

    #[test]
    fn a_rounding_is_told_where_it_decides_and_nowhere_else() {
        let of = |full, rounded| {
            let mut r = sample::element("Cu", 0.3, 0.304, None);
            r.comparison = Some(Comparison {
                full,
                rounded,
                rounded_number: Some(0.3),
            });
            view(&r, false, Claims { step: 0.005 }, &EN).warnings
        };
        assert_eq!(
            of(false, Some(true)),
            ["Rounded to 0.30 it meets the limit; as measured it does not."]
        );
        assert_eq!(
            of(true, Some(false)),
            ["As measured it meets the limit; rounded to 0.30 it does not."]
        );
        assert!(of(true, Some(true)).is_empty() && of(false, None).is_empty());
    }

    #[test]
    fn conditions_name_origin_thickness_and_gauge_length() {
        let mut r = sample::element("Cu", 0.3, 0.2, None);
        assert_eq!(view(&r, false, Claims { step: 0.005 }, &EN).conditions, "");
        r.specimen_origin = Some(SpecimenOrigin::CutFromCasting);
        r.thickness_mm = Some([2.0, 4.5]);
        r.elongation_type = Some(ElongationType::A50);
        assert_eq!(
            view(&r, false, Claims { step: 0.005 }, &EN).conditions,
            "specimens cut from the casting, 2 to 4.5 mm thick, elongation type A50"
        );
    }

    #[test]
    fn a_capability_is_shown_as_one_and_not_in_megapascal() {
        let mut r = sample::element("Cu", 225.0, 1.2199, None);
        r.kind = Kind::Property;
        r.subject = "rp02_mpa".into();
        r.unit = "MPa".into();
        r.rounded_to = None;
        r.basis = Some(Basis::Cpk);
        r.cpk_at_least = Some(1.33);
        r.margin = Some(1.2199 - 1.33);
        let row = view(&r, false, Claims { step: 0.005 }, &EN);
        assert_eq!(row.compared, "capability, Cpk ≥ 1.33");
        assert_eq!((row.bound.as_str(), row.margin.as_str()), ("1.22", "−0.12"));
    }

    /// The sentence begins with the number of heats, which is not told a second time.
    #[test]
    fn what_is_missing_is_told_once() {
        let mut r = sample::element("Cu", 0.3, 0.2, None);
        let for_what = "7 more heats of 5 specimens each reach the minimum of 10 heats for Cu";
        r.more_heats = Some(MoreHeats {
            heats: 7,
            specimens_per_heat: 5,
            for_what: for_what.into(),
        });
        assert_eq!(
            view(&r, false, Claims { step: 0.005 }, &EN).remarks,
            [for_what]
        );
    }

    #[test]
    fn a_hash_is_short_on_the_page_and_whole_in_its_title() {
        let mut r = sample::element("Cu", 0.3, 0.2, None);
        r.row_ids_sha256 = Some("0123456789abcdef".into());
        r.overruled = vec![Overruled {
            test: "brown_forsythe".into(),
            by: "M. Weber".into(),
            reason: "two furnaces".into(),
        }];
        let row = view(&r, false, Claims { step: 0.005 }, &EN);
        let hash = row.hash.map(|hash| (hash.short, hash.title));
        assert_eq!(
            hash,
            Some((
                "01234567".into(),
                "SHA-256 of the specimen ids: 0123456789abcdef".into()
            ))
        );
        assert_eq!(
            row.remarks,
            ["brown forsythe failed, overruled by M. Weber: two furnaces."]
        );
    }
}
