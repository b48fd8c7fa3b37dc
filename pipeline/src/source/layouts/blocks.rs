//! The `blocks` layout: several specimens in one file, below or beside each other. Each block is read
//! as a file of its own, as a curve or a table.

use std::collections::BTreeMap;

use regex::Regex;

use super::curve::{self, CurveFile};
use super::table;
use crate::domain::Finding;
use crate::source::fold::fold;
use crate::source::grid::{Grid, GridCell, GridRow};
use crate::source::header;
use crate::source::job::Job;
use crate::source::profile::{BlockRule, Layout, groups_of};
use crate::source::read::SourceFile;
use crate::source::spreadsheet::raw_of;
use crate::source::stream::RowStream;

/// One block: its rows, the fields that its first row gives, the columns left of it.
struct Block {
    grid: Grid,
    fields: BTreeMap<String, String>,
    offset: usize,
}

pub(super) fn read(
    job: &Job<'_>,
    rows: &mut RowStream<'_>,
    file: &mut SourceFile,
) -> Result<(), Box<Finding>> {
    let (shared, blocks) = blocks_of(job, rows)?;
    let job = &Job {
        shared: &shared,
        ..*job
    };
    for block in &blocks {
        in_block(job, block, &mut |job, rows| {
            if job.profile.table == "tensile_curves" {
                curve::read(job, rows, file)
            } else {
                table::read(job, rows, file)
            }
        })?;
    }
    Ok(())
}

/// Reads the points of a file that holds one curve, whatever its layout.
///
/// # Errors
/// A finding about the file as a whole when it has no curve in it, or several.
pub(in crate::source) fn read_points(
    job: &Job<'_>,
    rows: &mut RowStream<'_>,
    file: &mut SourceFile,
) -> Result<CurveFile, Box<Finding>> {
    if job.profile.layout != Layout::Blocks {
        return curve::read_points(job, rows, file);
    }
    let (shared, blocks) = blocks_of(job, rows)?;
    let job = &Job {
        shared: &shared,
        ..*job
    };
    let [block] = blocks.as_slice() else {
        return Err(Box::new(Finding::of_file(
            job.path,
            "several_curves",
            format!("the file holds {} curves, one was asked for", blocks.len()),
            "",
        )));
    };
    let mut points = None;
    in_block(job, block, &mut |job, rows| {
        points = Some(curve::read_points(job, rows, file)?);
        Ok(())
    })?;
    points.ok_or_else(|| no_blocks(job))
}

fn no_blocks(job: &Job<'_>) -> Box<Finding> {
    Box::new(Finding::of_file(
        job.path,
        "no_blocks",
        "the file has no block of the kind that the profile describes".to_owned(),
        "correct `blocks` in the profile",
    ))
}

/// What is done with the rows of a block.
type ReadBlock<'f> = dyn FnMut(&Job<'_>, &mut RowStream<'_>) -> Result<(), Box<Finding>> + 'f;

/// Reads one block with the fields that its title gives.
fn in_block(job: &Job<'_>, block: &Block, read: &mut ReadBlock<'_>) -> Result<(), Box<Finding>> {
    let mut titled = job.titled.clone();
    titled.extend(block.fields.clone());
    let job = Job {
        offset: job.offset + block.offset,
        ..*job
    };
    if let Some((_, Some(title))) = &job.profile.blocks {
        let header = header::locate(&job, &mut RowStream::of_grid(&block.grid))?;
        titled.extend(title_of(title, &header.above));
    }
    let job = Job {
        titled: &titled,
        ..job
    };
    read(&job, &mut RowStream::of_grid(&block.grid))
}

fn title_of(title: &Regex, above: &[GridRow]) -> BTreeMap<String, String> {
    above
        .iter()
        .flat_map(|row| &row.cells)
        .filter(|cell| !cell.is_empty())
        .map(|cell| groups_of(title, cell.text().trim()))
        .find(|groups| !groups.is_empty())
        .unwrap_or_default()
}

/// The rows above all blocks, and the blocks.
fn blocks_of(
    job: &Job<'_>,
    rows: &mut RowStream<'_>,
) -> Result<(Vec<GridRow>, Vec<Block>), Box<Finding>> {
    let merged = rows.merged().to_vec();
    let whole = Grid {
        sheet: None,
        rows: rows.take(usize::MAX),
        merged,
    };
    let (shared, blocks) = match &job.profile.blocks {
        Some((BlockRule::Start(start), _)) => below_each_other(start, whole),
        Some((BlockRule::Width(width), _)) => (Vec::new(), beside_each_other(whole, 0, *width)),
        Some((BlockRule::Repeat, _)) => {
            let header = header::locate(job, &mut RowStream::of_grid(&whole))?;
            let texts: Vec<String> = header
                .columns
                .iter()
                .map(|column| fold(&column.text()))
                .collect();
            let Some(first) = texts.iter().position(|text| !text.is_empty()) else {
                return Err(no_blocks(job));
            };
            let next = texts[first + 1..]
                .iter()
                .position(|text| *text == texts[first]);
            let width = next.map_or(texts.len() - first, |next| next + 1);
            (Vec::new(), beside_each_other(whole, first, width))
        }
        None => (Vec::new(), Vec::new()),
    };
    if blocks.is_empty() {
        return Err(no_blocks(job));
    }
    Ok((shared, blocks))
}

/// What stands above the first block is a head that holds for all.
fn below_each_other(start: &Regex, whole: Grid) -> (Vec<GridRow>, Vec<Block>) {
    let mut shared = Vec::new();
    let mut blocks: Vec<Block> = Vec::new();
    for row in whole.rows {
        let first = row
            .first_filled()
            .map(|(_, cell)| cell.text().trim().to_owned());
        if let Some(text) = first.filter(|text| start.is_match(text)) {
            blocks.push(Block {
                grid: Grid {
                    merged: whole.merged.clone(),
                    ..Grid::default()
                },
                fields: groups_of(start, &text),
                offset: 0,
            });
        }
        match blocks.last_mut() {
            Some(block) => block.grid.rows.push(row),
            None => shared.push(row),
        }
    }
    (shared, blocks)
}

/// Cuts the columns from `first` on into groups of `width`; a group without cells is no block.
fn beside_each_other(whole: Grid, first: usize, width: usize) -> Vec<Block> {
    let columns = whole
        .rows
        .iter()
        .map(|row| row.cells.len())
        .max()
        .unwrap_or(0);
    let count = columns.saturating_sub(first).div_ceil(width);
    let mut blocks: Vec<Block> = (0..count)
        .map(|block| Block {
            grid: Grid::default(),
            fields: BTreeMap::new(),
            offset: first + block * width,
        })
        .collect();
    for row in whole.rows {
        let mut cells = row.cells.into_iter().skip(first);
        for block in &mut blocks {
            let mut own: Vec<GridCell> = cells.by_ref().take(width).collect();
            if own.iter().all(GridCell::is_empty) {
                own.clear();
            }
            block.grid.rows.push(GridRow {
                line: row.line,
                raw: raw_of(&own),
                cells: own,
                fault: row.fault,
            });
        }
    }
    blocks.retain(|block| block.grid.rows.iter().any(|row| !row.is_blank()));
    blocks
}
