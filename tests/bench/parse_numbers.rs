//! The floor of `tests/bench/reduce.py`: merely parses the numbers of CSV files, on all cores.
//!
//!     cargo run --release --example parse_numbers -- csv|bytes FILES…
//!
//! `csv` splits with the csv crate and parses with the standard library, as anybody would; `bytes` makes
//! numbers of digits in one pass over the bytes and knows nothing of quotes, exponents or bad cells.

use std::io::{Read as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Rows above the points.
const HEAD: usize = 2;

/// Sum of all numbers and how many there are.
type Seen = (f64, usize);

fn with_csv_crate(bytes: &[u8], numbers: &mut Vec<f64>) {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(bytes);
    let mut record = csv::ByteRecord::new();
    let mut row = 0;
    while reader.read_byte_record(&mut record).unwrap_or(false) {
        row += 1;
        if row > HEAD {
            numbers.extend(record.iter().filter_map(|cell| {
                std::str::from_utf8(cell)
                    .ok()
                    .and_then(|text| text.parse::<f64>().ok())
            }));
        }
    }
}

fn in_one_pass(bytes: &[u8], numbers: &mut Vec<f64>) {
    let mut lines = 0;
    let body = bytes.iter().position(|&byte| {
        lines += usize::from(byte == b'\n');
        lines == HEAD
    });
    let (mut mantissa, mut decimals, mut point, mut minus) = (0_u64, 0_usize, false, false);
    for &byte in &bytes[body.map_or(0, |at| at + 1)..] {
        match byte {
            b'0'..=b'9' => {
                mantissa = mantissa * 10 + u64::from(byte - b'0');
                decimals += usize::from(point);
            }
            b'.' => point = true,
            b'-' => minus = true,
            _ => {
                let size = mantissa as f64 / POWERS[decimals];
                numbers.push(if minus { -size } else { size });
                (mantissa, decimals, point, minus) = (0, 0, false, false);
            }
        }
    }
}

/// Powers of ten that are exact.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (how, files) = arguments
        .split_first()
        .map_or(("", &[][..]), |(how, files)| (how.as_str(), files));
    let parse = if how == "csv" {
        with_csv_crate
    } else {
        in_one_pass
    };
    let threads = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(files.len());
    let next = AtomicUsize::new(0);
    let (sum, count) = std::thread::scope(|scope| {
        let work = || -> std::io::Result<Seen> {
            let (mut sum, mut count) = (0.0, 0);
            let (mut bytes, mut numbers) = (Vec::new(), Vec::new());
            while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                bytes.clear();
                numbers.clear();
                std::fs::File::open(path)?.read_to_end(&mut bytes)?;
                parse(&bytes, &mut numbers);
                sum += numbers.iter().sum::<f64>();
                count += numbers.len();
            }
            Ok((sum, count))
        };
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running
            .into_iter()
            .try_fold((0.0, 0), |(sum, count), thread| {
                let seen = thread
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
                Ok::<Seen, std::io::Error>((sum + seen.0, count + seen.1))
            })
    })?;
    writeln!(std::io::stdout(), "{count} numbers, sum {sum:.3}")
}
