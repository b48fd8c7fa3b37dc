//! Plan + counts + seed → heats, files and truth.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::error::SynthError;
use super::files;
use super::melt::{Heat, Order, melt};
use super::plan::Plan;
use super::truth::{Truth, TruthLimit};

/// A synthetic laboratory: what it drops into an inbox, and what is true of its metal.
#[derive(Clone, Debug)]
pub struct SyntheticLab {
    /// Relative path and bytes of every file: `charge/2026-01.csv`, `chemistry/…`, `tensile/…`, and
    /// last `truth.json`, which no laboratory has.
    pub files: Vec<(String, Vec<u8>)>,
    /// The planted truth, as in `truth.json`.
    pub truth: Truth,
}

/// Makes a laboratory of `heats_per_grade` heats of each grade of the plan, with
/// `specimens_per_heat` tensile specimens each, and works out the truth of `limits`.
///
/// The same arguments give the same bytes. A laboratory with more heats contains the heats of one
/// with fewer, unchanged. Limits on grades that are not in the plan are left out of the truth.
///
/// # Errors
///
/// [`SynthError::Empty`] when either count is zero.
pub fn generate(
    plan: &Plan,
    limits: &[TruthLimit],
    heats_per_grade: usize,
    specimens_per_heat: usize,
    seed: u64,
) -> Result<SyntheticLab, SynthError> {
    if heats_per_grade == 0 || specimens_per_heat == 0 {
        return Err(SynthError::Empty);
    }
    let heats = simulate(plan, heats_per_grade, specimens_per_heat, seed);
    let truth = Truth::new(plan, &heats, limits, seed);
    let mut files = files::render(plan, &heats)?;
    files.push(("truth.json".to_owned(), truth.to_json()?));
    Ok(SyntheticLab { files, truth })
}

/// The heats of [`generate`] without the files: for studies over many laboratories.
///
/// Heats come night by night, the grades of a night in the order of the plan.
pub fn simulate(
    plan: &Plan,
    heats_per_grade: usize,
    specimens_per_heat: usize,
    seed: u64,
) -> Vec<Heat> {
    let mut heats = Vec::with_capacity(heats_per_grade * plan.grades.len());
    let mut stream = 0;
    for heat_index in 0..heats_per_grade {
        for (grade_index, grade) in plan.grades.iter().enumerate() {
            // A stream of its own for every heat: its draws do not hang on how many specimens or
            // burns the heats before it had.
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(stream);
            stream += 1;
            let order = Order {
                grade_index,
                heat_index,
                specimens: specimens_per_heat,
            };
            heats.push(melt(plan, grade, order, &mut rng));
        }
    }
    heats
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::property::Scale;
    use crate::domain::{Grade, Property};
    use crate::synth::plan::tests::shipped;

    /// Rows of every file of one kind, by column name.
    fn rows(lab: &SyntheticLab, folder: &str) -> Vec<BTreeMap<String, String>> {
        let mut rows = Vec::new();
        for (_, bytes) in lab
            .files
            .iter()
            .filter(|(path, _)| path.starts_with(folder))
        {
            let mut reader = csv::Reader::from_reader(bytes.as_slice());
            rows.extend(reader.deserialize().map(Result::unwrap));
        }
        rows
    }

    /// Charge and recycled mass of every heat, as read back.
    fn masses(lab: &SyntheticLab) -> BTreeMap<String, (f64, f64)> {
        let mut masses: BTreeMap<String, (f64, f64)> = BTreeMap::new();
        for row in rows(lab, "charge/") {
            let mass: f64 = row["mass_kg"].parse().unwrap();
            let (total, recycled) = masses.entry(row["heat_id"].clone()).or_default();
            *total += mass;
            if row["source_class"] == "pre_consumer" || row["source_class"] == "post_consumer" {
                *recycled += mass;
            }
        }
        masses
    }

    fn crash_limit(content: f64) -> TruthLimit {
        TruthLimit {
            component: "shock-tower".into(),
            grade: Grade {
                alloy: "AlSi10MnMg".into(),
                temper: "T7".into(),
                product_form: "die_casting".into(),
            },
            property: Property::A,
            at_least: 10.0,
            content,
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
        let plan = shipped();
        let lab = |seed| generate(&plan, &[crash_limit(0.9)], 12, 5, seed).unwrap();
        assert_eq!(lab(7).files, lab(7).files);
        for ((path, bytes), (_, others)) in lab(7).files.iter().zip(&lab(8).files) {
            assert_ne!(bytes, others, "{path}");
        }
    }

    #[test]
    fn more_heats_leave_the_first_ones_as_they_are() {
        let plan = shipped();
        let (few, more) = (simulate(&plan, 5, 3, 1), simulate(&plan, 9, 3, 1));
        for (a, b) in few.iter().zip(&more) {
            assert_eq!(format!("{a:?}"), format!("{b:?}"));
        }
    }

    #[test]
    fn a_laboratory_of_nothing_is_refused() {
        let plan = shipped();
        assert!(matches!(
            generate(&plan, &[], 0, 5, 1),
            Err(SynthError::Empty)
        ));
        assert!(matches!(
            generate(&plan, &[], 5, 0, 1),
            Err(SynthError::Empty)
        ));
    }

    #[test]
    fn charges_are_plausible_and_give_back_the_exact_scrap_ratio() {
        let plan = shipped();
        let heats = simulate(&plan, 24, 1, 3);
        let lab = generate(&plan, &[], 24, 1, 3).unwrap();
        let masses = masses(&lab);
        assert_eq!(masses.len(), heats.len());
        for heat in &heats {
            let (total, recycled) = masses[&heat.heat_id];
            assert_eq!((recycled / total).to_bits(), heat.iso14021_ratio.to_bits());
            // Rounding of at most ten lines to a kilogram.
            assert!((7995.0..=14005.0).contains(&total), "{total}");
            let level = plan.scrap_levels[heat.heat_index % plan.scrap_levels.len()];
            let missed = (heat.iso14021_ratio - level).abs();
            assert!(
                missed <= plan.ratio_jitter + 1e-3,
                "{}: {missed}",
                heat.heat_id
            );
            assert!((3..=12).contains(&heat.charge.len()));
        }
        for [low, high] in lab.truth.grades.iter().map(|g| g.observed_scrap_ratio) {
            assert!(low < 0.03 && high > 0.87, "{low} to {high}");
        }
    }

    #[test]
    fn readings_below_the_detection_limit_are_written_as_such() {
        let plan = shipped();
        let lab = generate(&plan, &[], 6, 1, 4).unwrap();
        let mut censored = 0;
        for row in rows(&lab, "chemistry/") {
            let element = crate::domain::Element::parse(&row["element"]).unwrap();
            let limit = plan.detection_limit_wt_pct[&element];
            let value = &row["value_wt_pct"];
            if let Some(stated) = value.strip_prefix('<') {
                censored += 1;
                assert!(
                    (stated.parse::<f64>().unwrap() - limit).abs() < 1e-12,
                    "{value}"
                );
            } else {
                assert!(
                    value.parse::<f64>().unwrap() >= limit,
                    "{element:?} {value}"
                );
            }
        }
        assert!(censored > 50, "{censored}");
    }

    #[test]
    fn no_specimen_yields_above_its_strength() {
        for heat in simulate(&shipped(), 500, 5, 5) {
            for specimen in &heat.specimens {
                let [rm, rp02, a] = Property::ALL.map(|p| specimen.properties[&p]);
                assert!(rp02 < rm && a > 0.0, "{}: {rp02} {rm} {a}", heat.heat_id);
            }
        }
    }

    /// Holds the truth, which comes from the plan alone, against the files: the slope that least
    /// squares finds in them and the share of specimens below the stated quantile.
    ///
    /// 2,000 heats × 2 specimens. A share of 0.10 over 2,000 heats has a standard error below 0.007
    /// whatever the correlation within a heat, and the slope one of √(σ_h² + σ_e²/2) / (√2000 s_x)
    /// with s_x ≈ 0.27: the margins are four standard errors. A value rounded to 0.1 counts as
    /// spread evenly over its ± 0.05.
    #[test]
    fn the_truth_is_what_the_files_show() {
        const HEATS: usize = 2000;
        let mut plan = shipped();
        plan.burns_per_heat = 1;
        let lab = generate(&plan, &[], HEATS, 2, 20_260_301).unwrap();
        let masses = masses(&lab);
        let specimens = rows(&lab, "tensile/");
        for grade in &lab.truth.grades {
            let specimens: Vec<_> = specimens
                .iter()
                .filter(|row| row["alloy"] == grade.grade.alloy)
                .collect();
            assert_eq!(specimens.len(), 2 * HEATS);
            for truth in &grade.properties {
                let name = format!("{} {}", grade.grade, truth.property.column());
                let scale = truth.scale;
                let points: Vec<(f64, f64)> = specimens
                    .iter()
                    .map(|row| {
                        let (total, recycled) = masses[&row["heat_id"]];
                        (
                            recycled / total,
                            row[truth.property.column()].parse().unwrap(),
                        )
                    })
                    .collect();

                let n = points.len() as f64;
                let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / n;
                let sxx: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
                let sxy: f64 = points
                    .iter()
                    .map(|(x, y)| (x - mean_x) * scale.forward(*y))
                    .sum();
                let heat_mean_sd = truth.sigma_heat.hypot(truth.sigma_specimen / 2_f64.sqrt());
                let standard_error = heat_mean_sd / (sxx / 2.0).sqrt();
                let off = (sxy / sxx - truth.slope).abs();
                assert!(off < 4.0 * standard_error, "{name}: slope off by {off}");

                for content in [0.90, 0.50] {
                    let below = points.iter().map(|(x, y)| {
                        let quantile = scale.back(truth.quantile(*x, content));
                        ((quantile - (y - 0.05)) / 0.1).clamp(0.0, 1.0)
                    });
                    let share = below.sum::<f64>() / n;
                    let standard_error = ((1.0 - content) * content / HEATS as f64).sqrt();
                    let off = (share - (1.0 - content)).abs();
                    assert!(
                        off < 4.0 * standard_error,
                        "{name}: {share} below {content}"
                    );
                }

                // Within a heat: half the mean squared difference of its two specimens is σ_e².
                let pairs: f64 = points
                    .chunks(2)
                    .map(|pair| (scale.forward(pair[0].1) - scale.forward(pair[1].1)).powi(2))
                    .sum();
                let within = (pairs / (2.0 * HEATS as f64)).sqrt();
                // The relative standard error of a standard deviation from 2,000 is 1.6 %; rounding
                // to 0.1 adds 0.0289 in MPa or %.
                let rounding = match scale {
                    Scale::Identity => 0.0289,
                    Scale::Log => 0.0289 / scale.back(truth.intercept + truth.slope),
                };
                let expected = truth.sigma_specimen.hypot(rounding);
                assert!(
                    (within / expected - 1.0).abs() < 0.065,
                    "{name}: {within} {expected}"
                );
            }
        }
    }

    /// Without scatter of their own, heats still scatter as their elements do. The relative standard
    /// error of a standard deviation from 2,000 heats is 1.6 %; the margin is four of them.
    #[test]
    fn the_scatter_of_the_elements_is_part_of_the_heats() {
        let mut plan = shipped();
        for figures in plan
            .grades
            .iter_mut()
            .flat_map(|g| g.properties.values_mut())
        {
            figures.heat_sd = 0.0;
            figures.specimen_sd = 0.0;
        }
        let heats = simulate(&plan, 2000, 1, 9);
        let truth = Truth::new(&plan, &heats, &[], 9);
        // Rm of the second grade answers to its iron with 2 MPa, far above the rounding to 0.1 MPa.
        let (grade, rm) = (&truth.grades[1], &truth.grades[1].properties[0]);
        let squares: Vec<f64> = heats
            .iter()
            .filter(|heat| heat.grade == grade.grade)
            .map(|heat| {
                let expected = rm.intercept + rm.slope * heat.iso14021_ratio;
                (heat.specimens[0].properties[&Property::Rm] - expected).powi(2)
            })
            .collect();
        let found = (squares.iter().sum::<f64>() / squares.len() as f64).sqrt();
        assert!(
            (found / rm.sigma_heat - 1.0).abs() < 0.065,
            "{found} {}",
            rm.sigma_heat
        );
        assert!(rm.sigma_heat > 1.5);
    }

    #[test]
    fn the_crash_limit_is_crossed_inside_the_window_and_stated_in_the_file() {
        let lab = generate(&shipped(), &[crash_limit(0.9), crash_limit(0.99)], 30, 5, 6).unwrap();
        let [component] = lab.truth.components.as_slice() else {
            panic!("one component")
        };
        let maxima: Vec<f64> = component
            .limits
            .iter()
            .filter_map(|l| l.true_max_scrap_ratio)
            .collect();
        let b_basis = maxima[0];
        let grade = &lab.truth.grades[0];
        let a = grade
            .properties
            .iter()
            .find(|p| p.property == Property::A)
            .unwrap();
        assert!(b_basis > 0.2 && b_basis < 0.85, "{b_basis}");
        assert!((a.quantile(b_basis, 0.9).exp() - 10.0).abs() < 1e-9);

        let (path, bytes) = lab.files.last().unwrap();
        assert_eq!(path, "truth.json");
        let json: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        assert_eq!(json["components"][0]["component"], "shock-tower");
        assert_eq!(
            json["components"][0]["limits"][0]["true_max_scrap_ratio"],
            b_basis
        );
        assert_eq!(json["grades"][0]["properties"][2]["slope"], a.slope);
        assert_eq!(json["scrap_definition"], "iso14021_ratio");
    }
}
