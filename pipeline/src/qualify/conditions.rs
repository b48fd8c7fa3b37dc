//! Under which conditions test pieces were taken, and which fit is the right one for a requirement.

use serde::{Deserialize, Serialize};

use super::component::Demand;
use super::grade_data::PropertyData;
use super::vocabulary::{ElongationType, SpecimenOrigin};

/// Under which conditions the specimens of a fit were taken, or a requirement wants them; `None` is
/// whatever there is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    /// Where the test pieces come from.
    pub specimen_origin: Option<SpecimenOrigin>,
    /// Lowest and highest thickness, mm, both included.
    pub thickness_mm: Option<[f64; 2]>,
    /// The elongation type; of `a_pct` only.
    pub elongation_type: Option<ElongationType>,
}

impl Conditions {
    /// The conditions a requirement names; none for anything but a property.
    pub fn of(demand: &Demand) -> Conditions {
        match demand {
            Demand::Property {
                elongation_type,
                specimen_origin,
                thickness_mm,
                ..
            } => Conditions {
                specimen_origin: *specimen_origin,
                thickness_mm: *thickness_mm,
                elongation_type: *elongation_type,
            },
            Demand::Element { .. } | Demand::Index { .. } | Demand::Evidence { .. } => {
                Conditions::default()
            }
        }
    }

    /// Whether nothing is asked for.
    pub fn is_none(&self) -> bool {
        *self == Conditions::default()
    }

    /// In words, `cut_from_casting, 2 to 4 mm, A50`; `any` when nothing is asked for.
    pub fn words(&self) -> String {
        let origin = self.specimen_origin.map(|origin| origin.to_string());
        let thickness = self.thickness_mm.map(millimetres);
        let kind = self.elongation_type.map(|kind| kind.to_string());
        let words: Vec<String> = origin.into_iter().chain(thickness).chain(kind).collect();
        if words.is_empty() {
            "any".to_owned()
        } else {
            words.join(", ")
        }
    }
}

/// Why no data of a property fit a requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unfit {
    /// What there is instead, in words.
    pub(super) reason: String,
    /// Whether more heats under the wanted conditions would help.
    pub(super) heats_help: bool,
}

/// The data of a property that a requirement may be held against.
///
/// The one taken under exactly the wanted conditions where there is one, else all of the property's,
/// when every test piece is inside the conditions. Test pieces of different origin, thickness window or
/// elongation type are never mixed.
///
/// # Errors
///
/// In words, what there is instead.
pub(super) fn select<'d, F>(
    measured: &'d [PropertyData<F>],
    wanted: &Conditions,
) -> Result<&'d PropertyData<F>, Unfit> {
    let unfit = |reason: String| Unfit {
        reason,
        heats_help: true,
    };
    let counts = |data: &&PropertyData<F>| data.specimens > 0;
    let mut with_specimens = measured.iter().filter(counts);
    if with_specimens.clone().next().is_none() {
        return Err(unfit("not measured".to_owned()));
    }
    let exact = with_specimens
        .clone()
        .find(|data| data.conditions == *wanted);
    let all = with_specimens.find(|data| data.conditions.is_none());
    let Some(data) = exact.or(all) else {
        let reason = format!("no test pieces on record that are {}", wanted.words());
        return Err(unfit(reason));
    };
    if let Some(reason) = mixed_origins(data, wanted) {
        return Err(Unfit {
            heats_help: false,
            ..unfit(reason)
        });
    }
    // Data taken under the wanted conditions need not show it again.
    let whole = data.conditions.is_none();
    let reason = whole.then(|| outside(data, wanted)).flatten();
    reason.map_or(Ok(data), |reason| Err(unfit(reason)))
}

/// Why a requirement that takes any origin cannot take these: two of them are stated and differ. A test
/// piece that states none is no other origin, and takes nothing from a limit that does not ask for one.
fn mixed_origins<F>(data: &PropertyData<F>, wanted: &Conditions) -> Option<String> {
    let stated = data.origins.iter().flatten().count();
    (wanted.specimen_origin.is_none() && stated > 1).then(|| {
        format!(
            "test pieces of different origin are never mixed: there are {}, and the limit does not name one",
            origins(data)
        )
    })
}

/// Why not every test piece is inside the conditions.
fn outside<F>(data: &PropertyData<F>, wanted: &Conditions) -> Option<String> {
    elongation_mismatch(data, wanted.elongation_type)
        .or_else(|| origin_mismatch(data, wanted.specimen_origin?))
        .or_else(|| thickness_mismatch(data, wanted.thickness_mm?))
}

fn elongation_mismatch<F>(
    data: &PropertyData<F>,
    wanted: Option<ElongationType>,
) -> Option<String> {
    let wanted = wanted?;
    match data.elongation_type.as_deref() {
        Some(given) if given == wanted.as_str() => None,
        Some(given) => Some(format!(
            "the limit is for {wanted}, the specimens give {given}"
        )),
        None => Some(format!(
            "the limit is for {wanted}, the specimens give no or several elongation types"
        )),
    }
}

fn origin_mismatch<F>(data: &PropertyData<F>, wanted: SpecimenOrigin) -> Option<String> {
    let stated = |origin: &Option<String>| origin.as_deref() == Some(wanted.as_str());
    let inside = !data.origins.is_empty() && data.origins.iter().all(stated);
    (!inside).then(|| {
        format!(
            "the limit is for test pieces {wanted}, there are {}",
            origins(data)
        )
    })
}

fn thickness_mismatch<F>(data: &PropertyData<F>, wanted: [f64; 2]) -> Option<String> {
    let window = millimetres(wanted);
    match data.thickness_mm {
        Some([low, high]) if low >= wanted[0] && high <= wanted[1] => None,
        Some(given) => Some(format!(
            "the limit is for {window} thickness, the test pieces have {}",
            millimetres(given)
        )),
        None => Some(format!(
            "the limit is for {window} thickness, not every test piece states its own"
        )),
    }
}

/// The origins there are, `cast_on, cut_from_casting and some that state none`.
fn origins<F>(data: &PropertyData<F>) -> String {
    let stated: Vec<&str> = data.origins.iter().flatten().map(String::as_str).collect();
    let silent = data.origins.is_empty() || data.origins.contains(&None);
    match (stated.join(", "), silent) {
        (stated, false) => stated,
        (stated, true) if stated.is_empty() => "only some that state none".to_owned(),
        (stated, true) => format!("{stated} and some that state none"),
    }
}

fn millimetres([low, high]: [f64; 2]) -> String {
    format!("{low} to {high} mm")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_in_words() {
        assert_eq!(Conditions::default().words(), "any");
        let all = Conditions {
            specimen_origin: Some(SpecimenOrigin::CutFromCasting),
            thickness_mm: Some([2.0, 4.5]),
            elongation_type: Some(ElongationType::A50),
        };
        assert_eq!(all.words(), "cut_from_casting, 2 to 4.5 mm, A50");
        assert!(!all.is_none() && Conditions::default().is_none());
    }
}
