//! Verdicts on data made by hand: every number below can be worked out in the head.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::BTreeMap;

use super::*;
use crate::domain::{Element, Grade, Property, ScrapDefinition};
use crate::models::Side;
use crate::models::distributions::normal_quantile;
use crate::qualify::grade_data::{EvidenceData, PropertyData};
use crate::qualify::vocabulary::EvidenceKind;

const TODAY: &str = "2026-11-23";

const POLICY: Policy = Policy {
    min_heats: 5,
    min_specimens: 15,
    min_scrap_ratios: 3,
    confidence: 0.95,
    content_a: 0.99,
    content_b: 0.90,
    claim_step: 0.005,
};

/// A straight line with a bound a fixed distance away: 10 for B, 20 for A, and for any other content p
/// (which only a Cpk asks for) 1.25 σ Φ⁻¹(p); refused above `refused_from`.
#[derive(Clone, Debug)]
struct Line {
    level: f64,
    slope: f64,
    range: (f64, f64),
    /// The bound moves away from the line like this times (x − 0.3)², as real bounds do.
    flare: f64,
    refused_from: f64,
    sigma: f64,
}

impl Line {
    fn distance(&self, x: f64, content: f64, confidence: f64) -> Result<f64, String> {
        assert!(
            (confidence - 0.95).abs() < 1e-12,
            "confidence comes from the policy"
        );
        assert!(
            x >= self.range.0 && x <= self.range.1,
            "extrapolated to {x}"
        );
        if x >= self.refused_from {
            return Err("heat variance not estimable".into());
        }
        let is = |share: f64| (content - share).abs() < 1e-12;
        let near = if is(POLICY.content_a) {
            20.0
        } else if is(POLICY.content_b) {
            10.0
        } else {
            1.25 * self.sigma * normal_quantile(content).map_err(|error| error.to_string())?
        };
        Ok(near + self.flare * (x - 0.3) * (x - 0.3))
    }
}

impl Fitted for Line {
    fn estimate(&self, x: f64) -> f64 {
        self.level + self.slope * x
    }
    fn lower_bound(&self, x: f64, content: f64, confidence: f64) -> Result<f64, String> {
        Ok(self.estimate(x) - self.distance(x, content, confidence)?)
    }
    fn upper_bound(&self, x: f64, content: f64, confidence: f64) -> Result<f64, String> {
        Ok(self.estimate(x) + self.distance(x, content, confidence)?)
    }
    fn sigma(&self) -> f64 {
        self.sigma
    }
    /// As if the bound came nearer by the root of the number of heats, down to half its distance.
    fn heats_for(
        &self,
        x: f64,
        side: Side,
        content: f64,
        confidence: f64,
        limit: f64,
    ) -> Option<usize> {
        let distance = self.distance(x, content, confidence).ok()?;
        let allowed = side.distance(self.estimate(x), limit);
        let enough = |heats: &usize| {
            let root = (7.0 / *heats as f64).sqrt();
            0.5 * distance * (1.0 + root) <= allowed
        };
        (7..=350).find(enough)
    }
    fn x_range(&self) -> (f64, f64) {
        self.range
    }
    fn n(&self) -> usize {
        35
    }
    fn heats(&self) -> usize {
        7
    }
    fn model(&self) -> String {
        "linear".into()
    }
}

fn line(level: f64, slope: f64) -> Line {
    let range = (0.0, 0.6);
    Line {
        level,
        slope,
        range,
        flare: 0.0,
        refused_from: f64::INFINITY,
        sigma: 4.0,
    }
}

fn property(fit: Line) -> PropertyData<Line> {
    PropertyData {
        conditions: Conditions::default(),
        fit: Ok(fit),
        elongation_type: None,
        specimens: 35,
        heats: 7,
        origins: vec![None],
        thickness_mm: None,
        heat_means: BTreeMap::new(),
        failed_checks: Vec::new(),
        overruled: Vec::new(),
        row_ids_sha256: None,
        carriers: Vec::new(),
        without_outliers: None,
    }
}

/// The data of all specimens of a property.
fn of(data: &mut GradeData<Line>, property: Property) -> &mut PropertyData<Line> {
    &mut data.properties.get_mut(&property).unwrap()[0]
}

fn element(symbol: &str) -> Element {
    Element::parse(symbol).unwrap()
}

/// Seven heats at 0, 10, … 60 % scrap; Fe rises by 0.01 wt% per step from 0.10; Rp0.2 = 250 − 100 x,
/// Rm = 320, A = 12.
fn data() -> GradeData<Line> {
    let heats = (0..7)
        .map(|i| {
            let ratio = f64::from(i) / 10.0;
            HeatData {
                heat_id: format!("H{i}"),
                scrap_ratio: Some(ratio),
                composition: BTreeMap::from([
                    (element("Fe"), f64::from(10 + i) / 100.0),
                    (element("Cu"), 0.03),
                ]),
                means: BTreeMap::from([(Property::Rp02, 250.0 - 100.0 * ratio)]),
                indices: BTreeMap::new(),
            }
        })
        .collect();
    let mut elongation = property(line(12.0_f64.ln(), 0.0));
    // On the log scale a distance of 10 would be absurd: the elongation is judged by its mean here.
    elongation.elongation_type = Some("A".into());
    GradeData {
        grade: Grade {
            alloy: "6082".into(),
            temper: "T6".into(),
            product_form: "hollow_profile".into(),
        },
        scrap_definition: Some(ScrapDefinition::ScrapChargeRatio),
        test_temp_c: (20.0, 24.0),
        specimens: 35,
        heats,
        properties: BTreeMap::from([
            (Property::Rm, vec![property(line(320.0, 0.0))]),
            (Property::Rp02, vec![property(line(250.0, -100.0))]),
            (Property::A, vec![elongation]),
        ]),
        evidence: Vec::new(),
        carbon: None,
        density_kg_m3: None,
    }
}

fn proof(kind: EvidenceKind, passed: bool, valid_until: &str) -> EvidenceData {
    EvidenceData {
        evidence_id: "E-1".into(),
        kind,
        component: None,
        passed,
        dated: None,
        valid_until: Some(valid_until.into()),
        value: None,
        unit: None,
    }
}

/// A component of one product form whose requirements are the given lines of TOML, read by the real
/// reader.
fn component(requirements: &[&str], product_form: &str) -> Component {
    let mut text = format!(
        "id = \"beam\"\ntitle = {{ en = \"Beam\" }}\nproduct_forms = [\"{product_form}\"]\n",
    );
    for requirement in requirements {
        text.push_str("[[requirement]]\nsource = \"drawing 7\"\n");
        if !requirement.contains("status") {
            text.push_str("status = \"verified\"\n");
        }
        text.push_str(&requirement.replace("; ", "\n"));
        text.push('\n');
    }
    Component::read("beam.toml", &text).unwrap()
}

const RT: &str = "test_temp_c = [10, 35]";

fn rp02(rest: &str) -> String {
    format!("property = \"rp02_mpa\"; {RT}; {rest}")
}

fn judged(requirements: &[&str], data: &GradeData<Line>) -> Verdict {
    let component = component(requirements, &data.grade.product_form);
    assert!(component.fits(&data.grade));
    judge(&component, data, &POLICY, TODAY)
}

/// Within the bracketing's 1e-6 of scrap ratio, which is up to 1e-4 in a property.
fn near(number: Option<f64>, expected: f64) {
    let number = number.unwrap();
    let tolerance = if expected.abs() <= 1.0 { 1e-6 } else { 1e-4 };
    assert!(
        (number - expected).abs() <= tolerance,
        "{number} instead of {expected}"
    );
}

/// Status, and the end of the window (−1 for none), of every kind of limit on the same data.
#[test]
fn each_basis_ends_the_window_where_its_own_number_meets_the_limit() {
    for (requirement, status, end) in [
        // Rp0.2: mean 250 − 100 x, B bound 240 − 100 x, A bound 230 − 100 x.
        (
            rp02("at_least = 210; basis = \"B\""),
            Status::QualifiedUpTo,
            0.3,
        ),
        (
            rp02("at_least = 210; basis = \"A\""),
            Status::QualifiedUpTo,
            0.2,
        ),
        (
            rp02("at_least = 210; basis = \"mean\""),
            Status::QualifiedUpTo,
            0.4,
        ),
        (
            rp02("at_least = 205; basis = \"min\""),
            Status::QualifiedUpTo,
            0.4,
        ),
        (
            rp02("at_least = 180; basis = \"B\""),
            Status::Qualified,
            0.6,
        ),
        (
            rp02("at_least = 241; basis = \"B\""),
            Status::NotQualified,
            -1.0,
        ),
        // Upper limits: B bound 260 − 100 x falls, so failing at the low end leaves no window.
        (rp02("at_most = 260; basis = \"B\""), Status::Qualified, 0.6),
        (
            rp02("at_most = 255; basis = \"B\""),
            Status::NotQualified,
            -1.0,
        ),
        (
            rp02("at_most = 250; basis = \"max\""),
            Status::Qualified,
            0.6,
        ),
        // Fe: 0.10, 0.11, … 0.16.
        (
            "element = \"Fe\"; at_most = 0.14; basis = \"max\"".into(),
            Status::QualifiedUpTo,
            0.4,
        ),
        (
            "element = \"Fe\"; at_most = 0.145; basis = \"max\"".into(),
            Status::QualifiedUpTo,
            0.4,
        ),
        (
            "element = \"Fe\"; at_most = 0.09; basis = \"max\"".into(),
            Status::NotQualified,
            -1.0,
        ),
        (
            "element = \"Fe\"; at_least = 0.10; basis = \"min\"".into(),
            Status::Qualified,
            0.6,
        ),
        // The mean of all heats is 0.13; it says nothing about a scrap ratio.
        (
            "element = \"Fe\"; at_most = 0.13; basis = \"mean\"".into(),
            Status::Qualified,
            -1.0,
        ),
        (
            "element = \"Fe\"; at_most = 0.12; basis = \"mean\"".into(),
            Status::NotQualified,
            -1.0,
        ),
    ] {
        let verdict = judged(&[&requirement], &data());
        assert_eq!(
            verdict.status, status,
            "{requirement}: {:?}",
            verdict.reasons
        );
        let found = verdict.max_scrap_ratio.unwrap_or(-1.0);
        assert!(
            found <= end + 1e-9 && found > end - 1e-6,
            "{requirement}: {found}"
        );
    }
}

#[test]
fn elongation_is_compared_on_the_measured_scale() {
    // ln A = ln 20 − x − 10·0.01: the bound is given a small distance by scaling the line instead.
    let mut data = data();
    let mut fit = line(20.0_f64.ln() + 10.0, -1.0);
    let requirement = "property = \"a_pct\"; test_temp_c = [10, 35]; elongation_type = \"A\"; ";
    of(&mut data, Property::A).fit = Ok(fit.clone());
    let lower = format!("{requirement}at_least = 14; basis = \"B\"");
    let verdict = judged(&[&lower], &data);
    near(verdict.max_scrap_ratio, (20.0_f64 / 14.0).ln());
    let outcome = &verdict.requirements[0];
    near(outcome.bound, 14.0);
    assert!(
        outcome.estimate.unwrap() > 1000.0,
        "the estimate is taken back as well"
    );
    // An upper limit uses the upper bound: ln A + 10 = ln 20 − x.
    fit.level = 20.0_f64.ln() - 10.0;
    fit.slope = 1.0;
    of(&mut data, Property::A).fit = Ok(fit);
    let upper = format!("{requirement}at_most = 30; basis = \"B\"");
    near(judged(&[&upper], &data).max_scrap_ratio, 1.5_f64.ln());
}

#[test]
fn the_number_is_given_where_the_window_ends() {
    let rows = [
        rp02("at_least = 200; basis = \"B\""),
        rp02("at_least = 180; basis = \"A\""),
    ];
    let verdict = judged(&[&rows[0], &rows[1]], &data());
    near(verdict.max_scrap_ratio, 0.4);
    assert_eq!(verdict.limiting, Some(0));
    let (first, second) = (&verdict.requirements[0], &verdict.requirements[1]);
    near(first.bound, 200.0);
    near(first.estimate, 210.0);
    near(first.at_scrap_ratio, 0.4);
    near(second.margin, 10.0);
    near(second.max_scrap_ratio, 0.5);
    assert_eq!(
        (first.n, first.heats, first.model.as_deref()),
        (35, 7, Some("linear"))
    );
    assert_eq!(
        (verdict.specimens, verdict.heats, verdict.scrap_ratios),
        (35, 7, 7)
    );
    assert_eq!(verdict.observed_scrap_ratio, Some([0.0, 0.6]));
}

#[test]
fn without_an_early_end_the_least_relative_margin_limits() {
    // At 0.6: Rp0.2 B bound 180, margin 5 of 175; Rm B bound 310, margin 60 of 250; Fe 0.16, 0.04 of 0.2.
    let rows = [
        format!("property = \"rm_mpa\"; {RT}; at_least = 250; basis = \"B\""),
        rp02("at_least = 175; basis = \"B\""),
        "element = \"Fe\"; at_most = 0.2; basis = \"max\"".to_owned(),
    ];
    let verdict = judged(&[&rows[0], &rows[1], &rows[2]], &data());
    assert_eq!(
        (verdict.status, verdict.limiting),
        (Status::Qualified, Some(1))
    );
}

#[test]
fn a_bound_that_dips_and_recovers_ends_the_window_at_the_dip() {
    let mut data = data();
    // 240 − 200 (x − 0.3)² turned over: a bump of the bound's distance around 0.3.
    let fit = Line {
        flare: -1000.0,
        ..line(250.0, 0.0)
    };
    *of(&mut data, Property::Rp02) = property(fit);
    // Bound 240 + 1000 (x − 0.3)² is 330 at both ends, 240 in the middle.
    let verdict = judged(&[&rp02("at_least = 250; basis = \"B\"")], &data);
    assert_eq!(verdict.status, Status::QualifiedUpTo);
    near(verdict.max_scrap_ratio, 0.2);
    // And the other way round: failing at the low end, though it holds in the middle.
    *of(&mut data, Property::Rp02) = property(Line {
        flare: 1000.0,
        ..line(250.0, 0.0)
    });
    let verdict = judged(&[&rp02("at_least = 235; basis = \"B\"")], &data);
    assert_eq!(
        (verdict.status, verdict.max_scrap_ratio),
        (Status::NotQualified, None)
    );
    let reason = &verdict.requirements[0].reason;
    assert!(
        reason.contains("would hold at higher scrap ratios"),
        "{reason}"
    );
    near(verdict.requirements[0].at_scrap_ratio, 0.0);
}

#[test]
fn full_and_rounded_comparison_differ_where_they_should() {
    let fe = |rule: &str| format!("element = \"Fe\"; at_most = 0.13; basis = \"max\"; {rule}");
    let mut data = data();
    for (heat, fe) in data
        .heats
        .iter_mut()
        .zip([0.120, 0.125, 0.130, 0.134, 0.135, 0.136, 0.14])
    {
        heat.composition.insert(element("Fe"), fe);
    }
    let end = |rule: &str| judged(&[&fe(rule)], &data).max_scrap_ratio;
    near(end("compare = \"full\""), 0.2);
    near(end(""), 0.2);
    // 0.134 rounds to 0.13; 0.135 is a tie and goes to the even 0.14.
    near(end("compare = \"rounded\"; digits = 2"), 0.3);
    near(end("compare = \"rounded\"; digits = 3"), 0.2);

    // The B bound 240 − 100 x, rounded to whole MPa, still reads 210 down to 209.5 (a tie, 210 is even).
    let rounded = rp02("at_least = 210; basis = \"B\"; compare = \"rounded\"; digits = 0");
    let verdict = judged(&[&rounded], &self::data());
    near(verdict.max_scrap_ratio, 0.305);
    let outcome = &verdict.requirements[0];
    assert_eq!(outcome.rounded_to, Some(0));
    near(outcome.bound, 210.0);
    near(outcome.margin, 0.0);
    assert!(
        outcome
            .reason
            .contains("B bound 209.5 MPa at 30.4 % scrap, rounded to 210"),
        "{}",
        outcome.reason
    );
}

#[test]
fn a_heat_at_the_limit_passes_whatever_the_binary_dust() {
    let mut data = data();
    for heat in &mut data.heats {
        heat.composition.insert(element("Cu"), 0.1 + 0.2);
    }
    let verdict = judged(&["element = \"Cu\"; at_most = 0.3; basis = \"max\""], &data);
    assert_eq!(verdict.status, Status::Qualified, "{:?}", verdict.reasons);
}

#[test]
fn a_tie_at_the_violating_ratio_excludes_that_ratio() {
    let mut data = data();
    data.heats[3].scrap_ratio = Some(0.1 + 0.2); // 0.30000000000000004
    let mut twin = data.heats[3].clone();
    twin.heat_id = "H3b".into();
    twin.scrap_ratio = Some(0.3);
    data.heats.push(twin);
    data.heats[3].composition.insert(element("Cu"), 0.5);
    let verdict = judged(&["element = \"Cu\"; at_most = 0.3; basis = \"max\""], &data);
    near(verdict.max_scrap_ratio, 0.2);
    assert_eq!(verdict.scrap_ratios, 7, "the twins share one ratio");
    assert!(
        verdict.requirements[0]
            .reason
            .contains("heat H3 at 30 % has 0.5 wt%")
    );
}

mod status;
mod stored;
mod table;
