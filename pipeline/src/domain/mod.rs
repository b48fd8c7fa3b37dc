//! The words of the trade as types: grades, properties, elements, units, scrap classes, findings.
//!
//! This room does no IO and knows no heavy crate; every other room may use it and it uses none of them.

pub mod element;
pub mod finding;
pub mod grade;
pub mod property;
pub mod rounding;
pub mod scrap;
pub mod source_class;
pub mod unit;

pub use element::Element;
pub use finding::{Finding, Severity};
pub use grade::Grade;
pub use property::Property;
pub use scrap::ScrapDefinition;
pub use source_class::SourceClass;
pub use unit::Unit;

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 of some bytes, in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex(&sha2::Sha256::digest(bytes))
}

/// SHA-256 of everything a reader gives, in hexadecimal digits.
///
/// # Errors
/// When the reader fails.
pub fn sha256_of(mut reader: impl std::io::Read) -> std::io::Result<String> {
    use sha2::Digest as _;
    let mut hash = sha2::Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(hex(&hash.finalize())),
            read => hash.update(&buffer[..read]),
        }
    }
}
