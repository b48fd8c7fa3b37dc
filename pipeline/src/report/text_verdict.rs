//! The texts of a verdict's box and of its requirements; see `text`.

use serde::Serialize;

/// The texts of one language.
#[derive(Serialize)]
pub(super) struct VerdictTexts {
    // The box.
    pub missing_first: &'static str,
    pub more_label: &'static str,
    pub outliers_label: &'static str,
    pub outliers_same: &'static str,
    pub outliers_differ: &'static str,
    pub element_label: &'static str,
    pub element_of: &'static str,
    pub element_alone: &'static str,
    pub carbon_label: &'static str,
    pub carbon_saved: &'static str,
    pub carbon_added: &'static str,
    pub strength_label: &'static str,
    pub strength: &'static str,

    // Requirements.
    pub basis_cpk: &'static str,
    pub cpk: &'static str,
    pub cpk_floor: &'static str,
    pub evidence_failed: &'static str,
    pub verified: &'static str,
    pub separately_cast: &'static str,
    pub cast_on: &'static str,
    pub cut_from_casting: &'static str,
    pub cut_from_product: &'static str,
    pub thickness: &'static str,
    pub elongation_type: &'static str,
    pub rounding_saves: &'static str,
    pub rounding_costs: &'static str,
    pub failed_checks: &'static str,
    pub overruled: &'static str,
    pub rows_hash: &'static str,

    // Indices.
    pub sludge_factor: &'static str,
    pub mn_fe_ratio: &'static str,
    pub mg2si: &'static str,
    pub excess_si: &'static str,
    pub effective_si: &'static str,
    pub quality_index: &'static str,
    pub probable_yield: &'static str,
    pub critical_iron: &'static str,
}

/// English.
pub(super) const EN: VerdictTexts = VerdictTexts {
    missing_first: "Missing before a release",
    more_label: "What would help",
    outliers_label: "Without flagged outliers",
    outliers_same: "still {standing} (left out: {ids})",
    outliers_differ: "{standing} instead of {now} (left out: {ids}); nothing was deleted, the verdict above counts them",
    element_label: "Limiting element",
    element_of: "{element}: {property} {range} {unit} per +10 % scrap",
    element_alone: "{element}: {range} {unit} per +10 % scrap",
    carbon_label: "Carbon",
    carbon_saved: "{kg} kg CO₂e/kg at {ratio} % scrap, {difference} less than primary metal ({primary}); factor set {set}",
    carbon_added: "{kg} kg CO₂e/kg at {ratio} % scrap, {difference} more than primary metal ({primary}); factor set {set}",
    strength_label: "Specific strength",
    strength: "{quotient} kN·m/kg (Rp0.2 {strength} MPa, density {density} kg/m³)",

    basis_cpk: "capability",
    cpk: "Cpk",
    cpk_floor: "{basis}, Cpk ≥ {floor}",
    evidence_failed: "{what} proof failed",
    verified: "checked",
    separately_cast: "separately cast specimens",
    cast_on: "cast-on specimens",
    cut_from_casting: "specimens cut from the casting",
    cut_from_product: "specimens cut from the product",
    thickness: "{low} to {high} mm thick",
    elongation_type: "elongation type {type}",
    rounding_saves: "Rounded to {rounded} it meets the limit; as measured it does not.",
    rounding_costs: "As measured it meets the limit; rounded to {rounded} it does not.",
    failed_checks: "Assumptions not met: {tests}.",
    overruled: "{test} failed, overruled by {by}: {reason}.",
    rows_hash: "SHA-256 of the specimen ids: {hash}",

    sludge_factor: "sludge factor",
    mn_fe_ratio: "Mn/Fe",
    mg2si: "Mg₂Si",
    excess_si: "excess Si",
    effective_si: "effective Si",
    quality_index: "quality index Q",
    probable_yield: "probable yield YS*",
    critical_iron: "critical Fe",
};
