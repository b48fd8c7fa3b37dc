//! Finds a key that stands twice in one file, in the same time however many there are.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::contract::{Cell, CellFault, Contract};

/// The keys seen so far, by fingerprint.
///
/// A table of 128-bit fingerprints with open addressing: tens of millions of keys take 24 bytes each
/// and no order of theirs ever shows. Two different keys share a fingerprint with a chance of about
/// n²/2¹²⁹, below 10⁻²³ for a hundred million.
#[derive(Debug)]
pub(super) struct Keys {
    positions: Vec<usize>,
    slots: Vec<Slot>,
    filled: usize,
}

/// A fingerprint in two halves, which take no more than their 16 bytes, and its line.
type Slot = ([u64; 2], u64);

/// A slot that holds no fingerprint.
const FREE: Slot = ([0; 2], 0);

fn halves(fingerprint: u128) -> [u64; 2] {
    [(fingerprint >> 64) as u64, fingerprint as u64]
}

/// The fault of a row whose key stood already in line `earlier`.
pub(super) fn repeated(contract: &Contract, earlier: u64) -> CellFault {
    let key = contract.primary_key.join(", ");
    CellFault {
        rule: "unique",
        message: format!("the key ({key}) stands already in line {earlier} of this file"),
        hint: "a retest needs an id of its own; a corrected result comes in a later file"
            .to_owned(),
    }
}

impl Keys {
    /// For the primary key of `contract`.
    pub(super) fn new(contract: &Contract) -> Keys {
        let positions = contract
            .primary_key
            .iter()
            .filter_map(|key| contract.position(key))
            .collect();
        Keys {
            positions,
            slots: vec![FREE; 64],
            filled: 0,
        }
    }

    /// The fault of a row whose key was seen before, with the field to point at; else remembers it.
    pub(super) fn check(
        &mut self,
        contract: &Contract,
        cells: &[Cell],
        line: u64,
    ) -> Option<(usize, CellFault)> {
        let first = *self.positions.first()?;
        let earlier = self.insert(self.fingerprint(cells), line)?;
        Some((first, repeated(contract, earlier)))
    }

    /// The fault of a row whose key was seen before, without remembering it.
    pub(super) fn earlier(
        &self,
        contract: &Contract,
        cells: &[Cell],
    ) -> Option<(usize, CellFault)> {
        let first = *self.positions.first()?;
        let wanted = halves(self.fingerprint(cells).max(1));
        let (found, line) = self.slots[self.slot(wanted)];
        (found == wanted).then(|| (first, repeated(contract, line)))
    }

    fn fingerprint(&self, cells: &[Cell]) -> u128 {
        let half = |seed: u8| {
            let mut hasher = DefaultHasher::new();
            seed.hash(&mut hasher);
            for &position in &self.positions {
                match &cells[position] {
                    Cell::Text(text) => (1u8, text).hash(&mut hasher),
                    Cell::Integer(number) => (2u8, number).hash(&mut hasher),
                    Cell::Number(number) => (3u8, number.to_bits()).hash(&mut hasher),
                    Cell::Boolean(truth) => (4u8, truth).hash(&mut hasher),
                    Cell::Date(days) => (5u8, days).hash(&mut hasher),
                    Cell::Datetime(micros) => (6u8, micros).hash(&mut hasher),
                    Cell::Null | Cell::Numbers(_) => 0u8.hash(&mut hasher),
                }
            }
            u128::from(hasher.finish())
        };
        half(0) << 64 | half(1)
    }

    /// The line of the same fingerprint, or `None` when it is new and now remembered.
    pub(super) fn insert(&mut self, fingerprint: u128, line: u64) -> Option<u64> {
        if 4 * (self.filled + 1) > 3 * self.slots.len() {
            let larger = vec![FREE; 2 * self.slots.len()];
            for (old, line) in std::mem::replace(&mut self.slots, larger) {
                if old != FREE.0 {
                    let at = self.slot(old);
                    self.slots[at] = (old, line);
                }
            }
        }
        let wanted = halves(fingerprint.max(1));
        let at = self.slot(wanted);
        if self.slots[at].0 == wanted {
            return Some(self.slots[at].1);
        }
        self.slots[at] = (wanted, line);
        self.filled += 1;
        None
    }

    /// The slot that holds the fingerprint, or the free one where it belongs.
    fn slot(&self, wanted: [u64; 2]) -> usize {
        let mask = self.slots.len() - 1; // the length is a power of two
        let mut at = wanted[1] as usize & mask;
        while self.slots[at].0 != FREE.0 && self.slots[at].0 != wanted {
            at = (at + 1) & mask;
        }
        at
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::contract::{Contracts, Schemas};

    #[test]
    fn a_second_key_names_the_line_of_the_first() {
        let contracts = Contracts::load(&Schemas::embedded()).unwrap();
        let contract = contracts.table("oes_burns").unwrap();
        let mut keys = Keys::new(contract);
        let row = |sample: usize, burn: i64| {
            let mut cells = vec![Cell::Null; contract.fields.len()];
            cells[0] = Cell::Text(sample.to_string());
            cells[1] = Cell::Integer(burn);
            cells
        };
        for sample in 0..1000 {
            for burn in 1..4 {
                assert_eq!(
                    keys.check(contract, &row(sample, burn), 10 * sample as u64),
                    None
                );
            }
        }
        let (field, fault) = keys.check(contract, &row(77, 2), 5).unwrap();
        assert_eq!((field, fault.rule), (0, "unique"));
        assert!(fault.message.contains("line 770 "), "{}", fault.message);
    }
}
