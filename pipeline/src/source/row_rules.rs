//! Rules that tie the cells of one row together.

use crate::contract::{Cell, CellFault, Contract};

/// The first rule of its table that a row breaks: the field to point at, and the fault.
///
/// A cell that is missing breaks none of them.
pub(super) fn check(contract: &Contract, cells: &[Cell]) -> Option<(usize, CellFault)> {
    let number = |column: &str| {
        let position = contract.position(column)?;
        match cells.get(position)? {
            Cell::Number(number) => Some((position, *number)),
            _ => None,
        }
    };
    let not_above = |low: &str, high: &str, hint: &str| {
        let ((position, lower), (_, upper)) = (number(low)?, number(high)?);
        (lower > upper).then(|| {
            let message = format!("{low} = {lower} lies above {high} = {upper}");
            (
                position,
                CellFault {
                    rule: "order",
                    message,
                    hint: hint.to_owned(),
                },
            )
        })
    };
    ordered(contract)
        .iter()
        .find_map(|(low, high)| not_above(low, high, "are the two columns swapped?"))
}

/// Pairs of columns of which the first is never above the second.
pub(super) fn ordered(contract: &Contract) -> &'static [(&'static str, &'static str)] {
    match contract.name.as_str() {
        "tensile_tests" => &[("rp02_mpa", "rm_mpa"), ("ag_pct", "agt_pct")],
        _ => &[],
    }
}
