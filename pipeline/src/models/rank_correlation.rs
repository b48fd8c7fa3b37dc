//! Spearman's rank correlation, and how rare it would be by chance.

use super::distributions::student_two_sided_p;

/// Up to this many pairs all orders are counted: 9! = 362,880.
const MOST_COUNTED: usize = 9;

/// A rank correlation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankCorrelation {
    /// Spearman's ρ, in [−1, 1]: the correlation of the ranks, ties sharing theirs.
    pub rho: f64,
    /// Chance of an |ρ| at least this large when every order is equally likely (two-sided).
    pub p: f64,
}

/// Spearman's ρ of pairs (Spearman 1904).
///
/// p is exact for up to 9 pairs, ties included, by counting all orders; beyond that
/// t = ρ√((n − 2)/(1 − ρ²)) is taken as Student's t with n − 2 degrees of freedom. `None` for fewer
/// than three pairs, unequal lengths, a NaN, or a side that does not vary.
pub fn spearman(a: &[f64], b: &[f64]) -> Option<RankCorrelation> {
    let n = a.len();
    if n < 3 || b.len() != n || a.iter().chain(b).any(|v| v.is_nan()) {
        return None;
    }
    let (a, b) = (doubled_ranks(a), doubled_ranks(b));
    // Doubled ranks are whole numbers and each side sums to n(n + 1), so all comparisons are exact.
    let size = i64::try_from(n).ok()?;
    let centre = |ranks: Vec<i64>| -> Vec<i64> { ranks.iter().map(|r| r - (size + 1)).collect() };
    let (a, b) = (centre(a), centre(b));
    let square = |ranks: &[i64]| ranks.iter().map(|r| r * r).sum::<i64>();
    let scale = (square(&a) as f64 * square(&b) as f64).sqrt();
    if scale <= 0.0 {
        return None;
    }
    let observed = product(&a, &b);
    let rho = (observed as f64 / scale).clamp(-1.0, 1.0);
    let p = if n <= MOST_COUNTED {
        let mut order = b;
        let mut count = (0_u32, 0_u32);
        count_orders(&mut order, n, &mut |order| {
            count.0 += u32::from(product(&a, order).abs() >= observed.abs());
            count.1 += 1;
        });
        f64::from(count.0) / f64::from(count.1)
    } else {
        let dof = (n - 2) as f64;
        student_two_sided_p(rho * (dof / (1.0 - rho * rho)).sqrt(), dof)
    };
    Some(RankCorrelation { rho, p })
}

fn product(a: &[i64], b: &[i64]) -> i64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Twice the rank of each value, from 2; equal values share the mean of theirs.
fn doubled_ranks(values: &[f64]) -> Vec<i64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0; values.len()];
    let mut before = 0_i64;
    // −0 equals 0 here, as it does to the reader.
    for group in order.chunk_by(|&a, &b| values[a] >= values[b]) {
        let members = i64::try_from(group.len()).unwrap_or(i64::MAX);
        for &place in group {
            ranks[place] = 2 * before + members + 1;
        }
        before += members;
    }
    ranks
}

/// Every order of the first `k` entries, by Heap's algorithm.
fn count_orders(order: &mut [i64], k: usize, visit: &mut impl FnMut(&[i64])) {
    if k <= 1 {
        visit(order);
        return;
    }
    for i in 0..k {
        count_orders(order, k - 1, visit);
        if i + 1 < k {
            order.swap(if k.is_multiple_of(2) { i } else { 0 }, k - 1);
        }
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

    #[test]
    fn small_samples_are_counted() {
        // All 4! orders of four: Σd² = 0 and 20 each once, 2 and 18 three times each.
        let time = [1.0, 2.0, 3.0, 4.0];
        let perfect = spearman(&time, &[10.0, 20.0, 21.0, 30.0]).unwrap();
        assert_eq!((perfect.rho, perfect.p), (1.0, 2.0 / 24.0));
        let one_swap = spearman(&time, &[40.0, 30.0, 10.0, 20.0]).unwrap();
        assert!((one_swap.rho + 0.8).abs() < 1e-15);
        assert_eq!(one_swap.p, 8.0 / 24.0);
        // Ties: of the 3 distinct places for the odd one out of three, two are as extreme.
        let tied = spearman(&[1.0, 2.0, 3.0], &[5.0, 5.0, 7.0]).unwrap();
        assert!((tied.rho - 0.75_f64.sqrt()).abs() < 1e-15);
        assert_eq!(tied.p, 2.0 / 3.0);
    }

    #[test]
    fn the_largest_counted_sample_has_the_tabled_critical_value() {
        // n = 9, Σd² = 36: ρ = 0.700, the two-sided 5 % value of the tables. Python's
        // itertools.permutations counts 15,696 of 362,880 orders at least as extreme.
        let time: Vec<f64> = (1..=9).map(f64::from).collect();
        let other = [4.0, 2.0, 3.0, 1.0, 8.0, 6.0, 7.0, 5.0, 9.0];
        let found = spearman(&time, &other).unwrap();
        assert!((found.rho - 0.7).abs() < 1e-15);
        assert!(
            (found.p - 15696.0 / 362_880.0).abs() < 1e-15,
            "{}",
            found.p * 362_880.0
        );
    }

    #[test]
    fn larger_samples_use_students_t() {
        // ρ = 1 − 6·2/(10·99); t = ρ√(8/(1 − ρ²)).
        let time: Vec<f64> = (1..=10).map(f64::from).collect();
        let mut other = time.clone();
        other.swap(3, 4);
        let found = spearman(&time, &other).unwrap();
        let rho: f64 = 1.0 - 12.0 / 990.0;
        assert!((found.rho - rho).abs() < 1e-15);
        let t = rho * (8.0 / (1.0 - rho * rho)).sqrt();
        assert!((found.p / student_two_sided_p(t, 8.0) - 1.0).abs() < 1e-9);
        assert_eq!(spearman(&time, &time).unwrap().p, 0.0);
    }

    #[test]
    fn nothing_to_rank_is_none() {
        assert_eq!(spearman(&[1.0, 2.0], &[1.0, 2.0]), None);
        assert_eq!(spearman(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]), None);
        assert_eq!(spearman(&[1.0, 2.0, f64::NAN], &[1.0, 2.0, 3.0]), None);
        assert_eq!(spearman(&[1.0, 2.0, 3.0], &[1.0, 2.0]), None);
    }
}
