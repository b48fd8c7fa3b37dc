//! The box of one verdict: what is missing first, then the reasons, then what the verdict hangs on.

use serde::Serialize;

use super::input::{Range, Standing};
use super::numbers::{self, Claims};
use super::requirement::{self, RequirementView};
use super::site::Site;
use super::text::{Texts, fill};
use super::wording;
use crate::domain::Property;
use crate::qualify::verdict::{
    LimitingElement, SpecificStrength, Status, Verdict, VerdictCarbon, WithoutOutliers,
};

/// Ids of flagged specimens that are named; all of them stand in `verdicts.json`.
const OUTLIERS_SHOWN: usize = 8;

/// One verdict on the page of its grade.
#[derive(Serialize)]
pub(super) struct VerdictView {
    anchor: String,
    component: String,
    key: &'static str,
    word: &'static str,
    ratio: String,
    ratio_number: String,
    limiting: String,
    heats: usize,
    specimens: usize,
    missing: Vec<String>,
    reasons: Vec<String>,
    facts: Vec<Fact>,
    unverified: bool,
    requirements: Vec<RequirementView>,
}

#[derive(Serialize)]
struct Fact {
    what: &'static str,
    text: String,
    /// True where the reader must not pass it over.
    alarm: bool,
}

/// The box of `verdict`.
pub(super) fn view(site: &Site<'_>, verdict: &Verdict) -> VerdictView {
    let (t, claims) = (site.texts, site.claims());
    let holds = !matches!(
        verdict.status,
        Status::NotQualified | Status::InsufficientData
    );
    let claim = verdict.max_scrap_ratio.filter(|_| holds);
    VerdictView {
        anchor: wording::anchor(&verdict.component),
        component: site
            .input
            .components
            .iter()
            .find(|c| c.id == verdict.component)
            .map_or_else(
                || verdict.component.clone(),
                |component| component.title.clone(),
            ),
        key: verdict.status.as_str(),
        word: wording::status_word(verdict.status, t),
        ratio: claim.map(|ratio| claims.text(ratio)).unwrap_or_default(),
        ratio_number: claim.map_or_else(|| numbers::NONE.to_owned(), |ratio| claims.number(ratio)),
        limiting: wording::limiting(verdict, t).unwrap_or_default(),
        heats: verdict.heats,
        specimens: verdict.specimens,
        missing: verdict.missing_evidence.clone(),
        reasons: verdict.reasons.clone(),
        facts: facts(verdict, claims, t),
        unverified: verdict.rests_on_unverified_limit,
        requirements: verdict
            .requirements
            .iter()
            .enumerate()
            .map(|(i, r)| requirement::view(r, verdict.limiting == Some(i), claims, t))
            .collect(),
    }
}

/// What the verdict hangs on, most pressing first.
fn facts(verdict: &Verdict, claims: Claims, t: &Texts) -> Vec<Fact> {
    let v = &t.verdict;
    let fact = |what, text| Fact {
        what,
        text,
        alarm: false,
    };
    let outliers = verdict.without_outliers.as_ref();
    let outliers = outliers.filter(|without| !without.specimens.is_empty());
    [
        verdict
            .more_heats
            .as_ref()
            .map(|more| fact(v.more_label, more.for_what.clone())),
        outliers.map(|without| Fact {
            what: v.outliers_label,
            text: without_outliers(verdict, without, claims, t),
            alarm: without.differs,
        }),
        verdict
            .limiting_element
            .as_ref()
            .map(|element| fact(v.element_label, limiting_element(element, t))),
        verdict
            .carbon
            .as_ref()
            .map(|carbon| fact(v.carbon_label, saved_carbon(carbon, t))),
        verdict
            .specific_strength
            .as_ref()
            .map(|strength| fact(v.strength_label, specific_strength(strength, t))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn without_outliers(
    verdict: &Verdict,
    without: &WithoutOutliers,
    claims: Claims,
    t: &Texts,
) -> String {
    let standing = |status, max_scrap_ratio| {
        let standing = Standing {
            status,
            max_scrap_ratio,
        };
        wording::standing(Some(standing), claims, t)
    };
    let mut ids = without.specimens[..without.specimens.len().min(OUTLIERS_SHOWN)].join(", ");
    let more = without.specimens.len().saturating_sub(OUTLIERS_SHOWN);
    if more > 0 {
        ids.push(' ');
        ids.push_str(&fill(t.more_components, &[("n", &more.to_string())]));
    }
    fill(
        if without.differs {
            t.verdict.outliers_differ
        } else {
            t.verdict.outliers_same
        },
        &[
            (
                "standing",
                &standing(without.status, without.max_scrap_ratio),
            ),
            ("now", &standing(verdict.status, verdict.max_scrap_ratio)),
            ("ids", &ids),
        ],
    )
}

fn limiting_element(element: &LimitingElement, t: &Texts) -> String {
    let digits = if element.unit == "wt%" { 3 } else { 2 };
    let range = Range {
        estimate: element.per_10pct_scrap,
        low: element.low,
        high: element.high,
    };
    let property = element.property.as_deref().unwrap_or_default();
    let symbol = Property::from_column(property).map_or(property, |p| p.symbol());
    fill(
        if property.is_empty() {
            t.verdict.element_alone
        } else {
            t.verdict.element_of
        },
        &[
            ("element", &element.element),
            ("range", &wording::range(&range, 1.0, digits, true, t)),
            ("unit", &element.unit),
            ("property", symbol),
        ],
    )
}

fn saved_carbon(carbon: &VerdictCarbon, t: &Texts) -> String {
    let saving = carbon.saving_kg_co2e_per_kg;
    fill(
        if saving < 0.0 {
            t.verdict.carbon_added
        } else {
            t.verdict.carbon_saved
        },
        &[
            ("kg", &numbers::fixed(carbon.kg_co2e_per_kg, 2)),
            ("ratio", &numbers::percent(carbon.at_scrap_ratio)),
            ("difference", &numbers::fixed(saving.abs(), 2)),
            ("primary", &numbers::fixed(carbon.primary_kg_co2e_per_kg, 2)),
            ("set", &carbon.factor_set),
        ],
    )
}

fn specific_strength(strength: &SpecificStrength, t: &Texts) -> String {
    fill(
        t.verdict.strength,
        &[
            ("quotient", &numbers::fixed(strength.kn_m_per_kg, 1)),
            ("strength", &numbers::fixed(strength.rp02_mpa, 0)),
            ("density", &numbers::fixed(strength.density_kg_m3, 0)),
        ],
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::report::text::EN;

    fn told(change: impl FnOnce(&mut Verdict)) -> Vec<(String, bool)> {
        let input = sample::input();
        let mut verdict = input.verdicts[0].clone();
        change(&mut verdict);
        facts(&verdict, Claims { step: 0.005 }, &EN)
            .into_iter()
            .map(|fact| (fact.text, fact.alarm))
            .collect()
    }

    #[test]
    fn what_a_verdict_hangs_on_is_told_and_absent_where_it_is_not_known() {
        assert!(
            told(|v| {
                v.more_heats = None;
                v.without_outliers = None;
                v.limiting_element = None;
                v.carbon = None;
                v.specific_strength = None;
            })
            .is_empty()
        );
        let all: Vec<String> = told(|_| ()).into_iter().map(|(text, _)| text).collect();
        assert_eq!(all.len(), 5, "{all:?}");
        assert_eq!(all[0].matches("7 more heats").count(), 1, "{}", all[0]);
        assert!(
            all[3].starts_with("10.84 kg CO₂e/kg at 32.8 % scrap, 5.10 less than primary metal"),
            "{}",
            all[3]
        );
        assert_eq!(all[4], "51.3 kN·m/kg (Rp0.2 137 MPa, density 2670 kg/m³)");
    }

    #[test]
    fn a_verdict_that_outliers_decide_is_an_alarm_with_both_answers() {
        let of = |differs| {
            told(|v| {
                v.without_outliers = Some(WithoutOutliers {
                    specimens: (0..10).map(|i| format!("S{i}")).collect(),
                    status: Status::Qualified,
                    max_scrap_ratio: Some(0.6),
                    differs,
                });
            })
            .into_iter()
            .find(|(text, _)| text.contains("left out"))
            .unwrap()
        };
        let (text, alarm) = of(true);
        assert!(alarm);
        assert!(
            text.starts_with("qualified, up to 60.0\u{a0}% instead of qualified up to 32.5\u{a0}%"),
            "{text}"
        );
        assert!(text.contains("S7 and 2 more)"), "{text}");
        assert!(!of(false).1);
    }

    #[test]
    fn an_element_names_its_property_or_itself_alone() {
        let element = |property: Option<&str>, unit: &str, low| {
            limiting_element(
                &LimitingElement {
                    element: "Fe".into(),
                    unit: unit.into(),
                    property: property.map(Into::into),
                    per_10pct_scrap: -0.0512,
                    low,
                    high: low.map(|_| 0.0),
                },
                &EN,
            )
        };
        assert_eq!(
            element(Some("rp02_mpa"), "MPa", Some(-0.1)),
            "Fe: Rp0.2 −0.05 [−0.10, 0.00] MPa per +10 % scrap"
        );
        assert_eq!(element(None, "wt%", None), "Fe: −0.051 wt% per +10 % scrap");
    }
}
