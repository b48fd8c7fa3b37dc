//! Tolerance bounds of one sample of independent specimens that need not be normal.
//!
//! CMH-17-1G (2012, ch. 8) goes through these when the normal sample of
//! [`super::independent`] does not fit: [`lognormal`] and [`weibull`] assume another shape,
//! [`hanson_koopmans`] only a class of shapes, [`nonparametric`] none at all, and each asks for more
//! specimens, or answers with a lower bound, than the one before. All of them take both sides and
//! any content and confidence; what they share is in [`sample_bound`].

pub mod hanson_koopmans;
pub mod lognormal;
pub mod nonparametric;
pub mod sample_bound;
pub mod weibull;
