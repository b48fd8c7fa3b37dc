//! Names close to one that was not found: for the hint beside `no such grade or component`.

use super::catalogue::{Catalogue, folded};

/// Most names that are offered; a longer list is no hint.
const OFFERED_AT_MOST: usize = 5;

/// The ids and names closest to `asked`, best first, at most five and at most one per entry.
///
/// Closeness is the number of letters to insert, drop, change or swap with their neighbour (optimal
/// string alignment, Damerau 1964) between the names without case, spaces, hyphens and underscores; a
/// name that holds the other, with three letters or more, is one step away. Names that differ in more
/// than half of the letters asked for are not offered; of equally many steps the smaller edit distance
/// comes first, then the alphabet decides. Empty for an empty `asked`.
pub fn near(catalogue: &Catalogue, asked: &str) -> Vec<String> {
    let asked: Vec<char> = folded(asked).chars().collect();
    let grades = catalogue.grades().map(|grade| {
        let names = grade.names.iter().map(|name| name.name.as_str());
        closest(&asked, std::iter::once(grade.id.as_str()).chain(names))
    });
    let components = catalogue
        .components()
        .map(|component| closest(&asked, std::iter::once(component.id.as_str())));
    let mut found: Vec<((usize, usize), &str)> = grades
        .chain(components)
        .flatten()
        .filter(|((steps, _), _)| 2 * steps <= asked.len())
        .collect();
    found.sort_unstable();
    found
        .into_iter()
        .take(OFFERED_AT_MOST)
        .map(|(_, name)| name.to_owned())
        .collect()
}

/// The closest of the names of one entry; the first of them when several are equally close.
fn closest<'n>(
    asked: &[char],
    names: impl Iterator<Item = &'n str>,
) -> Option<((usize, usize), &'n str)> {
    names
        .map(|name| {
            let letters: Vec<char> = folded(name).chars().collect();
            (steps(asked, &letters), name)
        })
        .min_by_key(|(steps, _)| *steps)
}

/// Steps between two names, and the edit distance that orders names of equally many steps.
fn steps(asked: &[char], name: &[char]) -> (usize, usize) {
    let (short, long) = if asked.len() < name.len() {
        (asked, name)
    } else {
        (name, asked)
    };
    let is_part = short.len() >= 3 && long.windows(short.len()).any(|part| part == short);
    let distance = edit_distance(asked, name);
    let steps = if is_part { distance.min(1) } else { distance };
    (steps, distance)
}

/// Optimal string alignment distance, row by row.
fn edit_distance(one: &[char], other: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let changed = last[j] + usize::from(a != b);
            let mut least = changed.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                least = least.min(before_last[j - 1] + 1);
            }
            row.push(least);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distance(one: &str, other: &str) -> usize {
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        edit_distance(&letters(one), &letters(other))
    }

    #[test]
    fn a_swap_is_one_step_and_the_distance_is_symmetric() {
        for (one, other, steps) in [
            ("", "", 0),
            ("", "abc", 3),
            ("6082", "6082", 0),
            ("6028", "6082", 1),
            ("kitten", "sitting", 3),
            ("ca", "abc", 3),
            ("压铸件", "压铸", 1),
        ] {
            assert_eq!(distance(one, other), steps, "{one} {other}");
            assert_eq!(distance(other, one), steps, "{other} {one}");
        }
    }
}
