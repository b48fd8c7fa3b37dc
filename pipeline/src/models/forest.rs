//! A regression forest, as a check that no strong nonlinear effect is missed.
//!
//! Written here because linfa's trees classify only: a leaf of linfa-trees holds a label that must be
//! hashable, linfa-ensemble lets them vote, and both count votes in hash maps, so that ties fall
//! differently from run to run. This one is Breiman's (Machine Learning 45, 2001): every tree sees heats
//! drawn with replacement and splits to the largest fall of the squared error among a random part of
//! the columns; a prediction is the mean of the trees. Each tree has a stream of random numbers of its
//! own, and all sums have a fixed order.

use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::diagnostics::{Diagnostic, Outcome};

/// Trees use the streams of the seed from here on; those before belong to others.
const FIRST_STREAM: u64 = 1_000;

/// Size of a forest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ForestSettings {
    /// Trees, at least 1.
    pub(super) trees: usize,
    /// Fewest rows in a leaf.
    pub(super) fewest_per_leaf: usize,
    /// Share of the columns a split may choose from; at least one column.
    pub(super) column_share: f64,
}

/// A grown forest.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Forest {
    trees: Vec<Tree>,
}

/// Nodes of a tree, the root first.
#[derive(Clone, Debug, PartialEq)]
struct Tree {
    nodes: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    /// Mean of the rows that ended here.
    Leaf(f64),
    /// `value <= at` goes to the node `below`, all else to `above`.
    Split {
        column: usize,
        at: f64,
        below: usize,
        above: usize,
    },
}

impl Forest {
    /// Grows a forest on `rows` of the columns; without rows it predicts 0.
    pub(super) fn grow(
        columns: &[Vec<f64>],
        y: &[f64],
        rows: &[usize],
        settings: &ForestSettings,
        seed: u64,
    ) -> Forest {
        let tree = |number: usize| {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            random.set_stream(FIRST_STREAM + number as u64);
            let mut drawn: Vec<usize> = (0..rows.len())
                .map(|_| rows[random.random_range(0..rows.len())])
                .collect();
            drawn.sort_unstable();
            Tree::grow(columns, y, drawn, settings, &mut random)
        };
        Forest {
            trees: (0..settings.trees).map(tree).collect(),
        }
    }

    /// The mean of the trees for a row of the columns.
    pub(super) fn predict(&self, columns: &[Vec<f64>], row: usize) -> f64 {
        let sum: f64 = self
            .trees
            .iter()
            .map(|tree| tree.predict(columns, row))
            .sum();
        sum / self.trees.len() as f64
    }
}

impl Tree {
    fn grow(
        columns: &[Vec<f64>],
        y: &[f64],
        rows: Vec<usize>,
        settings: &ForestSettings,
        random: &mut ChaCha8Rng,
    ) -> Tree {
        let mut nodes = vec![Node::Leaf(0.0)];
        let mut pending = vec![(0, rows)];
        while let Some((node, rows)) = pending.pop() {
            let Some(Cut { column, at, .. }) = best_cut(columns, y, &rows, settings, random) else {
                let sum: f64 = rows.iter().map(|&row| y[row]).sum();
                nodes[node] = Node::Leaf(sum / rows.len().max(1) as f64);
                continue;
            };
            let (low, high): (Vec<usize>, Vec<usize>) = rows
                .into_iter()
                .partition(|&row| columns[column][row] <= at);
            let (below, above) = (nodes.len(), nodes.len() + 1);
            nodes.extend([Node::Leaf(0.0), Node::Leaf(0.0)]);
            nodes[node] = Node::Split {
                column,
                at,
                below,
                above,
            };
            pending.push((above, high));
            pending.push((below, low));
        }
        Tree { nodes }
    }

    fn predict(&self, columns: &[Vec<f64>], row: usize) -> f64 {
        let mut node = 0;
        loop {
            match self.nodes[node] {
                Node::Leaf(mean) => return mean,
                Node::Split {
                    column,
                    at,
                    below,
                    above,
                } => {
                    node = if columns[column][row] <= at {
                        below
                    } else {
                        above
                    }
                }
            }
        }
    }
}

/// Where to split, and by how much the sum of squared errors falls.
#[derive(Clone, Copy)]
struct Cut {
    column: usize,
    at: f64,
    gain: f64,
}

/// The best cut among a random part of the columns; columns beyond that part are looked at only as long
/// as there is no cut at all. `None` when there is nothing to gain or a leaf would be too small.
fn best_cut(
    columns: &[Vec<f64>],
    y: &[f64],
    rows: &[usize],
    settings: &ForestSettings,
    random: &mut ChaCha8Rng,
) -> Option<Cut> {
    let fewest = settings.fewest_per_leaf.max(1);
    if rows.len() < 2 * fewest {
        return None;
    }
    let mean = rows.iter().map(|&row| y[row]).sum::<f64>() / rows.len() as f64;
    let spread: f64 = rows.iter().map(|&row| (y[row] - mean).powi(2)).sum();
    let tried = (settings.column_share * columns.len() as f64).ceil() as usize;
    let mut order: Vec<usize> = (0..columns.len()).collect();
    order.shuffle(random);
    // A gain of nothing but rounding is none.
    let mut best: Option<Cut> = None;
    let mut least = 1e-12 * spread;
    for (looked_at, &column) in order.iter().enumerate() {
        if looked_at >= tried.max(1) && best.is_some() {
            break;
        }
        let values = &columns[column];
        let mut sorted: Vec<(f64, f64)> = rows
            .iter()
            .map(|&row| (values[row], y[row] - mean))
            .collect();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let mut sum = 0.0;
        for below in 1..=sorted.len() - fewest {
            let (value, residual) = sorted[below - 1];
            sum += residual;
            if below < fewest {
                continue;
            }
            // `None` only when a leaf of no rows would be left.
            let Some(&(next, _)) = sorted.get(below) else {
                break;
            };
            let above = sorted.len() - below;
            // Residuals sum to zero, so both sides have the same sum but for its sign.
            let gain = sum * sum * (1.0 / below as f64 + 1.0 / above as f64);
            if next > value && gain > least {
                // Between two neighbouring doubles there is no middle: the lower one will do.
                let middle = value + (next - value) / 2.0;
                let at = if middle < next { middle } else { value };
                best = Some(Cut { column, at, gain });
                least = gain;
            }
        }
    }
    best.filter(|cut| cut.gain > 0.0)
}

/// Whether the forest predicts better than the best of the linear models, by their errors on the same
/// heats left out.
///
/// The statistic is the mean over heats of (e_linear² − e_forest²) in units of its standard error; above
/// 1 the test fails. Errors are compared heat by heat, so that a heat that no model predicts counts for
/// neither. Skipped without models, with fewer than two heats, or when the two never differ.
pub(super) fn nonlinearity(linear: &[(&str, &[f64])], forest: &[f64]) -> Diagnostic {
    const TEST: &str = "nonlinearity";
    let squares = |errors: &[f64]| errors.iter().map(|e| e * e).sum::<f64>();
    let best = linear
        .iter()
        .min_by(|a, b| squares(a.1).total_cmp(&squares(b.1)));
    let count = forest.len() as f64;
    let compared = best
        .filter(|_| forest.len() > 1)
        .and_then(|(name, errors)| {
            let differences: Vec<f64> = errors
                .iter()
                .zip(forest)
                .map(|(linear, forest)| linear * linear - forest * forest)
                .collect();
            let mean = differences.iter().sum::<f64>() / count;
            let scatter: f64 = differences.iter().map(|d| (d - mean) * (d - mean)).sum();
            let error = (scatter / (count - 1.0) / count).sqrt();
            (error > 0.0).then(|| (name, mean / error))
        });
    let Some((name, statistic)) = compared else {
        return Diagnostic {
            test: TEST.to_owned(),
            statistic: None,
            critical: None,
            p: None,
            outcome: Outcome::Skipped,
            reason: "forest and linear models cannot be compared".to_owned(),
        };
    };
    let missed = statistic > 1.0;
    let reason = if missed {
        format!(
            "forest predicts left-out heats better than the {name} by {statistic:.1} standard \
                 errors: a nonlinear effect is missed"
        )
    } else {
        format!("forest predicts left-out heats no better than the {name}")
    };
    Diagnostic {
        test: TEST.to_owned(),
        statistic: Some(statistic),
        critical: Some(1.0),
        p: None,
        outcome: if missed { Outcome::Fail } else { Outcome::Pass },
        reason,
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "tests may stop at the first surprise"
)]
mod tests {
    use super::*;

    const ONE_TREE: ForestSettings = ForestSettings {
        trees: 1,
        fewest_per_leaf: 2,
        column_share: 1.0,
    };

    #[test]
    fn a_cut_by_hand() {
        // Cutting the second column between 3 and 5 leaves no error; the first says nothing.
        let columns = vec![vec![1.0, 2.0, 1.0, 2.0], vec![2.0, 3.0, 5.0, 9.0]];
        let y = [10.0, 10.0, 20.0, 20.0];
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let cut = best_cut(&columns, &y, &[0, 1, 2, 3], &ONE_TREE, &mut random).unwrap();
        assert_eq!((cut.column, cut.at), (1, 4.0));
        // The whole sum of squares: 4·5².
        assert_eq!(cut.gain, 100.0);
        let tree = Tree::grow(&columns, &y, vec![0, 1, 2, 3], &ONE_TREE, &mut random);
        assert_eq!(tree.nodes.len(), 3);
        assert_eq!([0, 1, 2, 3].map(|row| tree.predict(&columns, row)), y);
        // Three rows cannot make two leaves of two, and a constant y leaves nothing to gain.
        assert!(best_cut(&columns, &y, &[0, 1, 2], &ONE_TREE, &mut random).is_none());
        assert!(best_cut(&columns, &[0.1; 4], &[0, 1, 2, 3], &ONE_TREE, &mut random).is_none());
    }

    #[test]
    fn a_cut_never_parts_equal_values() {
        let next = 1.0_f64.next_up();
        let columns = vec![vec![1.0, 1.0, next, next]];
        let y = [0.0, 0.0, 1.0, 1.0];
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let tree = Tree::grow(&columns, &y, vec![0, 1, 2, 3], &ONE_TREE, &mut random);
        assert_eq!([0, 1, 2, 3].map(|row| tree.predict(&columns, row)), y);
        let same = vec![vec![1.0; 4]];
        assert!(best_cut(&same, &y, &[0, 1, 2, 3], &ONE_TREE, &mut random).is_none());
    }

    #[test]
    fn a_forest_learns_a_step_and_keeps_its_seed() {
        let x: Vec<f64> = (0..40).map(f64::from).collect();
        let y: Vec<f64> = x
            .iter()
            .map(|&x| if x < 20.0 { 0.0 } else { 10.0 })
            .collect();
        let columns = vec![x];
        let rows: Vec<usize> = (0..40).collect();
        let settings = ForestSettings {
            trees: 50,
            ..ONE_TREE
        };
        let forest = Forest::grow(&columns, &y, &rows, &settings, 3);
        assert!(forest.predict(&columns, 5) < 1.0 && forest.predict(&columns, 35) > 9.0);
        assert_eq!(forest, Forest::grow(&columns, &y, &rows, &settings, 3));
        assert_ne!(forest, Forest::grow(&columns, &y, &rows, &settings, 4));
        assert_ne!(forest.trees[0], forest.trees[1]);
        let nothing = Forest::grow(&columns, &y, &[], &settings, 3);
        assert_eq!(nothing.predict(&columns, 0), 0.0);
    }

    #[test]
    fn the_best_linear_model_is_the_one_to_beat() {
        let forest = [1.0, -1.0, 1.0, -1.0];
        let (poor, fair) = ([9.0, 9.0, 9.0, 9.0], [2.0, 2.0, -2.0, 4.0]);
        // Differences of squares 3, 3, 3, 15: mean 6, deviation 6, standard error 3.
        let found = nonlinearity(&[("poor", &poor), ("fair", &fair)], &forest);
        assert_eq!(found.statistic, Some(2.0));
        assert_eq!(found.outcome, Outcome::Fail);
        assert!(found.reason.contains("the fair by 2.0 standard errors"));
        let found = nonlinearity(&[("poor", &poor), ("fair", &fair)], &poor);
        assert_eq!(found.outcome, Outcome::Pass);
        for (linear, forest) in [(&poor[..], &poor[..]), (&[1.0][..], &[2.0][..])] {
            let found = nonlinearity(&[("same", linear)], forest);
            assert_eq!((found.outcome, found.statistic), (Outcome::Skipped, None));
        }
    }
}
