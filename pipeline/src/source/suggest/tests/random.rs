//! Random files: no panic, and whatever is proposed is a profile.

use proptest::prelude::*;

use super::{SuggestError, bench};

/// Pieces of exports, so that random files come near to real ones.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("Heat".to_owned()),
        Just("Specimen".to_owned()),
        Just("Rm [MPa]".to_owned()),
        Just("Strain".to_owned()),
        Just("Stress".to_owned()),
        Just("Si".to_owned()),
        Just("Fe".to_owned()),
        Just("Cu %".to_owned()),
        Just("\"".to_owned()),
        Just("MPa".to_owned()),
        Just("1,5".to_owned()),
        Just("1.234".to_owned()),
        Just("<0.001".to_owned()),
        Just("03/04/2026".to_owned()),
        Just("Mean".to_owned()),
        ".{0,6}",
    ];
    let delimiter = prop_oneof![Just(";"), Just(","), Just("\t"), Just("\n"), Just(" : ")];
    prop::collection::vec((piece, delimiter), 0..60).prop_map(|parts| {
        parts
            .into_iter()
            .map(|(piece, by)| format!("{piece}{by}"))
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic_and_every_proposal_is_a_profile(text in pieces(), name in ".{0,12}") {
        let bench = bench();
        if let Ok(found) = bench.suggest(&name, text.as_bytes()) {
            bench.profile(&found);
        } else if let Err(error) = bench.suggest(&name, text.as_bytes()) {
            prop_assert!(!matches!(error, SuggestError::Unsound { .. }), "{error}\n{text}");
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Err(error) = bench().suggest("a.csv", &bytes) {
            prop_assert!(!matches!(error, SuggestError::Unsound { .. }), "{error}");
        }
    }
}
