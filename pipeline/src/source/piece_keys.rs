//! The keys of a streamed file, piece by piece.
//!
//! Instruments and databases count their ids up, and as long as every key comes after the one before,
//! none can stand twice: keys are then only kept, which costs next to nothing. The first key out of order
//! puts all of them into the table of [`Keys`], and the rest of the file goes through it.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::keys::Keys;
use crate::contract::{Column, Contract, SparseRows};

/// The keys of the good rows of one piece.
#[derive(Debug)]
pub(super) struct PieceKeys {
    columns: Vec<Column>,
    /// The line of each.
    lines: Vec<u64>,
    /// The first and the last one, when every key comes after the one before.
    rising: Option<(Ranks, Ranks)>,
    /// Their hashes, where some key does not: the table will be asked for them.
    fingerprints: Option<Vec<u128>>,
}

/// The keys seen so far.
#[derive(Debug)]
pub(super) struct StreamedKeys {
    keys: Keys,
    /// Pieces that are not in the table, as every key so far came after the one before; `None` from the
    /// first key out of order on.
    rising: Option<Vec<PieceKeys>>,
}

/// The place of a key in the order in which ids are counted up, column by column.
type Ranks = Vec<(usize, String, i64)>;

/// The place of a cell in that order: shorter texts come before longer ones, as 9 before 10. None for a
/// missing cell and for types that count nothing.
fn rank(column: &Column, row: usize) -> Option<(usize, &str, i64)> {
    match column {
        Column::Text(texts) => texts.get(row).map(|text| (text.len(), text, 0)),
        Column::Integer(numbers) => numbers.get(row).copied()?.map(|number| (0, "", number)),
        _ => None,
    }
}

/// Whether the key in row `later` comes after that in row `earlier`.
fn rises(columns: &[Column], earlier: usize, later: usize) -> bool {
    for column in columns {
        match (rank(column, earlier), rank(column, later)) {
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => return a < b,
            _ => return false,
        }
    }
    false
}

/// Whether every key comes after the one before. Where the first column alone tells, as an id does, the
/// others are not looked at.
fn all_rise(columns: &[Column], rows: usize) -> bool {
    if let Some(Column::Text(ids)) = columns.first() {
        let ranks = || ids.iter().map(|id| id.map(|id| (id.len(), id)));
        let mut pairs = ranks().zip(ranks().skip(1));
        if pairs.all(|pair| matches!(pair, (Some(a), Some(b)) if a < b)) {
            return true;
        }
    }
    (1..rows).all(|row| rises(columns, row - 1, row))
}

impl PieceKeys {
    /// The keys of rows that stand in `lines`.
    pub(super) fn new(contract: &Contract, rows: &mut SparseRows, lines: Vec<u64>) -> PieceKeys {
        rows.spread(&contract.primary_key);
        let columns: Vec<Column> = contract
            .primary_key
            .iter()
            .filter_map(|key| rows.varying().column(key).ok().cloned())
            .collect();
        let ranks = |row: usize| -> Option<Ranks> {
            let rank = |column: &Column| {
                rank(column, row).map(|(len, text, number)| (len, text.to_owned(), number))
            };
            columns.iter().map(rank).collect()
        };
        let is_rising = all_rise(&columns, rows.len());
        let ends = || ranks(0).zip(ranks(rows.len().checked_sub(1)?));
        let rising = is_rising.then(ends).flatten();
        PieceKeys {
            fingerprints: rising
                .is_none()
                .then(|| fingerprints(&columns, lines.len())),
            columns,
            lines,
            rising,
        }
    }
}

impl StreamedKeys {
    /// For the primary key of `contract`.
    pub(super) fn new(contract: &Contract) -> StreamedKeys {
        StreamedKeys {
            keys: Keys::new(contract),
            rising: Some(Vec::new()),
        }
    }

    /// The rows of the next piece whose key stood already in an earlier line, each with that line.
    pub(super) fn repeats(&mut self, piece: PieceKeys) -> BTreeMap<usize, u64> {
        if piece.lines.is_empty() {
            return BTreeMap::new();
        }
        if let Some(pieces) = &mut self.rising {
            let last = pieces.last().and_then(|piece| piece.rising.as_ref());
            let goes_on = match (last, &piece.rising) {
                (Some((_, last)), Some((first, _))) => last < first,
                (None, Some(_)) => true, // the first piece
                (_, None) => false,
            };
            if goes_on {
                pieces.push(piece);
                return BTreeMap::new();
            }
        }
        for earlier in self.rising.take().unwrap_or_default() {
            self.insert(earlier);
        }
        self.insert(piece)
    }

    fn insert(&mut self, piece: PieceKeys) -> BTreeMap<usize, u64> {
        let hash = || fingerprints(&piece.columns, piece.lines.len());
        let fingerprints = piece.fingerprints.unwrap_or_else(hash);
        let mut repeats = BTreeMap::new();
        // Nothing but the table in this loop, so that the processor can wait for many slots at once.
        for (row, (&line, fingerprint)) in piece.lines.iter().zip(fingerprints).enumerate() {
            if let Some(earlier) = self.keys.insert(fingerprint, line) {
                repeats.insert(row, earlier);
            }
        }
        repeats
    }
}

/// The hash of every row's key.
fn fingerprints(columns: &[Column], rows: usize) -> Vec<u128> {
    (0..rows).map(|row| fingerprint(columns, row)).collect()
}

/// A 128-bit hash of a row's key.
fn fingerprint(columns: &[Column], row: usize) -> u128 {
    let half = |seed: u8| {
        let mut hash = DefaultHasher::new();
        hash.write_u8(seed);
        for column in columns {
            match column {
                Column::Text(texts) => texts.get(row).hash(&mut hash),
                Column::Integer(numbers) => numbers.get(row).copied().flatten().hash(&mut hash),
                column => column.cell(row).to_string().hash(&mut hash),
            }
        }
        u128::from(hash.finish())
    };
    half(0) << 64 | half(1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::contract::{CellRef, Contracts, RowFiller, Schemas};

    fn repeats_of(pieces: &[&[&str]]) -> Vec<(usize, usize, u64)> {
        let contracts = Contracts::load(&Schemas::embedded()).unwrap();
        let contract = contracts.table("tensile_tests").unwrap();
        let mut keys = StreamedKeys::new(contract);
        let (mut line, mut found) = (0, Vec::new());
        for (piece, ids) in pieces.iter().enumerate() {
            let mut filler = RowFiller::new(contract, vec![0]);
            ids.iter().for_each(|id| {
                let mut cells = vec![CellRef::Null; contract.fields.len()];
                cells[0] = CellRef::Text(id);
                filler.push_some(&cells);
            });
            let lines = (line + 1..).take(ids.len()).collect();
            line += ids.len() as u64;
            let of_piece = PieceKeys::new(contract, &mut filler.finish(), lines);
            let repeats = keys.repeats(of_piece).into_iter();
            found.extend(repeats.map(|(row, line)| (piece, row, line)));
        }
        found
    }

    #[test]
    fn a_repeat_is_found_however_the_keys_were_ordered_before_it() {
        assert_eq!(repeats_of(&[&["S8", "S9"], &[], &["S10", "S11"]]), []);
        assert_eq!(repeats_of(&[&["S8", "S9"], &["S9", "S10"]]), [(1, 0, 2)]);
        assert_eq!(
            repeats_of(&[&["S1", "S2"], &["S3", "S4"], &["S5", "S2"], &["S9", "S4"]]),
            [(2, 1, 2), (3, 1, 4)]
        );
        assert_eq!(repeats_of(&[&["S2", "S1", "S2"]]), [(0, 2, 1)]);
        assert_eq!(repeats_of(&[&["S1"], &["S1"]]), [(1, 0, 1)]);
        assert_eq!(
            repeats_of(&[&["S1", "S1"], &["S1"]]),
            [(0, 1, 1), (1, 0, 1)]
        );
        assert_eq!(
            repeats_of(&[&["S5"], &["S3"], &["S4"], &["S3"]]),
            [(3, 0, 2)]
        );
    }
}
