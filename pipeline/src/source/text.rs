//! Bytes → text, never lossy: a byte that means nothing is a finding with its place.

use std::borrow::Cow;

use encoding_rs::Encoding;

use crate::domain::{Finding, Severity};

/// Why bytes are not text.
#[derive(Debug)]
pub(super) struct DecodeFault {
    line: u64,
    message: String,
    hint: &'static str,
}

impl DecodeFault {
    pub(super) fn into_finding(self, path: &str) -> Finding {
        Finding {
            line: self.line,
            severity: Severity::Error,
            ..Finding::of_file(path, "encoding", self.message, self.hint)
        }
    }
}

/// Decodes as `label` says (an encoding of the WHATWG list); a byte order mark wins over it.
pub(super) fn decode<'a>(bytes: &'a [u8], label: &str) -> Result<Cow<'a, str>, DecodeFault> {
    let declared = Encoding::for_label(label.as_bytes()).ok_or_else(|| DecodeFault {
        line: 0,
        message: format!("the profile's encoding `{label}` is not known"),
        hint: "use a name such as utf-8, utf-16le, gb18030, shift_jis, windows-1252",
    })?;
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or((declared, 0));
    let body = &bytes[mark..];
    if encoding == encoding_rs::UTF_8 {
        return std::str::from_utf8(body)
            .map(Cow::Borrowed)
            .map_err(|error| {
                let offset = error.valid_up_to();
                let line = 1 + body[..offset].iter().filter(|&&byte| byte == b'\n').count() as u64;
                let value = body[offset];
                DecodeFault {
                    line,
                    message: format!(
                        "byte 0x{value:02X} at offset {} is not UTF-8",
                        offset + mark
                    ),
                    hint: "the file is in another encoding: declare it in the profile's `encoding`",
                }
            });
    }
    encoding
        .decode_without_bom_handling_and_without_replacement(body)
        .ok_or_else(|| DecodeFault {
            line: 0,
            message: format!("the file holds bytes that are not {}", encoding.name()),
            hint: "declare the file's real encoding in the profile's `encoding`",
        })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_read_or_refused_with_their_place() {
        assert_eq!(decode("\u{feff}炉号".as_bytes(), "utf-8").unwrap(), "炉号");
        assert_eq!(decode(&[0xFF, 0xFE, 0x41, 0x00], "utf-8").unwrap(), "A");
        assert_eq!(
            decode(&[0xC2, 0xAF, 0xBA, 0xC5], "gb18030").unwrap(),
            "炉号"
        );
        let fault = decode(b"a\nb\xE9c", "utf-8").unwrap_err();
        assert_eq!(
            (fault.line, fault.message.as_str()),
            (2, "byte 0xE9 at offset 3 is not UTF-8")
        );
        assert!(decode(b"a", "klingon").is_err());
    }
}
