//! What a grade's page shows besides its fits: carbon, streams, suppliers and laboratories.

use std::collections::BTreeMap;

use super::OpenLab;
use super::fit::{GradeGroup, StoredFit};
use crate::domain::{Element, Property};
use crate::features::{Heats, elements_of};
use crate::models::carbon_line::CarbonLine;
use crate::models::diagnostics::Outcome;
use crate::models::stream_effects::{Interval, StreamEffects, stream_effects};
use crate::qualify::Verdict;
use crate::report::{
    CarbonSheet, GroupRow, GroupView, Range, StreamElement, StreamLine, StreamRow, StreamSheet,
};

/// Carbon of the heats of a group that have a scrap ratio: id, ratio, kg CO2e per kg, in the order of ids.
fn footprints(heats: &Heats, group: &GradeGroup<'_>) -> Vec<(String, f64, f64)> {
    let counted = group
        .ratios
        .iter()
        .filter(|(heat, _)| !group.left_out.contains(*heat));
    counted
        .filter_map(|(heat, ratio)| {
            let carbon = heats.charges.get(*heat)?.carbon.as_ref()?;
            Some(((*heat).to_owned(), *ratio, carbon.kg_co2e_per_kg))
        })
        .collect()
}

/// Carbon over the scrap ratio as a straight line; `None` without charge records or factors.
pub(super) fn carbon_line(
    lab: &OpenLab,
    heats: &Heats,
    group: &GradeGroup<'_>,
) -> Option<CarbonLine> {
    group.scrap_definition?;
    let rules = &lab.heat_rules.charge;
    let points = footprints(heats, group);
    let ratios: Vec<f64> = points.iter().map(|point| point.1).collect();
    let carbon: Vec<f64> = points.iter().map(|point| point.2).collect();
    CarbonLine::fit(&ratios, &carbon, rules.primary()?, &rules.set).ok()
}

/// The carbon panel of a grade.
pub(super) fn carbon_sheet(
    lab: &OpenLab,
    heats: &Heats,
    group: &GradeGroup<'_>,
) -> Option<CarbonSheet> {
    let line = carbon_line(lab, heats, group)?;
    let points = footprints(heats, group);
    let assumed = |point: &&(String, f64, f64)| {
        let charge = heats.charges.get(&point.0);
        let carbon = charge.and_then(|charge| charge.carbon.as_ref());
        carbon.is_some_and(|carbon| carbon.assumed_yield)
    };
    let set = lab.heat_rules.charge.factor_set()?;
    let system_model = set.system_model.as_str().replace('_', "-");
    Some(CarbonSheet {
        assumed_yields: points.iter().filter(assumed).count(),
        points,
        line: (line.intercept, line.slope),
        primary: line.primary,
        factor_set: set.id.clone(),
        set_title: format!("{} ({}, {system_model})", set.title.en, set.year),
    })
}

/// The streams panel of a grade: shares, and which stream brings the element that limits its verdicts.
pub(super) fn stream_sheet(
    lab: &OpenLab,
    heats: &Heats,
    group: &GradeGroup<'_>,
    verdicts: &[Verdict],
) -> Option<StreamSheet> {
    let ids: Vec<&str> = group
        .ratios
        .keys()
        .copied()
        .filter(|heat| !group.left_out.contains(heat) && heats.charges.contains_key(*heat))
        .collect();
    if ids.is_empty() {
        return None;
    }
    let shares = shares_of(heats, &ids);
    let lines = shares
        .iter()
        .map(|(stream, shares)| StreamLine {
            stream: stream.clone(),
            title: title(lab, stream),
            #[allow(clippy::cast_precision_loss, reason = "heats of one grade")]
            mean_share: shares.iter().sum::<f64>() / shares.len() as f64,
            heats: shares.iter().filter(|share| **share > 0.0).count(),
        })
        .collect();
    let limiting = verdicts
        .iter()
        .filter(|verdict| verdict.grade == *group.grade)
        .find_map(|verdict| Element::parse(&verdict.limiting_element.as_ref()?.element));
    let (element, refused) = match limiting {
        None => (
            None,
            Some("no element limits a verdict of this grade".to_owned()),
        ),
        Some(element) => match traced(lab, heats, &ids, &element) {
            Ok(effects) => (Some(element_sheet(lab, &element, effects)), None),
            Err(reason) => (None, Some(format!("{}: {reason}", element.symbol()))),
        },
    };
    Some(StreamSheet {
        shares: lines,
        element,
        refused,
    })
}

/// Shares of every stream, one per heat of `ids`, 0 where a heat has none of it.
fn shares_of(heats: &Heats, ids: &[&str]) -> BTreeMap<String, Vec<f64>> {
    let mut shares: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (at, heat) in ids.iter().enumerate() {
        let Some(charge) = heats.charges.get(*heat) else {
            continue;
        };
        for (stream, share) in &charge.shares {
            let column = shares
                .entry(stream.clone())
                .or_insert_with(|| vec![0.0; ids.len()]);
            column[at] = share.share;
        }
    }
    shares
}

/// What each stream brings of an element, over the heats of `ids` in which it was measured.
fn traced(
    lab: &OpenLab,
    heats: &Heats,
    ids: &[&str],
    element: &Element,
) -> Result<StreamEffects, String> {
    let columns = elements_of(heats.rows.contract());
    let column = columns.iter().find(|(of, _)| of == element);
    let (_, column) = column.ok_or("`heats` has no column for it")?;
    let told = |error: &dyn std::fmt::Display| error.to_string();
    let names = heats.rows.text("heat_id").map_err(|error| told(&error))?;
    let contents = heats.rows.number(column).map_err(|error| told(&error))?;
    let content_of: BTreeMap<&str, f64> = names
        .iter()
        .zip(contents)
        .filter_map(|(heat, content)| Some((heat?, (*content)?)))
        .collect();
    let measured: Vec<&str> = ids
        .iter()
        .copied()
        .filter(|heat| content_of.contains_key(heat))
        .collect();
    let content: Vec<f64> = measured.iter().map(|heat| content_of[heat]).collect();
    let shares = shares_of(heats, &measured);
    stream_effects(&content, &shares, &lab.settings.streams).map_err(|error| told(&error))
}

fn element_sheet(lab: &OpenLab, element: &Element, effects: StreamEffects) -> StreamElement {
    let range = |interval: Interval| Range {
        estimate: interval.estimate,
        low: Some(interval.low),
        high: Some(interval.high),
    };
    let titles = |streams: &[String]| {
        let titles: Vec<String> = streams.iter().map(|stream| title(lab, stream)).collect();
        titles.join(" + ")
    };
    StreamElement {
        element: element.symbol().to_owned(),
        rows: effects
            .effects
            .iter()
            .map(|effect| StreamRow {
                stream: effect.stream.clone(),
                title: titles(&effect.members),
                content_wt_pct: range(effect.content),
                contribution_wt_pct: range(effect.contribution),
            })
            .collect(),
        pooled: effects
            .pooled
            .iter()
            .map(|pooled| format!("{} ({})", titles(&pooled.streams), pooled.reason))
            .collect(),
    }
}

/// The title of a stream; the words of a source class.
fn title(lab: &OpenLab, stream: &str) -> String {
    lab.heat_rules
        .charge
        .streams
        .get(stream)
        .map_or_else(|| stream.replace('_', " "), |known| known.title.en.clone())
}

/// Suppliers and laboratories side by side, on the measured scale.
pub(super) fn group_views(property: Property, stored: &StoredFit) -> Vec<GroupView> {
    let back = |number: f64| property.scale().back(number);
    let views = stored.groups.iter().map(|(by, view)| GroupView {
        by: by.clone(),
        pools: match view.poolability.outcome {
            Outcome::Skipped => None,
            _ => Some(view.pools),
        },
        reason: format!(
            "{}; bounds at the mean scrap ratio of each one's own specimens",
            view.poolability.reason
        ),
        rows: view
            .groups
            .iter()
            .map(|group| GroupRow {
                name: group.group.clone(),
                heats: group.heats,
                specimens: group.n,
                mean: Some(back(group.mean)),
                b_bound: group.bound.as_ref().map(|bound| back(bound.bound)),
                refused: group.refused.clone(),
            })
            .collect(),
    });
    views.collect()
}
