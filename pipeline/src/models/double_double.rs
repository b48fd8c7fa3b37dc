//! Numbers of twice the usual precision, as the unevaluated sum of two doubles.
//!
//! A polynomial of degree ten or a badly scaled design loses up to ten of the sixteen digits of a
//! double; with 32 to start from, the answer keeps all that the data hold. The arithmetic is that
//! of Dekker (1971) with the product by fused multiply-add, relative error about 1e-31.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// `hi + lo` with |lo| at most half a unit in the last place of `hi`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct DoubleDouble {
    hi: f64,
    lo: f64,
}

impl DoubleDouble {
    /// Zero.
    pub(crate) const ZERO: DoubleDouble = DoubleDouble { hi: 0.0, lo: 0.0 };
    /// One.
    pub(crate) const ONE: DoubleDouble = DoubleDouble { hi: 1.0, lo: 0.0 };

    /// The nearest double.
    pub(crate) fn to_f64(self) -> f64 {
        self.hi + self.lo
    }

    /// Square root; zero for zero and for anything negative, which only rounding can produce here.
    pub(crate) fn sqrt(self) -> DoubleDouble {
        if self.hi <= 0.0 {
            return DoubleDouble::ZERO;
        }
        // One Newton step from the double root doubles the digits.
        let root = self.hi.sqrt();
        let rest = self - DoubleDouble::product(root, root);
        DoubleDouble::quick_sum(root, rest.hi / (2.0 * root))
    }

    /// Absolute value.
    pub(crate) fn abs(self) -> DoubleDouble {
        if self.hi < 0.0 { -self } else { self }
    }

    /// Integer power by repeated multiplication.
    pub(crate) fn powi(self, exponent: u32) -> DoubleDouble {
        (0..exponent).fold(DoubleDouble::ONE, |power, _| power * self)
    }

    /// The exact product of two doubles.
    pub(crate) fn product(a: f64, b: f64) -> DoubleDouble {
        let hi = a * b;
        DoubleDouble {
            hi,
            lo: a.mul_add(b, -hi),
        }
    }

    /// The exact sum of two doubles, for |a| ≥ |b|.
    fn quick_sum(a: f64, b: f64) -> DoubleDouble {
        let hi = a + b;
        DoubleDouble {
            hi,
            lo: b - (hi - a),
        }
    }

    /// The exact sum of two doubles.
    fn sum(a: f64, b: f64) -> DoubleDouble {
        let hi = a + b;
        let rounded = hi - a;
        DoubleDouble {
            hi,
            lo: (a - (hi - rounded)) + (b - rounded),
        }
    }
}

impl From<f64> for DoubleDouble {
    fn from(hi: f64) -> DoubleDouble {
        DoubleDouble { hi, lo: 0.0 }
    }
}

impl Neg for DoubleDouble {
    type Output = DoubleDouble;
    fn neg(self) -> DoubleDouble {
        DoubleDouble {
            hi: -self.hi,
            lo: -self.lo,
        }
    }
}

impl Add for DoubleDouble {
    type Output = DoubleDouble;
    fn add(self, other: DoubleDouble) -> DoubleDouble {
        let high = DoubleDouble::sum(self.hi, other.hi);
        let low = DoubleDouble::sum(self.lo, other.lo);
        let carried = DoubleDouble::quick_sum(high.hi, high.lo + low.hi);
        DoubleDouble::quick_sum(carried.hi, carried.lo + low.lo)
    }
}

impl Sub for DoubleDouble {
    type Output = DoubleDouble;
    fn sub(self, other: DoubleDouble) -> DoubleDouble {
        self + -other
    }
}

impl Mul for DoubleDouble {
    type Output = DoubleDouble;
    fn mul(self, other: DoubleDouble) -> DoubleDouble {
        let main = DoubleDouble::product(self.hi, other.hi);
        let cross = self.hi.mul_add(other.lo, self.lo * other.hi);
        DoubleDouble::quick_sum(main.hi, main.lo + cross)
    }
}

impl Div for DoubleDouble {
    type Output = DoubleDouble;
    fn div(self, other: DoubleDouble) -> DoubleDouble {
        let first = self.hi / other.hi;
        let rest = self - other * DoubleDouble::from(first);
        let second = rest.hi / other.hi;
        let rest = rest - other * DoubleDouble::from(second);
        let third = rest.hi / other.hi;
        DoubleDouble::quick_sum(first, second) + DoubleDouble::from(third)
    }
}

/// Sum in the order given.
pub(crate) fn sum(terms: impl IntoIterator<Item = DoubleDouble>) -> DoubleDouble {
    terms
        .into_iter()
        .fold(DoubleDouble::ZERO, |total, term| total + term)
}

/// Inner product in the order given; the shorter length decides.
pub(crate) fn dot(a: &[DoubleDouble], b: &[DoubleDouble]) -> DoubleDouble {
    sum(a.iter().zip(b).map(|(&a, &b)| a * b))
}

/// Mean of doubles in the order given; zero for no values.
pub(crate) fn mean(values: &[f64]) -> DoubleDouble {
    if values.is_empty() {
        return DoubleDouble::ZERO;
    }
    sum(values.iter().map(|&v| DoubleDouble::from(v))) / DoubleDouble::from(values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_times_three_is_one_to_thirty_digits() {
        let third = DoubleDouble::ONE / DoubleDouble::from(3.0);
        let gap = third + third + third - DoubleDouble::ONE;
        assert!(gap.to_f64().abs() < 1e-31, "{gap:?}");
        // A plain double third is off by 1.85e-17; the low part must carry that.
        assert!((third - DoubleDouble::from(1.0 / 3.0)).to_f64().abs() > 1e-17);
    }

    #[test]
    fn the_square_of_the_root_of_two_is_two() {
        let root = DoubleDouble::from(2.0).sqrt();
        assert!((root * root - DoubleDouble::from(2.0)).to_f64().abs() < 1e-30);
        assert_eq!(DoubleDouble::from(-1.0).sqrt(), DoubleDouble::ZERO);
    }

    #[test]
    fn what_a_double_sum_loses_is_kept() {
        let total = sum([1e16, 1.0, -1e16].map(DoubleDouble::from));
        assert_eq!(total.to_f64().to_bits(), 1.0_f64.to_bits());
    }

    #[test]
    fn powers_multiply() {
        let x = DoubleDouble::from(1.0 / 3.0);
        assert_eq!(x.powi(0), DoubleDouble::ONE);
        assert_eq!(x.powi(3), x * x * x);
    }
}
