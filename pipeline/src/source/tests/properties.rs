//! What holds for any bytes.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::{Shipped, opening};
use crate::domain::Severity;
use crate::source::{Profile, SourceFile, read};

static SHIPPED: LazyLock<Shipped> = LazyLock::new(Shipped::new);
static PROFILES: LazyLock<Vec<Profile>> = LazyLock::new(|| profiles(&SHIPPED));

/// One profile of every layout, each as open as it can be.
fn profiles(shipped: &Shipped) -> Vec<Profile> {
    let any = "[match]\nfile_name = ''\n";
    let constants = "[constants]\nheat_id = \"H\"\nsample_id = \"S\"\n";
    [
        format!("{}{any}[format]\ndecimal = \".\"\ndelimiter = \",\"\n[constants]\nheat_id = \"H\"\n\
                 alloy = \"A\"\ntemper = \"F\"\nproduct_form = \"plate\"\n", opening("table", "tensile_tests")),
        format!("{}header.find = [\"Si\"]\n{any}{constants}[elements]\nunit = \"%\"\nburn = [\"B\"]\n\
                 [[skip_rows]]\npattern = '^M'\nchecked = true\n", opening("wide_chemistry", "oes_burns")),
        format!("{}header.rows = 3\n{any}{constants}[elements]\nunit = \"%\"\nelement = [\"a\", \"1\"]\nreplicates = '/./'\n",
                opening("element_rows", "oes_burns")),
        format!("{}{any}{constants}[elements]\nunit = \"%\"\n", opening("text_lines", "oes_burns")),
        format!("{}{any}[[head]]\nkey = \"a\"\nfield = \"thickness_mm\"\n", opening("curve", "tensile_curves")),
        format!("{}{any}[blocks]\nstart = 'a'\n", opening("blocks", "tensile_curves")),
        format!("{}{any}[blocks]\nrepeat = true\n", opening("blocks", "tensile_tests")),
    ]
    .iter()
    .map(|text| shipped.profile(text))
    .collect()
}

fn refused(file: &SourceFile) -> bool {
    file.findings
        .iter()
        .any(|finding| finding.severity == Severity::Error && finding.line == 0)
}

/// The data rows of a CSV with cells in quotes, counted one character at a time: rows with something in
/// them, less the header.
fn data_rows(text: &str) -> usize {
    let text: Vec<char> = text.chars().collect();
    let (mut rows, mut at) = (0, 0);
    while at < text.len() {
        let (mut filled, mut cell_begins) = (false, true);
        while at < text.len() && text[at] != '\n' {
            if cell_begins && text[at] == '"' {
                let mut close = at + 1;
                while close < text.len()
                    && (text[close] != '"' || text.get(close + 1) == Some(&'"'))
                {
                    close += if text[close] == '"' { 2 } else { 1 };
                }
                if close < text.len() {
                    filled |= text[at + 1..close].iter().any(|c| !c.is_whitespace());
                    at = close + 1;
                } else {
                    // Nothing closes it: text to the end of its line.
                    filled = true;
                    at += text[at..].iter().take_while(|c| **c != '\n').count();
                }
                cell_begins = false;
                continue;
            }
            cell_begins = text[at] == ',';
            filled |= !cell_begins && !text[at].is_whitespace();
            at += 1;
        }
        rows += usize::from(filled);
        at += 1;
    }
    rows - 1
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        for profile in PROFILES.iter() {
            let file = read(SHIPPED.reading(), profile, "x", "x", &bytes);
            prop_assert!(!bytes.is_empty() || refused(&file));
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "([aSi1,.;<>\"\t \n\r-]|Si|Rm|MPa|%|炉号|:|=){0,120}") {
        for profile in PROFILES.iter() {
            let file = read(SHIPPED.reading(), profile, "x", "x", text.as_bytes());
            if file.is_refused() && refused(&file) {
                prop_assert!(file.rows.values().all(crate::contract::Rows::is_empty));
            }
        }
    }

    #[test]
    fn every_row_is_counted_once(
        rows in prop::collection::vec("([a-c1-9.,<-]|\"[a-c1,\n]{0,4}\",){0,12}", 0..12),
    ) {
        let profile = &PROFILES[0];
        let text = format!("specimen_id,rm_mpa,a_pct\n{}\n", rows.join("\n"));
        let file = read(SHIPPED.reading(), profile, "x", "x", text.as_bytes());
        prop_assert!(!refused(&file), "{:?}", file.findings);
        prop_assert_eq!(file.rows_ok + file.rows_rejected, data_rows(&text), "{}", text);
        // Every rejected row is in the findings, by its line.
        let mut lines: Vec<u64> = file
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .map(|finding| finding.line)
            .collect();
        lines.dedup();
        prop_assert_eq!(lines.len(), file.rows_rejected);
        let stored = file.rows.get("tensile_tests").map_or(0, crate::contract::Rows::len);
        prop_assert_eq!(stored, file.rows_ok);
    }
}
