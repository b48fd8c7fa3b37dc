//! The scrap ratio that the heel of the furnace carries from heat to heat.

/// What one heat adds to the chain of its furnace.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeelStep {
    /// Metal left in the furnace from the previous heat, kg.
    pub heel_kg: f64,
    /// Σ mᵢyᵢ of the charge without the heel, kg.
    pub metal_kg: f64,
    /// Σ mᵢyᵢ of the recycled lines, kg.
    pub recycled_metal_kg: f64,
}

/// Rₙ = (m_heel Rₙ₋₁ + Σ mᵢyᵢrᵢ) / (m_heel + Σ mᵢyᵢ) over the heats of one furnace in order of charging.
///
/// Nothing is known of the heel before the first heat on record: it is taken to carry that heat's own
/// charge ratio, an error that fades by the heel's share with every heat. `None` for a heat without
/// metal; the chain then goes on with the last known ratio.
pub(super) fn chain(steps: &[HeelStep]) -> Vec<Option<f64>> {
    let mut before: Option<f64> = None;
    steps
        .iter()
        .map(|step| {
            if step.metal_kg <= 0.0 {
                return None;
            }
            let own = step.recycled_metal_kg / step.metal_kg;
            let heel = before.unwrap_or(own);
            let ratio =
                (step.heel_kg * heel + step.recycled_metal_kg) / (step.heel_kg + step.metal_kg);
            before = Some(ratio);
            Some(ratio)
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_heel_remembers_and_forgets() {
        let step = |heel_kg, recycled_metal_kg| HeelStep {
            heel_kg,
            metal_kg: 900.0,
            recycled_metal_kg,
        };
        let ratios = chain(&[
            step(100.0, 450.0),
            step(100.0, 0.0),
            step(0.0, 0.0),
            step(100.0, 900.0),
        ]);
        let expected = [0.5, 0.05, 0.0, 0.9];
        for (ratio, expected) in ratios.iter().zip(expected) {
            assert!((ratio.unwrap() - expected).abs() < 1e-12, "{ratios:?}");
        }
        assert_eq!(
            chain(&[HeelStep {
                heel_kg: 1.0,
                metal_kg: 0.0,
                recycled_metal_kg: 0.0
            }]),
            [None]
        );
    }
}
