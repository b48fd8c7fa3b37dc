//! What a header text means: a field, by the profile, the contract's own name or a shared alias.

use std::collections::BTreeMap;

use super::{HeaderText, units_of};
use crate::contract::Contract;
use crate::domain::Unit;
use crate::source::Profile;
use crate::source::fold::{fold, fold_loosely, is_unit_word, plain, unit_of, unit_splits};

/// One thing that a name may mean.
#[derive(Clone, Debug)]
struct Entry {
    field: usize,
    /// Unit where the file states none.
    unit: Option<String>,
    first_of: bool,
    /// Place of the name among the names of its field.
    rank: usize,
    /// Whether it is the contract's own name, which has the unit in it.
    own: bool,
}

/// What a column means.
#[derive(Clone, Debug)]
pub(in crate::source) struct Meaning {
    /// Position of the field in the contract.
    pub field: usize,
    /// From the file's unit to the contract's.
    pub units: Option<(Unit, Unit)>,
    /// Another field that the name says something about.
    pub implied: Option<(usize, String)>,
    /// Whether the first of several columns is taken.
    pub first_of: bool,
    /// Place of the name among the names of its field.
    pub rank: usize,
}

/// Every name that the columns of a contract go by, folded.
pub(in crate::source) struct Lexicon<'a> {
    /// The contract.
    pub contract: &'a Contract,
    names: BTreeMap<String, Vec<Entry>>,
    implied: BTreeMap<String, (usize, String)>,
}

impl<'a> Lexicon<'a> {
    /// Names of the profile, of the contract, and the shared ones if the profile asks for them; a name
    /// of the profile hides the same name of the others.
    pub(in crate::source) fn new(profile: &Profile, contract: &'a Contract) -> Lexicon<'a> {
        let mut lexicon = Lexicon {
            contract,
            names: BTreeMap::new(),
            implied: BTreeMap::new(),
        };
        let mut layer = BTreeMap::new();
        for rule in &profile.columns {
            let Some(field) = contract.position(&rule.field) else {
                continue;
            };
            let declared = &contract.fields[field];
            for (rank, name) in rule.names.iter().enumerate() {
                // The contract's own name has its unit in it, in a profile as well.
                let own = fold(name) == fold(&declared.name);
                let unit = rule
                    .unit
                    .clone()
                    .or_else(|| own.then(|| declared.unit.clone()));
                add(
                    &mut layer,
                    name,
                    Entry {
                        field,
                        unit,
                        first_of: rule.first_of,
                        rank,
                        own,
                    },
                );
            }
        }
        lexicon.lay_under(layer);
        let mut layer = BTreeMap::new();
        for (field, declared) in contract.fields.iter().enumerate() {
            // Not folded further: `Rm (MPa)` is a name with a unit, not `rm_mpa`.
            let entry = Entry {
                field,
                unit: Some(declared.unit.clone()),
                first_of: false,
                rank: 0,
                own: true,
            };
            layer.insert(fold(&declared.name), vec![entry]);
        }
        lexicon.lay_under(layer);
        if let Some(aliases) = &profile.aliases {
            let mut layer = BTreeMap::new();
            for (name, others) in &aliases.fields {
                let Some(field) = contract.position(name) else {
                    continue;
                };
                for (rank, other) in others.iter().enumerate() {
                    add(
                        &mut layer,
                        other,
                        Entry {
                            field,
                            unit: None,
                            first_of: false,
                            rank,
                            own: false,
                        },
                    );
                }
            }
            lexicon.lay_under(layer);
            for (name, values) in &aliases.implies {
                let Some(field) = contract.position(name) else {
                    continue;
                };
                for (value, names) in values {
                    for name in names {
                        lexicon
                            .implied
                            .insert(fold_loosely(name), (field, value.clone()));
                    }
                }
            }
        }
        lexicon
    }

    /// Adds names that are not there yet.
    fn lay_under(&mut self, layer: BTreeMap<String, Vec<Entry>>) {
        for (name, entries) in layer {
            self.names.entry(name).or_insert(entries);
        }
    }

    fn find(&self, text: &str) -> Option<&[Entry]> {
        [fold(text), fold_loosely(text)]
            .iter()
            .find_map(|name| self.names.get(name))
            .map(Vec::as_slice)
    }

    /// Every field that a column's name may mean, the name that says so and the unit word beside it,
    /// with nothing decided: for a proposal, which looks at the cells as well.
    pub(in crate::source) fn candidates(
        &self,
        column: &HeaderText,
    ) -> Vec<(usize, String, Option<String>)> {
        let found = readings(column)
            .into_iter()
            .find_map(|(name, unit)| Some((self.find(&name)?, name, unit)));
        let Some((entries, name, unit)) = found else {
            return Vec::new();
        };
        let candidate = |entry: &Entry| (entry.field, name.clone(), unit.clone());
        entries.iter().map(candidate).collect()
    }

    /// What a column means; `None` when it is not used.
    ///
    /// # Errors
    /// Field, message and hint of what is wrong with its unit.
    pub(in crate::source) fn meaning(
        &self,
        column: &HeaderText,
    ) -> Result<Option<Meaning>, (String, String, String)> {
        let Some((name, unit, entries)) = readings(column)
            .into_iter()
            .find_map(|(name, unit)| Some((self.find(&name)?, unit, name)))
            .map(|(entries, unit, name)| (name, unit, entries))
        else {
            return Ok(None);
        };
        // A profile may list a header whole, its unit in it: `Rm [MPa]`.
        let unit = unit.or_else(|| {
            let inner = name
                .trim_end()
                .strip_suffix([']', ')'])?
                .rsplit(['[', '('])
                .next()?;
            unit_of(inner).is_some().then(|| inner.to_owned())
        });
        // Whatever the units row of a column without a unit says: `w(x)`, a remark.
        let stated = Some(column.unit_row.as_str()).filter(|word| unit_of(word).is_some());
        let unknown =
            Some(column.unit_row.as_str()).filter(|word| !word.is_empty() && stated.is_none());
        let mut problem = None;
        for entry in entries {
            let field = &self.contract.fields[entry.field];
            let has_unit = Unit::parse(&field.unit).is_some();
            let in_name = entry.own.then_some(field.unit.as_str());
            if has_unit
                && let (Some(in_header), Some(in_row)) = (unit.as_deref().or(in_name), stated)
                && let (Some(a), Some(b)) = (unit_of(in_header), unit_of(in_row))
                && a != b
            {
                problem.get_or_insert_with(|| {
                    (
                        field.name.clone(),
                        format!("the header says {in_header}, the units row says {in_row}"),
                        "one of them is wrong: ask who exported the file".to_owned(),
                    )
                });
                continue;
            }
            let in_header = unit.as_deref().filter(|word| unit_of(word).is_some());
            // A bracket without a unit counts only where no other unit is at hand, as in `Strain (1)`; one
            // with a word in it may be a unit that nobody here knows, and then none must be assumed.
            let unread = unit.as_deref().filter(|_| in_header.is_none());
            let is_word = |word: &&str| word.chars().any(char::is_alphabetic);
            let word = in_header
                .or(unread.filter(is_word))
                .or(stated)
                .or(entry.unit.as_deref())
                .or(unread)
                .or(unknown);
            match units_of(field, word) {
                Ok(units) => {
                    let implied = self.implied.get(&fold_loosely(&name)).cloned();
                    return Ok(Some(Meaning {
                        field: entry.field,
                        units,
                        implied: implied.filter(|(field, _)| *field != entry.field),
                        first_of: entry.first_of,
                        rank: entry.rank,
                    }));
                }
                Err((message, hint)) => {
                    problem.get_or_insert_with(|| (field.name.clone(), message, hint));
                }
            }
        }
        problem.map_or(Ok(None), Err)
    }
}

fn add(layer: &mut BTreeMap<String, Vec<Entry>>, name: &str, entry: Entry) {
    let mut keys = vec![fold(name), fold_loosely(name)];
    keys.dedup();
    for key in keys.into_iter().filter(|key| !key.is_empty()) {
        let entries = layer.entry(key).or_default();
        if entries.iter().all(|known| known.field != entry.field) {
            entries.push(entry.clone());
        }
    }
}

/// The ways to read a column's header, the whole text first: a name may itself hold brackets, as
/// `A (5.65)` does, and a line break may part two names of the same thing.
fn readings(column: &HeaderText) -> Vec<(String, Option<String>)> {
    let mut readings = Vec::new();
    let mut add = |text: &str, unit: Option<&str>| {
        let text = text.trim();
        if !text.is_empty() {
            readings.push((text.to_owned(), unit.map(str::to_owned)));
            let splits = unit_splits(text);
            readings.extend(splits.into_iter().map(|(name, inner)| {
                let unit = unit.map_or(inner, str::to_owned);
                (name, Some(unit))
            }));
        }
    };
    add(&column.text(), None);
    if let [upper @ .., lowest] = column.parts.as_slice() {
        if !upper.is_empty() {
            if is_unit_word(lowest) {
                // A second header row that is a units row for this column.
                add(&upper.join(" "), Some(lowest));
                upper.iter().rev().for_each(|part| add(part, Some(lowest)));
            } else {
                add(lowest, None);
            }
        }
        // `Yield Strength\nRp0.2 (MPa)`: each line may be the name, the last one states the unit.
        let unit = lowest.lines().last().and_then(|line| {
            let split = unit_splits(line).into_iter().next()?.1;
            unit_of(&split).is_some().then_some(split)
        });
        if lowest.lines().count() > 1 {
            lowest.lines().for_each(|line| add(line, unit.as_deref()));
        }
        // `抗拉强度 Rm (MPa)`: two scripts, two names.
        for (name, unit) in unit_splits(lowest)
            .into_iter()
            .map(|(name, unit)| (name, Some(unit)))
            .chain([(lowest.clone(), None)])
        {
            for piece in scripts(&name) {
                add(&piece, unit.as_deref());
            }
        }
    }
    readings
}

/// A text in two scripts, parted; nothing for a text in one.
fn scripts(text: &str) -> Vec<String> {
    let text = plain(text);
    let is_cjk = |c: char| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}');
    if !text.chars().any(is_cjk) || !text.chars().any(|c| c.is_ascii_alphabetic()) {
        return Vec::new();
    }
    let is_boundary = text
        .char_indices()
        .zip(text.chars().skip(1))
        .find(|&((_, a), b)| is_cjk(a) != is_cjk(b) && !b.is_ascii_digit());
    is_boundary.map_or_else(Vec::new, |((at, first), _)| {
        let at = at + first.len_utf8();
        vec![text[..at].to_owned(), text[at..].to_owned()]
    })
}
