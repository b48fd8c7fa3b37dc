//! Rules that tie the cells of one row together.

use std::collections::BTreeMap;

use super::cell::fault;
use super::plausibility::PlausibilityLimits;
use crate::contract::{Cell, CellFault, CellRef, Contract};
use crate::domain::{Element, Severity};

/// A rule that a row breaks.
#[derive(Clone, Debug, PartialEq)]
pub struct RowFault {
    /// Position in the contract of the field to point at.
    pub field: usize,
    /// What is wrong.
    pub fault: CellFault,
    /// An error keeps the row out, a warning lets it in.
    pub severity: Severity,
}

/// The rules of one table, ready for many rows.
#[derive(Clone, Debug)]
pub struct RowRules<'a> {
    limits: &'a PlausibilityLimits,
    table: Table,
}

#[derive(Clone, Debug)]
enum Table {
    Tensile(TensileFields),
    Burns { element: usize, value: usize },
    Other,
}

#[derive(Clone, Copy, Debug)]
struct TensileFields {
    alloy: usize,
    temper: usize,
    rm: usize,
    rp02: usize,
    a: usize,
    ag: usize,
    agt: usize,
    area: usize,
    gauge_length: usize,
    elongation_type: usize,
}

impl<'a> RowRules<'a> {
    /// The rules of the contract's table; none for a table that has no such rules.
    pub fn new(contract: &Contract, limits: &'a PlausibilityLimits) -> RowRules<'a> {
        let table = match contract.name.as_str() {
            "tensile_tests" => TensileFields::of(contract).map(Table::Tensile),
            "oes_burns" => burn_fields(contract),
            _ => None,
        };
        RowRules {
            limits,
            table: table.unwrap_or(Table::Other),
        }
    }

    /// Every rule that a row breaks, errors first; a cell that is missing breaks none of them.
    pub fn check<R: Row + ?Sized>(&self, row: &R) -> Vec<RowFault> {
        match &self.table {
            Table::Tensile(fields) => fields.check(self.limits, row),
            Table::Burns { element, value } => {
                let name = row.text(*element);
                row.number(*value)
                    .and_then(|number| another_unit(self.limits, name, number))
                    .map(|fault| RowFault {
                        field: *value,
                        fault,
                        severity: Severity::Warning,
                    })
                    .into_iter()
                    .collect()
            }
            Table::Other => Vec::new(),
        }
    }
}

fn burn_fields(contract: &Contract) -> Option<Table> {
    Some(Table::Burns {
        element: contract.position("element")?,
        value: contract.position("value_wt_pct")?,
    })
}

/// What the rules want to know of a row.
pub trait Row {
    /// The number of a field, by its position in the contract.
    fn number(&self, field: usize) -> Option<f64>;

    /// The text of a field, empty where there is none.
    fn text(&self, field: usize) -> &str;
}

impl Row for [Cell] {
    fn number(&self, field: usize) -> Option<f64> {
        match self.get(field)? {
            Cell::Number(number) => Some(*number),
            _ => None,
        }
    }

    fn text(&self, field: usize) -> &str {
        match self.get(field) {
            Some(Cell::Text(text)) => text,
            _ => "",
        }
    }
}

impl Row for [CellRef<'_>] {
    fn number(&self, field: usize) -> Option<f64> {
        match self.get(field)? {
            CellRef::Number(number) => Some(*number),
            _ => None,
        }
    }

    fn text(&self, field: usize) -> &str {
        match self.get(field) {
            Some(CellRef::Text(text)) => text,
            _ => "",
        }
    }
}

const RP02_RM: (&str, &str) = ("rp02_mpa", "rm_mpa");
const AG_AGT: (&str, &str) = ("ag_pct", "agt_pct");

impl TensileFields {
    fn of(contract: &Contract) -> Option<TensileFields> {
        let at = |name: &str| contract.position(name);
        Some(TensileFields {
            alloy: at("alloy")?,
            temper: at("temper")?,
            rm: at("rm_mpa")?,
            rp02: at("rp02_mpa")?,
            a: at("a_pct")?,
            ag: at("ag_pct")?,
            agt: at("agt_pct")?,
            area: at("area_mm2")?,
            gauge_length: at("gauge_length_mm")?,
            elongation_type: at("elongation_type")?,
        })
    }

    fn check<R: Row + ?Sized>(&self, limits: &PlausibilityLimits, row: &R) -> Vec<RowFault> {
        let mut faults = Vec::new();
        for (low, high, names) in [(self.rp02, self.rm, RP02_RM), (self.ag, self.agt, AG_AGT)] {
            let (Some(lower), Some(upper)) = (row.number(low), row.number(high)) else {
                continue;
            };
            if lower > upper {
                faults.push(RowFault {
                    field: low,
                    fault: fault(
                        "order",
                        format!("{} = {lower} lies above {} = {upper}", names.0, names.1),
                        "are the two columns swapped?",
                    ),
                    severity: Severity::Error,
                });
            }
        }
        if faults.is_empty() {
            let warning = |(field, fault)| RowFault {
                field,
                fault,
                severity: Severity::Warning,
            };
            faults.extend(self.gauge_length(limits, row).map(warning));
            faults.extend(self.quality(limits, row).map(warning));
        }
        faults
    }

    /// The gauge length against the one that the type of elongation asks for.
    fn gauge_length<R: Row + ?Sized>(
        &self,
        limits: &PlausibilityLimits,
        row: &R,
    ) -> Option<(usize, CellFault)> {
        let stated = row.number(self.gauge_length)?;
        let root = row.number(self.area).map(f64::sqrt);
        let kind = row.text(self.elongation_type);
        let (asked, rule) = match kind {
            "A" => (5.65 * root?, "5.65 √S0"),
            "A11.3" => (11.3 * root?, "11.3 √S0"),
            "A50" => (50.0, "50 mm"),
            "A80" => (80.0, "80 mm"),
            _ => return None,
        };
        let off = (stated - asked).abs() / asked;
        (off > limits.elongation.gauge_length_tolerance).then(|| {
            let message = format!(
                "elongation {kind} is measured over {rule} = {asked:.1} mm, but the row says {stated} mm"
            );
            let hint = "is the type of elongation right? A and A50 do not convert into each other";
            (self.elongation_type, fault("gauge_length", message, hint))
        })
    }

    /// Quality index and probable yield strength of Al-Si-Mg castings.
    fn quality<R: Row + ?Sized>(
        &self,
        limits: &PlausibilityLimits,
        row: &R,
    ) -> Option<(usize, CellFault)> {
        let limits = &limits.al_si_mg;
        let (rm, a) = (row.number(self.rm)?, row.number(self.a)?);
        if a <= 0.0 {
            return None;
        }
        let (index, estimate) = quality_and_yield(rm, a);
        let [low, high] = limits.quality_index_mpa;
        let rp02 = row
            .number(self.rp02)
            .filter(|rp02| (estimate - rp02).abs() > limits.highest_yield_off_mpa);
        let odd_index = index < low || index > high;
        // Names are folded only for rows that look odd.
        if !odd_index && rp02.is_none()
            || !limits.alloys.hold(row.text(self.alloy))
            || limits
                .not_tempers
                .iter()
                .any(|temper| temper == row.text(self.temper))
        {
            return None;
        }
        let hint = "is A a fraction, or one of the three from another specimen?";
        if odd_index {
            let message = format!(
                "the quality index Rm + 150 log10 A = {index:.0} MPa is outside {low} to {high} MPa, \
                 unlike Al-Si-Mg castings"
            );
            return Some((self.a, fault("quality_index", message, hint)));
        }
        let rp02 = rp02?;
        let message = format!(
            "rp02_mpa = {rp02} lies {:.0} MPa from the probable Rm - 60 log10 A - 13 = {estimate:.0} MPa \
             of Al-Si-Mg castings",
            (estimate - rp02).abs()
        );
        Some((self.rp02, fault("probable_yield", message, hint)))
    }
}

/// Quality index and probable yield strength of Al-Si-Mg castings, both in MPa: Rm + 150 log10 A and
/// Rm - 60 log10 A - 13, with A in % and above zero (Drouzy, Jacob, Richard 1980).
fn quality_and_yield(rm_mpa: f64, a_pct: f64) -> (f64, f64) {
    let decades = a_pct.log10();
    (rm_mpa + 150.0 * decades, rm_mpa - 60.0 * decades - 13.0)
}

/// A content that looks like another unit: too high for % or too low for ppm.
fn another_unit(limits: &PlausibilityLimits, element: &str, wt_pct: f64) -> Option<CellFault> {
    let limits = &limits.composition;
    if wt_pct > limits.highest_wt_pct {
        let may = limits.may_be_higher.iter().any(|e| e.symbol() == element);
        return (!may).then(|| {
            fault(
                "other_unit",
                format!("{wt_pct} wt% {element} is more than any aluminium alloy holds"),
                "are these ppm under a header in %? nothing was converted",
            )
        });
    }
    (wt_pct > 0.0 && wt_pct < limits.lowest_wt_pct).then(|| {
        fault(
            "other_unit",
            format!("{wt_pct} wt% {element} is less than any spectrometer sees"),
            "are these % under a header in ppm? nothing was converted",
        )
    })
}

/// A rule that one analysis, with its elements as columns, breaks.
#[derive(Clone, Debug, PartialEq)]
pub struct CompositionFault {
    /// The element to point at; none when it is the analysis as a whole.
    pub element: Option<Element>,
    /// What is wrong.
    pub fault: CellFault,
    /// An error keeps the analysis out, a warning lets it in.
    pub severity: Severity,
}

/// The rules of one analysis: its sum, contents that look like another unit, and Si and Fe swapped.
///
/// `composition` holds the measured contents in wt%, without those below their detection limit. The
/// balance counts as given when Al is among them. `alloy` is the name of the alloy, empty when unknown.
pub fn check_composition(
    limits: &PlausibilityLimits,
    alloy: &str,
    composition: &BTreeMap<Element, f64>,
) -> Vec<CompositionFault> {
    let mut faults = Vec::new();
    let content = |symbol: &str| {
        let found = composition.iter().find(|(e, _)| e.symbol() == symbol);
        found.map(|(element, wt_pct)| (element, *wt_pct))
    };
    let sum: f64 = composition.values().sum();
    let [low, high] = limits.composition.sum_wt_pct;
    let balance = content("Al").is_some();
    if sum > high || (balance && sum < low) {
        let message = if sum > high {
            format!("the elements sum to {sum:.3} wt%, above {high} wt%")
        } else {
            format!("the elements with Al sum to {sum:.3} wt%, below {low} wt%")
        };
        faults.push(CompositionFault {
            element: None,
            fault: fault(
                "element_sum",
                message,
                "a slipped decimal point, ppm among %, or a column that is no element?",
            ),
            severity: Severity::Error,
        });
        return faults;
    }
    for (element, wt_pct) in composition {
        if let Some(fault) = another_unit(limits, element.symbol(), *wt_pct) {
            faults.push(CompositionFault {
                element: Some(element.clone()),
                fault,
                severity: Severity::Warning,
            });
        }
    }
    if let (Some((fe, iron)), Some((_, silicon))) = (content("Fe"), content("Si"))
        && let Some(fault) = swapped_si_fe(limits, alloy, silicon, iron)
    {
        faults.push(CompositionFault {
            element: Some(fe.clone()),
            fault,
            severity: Severity::Warning,
        });
    }
    faults
}

/// More Fe than Si in a casting that is named for its Si; contents in wt%.
pub fn swapped_si_fe(
    limits: &PlausibilityLimits,
    alloy: &str,
    silicon: f64,
    iron: f64,
) -> Option<CellFault> {
    (iron > silicon && limits.composition.al_si_alloys.hold(alloy)).then(|| {
        fault(
            "swapped_elements",
            format!("{iron} wt% Fe is more than {silicon} wt% Si, in the Al-Si casting {alloy}"),
            "are the columns of Si and Fe swapped?",
        )
    })
}

#[cfg(test)]
#[path = "row_rules_tests.rs"]
mod tests;
