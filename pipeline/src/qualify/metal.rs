//! What a verdict says of the metal itself at its scrap ratio: carbon and specific strength.

use super::component::{Component, Demand};
use super::conditions::{self, Conditions};
use super::grade_data::{Fitted, GradeData};
use super::verdict::{SpecificStrength, VerdictCarbon};
use crate::domain::Property;
use crate::models::carbon_line::CarbonLine;

/// kN·m/kg per (MPa over kg/m³): 1 MPa/(kg/m³) is 10⁶ N·m/kg.
const KN_M_PER_KG: f64 = 1000.0;

/// The footprint at a scrap ratio, and the saving against primary metal.
pub(super) fn carbon(line: &CarbonLine, scrap_ratio: f64) -> VerdictCarbon {
    let footprint = line.at(scrap_ratio);
    VerdictCarbon {
        at_scrap_ratio: scrap_ratio,
        kg_co2e_per_kg: footprint,
        primary_kg_co2e_per_kg: line.primary,
        saving_kg_co2e_per_kg: line.primary - footprint,
        factor_set: line.factor_set.clone(),
    }
}

/// Rp0.2 over density at scrap ratio `x`: the fitted mean under the conditions the component asks
/// of Rp0.2, or of all specimens where it asks nothing; `None` without a fit, a density, or test pieces
/// that may be taken together.
pub(super) fn specific_strength<F: Fitted>(
    component: &Component,
    data: &GradeData<F>,
    x: f64,
) -> Option<SpecificStrength> {
    let density = data.density_kg_m3.filter(|density| *density > 0.0)?;
    let wanted = component
        .requirements
        .iter()
        .map(|requirement| &requirement.demand)
        .find(|demand| {
            matches!(
                demand,
                Demand::Property {
                    property: Property::Rp02,
                    ..
                }
            )
        })
        .map(Conditions::of)
        .unwrap_or_default();
    let measured = data.properties.get(&Property::Rp02)?;
    let fit = conditions::select(measured, &wanted).ok()?;
    let fit = fit.fit.as_ref().ok()?;
    let (low, high) = fit.x_range();
    let modelled = fit.estimate(x.min(high).max(low));
    let rp02 = Property::Rp02.scale().back(modelled);
    Some(SpecificStrength {
        rp02_mpa: rp02,
        density_kg_m3: density,
        kn_m_per_kg: rp02 / density * KN_M_PER_KG,
    })
    .filter(|strength| strength.kn_m_per_kg.is_finite())
}
