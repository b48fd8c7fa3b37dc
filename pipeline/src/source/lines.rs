//! Where the lines of a text end: at `\n`, `\r\n` or a lone `\r`.

/// Where the line that holds `start` ends, and where the next one begins: `\n`, `\r\n` or a lone `\r`.
pub(super) fn line_end(text: &str, start: usize) -> (usize, usize) {
    let bytes = text.as_bytes();
    let Some(at) = memchr::memchr2(b'\n', b'\r', &bytes[start..]) else {
        return (text.len(), text.len());
    };
    let end = start + at;
    let both = bytes[end] == b'\r' && bytes.get(end + 1) == Some(&b'\n');
    (end, end + 1 + usize::from(both))
}

/// The last bytes of the line ends of a text that does not end between `\r` and `\n`.
pub(super) fn line_ends(bytes: &[u8]) -> impl Iterator<Item = usize> {
    memchr::memchr2_iter(b'\n', b'\r', bytes)
        .filter(|&at| bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n'))
}

/// How many there are of them.
pub(super) fn count_line_ends(bytes: &[u8]) -> u64 {
    let count = if memchr::memchr(b'\r', bytes).is_none() {
        memchr::memchr_iter(b'\n', bytes).count()
    } else {
        line_ends(bytes).count()
    };
    count as u64
}

/// Where a line, counted from 1, begins in a text; its end where it has no such line.
pub(super) fn start_of_line(text: &str, line: u64) -> usize {
    let before = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
    match before {
        0 => 0,
        before => line_ends(text.as_bytes())
            .nth(before - 1)
            .map_or(text.len(), |at| at + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_the_same_with_every_line_end() {
        for text in [
            "",
            "a",
            "a\nb\n",
            "a\r\nb\r\n",
            "a\rb\r",
            "\n\r\n\r\r\n",
            "a\r\n\nb\rc",
        ] {
            let count = count_line_ends(text.as_bytes());
            assert_eq!(count, line_ends(text.as_bytes()).count() as u64, "{text:?}");
            assert_eq!(start_of_line(text, 1), 0);
            assert_eq!(start_of_line(text, count + 2), text.len(), "{text:?}");
        }
        assert_eq!(start_of_line("a\r\nb\rc", 2), 3);
        assert_eq!(start_of_line("a\r\nb\rc", 3), 5);
    }
}
