//! A fit seen another way: by supplier and laboratory, and without the specimens that are flagged.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::OpenLab;
use super::fit_checks::HeatFacts;
use super::observed::Observed;
use crate::models::group_view::{BoundRequest, GroupView, group_view};
use crate::models::{self, HeatFit, Model, Observations, diagnostics};

/// Specimens that the outlier tests flag, and what the fit is without them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WithoutFlagged {
    /// Their ids.
    pub specimens: Vec<String>,
    /// The fit without them, by the same model; null when it was refused.
    pub fit: Option<HeatFit>,
    /// Why it was refused.
    pub refused: Option<String>,
}

/// Suppliers and laboratories side by side; an entry for each of the two that has several.
pub(super) fn groups(
    observations: &Observations,
    model: Model,
    observed: &Observed<'_>,
    facts: &HeatFacts,
    lab: &OpenLab,
) -> BTreeMap<String, GroupView> {
    let request = BoundRequest {
        content: lab.settings.policy.content_b,
        confidence: lab.settings.policy.confidence,
        ..BoundRequest::default()
    };
    let specimens = observed.specimens.as_slice();
    let labs = specimens.iter().map(|one| one.lab.as_deref()).collect();
    let labels: [(&str, Vec<Option<&str>>); 2] =
        [("supplier", facts.suppliers(specimens)), ("lab", labs)];
    let mut views = BTreeMap::new();
    for (by, labels) in labels {
        let distinct: BTreeSet<&str> = labels.iter().flatten().copied().collect();
        if distinct.len() < 2 {
            continue;
        }
        let test = format!("poolability_of_{by}s");
        // Lengths and probabilities are those of the fit that stands already.
        if let Ok(view) = group_view(observations, &labels, model, &request, &test) {
            views.insert(by.to_owned(), view);
        }
    }
    views
}

/// The fit without the specimens that the outlier tests flag; `None` when they flag none.
pub(super) fn without_flagged(
    observations: &Observations,
    model: Model,
    fit: &HeatFit,
    observed: &Observed<'_>,
) -> Option<WithoutFlagged> {
    let Observations { y, x, heats } = observations;
    let residuals: Vec<f64> = y.iter().zip(x).map(|(y, &x)| y - fit.estimate(x)).collect();
    let flagged = diagnostics::flagged_outliers(y, &residuals, heats);
    let id = |&at: &usize| Some(observed.specimens.get(at)?.specimen_id.clone());
    let specimens: Vec<String> = flagged.iter().filter_map(id).collect();
    if specimens.is_empty() {
        return None;
    }
    let kept: Vec<usize> = (0..y.len()).filter(|at| !flagged.contains(at)).collect();
    let heat = |&at: &usize| Some(observed.specimens.get(at)?.heat_id.as_str());
    let ids: Vec<&str> = kept.iter().filter_map(heat).collect();
    let rest = Observations {
        y: kept.iter().map(|&at| y[at]).collect(),
        x: kept.iter().map(|&at| x[at]).collect(),
        // A heat may have lost its only specimen: the numbers must stay without gaps.
        heats: models::index_heats(&ids),
    };
    let (fit, refused) = match models::fit_for_verdict(&rest, model) {
        Ok(fit) => (Some(fit), None),
        Err(error) => (None, Some(error.to_string())),
    };
    Some(WithoutFlagged {
        specimens,
        fit,
        refused,
    })
}
