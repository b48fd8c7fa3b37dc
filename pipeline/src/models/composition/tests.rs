mod planted;
mod references;
mod refusals;

use super::*;

/// The section as `lab.toml` ships it.
const SECTION: &str = "
    fewest_heats = 10
    folds = 5
    seed = 20261
    l1_ratios = [0.2, 0.5, 0.9]
    penalties = [0.01, 0.03, 0.1, 0.3, 1.0]
    components = 5
    ridge = 0.01
    spare_heats = 6
    resamples = 200
    confidence = 0.95
    trees = 100
    fewest_per_leaf = 3
    column_share = 0.34
";

fn settings() -> CompositionSettings {
    toml::from_str(SECTION).unwrap()
}

/// One row per heat.
fn heats(columns: &[(&str, &[f64])], scrap: Option<&[f64]>, y: &[f64]) -> CompositionData {
    CompositionData {
        names: columns.iter().map(|(name, _)| (*name).to_owned()).collect(),
        columns: columns
            .iter()
            .map(|(_, values)| values.iter().copied().map(Some).collect())
            .collect(),
        y: y.to_vec(),
        heats: (0..y.len()).collect(),
        scrap: scrap.map(<[f64]>::to_vec),
    }
}
