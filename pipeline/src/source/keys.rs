//! Finds a key that stands twice in one file, in the same time however many there are.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::contract::{Cell, CellFault, Contract};

/// The keys seen so far, by fingerprint.
///
/// A table of 88 bits of each key's 128-bit hash with open addressing: tens of millions of keys take some
/// 24 bytes each and no order of theirs ever shows. Two different keys share 88 bits with a chance of
/// about n²/2⁸⁹, below 10⁻¹⁰ for a hundred million.
#[derive(Debug)]
pub(super) struct Keys {
    positions: Vec<usize>,
    slots: Vec<Slot>,
    filled: usize,
}

/// The first half of a fingerprint, and the upper bits of the second beside the line. A slot of 16 bytes
/// lies in one line of the processor's cache.
type Slot = [u64; 2];

/// Bits of a slot that hold the line: a million million of them.
const LINE_BITS: u32 = 40;

const LINE: u64 = (1 << LINE_BITS) - 1;

/// A slot that holds no fingerprint.
const FREE: Slot = [0; 2];

/// The slot of a fingerprint before its line is in it; never a free one.
fn marked(fingerprint: u128) -> Slot {
    let [upper, lower] = [(fingerprint >> 64) as u64, fingerprint as u64];
    [upper.max(1), lower & !LINE]
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
        let at = self.slot(marked(self.fingerprint(cells)));
        let found = self.slots[at];
        (found != FREE).then(|| (first, repeated(contract, found[1] & LINE)))
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
            for old in std::mem::replace(&mut self.slots, larger) {
                if old != FREE {
                    let at = self.slot([old[0], old[1] & !LINE]);
                    self.slots[at] = old;
                }
            }
        }
        let wanted = marked(fingerprint);
        let at = self.slot(wanted);
        if self.slots[at] != FREE {
            return Some(self.slots[at][1] & LINE);
        }
        self.slots[at] = [wanted[0], wanted[1] | line.min(LINE)];
        self.filled += 1;
        None
    }

    /// The slot that holds the fingerprint, or the free one where it belongs.
    fn slot(&self, wanted: Slot) -> usize {
        let mask = self.slots.len() - 1; // the length is a power of two
        let mut at = wanted[0] as usize & mask;
        loop {
            let found = self.slots[at];
            if found == FREE || (found[0] == wanted[0] && found[1] & !LINE == wanted[1]) {
                return at;
            }
            at = (at + 1) & mask;
        }
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
