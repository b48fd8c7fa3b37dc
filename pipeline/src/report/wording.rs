//! Domain words → words, symbols and anchors of the report.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use super::input::{ChangeKind, ComponentTitle, Range, Standing};
use super::numbers::{self, Claims};
use super::text::{Texts, fill};
use crate::domain::{Element, Grade, Property, ScrapDefinition};
use crate::qualify::Index;
use crate::qualify::verdict::{
    Basis, Direction, Kind, Outcome, RequirementOutcome, Status, Verdict,
};

/// Every status, best first: the order of legends and sums.
pub(super) const STATUSES: [Status; 5] = [
    Status::Qualified,
    Status::QualifiedUpTo,
    Status::Conditional,
    Status::NotQualified,
    Status::InsufficientData,
];

/// Decimals of a process capability.
const CPK_DIGITS: u32 = 2;

/// The word for a status.
pub(super) fn status_word(status: Status, t: &Texts) -> &'static str {
    match status {
        Status::Qualified => t.qualified,
        Status::QualifiedUpTo => t.qualified_up_to,
        Status::Conditional => t.conditional,
        Status::NotQualified => t.not_qualified,
        Status::InsufficientData => t.insufficient_data,
    }
}

/// What a status means.
pub(super) fn status_meaning(status: Status, t: &Texts) -> &'static str {
    match status {
        Status::Qualified => t.qualified_means,
        Status::QualifiedUpTo => t.qualified_up_to_means,
        Status::Conditional => t.conditional_means,
        Status::NotQualified => t.not_qualified_means,
        Status::InsufficientData => t.insufficient_data_means,
    }
}

/// The word for an outcome.
pub(super) fn outcome_word(outcome: Outcome, t: &Texts) -> &'static str {
    match outcome {
        Outcome::Pass => t.pass,
        Outcome::Fail => t.fail,
        Outcome::Missing => t.missing,
    }
}

/// The stable key, the word and the counting phrase of a change.
pub(super) fn change(kind: ChangeKind, t: &Texts) -> (&'static str, &'static str, &'static str) {
    match kind {
        ChangeKind::Lost => ("lost", t.change_lost, t.changes_lost),
        ChangeKind::Lowered => ("lowered", t.change_lowered, t.changes_lowered),
        ChangeKind::Status => ("status", t.change_status, t.changes_status),
        ChangeKind::Raised => ("raised", t.change_raised, t.changes_raised),
        ChangeKind::New => ("new", t.change_new, t.changes_new),
    }
}

/// A verdict in short, such as "qualified up to 32.5 %".
pub(super) fn standing(standing: Option<Standing>, claims: Claims, t: &Texts) -> String {
    let Some(standing) = standing else {
        return t.standing_none.to_owned();
    };
    let word = status_word(standing.status, t);
    match (standing.status, standing.max_scrap_ratio) {
        (Status::QualifiedUpTo, Some(ratio)) => format!("{word} {}", claims.text(ratio)),
        (Status::Qualified | Status::Conditional, Some(ratio)) => {
            format!(
                "{word}, {}",
                fill(t.up_to, &[("ratio", &claims.text(ratio))])
            )
        }
        _ => word.to_owned(),
    }
}

/// The name of a property.
pub(super) fn property_name(property: Property, t: &Texts) -> &'static str {
    match property {
        Property::Rm => t.rm,
        Property::Rp02 => t.rp02,
        Property::A => t.a,
    }
}

/// The name of a basis.
pub(super) fn basis(basis: Basis, t: &Texts) -> &'static str {
    match basis {
        Basis::A => t.basis_a,
        Basis::B => t.basis_b,
        Basis::Mean => t.basis_mean,
        Basis::Min => t.basis_min,
        Basis::Max => t.basis_max,
        Basis::Cpk => t.verdict.basis_cpk,
    }
}

/// What a scrap definition counts.
pub(super) fn scrap_definition(definition: ScrapDefinition, t: &Texts) -> &'static str {
    match definition {
        ScrapDefinition::ScrapChargeRatio => t.scrap_charge_ratio,
        ScrapDefinition::Iso14021Ratio => t.iso14021_ratio,
        ScrapDefinition::PostConsumerRatio => t.post_consumer_ratio,
        ScrapDefinition::YieldAdjRatio => t.yield_adj_ratio,
        ScrapDefinition::HeelAdjRatio => t.heel_adj_ratio,
    }
}

/// A symbol whose tail is set below the line: `R` and `p0.2`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Symbol {
    pub base: String,
    pub sub: String,
}

impl Symbol {
    fn of_property(property: Property) -> Symbol {
        let (base, sub) = property.symbol().split_at(1);
        Symbol {
            base: base.to_owned(),
            sub: sub.to_owned(),
        }
    }

    fn plain(text: &str) -> Symbol {
        Symbol {
            base: text.to_owned(),
            sub: String::new(),
        }
    }
}

/// The symbol of a requirement's subject: `R` `p0.2`, `Cu`, `leak`.
pub(super) fn subject(kind: Kind, subject: &str, t: &Texts) -> Symbol {
    match (kind, Property::from_column(subject)) {
        (Kind::Property, Some(property)) => Symbol::of_property(property),
        (Kind::Evidence, _) => Symbol::plain(&fill(t.proof_of, &[("what", &spaced(subject))])),
        (Kind::Index, _) => Symbol::plain(&index_name(subject, t)),
        _ => Symbol::plain(subject),
    }
}

/// The name of a metallurgical index by its column of `heats`; an unknown column is its own name.
pub(super) fn index_name(column: &str, t: &Texts) -> String {
    let v = &t.verdict;
    match Index::parse(column) {
        Some(Index::SludgeFactor) => v.sludge_factor.to_owned(),
        Some(Index::MnFeRatio) => v.mn_fe_ratio.to_owned(),
        Some(Index::Mg2Si) => v.mg2si.to_owned(),
        Some(Index::ExcessSi) => v.excess_si.to_owned(),
        Some(Index::EffectiveSi) => v.effective_si.to_owned(),
        Some(Index::QualityIndex) => v.quality_index.to_owned(),
        Some(Index::ProbableYield) => v.probable_yield.to_owned(),
        Some(Index::CriticalIron) => v.critical_iron.to_owned(),
        None => spaced(column),
    }
}

/// The heading of a column of `heats`: symbol and unit.
pub(super) fn column(name: &str, t: &Texts) -> (Symbol, &'static str) {
    if let Some(property) = Property::from_column(name) {
        return (Symbol::of_property(property), property.unit());
    }
    match element(name) {
        Some(element) => (Symbol::plain(element.symbol()), "%"),
        None => (Symbol::plain(&index_name(name, t)), index_unit(name)),
    }
}

/// The unit of an index, as in its requirement; empty for other columns.
fn index_unit(column: &str) -> &'static str {
    Index::parse(column).map_or("", Index::unit)
}

/// The element of a column of `heats`, named by its symbol or as `fe_wt_pct`.
pub(super) fn element(column: &str) -> Option<Element> {
    let symbol = column.strip_suffix("_wt_pct").unwrap_or(column);
    let mut letters = symbol.chars();
    let capital = letters.next()?.to_ascii_uppercase();
    let element = Element::parse(&format!("{capital}{}", letters.as_str()))?;
    // A plain word such as `si` is not a symbol; a column such as `si_wt_pct` is.
    (symbol == element.symbol() || symbol != column).then_some(element)
}

/// Decimals in which the numbers of a requirement are shown.
fn requirement_digits(requirement: &RequirementOutcome) -> u32 {
    match (
        requirement.kind,
        Property::from_column(&requirement.subject),
    ) {
        (_, Some(property)) => numbers::property_digits(property),
        (Kind::Index, None) => requirement
            .rounded_to
            .unwrap_or_else(|| numbers::column_digits(&requirement.subject)),
        (Kind::Evidence, None) => requirement.rounded_to.unwrap_or(1),
        (Kind::Property | Kind::Element, None) => requirement.rounded_to.unwrap_or(3),
    }
}

/// An estimate or, where `compared`, the number held against the limit; a capability has two decimals.
pub(super) fn requirement_number(
    requirement: &RequirementOutcome,
    number: Option<f64>,
    compared: bool,
) -> String {
    let digits = match requirement.basis {
        Some(Basis::Cpk) if compared => CPK_DIGITS,
        _ => requirement_digits(requirement),
    };
    numbers::fixed_or_none(number, digits)
}

/// The margin of a requirement with its sign, without the unit.
pub(super) fn requirement_margin(requirement: &RequirementOutcome) -> Option<String> {
    let digits = match (requirement.basis, requirement.kind) {
        (Some(Basis::Cpk), _) => CPK_DIGITS,
        (_, Kind::Property) => 1,
        _ => requirement_digits(requirement),
    };
    requirement.margin.map(|m| numbers::margin(m, digits))
}

/// `≥ 225`, `≤ 0.30`; empty for a proof without a number.
pub(super) fn requirement_limit(requirement: &RequirementOutcome) -> String {
    let (Some(direction), Some(limit)) = (requirement.direction, requirement.limit) else {
        return String::new();
    };
    let digits = match requirement.kind {
        Kind::Property => 0,
        _ => requirement.rounded_to.unwrap_or(0),
    };
    format!(
        "{} {}",
        relation(direction == Direction::AtLeast),
        numbers::limit(limit, digits)
    )
}

/// The sign of a limit.
pub(super) fn relation(at_least: bool) -> &'static str {
    if at_least { "≥" } else { "≤" }
}

/// The requirement that limits a verdict, as plain text: `Rp0.2 +4.2 MPa`, `leak proof missing`.
pub(super) fn limiting(verdict: &Verdict, t: &Texts) -> Option<String> {
    let requirement = verdict.requirements.get(verdict.limiting?)?;
    let what = spaced(&requirement.subject);
    let margin = requirement_margin(requirement);
    match (requirement.kind, requirement.outcome, &margin) {
        (Kind::Evidence, Outcome::Missing, _) => {
            return Some(fill(t.evidence_missing, &[("what", &what)]));
        }
        (Kind::Evidence, Outcome::Fail, None) => {
            return Some(fill(t.verdict.evidence_failed, &[("what", &what)]));
        }
        (Kind::Evidence, Outcome::Pass, None) => {
            return Some(fill(t.proof_of, &[("what", &what)]));
        }
        _ => {}
    }
    let symbol = subject(requirement.kind, &requirement.subject, t);
    let name = format!("{}{}", symbol.base, symbol.sub);
    Some(match (margin, requirement.basis) {
        (Some(margin), Some(Basis::Cpk)) => format!("{name} {} {margin}", t.verdict.cpk),
        (Some(margin), _) => format!("{name} {}", numbers::with_unit(&margin, &requirement.unit)),
        (None, _) => fill(t.limiting_missing, &[("what", &name)]),
    })
}

/// `factor` times a number with its interval, `−3.2 [−4.1, −2.2]`; no interval, no brackets.
pub(super) fn range(range: &Range, factor: f64, digits: u32, signed: bool, t: &Texts) -> String {
    let number = |value: f64| {
        if signed {
            numbers::signed(factor * value, digits)
        } else {
            numbers::fixed(factor * value, digits)
        }
    };
    match (range.low, range.high) {
        (Some(low), Some(high)) => fill(
            t.range,
            &[
                ("estimate", &number(range.estimate)),
                ("low", &number(low)),
                ("high", &number(high)),
            ],
        ),
        _ => number(range.estimate),
    }
}

/// The kinds of proof that are missing or out of date, as one text; empty when none is.
pub(super) fn missing_proofs(verdict: &Verdict) -> String {
    let kinds: Vec<String> = verdict
        .requirements
        .iter()
        .filter(|r| r.kind == Kind::Evidence && r.outcome == Outcome::Missing)
        .map(|r| spaced(&r.subject))
        .collect();
    kinds.join(", ")
}

/// The titles of components by id; an unknown id is its own title.
pub(super) struct Titles<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Titles<'a> {
    pub(super) fn new(components: &'a [ComponentTitle]) -> Titles<'a> {
        Titles(
            components
                .iter()
                .map(|c| (c.id.as_str(), c.title.as_str()))
                .collect(),
        )
    }

    pub(super) fn of(&self, id: &'a str) -> &'a str {
        self.0.get(id).copied().unwrap_or(id)
    }
}

/// The page of a grade, relative to the index. A slug needs no percent-encoding.
pub(super) fn grade_page(grade: &Grade) -> String {
    format!("grades/{}.html", grade.slug())
}

/// The anchor of a component on a grade's page, safe in a URL and unique per id.
pub(super) fn anchor(component: &str) -> String {
    let mut anchor = String::from("c-");
    for c in component.chars() {
        if c.is_ascii_alphanumeric() || c == '-' {
            anchor.push(c);
        } else {
            // Writing into a String cannot fail.
            let _ = write!(anchor, "_{:x}_", u32::from(c));
        }
    }
    anchor
}

/// `2026-11-23T06:02:11+08:00` as `2026-11-23 06:02`; any other text as it is.
pub(super) fn date(rfc3339: &str) -> String {
    let shaped = rfc3339.len() >= 16
        && rfc3339.is_ascii()
        && matches!(rfc3339.as_bytes()[10], b'T' | b't' | b' ')
        && rfc3339.as_bytes()[13] == b':';
    if shaped {
        format!("{} {}", &rfc3339[..10], &rfc3339[11..16])
    } else {
        rfc3339.to_owned()
    }
}

fn spaced(id: &str) -> String {
    id.replace(['_', '-'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::text::EN;

    #[test]
    fn an_anchor_is_safe_and_tells_ids_apart() {
        assert_eq!(anchor("battery-tray"), "c-battery-tray");
        assert_eq!(anchor("a\"b"), "c-a_22_b");
        assert_ne!(anchor("a b"), anchor("a_b"));
    }

    #[test]
    fn a_date_drops_seconds_and_zone_and_leaves_other_text_alone() {
        assert_eq!(date("2026-11-23T06:02:11+08:00"), "2026-11-23 06:02");
        assert_eq!(date("yesterday"), "yesterday");
        assert_eq!(date("二〇二六年十一月二十三日"), "二〇二六年十一月二十三日");
    }

    #[test]
    fn columns_have_symbols_and_units() {
        let symbol = |base: &str, sub: &str| Symbol {
            base: base.into(),
            sub: sub.into(),
        };
        assert_eq!(column("rp02_mpa", &EN), (symbol("R", "p0.2"), "MPa"));
        assert_eq!(column("a_pct", &EN), (symbol("A", ""), "%"));
        assert_eq!(column("fe_wt_pct", &EN), (symbol("Fe", ""), "%"));
        assert_eq!(column("Fe", &EN), (symbol("Fe", ""), "%"));
        assert_eq!(
            column("sf", &EN),
            (symbol("sf", ""), ""),
            "an index, not an element"
        );
        assert_eq!(
            column("sludge_factor", &EN),
            (symbol("sludge factor", ""), "wt%")
        );
        for index in Index::ALL {
            assert_eq!(column(index.as_str(), &EN).1, index.unit());
        }
        assert_eq!(subject(Kind::Evidence, "leak", &EN).base, "leak proof");
    }

    #[test]
    fn a_standing_names_its_ratio_rounded_down() {
        let of = |status, ratio| {
            standing(
                Some(Standing {
                    status,
                    max_scrap_ratio: ratio,
                }),
                Claims { step: 0.005 },
                &EN,
            )
        };
        assert_eq!(
            of(Status::QualifiedUpTo, Some(0.3279)),
            "qualified up to 32.5\u{a0}%"
        );
        assert_eq!(
            of(Status::Conditional, Some(0.41)),
            "conditional, up to 41.0\u{a0}%"
        );
        assert_eq!(of(Status::NotQualified, None), "not qualified");
        assert_eq!(standing(None, Claims { step: 0.0 }, &EN), "not judged");
    }
}
