//! The `heats` table and the specimens behind it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use polars::prelude::{DataFrame, DataType, IntoLazy as _, NamedFrom as _, Series};
use polars::sql::SQLContext;

use super::FeatureError;
use super::carbon::HeatCarbon;
use super::censored::{self, Reading};
use super::charges::{Charge, ChargeRules, charges};
use super::density::Densities;
use super::frames::{context, failed, rows_of, run};
use super::heel::{HeelStep, chain};
use crate::contract::{Cell, Contract, Field, Rows};
use crate::domain::{Element, Grade, Property};
use crate::lake::Snapshot;

/// A valid specimen, newest revision.
#[derive(Clone, Debug, PartialEq)]
pub struct Specimen {
    /// Its id.
    pub specimen_id: String,
    /// The heat it was cast from.
    pub heat_id: String,
    /// Alloy, temper and product form.
    pub grade: Grade,
    /// Class of its test temperature, °C; see `heats.test_temp_class_c`.
    pub test_temp_class_c: i64,
    /// Test temperature as stated, °C.
    pub test_temp_c: Option<f64>,
    /// Where the test piece was taken from.
    pub specimen_origin: Option<String>,
    /// Original thickness or diameter, mm.
    pub thickness_mm: Option<f64>,
    /// Gauge length its elongation refers to.
    pub elongation_type: Option<String>,
    /// Laboratory that tested it.
    pub lab: Option<String>,
    /// Supplier of the part or casting it was taken from.
    pub supplier: Option<String>,
    /// Measured values by property.
    pub values: BTreeMap<Property, f64>,
}

/// `heats` with the specimens behind it.
#[derive(Debug)]
pub struct Heats {
    /// Rows of the table `heats`.
    pub rows: Rows,
    /// The specimens, ordered by grade, temperature class, heat and id.
    pub specimens: Vec<Specimen>,
    /// Rows of the table `heat_streams`.
    pub streams: Rows,
    /// What every heat with charge lines was made of.
    pub charges: BTreeMap<String, Charge>,
}

/// What `heats` is computed by besides the lake.
#[derive(Clone, Debug)]
pub struct HeatRules {
    /// Streams and carbon factors.
    pub charge: ChargeRules,
    /// Densities of the elements.
    pub densities: Densities,
}

/// Computes `heats` from the lake of a snapshot.
///
/// # Errors
/// When a table cannot be read or a query fails.
pub fn heats(lake: Snapshot<'_>, rules: &HeatRules, run_id: &str) -> Result<Heats, FeatureError> {
    let mut tables = context(lake)?;
    let mut step = |name: &'static str, sql: &str| run(&mut tables, name, sql);
    let specimens = step("specimens.sql", include_str!("../../sql/specimens.sql"))?;
    let mut chemistry = step("chemistry.sql", include_str!("../../sql/chemistry.sql"))?;
    let censored = step("censored.sql", include_str!("../../sql/censored.sql"))?;
    estimate_censored(&mut chemistry, &censored).map_err(|error| failed("censored.sql", &error))?;
    let mut charge = step("charge.sql", include_str!("../../sql/charge.sql"))?;
    let heel = heel_ratios(&charge).map_err(|error| failed("charge.sql", &error))?;
    charge
        .with_column(Series::new("heel_adj_ratio".into(), heel).into())
        .map_err(|error| failed("charge.sql", &error))?;

    let mut joined = SQLContext::new();
    joined.register("specimens", specimens.clone().lazy());
    joined.register("chemistry", chemistry.lazy());
    joined.register("charge", charge.lazy());
    let frame = run(
        &mut joined,
        "heats.sql",
        include_str!("../../sql/heats.sql"),
    )?;
    let mut rows = rows_of(&frame, lake.contracts().table("heats")?)?;
    rows.fill("run_id", &Cell::Text(run_id.to_owned()))?;
    let charges = charges(lake, &rules.charge)?;
    put_charges(&mut rows, &charges)?;
    put_densities(&mut rows, &rules.densities)?;
    let mut streams = streams_of(&charges, rules, lake.contracts().table("heat_streams")?)?;
    streams.fill("run_id", &Cell::Text(run_id.to_owned()))?;
    let specimens = specimens_of(&rows_of_specimens(lake, &specimens)?, &specimens)?;
    Ok(Heats {
        rows,
        specimens,
        streams,
        charges,
    })
}

/// Puts shares by stream and the carbon footprint beside the heats that have charge lines.
fn put_charges(rows: &mut Rows, charges: &BTreeMap<String, Charge>) -> Result<(), FeatureError> {
    let of_row: Vec<Option<&Charge>> = rows
        .text("heat_id")?
        .iter()
        .map(|heat| charges.get(heat?))
        .collect();
    let carbon: Vec<Option<&HeatCarbon>> = of_row
        .iter()
        .map(|charge| charge.and_then(|charge| charge.carbon.as_ref()))
        .collect();
    let footprint = carbon
        .iter()
        .map(|carbon| Cell::number(carbon.map(|carbon| carbon.kg_co2e_per_kg)));
    let set = carbon
        .iter()
        .map(|carbon| Cell::text(carbon.map(|carbon| carbon.factor_set.clone())));
    let shares = of_row.iter().map(|charge| {
        let shares = charge.map(|charge| {
            let of = charge.shares.iter();
            of.map(|(stream, share)| (stream.as_str(), share.share))
                .collect::<BTreeMap<&str, f64>>()
        });
        Cell::text(shares.and_then(|shares| serde_json::to_string(&shares).ok()))
    });
    let (footprint, set, shares) = (footprint.collect(), set.collect(), shares.collect());
    rows.replace("co2e_kg_per_kg", footprint)?;
    rows.replace("factor_set", set)?;
    rows.replace("stream_shares", shares)?;
    Ok(())
}

fn put_densities(rows: &mut Rows, densities: &Densities) -> Result<(), FeatureError> {
    let elements = elements_of(rows.contract());
    let columns = elements
        .iter()
        .map(|(element, column)| Ok((element, rows.number(column)?)))
        .collect::<Result<Vec<_>, FeatureError>>()?;
    let density = |row: usize| {
        let contents = columns
            .iter()
            .filter_map(|(element, column)| Some((*element, column[row]?)));
        Cell::number(densities.of_mixture(contents))
    };
    let cells = (0..rows.len()).map(density).collect();
    rows.replace("density_kg_m3", cells)?;
    Ok(())
}

/// The elements that `heats` has a column for, with their columns.
pub fn elements_of(contract: &Contract) -> Vec<(Element, String)> {
    let element = |field: &Field| {
        let symbol = field.name.strip_suffix("_wt_pct")?;
        let mut letters = symbol.chars();
        let capital = letters.next()?.to_ascii_uppercase();
        let element = Element::parse(&format!("{capital}{}", letters.as_str()))?;
        Some((element, field.name.clone()))
    };
    contract.fields.iter().filter_map(element).collect()
}

/// One row per heat and stream.
fn streams_of(
    charges: &BTreeMap<String, Charge>,
    rules: &HeatRules,
    contract: &Arc<Contract>,
) -> Result<Rows, FeatureError> {
    let mut rows = Rows::new(contract);
    for (heat, charge) in charges {
        for (stream, share) in &charge.shares {
            let known = rules.charge.streams.get(stream);
            rows.push_named(vec![
                ("heat_id", Cell::Text(heat.clone())),
                ("stream", Cell::Text(stream.clone())),
                (
                    "title",
                    Cell::text(known.map(|known| known.title.en.clone())),
                ),
                ("mass_kg", Cell::Number(share.mass_kg)),
                ("share", Cell::Number(share.share)),
                ("metal_kg", Cell::Number(share.metal_kg)),
            ])?;
        }
    }
    Ok(rows)
}

/// Puts the maximum-likelihood mean in place of the half-limit one where `censored` has readings for it.
fn estimate_censored(
    chemistry: &mut DataFrame,
    censored: &DataFrame,
) -> polars::prelude::PolarsResult<()> {
    let mut readings: BTreeMap<(String, String), Vec<Reading>> = BTreeMap::new();
    let (heats, elements) = (
        censored.column("heat_id")?.str()?,
        censored.column("element")?.str()?,
    );
    let flags = censored.column("censored")?.cast(&DataType::Int64)?;
    let values = censored.column("reading_wt_pct")?.f64()?;
    for row in 0..censored.height() {
        let (Some(heat), Some(element), Some(value)) =
            (heats.get(row), elements.get(row), values.get(row))
        else {
            continue;
        };
        let below = flags.i64()?.get(row) == Some(1);
        let reading = if below {
            Reading::Below(value)
        } else {
            Reading::Measured(value)
        };
        readings
            .entry((heat.to_owned(), element.to_owned()))
            .or_default()
            .push(reading);
    }
    let row_of: BTreeMap<String, usize> = chemistry
        .column("heat_id")?
        .str()?
        .iter()
        .enumerate()
        .filter_map(|(row, heat)| Some((heat?.to_owned(), row)))
        .collect();
    let mut columns: BTreeMap<String, Vec<Option<f64>>> = BTreeMap::new();
    for ((heat, element), readings) in readings {
        let (Some(estimate), Some(&row)) = (censored::mean(&readings), row_of.get(&heat)) else {
            continue;
        };
        let Some(name) = Element::parse(&element).map(|element| element.column()) else {
            continue;
        };
        let column = match columns.entry(name) {
            Entry::Occupied(column) => column.into_mut(),
            Entry::Vacant(entry) => {
                let Ok(means) = chemistry.column(entry.key()) else {
                    continue;
                };
                let means = means.f64()?.iter().collect();
                entry.insert(means)
            }
        };
        column[row] = Some(estimate);
    }
    for (name, means) in columns {
        chemistry.with_column(Series::new(name.as_str().into(), means).into())?;
    }
    Ok(())
}

/// The heel ratio of every row of `charge`, which is ordered by furnace and time.
fn heel_ratios(charge: &DataFrame) -> polars::prelude::PolarsResult<Vec<Option<f64>>> {
    let number = |name: &str| -> polars::prelude::PolarsResult<Vec<f64>> {
        Ok(charge
            .column(name)?
            .f64()?
            .iter()
            .map(|cell| cell.unwrap_or(0.0))
            .collect())
    };
    let (heel, metal, recycled) = (
        number("heel_kg")?,
        number("metal_kg")?,
        number("recycled_metal_kg")?,
    );
    let furnaces: Vec<Option<String>> = charge
        .column("furnace")?
        .str()?
        .iter()
        .map(|cell| cell.map(str::to_owned))
        .collect();
    let mut ratios = Vec::with_capacity(heel.len());
    let mut start = 0;
    while start < furnaces.len() {
        // A heat whose furnace is not stated is a chain of its own.
        let alike = |furnace: &Option<String>| furnace.is_some() && *furnace == furnaces[start];
        let end = (start + 1..furnaces.len())
            .find(|&row| !alike(&furnaces[row]))
            .unwrap_or(furnaces.len());
        let steps: Vec<HeelStep> = (start..end)
            .map(|row| HeelStep {
                heel_kg: heel[row],
                metal_kg: metal[row],
                recycled_metal_kg: recycled[row],
            })
            .collect();
        ratios.extend(chain(&steps));
        start = end;
    }
    Ok(ratios)
}

fn rows_of_specimens(lake: Snapshot<'_>, frame: &DataFrame) -> Result<Rows, FeatureError> {
    rows_of(frame, lake.contracts().table("tensile_tests")?)
}

fn specimens_of(rows: &Rows, frame: &DataFrame) -> Result<Vec<Specimen>, FeatureError> {
    let classes: Vec<i64> = frame
        .column("test_temp_class_c")
        .and_then(|column| {
            Ok(column
                .i64()?
                .iter()
                .map(|cell| cell.unwrap_or_default())
                .collect())
        })
        .map_err(|error| failed("specimens.sql", &error))?;
    let text = |name: &str, row: usize| -> Result<String, FeatureError> {
        Ok(rows.text(name)?.get(row).unwrap_or_default().to_owned())
    };
    (0..rows.len())
        .map(|row| {
            let mut values = BTreeMap::new();
            for property in Property::ALL {
                if let Some(value) = rows.number(property.column())?[row] {
                    values.insert(property, value);
                }
            }
            Ok(Specimen {
                specimen_id: text("specimen_id", row)?,
                heat_id: text("heat_id", row)?,
                grade: Grade {
                    alloy: text("alloy", row)?,
                    temper: text("temper", row)?,
                    product_form: text("product_form", row)?,
                },
                test_temp_class_c: classes[row],
                test_temp_c: rows.number("test_temp_c")?[row],
                specimen_origin: rows.text("specimen_origin")?.get(row).map(str::to_owned),
                thickness_mm: rows.number("thickness_mm")?[row],
                elongation_type: rows.text("elongation_type")?.get(row).map(str::to_owned),
                lab: rows.text("lab")?.get(row).map(str::to_owned),
                supplier: rows.text("supplier")?.get(row).map(str::to_owned),
                values,
            })
        })
        .collect()
}
