//! Domain words → words, symbols and anchors of the report.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use super::input::{ChangeKind, ComponentTitle, Standing};
use super::numbers;
use super::text::{Texts, fill};
use crate::domain::{Element, Grade, Property, ScrapDefinition};
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
pub(super) fn standing(standing: Option<Standing>, t: &Texts) -> String {
    let Some(standing) = standing else {
        return t.standing_none.to_owned();
    };
    let word = status_word(standing.status, t);
    match (standing.status, standing.max_scrap_ratio) {
        (Status::QualifiedUpTo, Some(ratio)) => format!("{word} {}", numbers::claim(ratio)),
        (Status::Qualified | Status::Conditional, Some(ratio)) => {
            format!(
                "{word}, {}",
                fill(t.up_to, &[("ratio", &numbers::claim(ratio))])
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
        _ => Symbol::plain(subject),
    }
}

/// The heading of a column of `heats`: symbol and unit.
pub(super) fn column(name: &str) -> (Symbol, &'static str) {
    if let Some(property) = Property::from_column(name) {
        return (Symbol::of_property(property), property.unit());
    }
    match element(name) {
        Some(element) => (Symbol::plain(element.symbol()), "%"),
        None => (Symbol::plain(&spaced(name)), ""),
    }
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
pub(super) fn requirement_digits(requirement: &RequirementOutcome) -> u32 {
    match Property::from_column(&requirement.subject) {
        Some(property) => numbers::property_digits(property),
        None => requirement.rounded_to.unwrap_or(3),
    }
}

/// The margin of a requirement with its sign, without the unit.
pub(super) fn requirement_margin(requirement: &RequirementOutcome) -> Option<String> {
    let digits = match requirement.kind {
        Kind::Property => 1,
        _ => requirement_digits(requirement),
    };
    requirement.margin.map(|m| numbers::margin(m, digits))
}

/// `≥ 225`, `≤ 0.30`; empty for evidence.
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
    if requirement.kind == Kind::Evidence {
        return Some(match requirement.outcome {
            Outcome::Pass => fill(t.proof_of, &[("what", &spaced(&requirement.subject))]),
            _ => fill(
                t.evidence_missing,
                &[("what", &spaced(&requirement.subject))],
            ),
        });
    }
    let symbol = subject(requirement.kind, &requirement.subject, t);
    let name = format!("{}{}", symbol.base, symbol.sub);
    Some(match requirement_margin(requirement) {
        Some(margin) => format!("{name} {}", numbers::with_unit(&margin, &requirement.unit)),
        None => fill(t.limiting_missing, &[("what", &name)]),
    })
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
        assert_eq!(column("rp02_mpa"), (symbol("R", "p0.2"), "MPa"));
        assert_eq!(column("a_pct"), (symbol("A", ""), "%"));
        assert_eq!(column("fe_wt_pct"), (symbol("Fe", ""), "%"));
        assert_eq!(column("Fe"), (symbol("Fe", ""), "%"));
        assert_eq!(
            column("sf"),
            (symbol("sf", ""), ""),
            "an index, not an element"
        );
        assert_eq!(column("sludge_factor"), (symbol("sludge factor", ""), ""));
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
        assert_eq!(standing(None, &EN), "not judged");
    }
}
