//! Published and independently computed answers, and comparisons that prove they can fail.

use serde_json::Value;

const TEXT: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../tests/reference/tolerance.json"
));

/// How far an answer may be from its reference.
#[derive(Clone, Copy, Debug)]
pub(super) enum Tolerance {
    /// In the units of the value.
    Absolute(f64),
    /// As a share of the value.
    Relative(f64),
}

impl Tolerance {
    fn width(self, expected: f64) -> f64 {
        match self {
            Tolerance::Absolute(width) => width,
            Tolerance::Relative(share) => share * expected.abs(),
        }
    }
}

/// One block of the reference file, which must name its source.
pub(super) fn block(name: &str) -> Value {
    let file: Value = serde_json::from_str(TEXT).expect("the reference file is JSON");
    checked(name, file[name].clone())
}

/// A reference file that is one block.
pub(super) fn whole(name: &str, text: &str) -> Value {
    let file: Value = serde_json::from_str(text).expect("the reference file is JSON");
    checked(name, file)
}

fn checked(name: &str, block: Value) -> Value {
    assert!(
        block["source"].is_string(),
        "reference block {name} names no source"
    );
    assert!(
        block["tolerance_reason"].is_string(),
        "reference block {name} justifies no tolerance"
    );
    block
}

/// The tolerance a block declares.
pub(super) fn tolerance(block: &Value) -> Tolerance {
    match (
        block["tolerance_absolute"].as_f64(),
        block["tolerance_relative"].as_f64(),
    ) {
        (Some(width), None) => Tolerance::Absolute(width),
        (None, Some(share)) => Tolerance::Relative(share),
        _ => panic!("a block declares one tolerance"),
    }
}

/// A number of the reference file.
pub(super) fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is not a number"))
}

fn close(actual: f64, expected: f64, tolerance: Tolerance) -> bool {
    (actual - expected).abs() <= tolerance.width(expected)
}

/// Asserts agreement, and that a reference off by ten tolerances to either side would not agree.
pub(super) fn assert_close(what: &str, actual: f64, expected: f64, tolerance: Tolerance) {
    assert!(
        close(actual, expected, tolerance),
        "{what}: {actual:e} where the reference has {expected:e} (off by {:e}, {tolerance:?})",
        actual - expected
    );
    for perturbation in [-10.0, 10.0] {
        let wrong = expected + perturbation * tolerance.width(expected);
        assert!(
            !close(actual, wrong, tolerance),
            "{what}: the comparison cannot fail"
        );
    }
}

/// Asserts that `actual` has at least `digits` correct significant digits.
pub(super) fn assert_digits(what: &str, actual: f64, exact: f64, digits: f64) {
    let tolerance = Tolerance::Relative(10.0_f64.powf(-digits));
    assert_close(what, actual, exact, tolerance);
}
