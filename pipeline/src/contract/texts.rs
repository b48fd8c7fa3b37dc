//! A column of texts in one piece of memory.

use std::ops::Range;

/// Texts one after the other in a single string, so that millions of cells are not millions of
/// allocations. A missing cell is not an empty one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    joined: String,
    /// End of every cell in `joined`.
    ends: Vec<usize>,
    present: Vec<bool>,
}

impl Texts {
    /// Appends a cell.
    #[inline]
    pub fn push(&mut self, text: Option<&str>) {
        self.joined.push_str(text.unwrap_or_default());
        self.ends.push(self.joined.len());
        self.present.push(text.is_some());
    }

    /// Appends the same cell several times.
    pub fn repeat(&mut self, text: &str, times: usize) {
        self.joined.reserve(text.len() * times);
        for _ in 0..times {
            self.push(Some(text));
        }
    }

    /// Makes room for more cells, as long as those that are there.
    pub(super) fn reserve(&mut self, more: usize) {
        let each = self.joined.len().div_ceil(self.len().max(1));
        self.joined.reserve(each * more);
        self.ends.reserve(more);
        self.present.reserve(more);
    }

    /// Makes it hold `len` cells, new ones missing.
    pub(super) fn resize(&mut self, len: usize) {
        let last = len.checked_sub(1).and_then(|last| self.ends.get(last));
        let kept = last.copied().unwrap_or(self.joined.len());
        self.joined.truncate(if len == 0 { 0 } else { kept });
        self.ends.resize(len, self.joined.len());
        self.present.resize(len, false);
    }

    /// All cells joined, the end of each in bytes, and whether it is there.
    pub fn into_parts(self) -> (String, Vec<usize>, Vec<bool>) {
        (self.joined, self.ends, self.present)
    }

    /// Bytes of all cells.
    pub fn joined_len(&self) -> usize {
        self.joined.len()
    }

    /// How many cells.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The cell at `row`; `None` when it is missing or beyond the end.
    pub fn get(&self, row: usize) -> Option<&str> {
        self.present
            .get(row)
            .filter(|&&present| present)
            .map(|_| &self.joined[self.range(row)])
    }

    /// All cells in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<&str>> {
        (0..self.len()).map(|row| self.get(row))
    }

    fn range(&self, row: usize) -> Range<usize> {
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        start..self.ends[row]
    }
}

impl<'a> Extend<Option<&'a str>> for Texts {
    fn extend<T: IntoIterator<Item = Option<&'a str>>>(&mut self, cells: T) {
        cells.into_iter().for_each(|cell| self.push(cell));
    }
}

impl<'a> FromIterator<Option<&'a str>> for Texts {
    fn from_iter<T: IntoIterator<Item = Option<&'a str>>>(cells: T) -> Texts {
        let mut texts = Texts::default();
        texts.extend(cells);
        texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_and_empty_stay_apart() {
        let cells = [Some("炉号"), None, Some(""), Some("3-12")];
        let texts: Texts = cells.into_iter().collect();
        assert_eq!(texts.iter().collect::<Vec<_>>(), cells);
        assert_eq!((texts.len(), texts.get(4)), (4, None));
    }

    #[test]
    fn shorter_and_longer() {
        let mut texts: Texts = [Some("a"), None, Some("bc")].into_iter().collect();
        texts.resize(5);
        assert_eq!(
            texts.iter().collect::<Vec<_>>(),
            [Some("a"), None, Some("bc"), None, None]
        );
        texts.resize(1);
        texts.reserve(3);
        texts.repeat("xy", 2);
        assert_eq!(
            texts.iter().collect::<Vec<_>>(),
            [Some("a"), Some("xy"), Some("xy")]
        );
        texts.resize(0);
        texts.push(Some("z"));
        assert_eq!(texts.iter().collect::<Vec<_>>(), [Some("z")]);
    }
}
