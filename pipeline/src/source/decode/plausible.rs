//! Which of several encodings makes sense of some bytes.
//!
//! Two kinds of evidence count: how ordinary the characters beyond ASCII are in their place (a common
//! Chinese character, a letter with an accent between letters, a degree sign behind a number), and
//! whether words of the trade turn up.

use encoding_rs::Encoding;

/// A reading at least this plausible is a candidate; 1 is "every character is ordinary".
const PLAUSIBLE: f64 = 0.5;

/// Bytes that are looked at; a text's head and first rows say what its language is.
const JUDGED_BYTES: usize = 65_536;

/// Words of laboratory files whose letters lie beyond ASCII, as evidence for an encoding.
const WORDS: &[&str] = &[
    // Chinese
    "炉号",
    "试样",
    "样品",
    "编号",
    "强度",
    "伸长率",
    "延伸率",
    "牌号",
    "状态",
    "抗拉",
    "屈服",
    "日期",
    "合金",
    "元素",
    "平均",
    "试验",
    "厚度",
    "温度",
    "截面",
    "标距",
    "含量",
    "检测",
    "材料",
    "批号",
    "时间",
    "位移",
    "应力",
    "应变",
    "硅",
    "铁",
    "铜",
    "锰",
    "镁",
    "锌",
    // Japanese
    "試験",
    "引張",
    "応力",
    "ひずみ",
    "ストローク",
    "単位",
    "名前",
    "試験力",
    "最大",
    "回数",
    "時間",
    "変位",
    "ｻｲｸﾙ",
    "伸び",
    "耐力",
    "厚さ",
    "幅",
    "平均値",
    "サイクル",
    // French
    "éprouvette",
    "épaisseur",
    "opérateur",
    "contrainte à",
    "résistance",
    "déformation",
    "température",
    "désignation",
    "diamètre",
    "matière",
    "coulée",
    "première",
    "à la rupture",
    "élasticité",
    // German
    "prüf",
    "dehnung",
    "länge",
    "brucheinschnürung",
    "höchstkraft",
    "zugversuch",
    "schmelze",
    "für",
    "größe",
    "durchmesser",
    "wärme",
    // Polish, Czech, Hungarian
    "wytrzymałość",
    "granica plastyczności",
    "wydłużenie",
    "próbka",
    "próba",
    "średnica",
    "grubość",
    "zwężenie",
    "pevnost",
    "mez kluzu",
    "tažnost",
    "vzorek",
    "číslo",
    "zkouška",
    "tloušťka",
    "průměr",
    "napětí",
    "prodloužení",
    "szakítószilárdság",
    "folyáshatár",
    "nyúlás",
    "próbatest",
    "hőmérséklet",
    "átmérő",
    "vastagság",
    "erő",
];

/// One reading of the bytes, judged.
pub(super) struct Judged {
    text: String,
    encoding: &'static Encoding,
    plausibility: f64,
    words: usize,
    /// Every character beyond ASCII with its points, in an encoding of one byte a character.
    characters: Vec<(char, f64)>,
}

/// UTF-16 without a byte order mark: in a text with ASCII in it, every other byte is then 0.
pub(super) fn utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(4096)];
    if bytes.len() < 4 || bytes.len() % 2 == 1 {
        return None;
    }
    let zeros = |offset: usize| {
        head.iter()
            .skip(offset)
            .step_by(2)
            .filter(|&&byte| byte == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    let many = |count: usize| 10 * count >= head.len() / 2;
    match (even, odd) {
        (0, odd) if many(odd) => Some(encoding_rs::UTF_16LE),
        (even, 0) if many(even) => Some(encoding_rs::UTF_16BE),
        _ => None,
    }
}

/// Judges `text`, which is `bytes` read in `encoding`.
pub(super) fn judge(
    bytes: &[u8],
    text: String,
    encoding: &'static Encoding,
    words: &[&str],
) -> Judged {
    let head = &bytes[..bytes.len().min(JUDGED_BYTES)];
    let mut single = Vec::new();
    let (points, characters) = if encoding == encoding_rs::GB18030 {
        gb18030(head)
    } else if encoding == encoding_rs::SHIFT_JIS {
        shift_jis(head)
    } else {
        single = single_byte(&text);
        (
            single.iter().map(|(_, points)| points).sum(),
            single.len() as f64,
        )
    };
    let lower = text.to_lowercase();
    let found = |word: &&&str| !word.is_ascii() && lower.contains(&word.to_lowercase());
    let words = WORDS.iter().filter(found).count() + words.iter().filter(found).count();
    Judged {
        text,
        encoding,
        plausibility: if characters > 0.0 {
            points / characters
        } else {
            0.0
        },
        words,
        characters: single,
    }
}

/// The one reading to take, or the names of those that there is no telling apart.
pub(super) fn choose(
    readings: Vec<Judged>,
) -> Result<(String, &'static Encoding), Vec<&'static str>> {
    let mut plausible: Vec<Judged> = readings
        .into_iter()
        .filter(|reading| reading.plausibility >= PLAUSIBLE)
        .collect();
    if plausible.iter().any(|reading| reading.words > 0) {
        plausible.retain(|reading| reading.words > 0);
        // Words of one encoding can turn up in another by chance, but not as many.
        let most = plausible
            .iter()
            .map(|reading| reading.words)
            .max()
            .unwrap_or(0);
        plausible.retain(|reading| 3 * reading.words > most);
    }
    let Some(first) = plausible.first() else {
        return Err(Vec::new());
    };
    if plausible.iter().any(|reading| reading.text != first.text) {
        // A far more ordinary reading needs no word to speak for it.
        let most = plausible
            .iter()
            .map(|reading| (reading.words, reading.plausibility))
            .fold((0, 0.0), |most: (usize, f64), next| {
                (most.0.max(next.0), most.1.max(next.1))
            });
        plausible.retain(|reading| {
            2 * reading.words > most.0 || (most.0 == 0 && reading.plausibility > most.1 - 0.4)
        });
    }
    if let [a, b] = plausible.as_slice()
        && let Some(better) = better_single_byte(a, b)
    {
        plausible.swap(0, better);
        plausible.truncate(1);
    }
    match plausible.as_slice() {
        [first, rest @ ..] if rest.iter().all(|other| other.text == first.text) => {
            let first = plausible.swap_remove(0);
            Ok((first.text, first.encoding))
        }
        several => Err(several
            .iter()
            .map(|reading| reading.encoding.name())
            .collect()),
    }
}

/// Points and number of the characters beyond ASCII. The first level of GB 2312 holds the 3755 most
/// common Chinese characters, its first rows the signs; what lies outside GB 2312 is rare in any text.
fn gb18030(bytes: &[u8]) -> (f64, f64) {
    let (mut points, mut characters) = (0.0, 0.0);
    let mut at = 0;
    while let Some(&lead) = bytes.get(at) {
        if lead < 0x80 {
            at += 1;
            continue;
        }
        let trail = bytes.get(at + 1).copied().unwrap_or(0xA1);
        characters += 1.0;
        points += match (lead, trail) {
            (0xB0..=0xD7, 0xA1..=0xFE) => 1.0,
            (0xA1..=0xA9, 0xA1..=0xFE) => 0.8,
            (0xD8..=0xF7, 0xA1..=0xFE) => 0.2,
            _ => -1.5,
        };
        at += if (0x30..=0x39).contains(&trail) { 4 } else { 2 };
    }
    (points, characters)
}

/// The same for Shift-JIS: kana and the first level of JIS X 0208 are common; a half-width kana by
/// itself, between ASCII, is more likely an accented letter of another encoding.
fn shift_jis(bytes: &[u8]) -> (f64, f64) {
    let (mut points, mut characters) = (0.0, 0.0);
    let half = |byte: Option<&u8>| byte.is_some_and(|byte| (0xA1..=0xDF).contains(byte));
    let mut at = 0;
    while let Some(&lead) = bytes.get(at) {
        if lead < 0x80 {
            at += 1;
            continue;
        }
        characters += 1.0;
        if half(Some(&lead)) {
            let before = at.checked_sub(1).and_then(|before| bytes.get(before));
            points += if half(before) || half(bytes.get(at + 1)) {
                0.5
            } else {
                -1.5
            };
            at += 1;
            continue;
        }
        let trail = bytes.get(at + 1).copied().unwrap_or(0x40);
        points += match (lead, trail) {
            (0x82, 0x9F..=0xF1) | (0x83, 0x40..=0x96) => 1.0,
            (0x81, 0x40..=0xAC) | (0x82, 0x4F..=0x9A) | (0x83, 0x9F..=0xD6) => 0.8,
            (0x88, 0x9F..=0xFC) | (0x89..=0x97, _) | (0x98, 0x40..=0x72) => 1.0,
            (0x98..=0x9F | 0xE0..=0xEA, _) => 0.0,
            _ => -1.5,
        };
        at += 2;
    }
    (points, characters)
}

/// The better of two readings with one byte a character, by the characters in which they differ: the
/// one that is ordinary there while the other is not.
fn better_single_byte(a: &Judged, b: &Judged) -> Option<usize> {
    if a.characters.len() != b.characters.len() {
        return None;
    }
    let (mut points_a, mut points_b) = (0.0, 0.0);
    for ((in_a, of_a), (in_b, of_b)) in a.characters.iter().zip(&b.characters) {
        if in_a != in_b {
            points_a += of_a;
            points_b += of_b;
        }
    }
    match (points_a > 0.0, points_b > 0.0) {
        (true, false) => Some(0),
        (false, true) => Some(1),
        _ => None,
    }
}

/// The characters beyond ASCII of a text with one byte a letter, with their points: accented letters
/// stand beside letters, and signs beside numbers.
fn single_byte(text: &str) -> Vec<(char, f64)> {
    let mut judged = Vec::new();
    let mut before = [' ', ' '];
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if !c.is_ascii() {
            let after = rest.peek().copied().unwrap_or(' ');
            judged.push((c, points_in_place(c, before, after)));
        }
        before = [before[1], c];
    }
    judged
}

fn points_in_place(c: char, [two_before, before]: [char; 2], after: char) -> f64 {
    let in_run = !before.is_ascii() && (!after.is_ascii() || !two_before.is_ascii());
    let between_letters = before.is_alphabetic() && after.is_alphabetic();
    match c {
        '°' | '²' | '³' | 'µ' | '±' | '·' | '×' | '§' | '«' | '»' | '“' | '”' | '„' | '’' | '–'
        | '—' | '…' | '‰' | '€' | '™' | '®' | '©' | '½' | '¼' | '\u{a0}' => {
            if in_run || (between_letters && c != '’') {
                -1.0
            } else {
                0.9
            }
        }
        // Letters of the two alphabets that hardly any word holds.
        'ª' | 'º' | 'ŕ' | 'ĺ' | 'Ŕ' | 'Ĺ' | 'ƒ' => -1.0,
        _ if c.is_alphabetic() => {
            let shouts_inside = c.is_uppercase() && before.is_lowercase();
            let beside_letter = before.is_alphabetic() || after.is_alphabetic();
            if in_run || shouts_inside || !beside_letter {
                -1.0
            } else {
                1.0
            }
        }
        _ => -1.0,
    }
}
