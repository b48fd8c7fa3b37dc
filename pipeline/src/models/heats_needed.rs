//! How many heats a tolerance bound needs until it meets a limit.
//!
//! The heats to come are taken to be like those observed: the same x, specimens per heat and scatter
//! between and within heats, r = J'/J times as many. If every heat is repeated r times, what T is made
//! of changes exactly as follows, X'X and X'ZZ'X growing r-fold and Q'ZZ'Q (Q orthonormal) not at all:
//!
//! - η₀ → r η₀ and η₁ → r η₁, at every x;
//! - ν₀ → r n − r₁;
//! - tr B → r n − m with m = tr Q'ZZ'Q = n − tr B, and tr B² → r S − (S − tr B²) with S = Σ nᵢ² =
//!   n (Q'ZZ'Q)₁₁, so that ν₁ = (tr B)²/tr B² follows;
//! - the estimate and the variances are what they are, as far as anybody knows.
//!
//! r need not be whole: in between, the same formulas are read as a smooth design. The expected bound
//! then is estimate ∓ T(r)·√RMSA. For r → ∞ it goes to estimate ∓ z·√(s_b² + s_e²), so a limit beyond
//! that is never met.
//!
//! A fit whose bound is pivotal ([`super::pivotal_bound`]) lies farther out than T by its own measure of
//! what is unknown about the variances; of its distance beyond z·s, the same share is taken to remain
//! at r as of T's. A parabola with a more careful line beside it needs enough heats for both.

use super::distributions::{check_probability, normal_quantile};
use super::error::ModelError;
use super::heat_fit::HeatFit;
use super::side::Side;

/// Most heats that are thought of, as a multiple of those there are.
pub const HEATS_AT_MOST: usize = 50;

/// What T is made of beside the variances.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sizes {
    /// η₀ and η₁, how many independent specimens and heats the estimate is worth.
    pub(super) eta: (f64, f64),
    /// ν₀ and ν₁, degrees of freedom without and with differences between heats.
    pub(super) nu: (f64, f64),
}

impl HeatFit {
    /// Heats in all, the observed ones among them, with which the expected bound at x on `side` would
    /// meet `limit`; the number there is when it already does, `None` when no number does up to
    /// [`HEATS_AT_MOST`] times as many.
    ///
    /// # Errors
    /// As for [`HeatFit::lower_bound`].
    pub fn heats_for(
        &self,
        x: f64,
        side: Side,
        content: f64,
        confidence: f64,
        limit: f64,
    ) -> Result<Option<usize>, ModelError> {
        check_probability("content", content)?;
        let own = self.own_heats_for(x, side, (content, confidence), limit)?;
        let (Some(own), Some(careful)) = (own, &self.careful) else {
            return Ok(own);
        };
        let other = careful.heats_for(x, side, content, confidence, limit)?;
        Ok(other.map(|other| own.max(other)))
    }

    fn own_heats_for(
        &self,
        x: f64,
        side: Side,
        (content, confidence): (f64, f64),
        limit: f64,
    ) -> Result<Option<usize>, ModelError> {
        self.check_range(&[x])?;
        let estimate = self.estimate(x);
        let allowed = side.distance(estimate, limit);
        let known = normal_quantile(content)? * self.sigma;
        let of_t =
            |times: f64| self.distance_with(self.repeated(&[x], times), (content, confidence));
        let now = of_t(1.0)?;
        let beyond = match &self.pivotal {
            None => None,
            Some(_) => {
                let bound = match side {
                    Side::Lower => self.lower_bound(x, content, confidence)?,
                    Side::Upper => self.upper_bound(x, content, confidence)?,
                };
                Some(side.distance(estimate, bound.bound) - known)
            }
        };
        let meets = |heats: usize| -> Result<bool, ModelError> {
            let times = heats as f64 / self.heats as f64;
            let distance = match beyond {
                None => of_t(times)?,
                Some(beyond) if now > known => {
                    known + beyond * (of_t(times)? - known) / (now - known)
                }
                // T itself is not beyond: the least that more heats do to a standard error.
                Some(beyond) => known + beyond / times.sqrt(),
            };
            Ok(distance <= allowed)
        };
        if meets(self.heats)? {
            return Ok(Some(self.heats));
        }
        let (mut short, mut enough) = (self.heats, HEATS_AT_MOST * self.heats);
        if !meets(enough)? {
            return Ok(None);
        }
        // The distance falls with the number of heats, so the first that is enough is bracketed.
        while enough - short > 1 {
            let middle = short + (enough - short) / 2;
            if meets(middle)? {
                enough = middle;
            } else {
                short = middle;
            }
        }
        Ok(Some(enough))
    }

    /// What T is made of at a point when every heat is there `times` times.
    pub(super) fn repeated(&self, at: &[f64], times: f64) -> Sizes {
        let (eta0, eta1) = self.effective_sizes_at(at);
        let n = self.n as f64;
        let squares = n * self
            .heat_moment
            .first()
            .and_then(|row| row.first())
            .unwrap_or(&0.0);
        let tr1 = times * n - (n - self.tr1);
        let tr2 = times * squares - (squares - self.tr2);
        let repeats = (times - 1.0).abs() > 0.0;
        Sizes {
            eta: (times * eta0, times * eta1),
            // As they are stored, to the last bit, where nothing is repeated.
            nu: if repeats {
                (times * n - self.r1 as f64, tr1 * tr1 / tr2)
            } else {
                (self.nu0, self.nu1)
            },
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::models::{Model, Observations, fit, fit_for_verdict};

    /// Heats of unequal size with a slope, scatter between and within; each repeated `times` times.
    fn observations(sizes: &[usize], times: usize) -> Observations {
        let mut observations = Observations {
            y: Vec::new(),
            x: Vec::new(),
            heats: Vec::new(),
        };
        for repeat in 0..times {
            for (heat, &size) in sizes.iter().enumerate() {
                let x = 0.1 * heat as f64;
                let level = [3.0, -4.0, 1.5, 4.0, -3.5, -2.0, 2.5][heat % 7];
                for piece in 0..size {
                    let own = [1.0, -2.0, 0.5, 1.5, -0.5][(piece + heat) % 5];
                    observations.y.push(250.0 - 40.0 * x + level + own);
                    observations.x.push(x);
                    observations.heats.push(repeat * sizes.len() + heat);
                }
            }
        }
        observations
    }

    const UNEQUAL: [usize; 6] = [3, 5, 4, 9, 3, 6];

    fn close(name: &str, found: f64, expected: f64) {
        assert!(
            (found / expected - 1.0).abs() < 1e-10,
            "{name}: {found} instead of {expected}"
        );
    }

    #[test]
    fn heats_repeated_have_exactly_the_sizes_predicted() {
        for model in [Model::Mean, Model::Linear, Model::Quadratic] {
            let once = fit(&observations(&UNEQUAL, 1), model).unwrap();
            for times in [1, 2, 5] {
                let repeated = fit(&observations(&UNEQUAL, times), model).unwrap();
                let predicted = once.repeated(&[0.17], times as f64);
                let (eta0, eta1) = repeated.effective_sizes(0.17);
                close("η₀", predicted.eta.0, eta0);
                close("η₁", predicted.eta.1, eta1);
                close("ν₀", predicted.nu.0, repeated.nu0);
                close("ν₁", predicted.nu.1, repeated.nu1);
            }
        }
    }

    /// The number found is the least: one heat fewer leaves the expected bound short.
    #[test]
    fn the_number_of_heats_is_the_least_that_is_enough() {
        let fit = fit(&observations(&UNEQUAL, 1), Model::Linear).unwrap();
        let (x, content, confidence) = (0.1, 0.90, 0.95);
        let bound = fit.lower_bound(x, content, confidence).unwrap().bound;
        let known = fit.estimate(x) - normal_quantile(content).unwrap() * fit.sigma;
        let mut last = fit.heats;
        for share in [0.2, 0.5, 0.7] {
            let limit = bound + share * (known - bound);
            let needed = fit.heats_for(x, Side::Lower, content, confidence, limit);
            let needed = needed.unwrap().unwrap();
            let distance = |heats: usize| {
                let sizes = fit.repeated(&[x], heats as f64 / fit.heats as f64);
                fit.distance_with(sizes, (content, confidence)).unwrap()
            };
            assert!(fit.estimate(x) - distance(needed) >= limit, "{needed}");
            assert!(fit.estimate(x) - distance(needed - 1) < limit, "{needed}");
            assert!(needed > last, "a higher limit needs more heats");
            last = needed;
        }
        let of = |limit| {
            fit.heats_for(x, Side::Lower, content, confidence, limit)
                .unwrap()
        };
        assert_eq!(of(bound - 0.1), Some(fit.heats));
        assert_eq!(of(known + 0.1), None);
        // An upper limit mirrors.
        let mirrored = 2.0 * fit.estimate(x) - (bound + 0.5 * (known - bound));
        let upper = fit.heats_for(x, Side::Upper, content, confidence, mirrored);
        assert_eq!(upper.unwrap(), of(bound + 0.5 * (known - bound)));
        let outside = fit.heats_for(9.0, Side::Lower, content, confidence, 200.0);
        assert!(matches!(outside, Err(ModelError::Extrapolation { .. })));
    }

    /// Few and very unequal heats get a pivotal bound: the answer starts from that bound, not from T.
    #[test]
    fn a_pivotal_bound_starts_from_itself() {
        let fit = fit_for_verdict(&observations(&[1, 1, 12, 2], 1), Model::Linear).unwrap();
        assert!(fit.pivotal.is_some());
        let (x, content, confidence) = (0.1, 0.90, 0.95);
        let bound = fit.lower_bound(x, content, confidence).unwrap().bound;
        let known = fit.estimate(x) - normal_quantile(content).unwrap() * fit.sigma;
        let of = |limit| {
            fit.heats_for(x, Side::Lower, content, confidence, limit)
                .unwrap()
        };
        let scale = known - bound;
        assert_eq!(of(bound - 1e-6 * scale), Some(fit.heats));
        assert!(of(bound + 1e-3 * scale).unwrap() > fit.heats);
        assert!(of(bound + 0.8 * scale).unwrap() > of(bound + 0.4 * scale).unwrap());
        assert_eq!(of(known + 0.01 * scale), None);
    }

    #[test]
    fn a_parabola_needs_enough_for_its_line_too() {
        let fit = fit_for_verdict(&observations(&UNEQUAL, 1), Model::Quadratic).unwrap();
        let line = fit.careful.as_ref().unwrap();
        let (x, content, confidence) = (0.1, 0.90, 0.95);
        let bound = fit.lower_bound(x, content, confidence).unwrap().bound;
        let limit = bound + 0.5;
        let both = fit
            .heats_for(x, Side::Lower, content, confidence, limit)
            .unwrap();
        let of_line = line
            .heats_for(x, Side::Lower, content, confidence, limit)
            .unwrap();
        let mut alone = fit.clone();
        alone.careful = None;
        let own = alone
            .heats_for(x, Side::Lower, content, confidence, limit)
            .unwrap();
        assert_eq!(both, own.zip(of_line).map(|(own, line)| own.max(line)));
        assert!(both.is_some());
    }
}
