//! Heats → the CSV files a laboratory would drop into its inbox, in the layout of the contracts'
//! own templates: field names as header, columns that ingest adds left out.

use std::collections::BTreeMap;

use super::calendar::Moment;
use super::error::SynthError;
use super::melt::{Heat, Reading};
use super::plan::{GradePlan, Plan};
use crate::domain::Property;

const CHARGE_LINES: [&str; 12] = [
    "heat_id",
    "line_no",
    "material",
    "source_class",
    "stream",
    "vehicle_part",
    "supplier",
    "mass_kg",
    "charge_total_kg",
    "metal_yield",
    "charged_at",
    "furnace",
];

const OES_BURNS: [&str; 10] = [
    "sample_id",
    "burn_no",
    "element",
    "heat_id",
    "value_wt_pct",
    "below_detection",
    "detection_limit_wt_pct",
    "instrument",
    "method",
    "measured_at",
];

const TENSILE_TESTS: [&str; 30] = [
    "specimen_id",
    "heat_id",
    "alloy",
    "temper",
    "product_form",
    "specimen_origin",
    "location",
    "orientation",
    "thickness_mm",
    "area_mm2",
    "gauge_length_mm",
    "elongation_type",
    "standard",
    "test_temp_c",
    "rm_mpa",
    "rp02_mpa",
    "rp10_mpa",
    "reh_mpa",
    "rel_mpa",
    "a_pct",
    "at_pct",
    "ag_pct",
    "agt_pct",
    "z_pct",
    "slope_gpa",
    "energy_mj_m3",
    "valid",
    "invalid_reason",
    "origin",
    "tested_at",
];

/// Minutes between the furnaces of one night, between the lines of one charge, from charge to
/// chemistry, and between burns.
const FURNACE_MINUTES: u32 = 40;
const LINE_MINUTES: u32 = 6;
const SAMPLE_MINUTES: u32 = 200;
const BURN_MINUTES: u32 = 1;

/// Days from melting to testing: heat treatment and machining.
const TEST_DAYS: u32 = 3;

/// Every file of the laboratory as (path, bytes), one of each kind and month, sorted by path.
pub(super) fn render(plan: &Plan, heats: &[Heat]) -> Result<Vec<(String, Vec<u8>)>, SynthError> {
    let mut charge = Monthly::new("charge", CHARGE_LINES);
    let mut chemistry = Monthly::new("chemistry", OES_BURNS);
    let mut tensile = Monthly::new("tensile", TENSILE_TESTS);
    for heat in heats {
        let grade = &plan.grades[heat.grade_index];
        let offset = u32::try_from(heat.grade_index).unwrap_or(0) * FURNACE_MINUTES;
        let start = Moment::shift_of(heat.heat_index, plan.nights_between_heats);
        let start = start.plus_minutes(offset);
        write_charge(plan, heat, start, &mut charge);
        write_burns(
            plan,
            heat,
            start.plus_minutes(SAMPLE_MINUTES),
            &mut chemistry,
        );
        write_specimens(plan, grade, heat, start.plus_days(TEST_DAYS), &mut tensile);
    }
    let mut files = charge.into_files()?;
    files.extend(chemistry.into_files()?);
    files.extend(tensile.into_files()?);
    Ok(files)
}

fn write_charge(plan: &Plan, heat: &Heat, start: Moment, file: &mut Monthly<12>) {
    let furnace = &plan.furnaces[(heat.heat_index + heat.grade_index) % plan.furnaces.len()];
    for (line, line_no) in heat.charge.iter().zip(1_u32..) {
        // A charge sheet belongs to the night it was begun, whatever midnight does.
        file.push(
            start,
            [
                heat.heat_id.clone(),
                line_no.to_string(),
                line.material.clone(),
                line.source_class.as_str().to_owned(),
                line.stream.clone(),
                line.vehicle_part.clone(),
                line.supplier.clone(),
                line.mass_kg.to_string(),
                // This laboratory's sheets state no total.
                String::new(),
                format!("{:.3}", line.metal_yield),
                start.plus_minutes(LINE_MINUTES * (line_no - 1)).stamp(),
                furnace.clone(),
            ],
        );
    }
}

fn write_burns(plan: &Plan, heat: &Heat, start: Moment, file: &mut Monthly<10>) {
    for (burn, burn_no) in heat.burns.iter().zip(1_u32..) {
        for (element, reading) in &burn.readings {
            let value = match reading {
                Reading::Measured(value) if *value >= 1.0 => format!("{value:.3}"),
                Reading::Measured(value) => format!("{value:.4}"),
                Reading::Below(limit) => format!("<{limit:.4}"),
            };
            file.push(
                start,
                [
                    format!("{}-S1", heat.heat_id),
                    burn_no.to_string(),
                    element.symbol().to_owned(),
                    heat.heat_id.clone(),
                    value,
                    // The reader takes both from the `<` of a censored value.
                    String::new(),
                    String::new(),
                    plan.instrument.clone(),
                    plan.method.clone(),
                    start.plus_minutes(BURN_MINUTES * (burn_no - 1)).stamp(),
                ],
            );
        }
    }
}

fn write_specimens(
    plan: &Plan,
    grade: &GradePlan,
    heat: &Heat,
    day: Moment,
    file: &mut Monthly<30>,
) {
    for (index, specimen) in heat.specimens.iter().enumerate() {
        let stated = |property: Property| {
            specimen
                .properties
                .get(&property)
                .map_or(String::new(), |value| format!("{value:.1}"))
        };
        file.push(
            day,
            [
                format!("{}-T{}", heat.heat_id, index + 1),
                heat.heat_id.clone(),
                heat.grade.alloy.clone(),
                heat.grade.temper.clone(),
                heat.grade.product_form.clone(),
                grade.specimen_origin.clone(),
                grade.locations[index % grade.locations.len()].clone(),
                grade.orientation.clone(),
                grade.thickness_mm.to_string(),
                grade.area_mm2.to_string(),
                grade.gauge_length_mm.to_string(),
                grade.elongation_type.clone(),
                grade.standard.clone(),
                plan.test_temp_c.to_string(),
                stated(Property::Rm),
                stated(Property::Rp02),
                // Rp1.0, ReH and ReL; behind A: At, Ag, Agt, Z, slope and energy.
                String::new(),
                String::new(),
                String::new(),
                stated(Property::A),
                String::new(),
                String::new(),
                String::new(),
                String::new(),
                String::new(),
                String::new(),
                "true".to_owned(),
                String::new(),
                // Whether a result was reported or reduced is for the program to say.
                String::new(),
                day.date(),
            ],
        );
    }
}

/// Rows of one kind, sorted into a file per month.
struct Monthly<const COLUMNS: usize> {
    folder: &'static str,
    header: [&'static str; COLUMNS],
    months: BTreeMap<String, Vec<[String; COLUMNS]>>,
}

impl<const COLUMNS: usize> Monthly<COLUMNS> {
    fn new(folder: &'static str, header: [&'static str; COLUMNS]) -> Self {
        Monthly {
            folder,
            header,
            months: BTreeMap::new(),
        }
    }

    fn push(&mut self, when: Moment, row: [String; COLUMNS]) {
        self.months.entry(when.month()).or_default().push(row);
    }

    fn into_files(self) -> Result<Vec<(String, Vec<u8>)>, SynthError> {
        let mut files = Vec::new();
        for (month, rows) in self.months {
            let path = format!("{}/{month}.csv", self.folder);
            match table(&self.header, &rows) {
                Ok(bytes) => files.push((path, bytes)),
                Err(cause) => return Err(SynthError::Write { path, cause }),
            }
        }
        Ok(files)
    }
}

fn table<const COLUMNS: usize>(
    header: &[&str; COLUMNS],
    rows: &[[String; COLUMNS]],
) -> Result<Vec<u8>, String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(header)
        .map_err(|error| error.to_string())?;
    for row in rows {
        writer
            .write_record(row)
            .map_err(|error| error.to_string())?;
    }
    writer.into_inner().map_err(|error| error.to_string())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    /// The fields of a contract that a laboratory fills in.
    fn template(contract: &str) -> Vec<String> {
        let contract: serde_json::Value = serde_json::from_str(contract).unwrap();
        let fields = contract["fields"].as_array().unwrap().iter();
        fields
            .filter(|field| field["regrade:provenance"] != true)
            .map(|field| field["name"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn headers_are_the_contracts_templates() {
        macro_rules! contract {
            ($table:literal) => {
                template(include_str!(concat!(
                    env!("CARGO_MANIFEST_DIR"),
                    "/../schemas/tables/",
                    $table,
                    ".json"
                )))
            };
        }
        assert_eq!(contract!("charge_lines"), CHARGE_LINES);
        assert_eq!(contract!("oes_burns"), OES_BURNS);
        assert_eq!(contract!("tensile_tests"), TENSILE_TESTS);
    }
}
