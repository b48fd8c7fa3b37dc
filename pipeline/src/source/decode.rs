//! Bytes → text, never lossy: a byte that means nothing is a fault with its place, and an encoding
//! that cannot be told is a fault that names the candidates.

mod plausible;

use std::borrow::Cow;

use encoding_rs::{DecoderResult, Encoding};

use crate::domain::{Finding, Severity};

/// Encodings that are tried when none is declared and the bytes are not Unicode.
///
/// ISO-8859-1 is read as windows-1252, which has the same letters and more signs.
const CANDIDATES: [&Encoding; 4] = [
    encoding_rs::GB18030,
    encoding_rs::SHIFT_JIS,
    encoding_rs::WINDOWS_1252,
    encoding_rs::WINDOWS_1250,
];

/// A decoded text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded<'b> {
    /// The text, without a byte order mark; the bytes themselves where they are UTF-8.
    pub text: Cow<'b, str>,
    /// The encoding's WHATWG name.
    pub encoding: &'static str,
    /// Whether the encoding was told from the bytes rather than declared.
    pub detected: bool,
}

/// Why bytes are not text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeFault {
    /// Line of the byte, from 1; 0 where the fault is about the file.
    pub line: u64,
    /// Offset of the byte in the file, from 0.
    pub offset: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl DecodeFault {
    /// The fault as a finding about `path`.
    pub(super) fn into_finding(self, path: &str) -> Finding {
        Finding {
            line: self.line,
            severity: Severity::Error,
            ..Finding::of_file(path, "encoding", self.message, &self.hint)
        }
    }
}

/// Decodes as declared (a WHATWG label) or, with `auto`, as the bytes themselves tell.
///
/// # Errors
/// The first byte that means nothing in the encoding, or why the encoding cannot be told.
pub fn decode<'b>(bytes: &'b [u8], encoding: &str) -> Result<Decoded<'b>, Box<DecodeFault>> {
    decode_with(bytes, encoding, &[])
}

/// Like [`decode`]; `words` are texts that the file is expected to hold, which settle a doubt.
///
/// A byte order mark wins over everything. Without one, `auto` takes UTF-16 when every other byte of
/// an ASCII text is 0, UTF-8 when the bytes are valid UTF-8, and else the one encoding that reads the
/// bytes as plausible text; when several do, the one in which expected words are found. No such one:
/// a fault.
pub(super) fn decode_with<'b>(
    bytes: &'b [u8],
    encoding: &str,
    words: &[&str],
) -> Result<Decoded<'b>, Box<DecodeFault>> {
    let auto = encoding == "auto";
    let declared = Encoding::for_label(encoding.as_bytes());
    if let Some((marked, mark)) = Encoding::for_bom(bytes) {
        let text = strict(bytes, mark, marked)?;
        return Ok(Decoded {
            text,
            encoding: marked.name(),
            detected: declared != Some(marked),
        });
    }
    let decoded = |text, encoding: &'static Encoding| Decoded {
        text,
        encoding: encoding.name(),
        detected: auto,
    };
    if let Some(declared) = declared {
        return Ok(decoded(strict(bytes, 0, declared)?, declared));
    }
    if !auto {
        return Err(Box::new(DecodeFault {
            line: 0,
            offset: 0,
            message: format!("the profile's encoding `{encoding}` is not known"),
            hint: "use auto, or a name such as utf-8, utf-16le, gb18030, shift_jis, windows-1252"
                .to_owned(),
        }));
    }
    if let Some(wide) = plausible::utf16(bytes) {
        return Ok(decoded(strict(bytes, 0, wide)?, wide));
    }
    let not_unicode = match strict(bytes, 0, encoding_rs::UTF_8) {
        Ok(text) => return Ok(decoded(text, encoding_rs::UTF_8)),
        Err(fault) => fault,
    };
    let readings: Vec<plausible::Judged> = CANDIDATES
        .iter()
        .filter_map(|&candidate| {
            let text = strict(bytes, 0, candidate).ok()?.into_owned();
            Some(plausible::judge(bytes, text, candidate, words))
        })
        .collect();
    match plausible::choose(readings) {
        Ok((text, encoding)) => Ok(decoded(Cow::Owned(text), encoding)),
        Err(candidates) if candidates.is_empty() => Err(Box::new(DecodeFault {
            message: format!(
                "{}, nor plausible text in any encoding tried",
                not_unicode.message
            ),
            hint: "is it a text file? if so, declare the profile's `encoding`".to_owned(),
            ..*not_unicode
        })),
        Err(candidates) => Err(Box::new(DecodeFault {
            message: format!(
                "{}, and the text makes sense as {}",
                not_unicode.message,
                candidates.join(" and as ")
            ),
            hint: "declare the right one in the profile's `encoding`".to_owned(),
            ..*not_unicode
        })),
    }
}

/// Decodes everything behind the byte order mark, or names the first byte that means nothing.
fn strict<'b>(
    bytes: &'b [u8],
    mark: usize,
    encoding: &'static Encoding,
) -> Result<Cow<'b, str>, Box<DecodeFault>> {
    let body = &bytes[mark..];
    let fault = |offset: usize, before: &str| {
        let offset = mark + offset;
        let value = bytes.get(offset).copied().unwrap_or_default();
        Box::new(DecodeFault {
            line: 1 + before.matches('\n').count() as u64,
            offset,
            message: format!("byte 0x{value:02X} at offset {offset} is not {}", encoding.name()),
            hint: "the file is in another encoding, or damaged: declare the right one in the profile's `encoding`"
                .to_owned(),
        })
    };
    if encoding == encoding_rs::UTF_8 {
        return match std::str::from_utf8(body) {
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(error) => {
                let valid = error.valid_up_to();
                Err(fault(valid, &String::from_utf8_lossy(&body[..valid])))
            }
        };
    }
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let room = decoder
        .max_utf8_buffer_length_without_replacement(body.len())
        .unwrap_or(body.len());
    let mut text = String::with_capacity(room);
    let (result, read) = decoder.decode_to_string_without_replacement(body, &mut text, true);
    if let DecoderResult::Malformed(length, after) = result {
        let offset = read.saturating_sub(usize::from(length) + usize::from(after));
        return Err(fault(offset, &text));
    }
    // The single-byte encodings give every byte a meaning, some of them a control code of no use in
    // any text: such a byte says that the encoding is another one.
    if encoding.is_single_byte()
        && let Some(at) = text
            .chars()
            .position(|c| ('\u{80}'..='\u{9f}').contains(&c))
    {
        let before: String = text.chars().take(at).collect();
        return Err(fault(at, &before));
    }
    Ok(Cow::Owned(text))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn encoded(text: &str, encoding: &'static Encoding) -> Vec<u8> {
        let (bytes, _, lossy) = encoding.encode(text);
        assert!(!lossy, "{text}");
        bytes.into_owned()
    }

    fn wide(text: &str, little: bool) -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|unit| {
                if little {
                    unit.to_le_bytes()
                } else {
                    unit.to_be_bytes()
                }
            })
            .collect()
    }

    #[test]
    fn declared_encodings_are_read_or_refused_with_their_place() {
        let text = |bytes: &[u8], label: &str| decode(bytes, label).unwrap().text.into_owned();
        assert_eq!(text("\u{feff}炉号".as_bytes(), "utf-8"), "炉号");
        assert_eq!(text(&[0xFF, 0xFE, 0x41, 0x00], "utf-8"), "A");
        assert_eq!(text(&[0xFE, 0xFF, 0x00, 0x41], "auto"), "A");
        assert_eq!(text(&wide("a,é", false), "utf-16be"), "a,é");
        assert_eq!(text(&[0xC2, 0xAF, 0xBA, 0xC5], "gb18030"), "炉号");
        assert_eq!(text(&[0x8E, 0x8E, 0x8C, 0xB1], "shift_jis"), "試験");
        assert_eq!(text(b"\xE9", "iso-8859-1"), "é");
        assert_eq!(text(b"\xB3", "windows-1250"), "ł");
        for (bytes, label, line, offset) in [
            (&b"a\nb\xE9c"[..], "utf-8", 2, 3),
            (b"\xEF\xBB\xBFa\nb\xE9c", "utf-8", 2, 6),
            (b"ab\n\xC2\x00", "gb18030", 2, 3),
            (b"ab\n\x81", "shift_jis", 2, 3),
            (b"ab\n\x81", "windows-1252", 2, 3),
            (b"a\0b", "utf-16le", 1, 2),
        ] {
            let fault = decode(bytes, label).unwrap_err();
            assert_eq!(
                (fault.line, fault.offset),
                (line, offset),
                "{label}: {}",
                fault.message
            );
        }
        assert!(
            decode(b"a", "klingon")
                .unwrap_err()
                .message
                .contains("klingon")
        );
    }

    #[test]
    fn encodings_are_told_from_the_bytes() {
        let chinese = "炉号,试样编号,抗拉强度(MPa),断后伸长率\nH1,硅,245,3.5\n";
        let japanese = "試験片名,最大点_試験力,ｻｲｸﾙ回数\nA1,12.5,1\n";
        let french =
            "\"Épaisseur éprouvette\",1,\"mm\"\n\"Section\",5.96,\"mm²\"\n\"Opérateur\",\"\"\n";
        let german = "Prüfmaschine\tM33\nAnfangsmesslänge\t25\nBrucheinschnürung\t88\t°C\n";
        let polish = "Wytrzymałość na rozciąganie;Granica plastyczności;Wydłużenie\n1;2;3\n";
        for (text, encoding) in [
            (chinese, encoding_rs::GB18030),
            (japanese, encoding_rs::SHIFT_JIS),
            (french, encoding_rs::WINDOWS_1252),
            (german, encoding_rs::WINDOWS_1252),
            (polish, encoding_rs::WINDOWS_1250),
            (chinese, encoding_rs::UTF_8),
        ] {
            let bytes = encoded(text, encoding);
            let decoded = decode(&bytes, "auto").unwrap();
            assert_eq!(decoded.text, text, "{}", encoding.name());
            assert!(decoded.detected);
        }
        for little in [true, false] {
            let bytes = wide(chinese, little);
            let decoded = decode(&bytes, "auto").unwrap();
            assert_eq!(decoded.text, chinese);
        }
        assert_eq!(decode(b"a\0,b\n1,2\n", "auto").unwrap().encoding, "UTF-8");
    }

    #[test]
    fn a_doubt_is_a_fault_that_names_the_candidates() {
        // `è` of windows-1252 is `č` of windows-1250, and both stand between letters all the time.
        let fault = decode(b"a;b\ntr\xE8s;1\n", "auto").unwrap_err();
        assert!(
            fault.message.contains("windows-1252") && fault.message.contains("windows-1250"),
            "{}",
            fault.message
        );
        assert_eq!((fault.line, fault.offset), (2, 6));
        let decoded = decode_with(b"a;b\ntr\xE8s;1\n", "auto", &["très"]).unwrap();
        assert_eq!(decoded.encoding, "windows-1252");
        let noise: Vec<u8> = (0..2000u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect();
        assert!(decode(&noise, "auto").is_err());
    }
}
