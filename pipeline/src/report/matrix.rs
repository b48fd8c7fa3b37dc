//! The matrix grade × component.
//!
//! One table per product form, because the form decides which components fit: a single table would be
//! mostly empty, and wider than any screen.

use serde::Serialize;

use super::site::Site;
use super::text::{Texts, fill};
use super::wording::{self, STATUSES};
use crate::domain::Grade;
use crate::qualify::verdict::{Status, Verdict};

/// All tables, and what the filters over them offer.
#[derive(Serialize)]
pub(super) struct Matrix {
    statuses: Vec<StatusSum>,
    /// Every component with a verdict.
    columns: Vec<Column>,
    /// Every grade with a page, in the order of the tables.
    grades: Vec<String>,
    tables: Vec<FormTable>,
    /// What stands in the cells.
    caption: String,
    left_out: Option<String>,
}

#[derive(Serialize)]
struct StatusSum {
    key: &'static str,
    word: &'static str,
    meaning: &'static str,
    n: usize,
}

/// The grades of one product form, and the components that any of them was judged for.
#[derive(Serialize)]
struct FormTable {
    form: String,
    caption: String,
    columns: Vec<Column>,
    rows: Vec<Row>,
}

#[derive(Clone, Serialize)]
struct Column {
    /// Position among all columns.
    index: usize,
    id: String,
    title: String,
    sort_label: String,
}

#[derive(Serialize)]
struct Row {
    /// Position among all grades.
    index: usize,
    alloy: String,
    href: String,
    cells: Vec<Option<Cell>>,
}

#[derive(Serialize)]
struct Cell {
    key: &'static str,
    word: &'static str,
    ratio: String,
    no_claim: bool,
    limit: String,
    proofs: String,
    href: String,
    reason: String,
    unverified: bool,
    search: String,
    score: String,
}

/// The matrix of `site`.
pub(super) fn view(site: &Site<'_>) -> Matrix {
    let columns = columns(site);
    let mut tables: Vec<FormTable> = Vec::new();
    // Grades come by product form, so each form is one run.
    let forms = site
        .grades
        .chunk_by(|(a, _), (b, _)| a.product_form == b.product_form);
    let mut position = 0;
    for grades in forms {
        let form = grades[0].0.product_form.replace('_', " ");
        let fits = |column: &&Column| {
            grades
                .iter()
                .any(|(grade, _)| site.verdict(&column.id, grade).is_some())
        };
        let columns: Vec<Column> = columns.iter().filter(fits).cloned().collect();
        let rows = grades
            .iter()
            .enumerate()
            .map(|(i, (grade, _))| row(site, position + i, grade, &columns))
            .collect();
        position += grades.len();
        tables.push(FormTable {
            caption: fill(site.texts.matrix_of, &[("form", &form)]),
            form,
            columns,
            rows,
        });
    }
    Matrix {
        statuses: statuses(&site.input.verdicts, site.texts),
        grades: site
            .grades
            .iter()
            .map(|(grade, _)| grade.to_string())
            .collect(),
        caption: fill(
            site.texts.matrix_caption,
            &[("step", &site.claims().step_text())],
        ),
        left_out: left_out(site, &columns),
        columns,
        tables,
    }
}

/// Components with at least one verdict: the catalogue's order, then ids the catalogue does not know.
fn columns(site: &Site<'_>) -> Vec<Column> {
    let known = site.input.components.iter().map(|c| c.id.as_str());
    let unknown = site
        .judged
        .iter()
        .copied()
        .filter(|id| !site.input.components.iter().any(|c| c.id == **id));
    known
        .filter(|id| site.judged.contains(id))
        .chain(unknown)
        .enumerate()
        .map(|(index, id)| {
            let title = site.titles.of(id).to_owned();
            let sort_label = fill(site.texts.sort_component, &[("component", &title)]);
            Column {
                index,
                id: id.to_owned(),
                title,
                sort_label,
            }
        })
        .collect()
}

fn left_out(site: &Site<'_>, columns: &[Column]) -> Option<String> {
    let names: Vec<&str> = site
        .input
        .components
        .iter()
        .filter(|c| !columns.iter().any(|column| column.id == c.id))
        .map(|c| c.title.as_str())
        .collect();
    (!names.is_empty()).then(|| {
        fill(
            site.texts.columns_left_out,
            &[("components", &names.join(", "))],
        )
    })
}

fn row(site: &Site<'_>, index: usize, grade: &Grade, columns: &[Column]) -> Row {
    Row {
        alloy: format!("{}-{}", grade.alloy, grade.temper),
        index,
        href: wording::grade_page(grade),
        cells: columns
            .iter()
            .map(|column| {
                site.verdict(&column.id, grade)
                    .map(|verdict| cell(verdict, &column.title, site))
            })
            .collect(),
    }
}

fn cell(verdict: &Verdict, component: &str, site: &Site<'_>) -> Cell {
    let t = site.texts;
    let word = wording::status_word(verdict.status, t);
    let claim = verdict.max_scrap_ratio;
    let claim = claim.map(|ratio| site.claims().text(ratio));
    let ratio = match (verdict.status, claim) {
        (Status::Qualified | Status::QualifiedUpTo | Status::Conditional, Some(claim)) => claim,
        (Status::Qualified | Status::QualifiedUpTo | Status::Conditional, None) => String::new(),
        (Status::NotQualified | Status::InsufficientData, _) => String::new(),
    };
    let reason = verdict.reasons.first().cloned().unwrap_or_default();
    let limit = match verdict.status {
        // The first reason says that data are short, the second says which.
        Status::InsufficientData => verdict.reasons.get(1).unwrap_or(&reason).clone(),
        _ => wording::limiting(verdict, t).unwrap_or_default(),
    };
    let proofs = match verdict.status {
        Status::Conditional => wording::missing_proofs(verdict),
        _ => String::new(),
    };
    // Best verdict first, then the highest ratio.
    let rank = match verdict.status {
        Status::Qualified => 5.0,
        Status::QualifiedUpTo => 4.0,
        Status::Conditional => 3.0,
        Status::InsufficientData => 2.0,
        Status::NotQualified => 1.0,
    };
    let score = rank + 0.99 * verdict.max_scrap_ratio.unwrap_or(0.0).clamp(0.0, 1.0);
    Cell {
        key: verdict.status.as_str(),
        word,
        href: format!(
            "{}#{}",
            wording::grade_page(&verdict.grade),
            wording::anchor(&verdict.component)
        ),
        unverified: verdict.rests_on_unverified_limit,
        search: [
            verdict.grade.to_string().as_str(),
            component,
            &verdict.component,
            word,
            &limit,
        ]
        .join(" "),
        score: format!("{score:.4}"),
        no_claim: ratio.is_empty()
            && !matches!(
                verdict.status,
                Status::NotQualified | Status::InsufficientData
            ),
        proofs: if proofs.is_empty() {
            proofs
        } else {
            fill(t.proofs_missing, &[("kinds", &proofs)])
        },
        ratio,
        limit,
        reason,
    }
}

fn statuses(verdicts: &[Verdict], t: &Texts) -> Vec<StatusSum> {
    STATUSES
        .into_iter()
        .map(|status| StatusSum {
            key: status.as_str(),
            word: wording::status_word(status, t),
            meaning: wording::status_meaning(status, t),
            n: verdicts.iter().filter(|v| v.status == status).count(),
        })
        .collect()
}
