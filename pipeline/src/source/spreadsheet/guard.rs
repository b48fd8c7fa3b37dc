//! Looks at a workbook before a reader unpacks it or reserves memory for what it claims to hold.

use std::io::{Cursor, Read};

use super::SpreadsheetFault;
use crate::source::limits::Limits;

fn too_large(what: String) -> SpreadsheetFault {
    SpreadsheetFault::TooLarge(what)
}

fn corrupt(what: impl std::fmt::Display) -> SpreadsheetFault {
    SpreadsheetFault::Corrupt(what.to_string())
}

/// Checks an XLSX: first what its directory says of sizes, then, without keeping anything, what its
/// parts really unpack to, because a directory can lie.
pub(super) fn check_zip(bytes: &[u8], limits: &Limits) -> Result<(), SpreadsheetFault> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(corrupt)?;
    if archive.len() > limits.max_parts {
        return Err(too_large(format!(
            "{} files inside, more than {}",
            archive.len(),
            limits.max_parts
        )));
    }
    let mut total = 0u64;
    let mut is_xlsx = false;
    let mut is_binary = false;
    for index in 0..archive.len() {
        let part = archive.by_index_raw(index).map_err(corrupt)?;
        let name = part.name().map_err(corrupt)?.into_owned();
        match name.as_str() {
            "mimetype" => return Err(SpreadsheetFault::OtherKind("an OpenDocument file")),
            "[Content_Types].xml" => is_xlsx = true,
            name => is_binary |= name.ends_with("workbook.bin"),
        }
        total = total.saturating_add(part.size());
        check_ratio(&name, part.size(), part.compressed_size(), limits)?;
        if total > limits.max_unpacked_bytes {
            return Err(too_large(format!(
                "it unpacks to more than {} bytes",
                limits.max_unpacked_bytes
            )));
        }
    }
    if is_binary {
        return Err(SpreadsheetFault::OtherKind("a binary workbook (XLSB)"));
    }
    if !is_xlsx {
        return Err(SpreadsheetFault::OtherKind(
            "a ZIP archive, but no workbook",
        ));
    }
    let mut left = limits.max_unpacked_bytes;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(corrupt)?;
        let name = part.name().map_err(corrupt)?.into_owned();
        let (said, packed) = (part.size(), part.compressed_size());
        let mut start = Vec::new();
        let mut body = part.take(left.saturating_add(1));
        body.by_ref()
            .take(4096)
            .read_to_end(&mut start)
            .map_err(corrupt)?;
        let rest = std::io::copy(&mut body, &mut std::io::sink()).map_err(corrupt)?;
        let unpacked = start.len() as u64 + rest;
        check_ratio(&name, unpacked, packed, limits)?;
        if unpacked > left {
            return Err(too_large(format!(
                "it unpacks to more than {} bytes",
                limits.max_unpacked_bytes
            )));
        }
        if unpacked != said {
            return Err(corrupt(format!(
                "{name} is not as long as the directory says"
            )));
        }
        left -= unpacked;
        if name.ends_with("sharedStrings.xml") {
            check_string_count(&start, unpacked)?;
        }
    }
    Ok(())
}

fn check_ratio(
    name: &str,
    unpacked: u64,
    packed: u64,
    limits: &Limits,
) -> Result<(), SpreadsheetFault> {
    if unpacked >= limits.ratio_counts_from_bytes && unpacked / packed.max(1) > limits.max_ratio {
        return Err(too_large(format!(
            "{name} unpacks to more than {} times its size",
            limits.max_ratio
        )));
    }
    Ok(())
}

/// The reader reserves room for as many strings as the part claims; each takes five bytes at least.
fn check_string_count(start: &[u8], size: u64) -> Result<(), SpreadsheetFault> {
    let start = String::from_utf8_lossy(start);
    for claim in start.split("uniqueCount").skip(1) {
        let digits: String = claim
            .chars()
            .skip_while(|c| !c.is_ascii_digit())
            .take_while(char::is_ascii_digit)
            .collect();
        if digits
            .parse::<u64>()
            .map_or(!digits.is_empty(), |count| count > size / 5 + 1)
        {
            return Err(corrupt("it claims more strings than it can hold"));
        }
    }
    Ok(())
}

const FREE_SECTORS: u32 = 0xFFFF_FFFA;

/// Checks an XLS: the rectangles that its sheets span, as its records say, must stay below the limit.
pub(super) fn check_xls(bytes: &[u8], limits: &Limits) -> Result<(), SpreadsheetFault> {
    let compound = Compound::open(bytes)?;
    if compound.has("EncryptedPackage") {
        return Err(SpreadsheetFault::Encrypted);
    }
    let Some(stream) = compound.stream(&["Workbook", "Book"])? else {
        return Err(SpreadsheetFault::OtherKind(
            "an old Office document, but no workbook",
        ));
    };
    let mut starts = Vec::new();
    for (kind, body) in Records::new(&stream, 0) {
        if kind == 0x0085 {
            starts.push(read_u32(body, 0).unwrap_or(u32::MAX) as usize);
        }
        if kind == 0x000A {
            break;
        }
    }
    if starts.len() > limits.max_sheets {
        return Err(too_large(format!("{} sheets", starts.len())));
    }
    let mut cells = 0u64;
    for start in starts {
        if start > stream.len() {
            return Err(corrupt("a sheet begins behind the end of the file"));
        }
        cells = cells.saturating_add(cells_of_sheet(&stream, start));
        if cells > limits.max_cells {
            return Err(too_large("its sheets span too many cells".to_owned()));
        }
    }
    Ok(())
}

/// Cells of the rectangle that a sheet claims, or that its cells span, whichever is larger.
fn cells_of_sheet(stream: &[u8], start: usize) -> u64 {
    let mut claimed = 0u64;
    let (mut top, mut bottom, mut left, mut right) = (u64::MAX, 0, u64::MAX, 0);
    let mut depth = 0u32;
    for (kind, body) in Records::new(stream, start) {
        match kind {
            0x0809 => depth += 1,
            0x000A if depth <= 1 => break,
            0x000A => depth -= 1,
            // DIMENSIONS: rows as two numbers of 4 bytes (2 before 1997), columns of 2 bytes each.
            0x0200 => {
                let wide = body.len() >= 12;
                let number = |at: usize| u64::from(read_u32(body, at).unwrap_or(0));
                let short = |at: usize| u64::from(read_u16(body, at).unwrap_or(0));
                let (from, to, first, last) = if wide {
                    (number(0), number(4), short(8), short(10))
                } else {
                    (short(0), short(2), short(4), short(6))
                };
                let area = (to.saturating_sub(from) + 1) * (last.saturating_sub(first) + 1);
                claimed = claimed.max(area);
            }
            // NUMBER, LABEL, BOOLERR, RK, LABELSST, MULRK, RSTRING, FORMULA
            0x0203 | 0x0204 | 0x0205 | 0x027E | 0x00FD | 0x00BD | 0x00D6 | 0x0006 => {
                let (Some(row), Some(column)) = (read_u16(body, 0), read_u16(body, 2)) else {
                    continue;
                };
                let (row, column) = (u64::from(row), u64::from(column));
                let last = if kind == 0x00BD {
                    column + body.len() as u64 / 6
                } else {
                    column
                };
                (top, bottom) = (top.min(row), bottom.max(row));
                (left, right) = (left.min(column), right.max(last));
            }
            _ => {}
        }
    }
    let spanned = if top > bottom {
        0
    } else {
        (bottom - top + 1) * (right - left + 1)
    };
    claimed.max(spanned)
}

/// The records of a BIFF stream: kind, body.
struct Records<'s> {
    stream: &'s [u8],
    at: usize,
}

impl<'s> Records<'s> {
    fn new(stream: &'s [u8], at: usize) -> Records<'s> {
        Records { stream, at }
    }
}

impl<'s> Iterator for Records<'s> {
    type Item = (u16, &'s [u8]);

    fn next(&mut self) -> Option<(u16, &'s [u8])> {
        let kind = read_u16(self.stream, self.at)?;
        let length = usize::from(read_u16(self.stream, self.at + 2)?);
        let body = self.stream.get(self.at + 4..self.at + 4 + length)?;
        self.at += 4 + length;
        Some((kind, body))
    }
}

fn read_u16(bytes: &[u8], at: usize) -> Option<u16> {
    let two = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(two.try_into().ok()?))
}

fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(four.try_into().ok()?))
}

/// A compound file (MS-CFB), as far as it takes to find one stream.
struct Compound<'b> {
    bytes: &'b [u8],
    sector: usize,
    fat: Vec<u32>,
    directory: Vec<u8>,
    small_below: u32,
}

impl<'b> Compound<'b> {
    fn open(bytes: &'b [u8]) -> Result<Compound<'b>, SpreadsheetFault> {
        let damaged = || corrupt("its compound file header makes no sense");
        let shift = read_u16(bytes, 30).ok_or_else(damaged)?;
        if shift != 9 && shift != 12 {
            return Err(damaged());
        }
        let mut compound = Compound {
            bytes,
            sector: 1 << shift,
            fat: Vec::new(),
            directory: Vec::new(),
            small_below: read_u32(bytes, 56).ok_or_else(damaged)?,
        };
        // The first 109 sectors of the allocation table stand in the header, the rest in a chain.
        let mut table: Vec<u32> = (0..109)
            .filter_map(|entry| read_u32(bytes, 76 + 4 * entry))
            .collect();
        let mut next = read_u32(bytes, 68).ok_or_else(damaged)?;
        let sectors = bytes.len() / compound.sector + 1;
        for _ in 0..sectors {
            if next >= FREE_SECTORS {
                break;
            }
            let mut entries = words(compound.sector_bytes(next).ok_or_else(damaged)?);
            next = entries.pop().ok_or_else(damaged)?;
            table.extend(entries);
        }
        for id in table
            .into_iter()
            .filter(|&id| id < FREE_SECTORS)
            .take(sectors)
        {
            let entries = words(compound.sector_bytes(id).ok_or_else(damaged)?);
            compound.fat.extend(entries);
        }
        let first = read_u32(bytes, 48).ok_or_else(damaged)?;
        compound.directory = compound.chain(first, usize::MAX)?;
        Ok(compound)
    }

    fn sector_bytes(&self, id: u32) -> Option<&'b [u8]> {
        let start = (id as usize + 1).checked_mul(self.sector)?;
        let end = (start + self.sector).min(self.bytes.len());
        self.bytes.get(start..end)
    }

    fn chain(&self, first: u32, length: usize) -> Result<Vec<u8>, SpreadsheetFault> {
        let mut content = Vec::new();
        let mut next = first;
        while next < FREE_SECTORS && content.len() < length {
            // No chain is longer than the file: one that is runs in a circle.
            if content.len() > self.bytes.len() {
                return Err(corrupt("a chain of its sectors runs in a circle"));
            }
            let sector = self
                .sector_bytes(next)
                .ok_or_else(|| corrupt("a sector lies behind the end of the file"))?;
            content.extend_from_slice(sector);
            next = self.fat.get(next as usize).copied().unwrap_or(u32::MAX);
        }
        content.truncate(length);
        Ok(content)
    }

    /// Name, first sector and size of every entry of the directory.
    fn entries(&self) -> impl Iterator<Item = (String, u32, usize)> {
        self.directory.chunks_exact(128).filter_map(|entry| {
            let length = usize::from(read_u16(entry, 64)?).clamp(2, 64) - 2;
            let units: Vec<u16> = (0..length / 2)
                .filter_map(|unit| read_u16(entry, 2 * unit))
                .collect();
            let size = read_u32(entry, 120)? as usize;
            Some((
                String::from_utf16_lossy(&units),
                read_u32(entry, 116)?,
                size,
            ))
        })
    }

    fn has(&self, name: &str) -> bool {
        self.entries().any(|(entry, ..)| entry == name)
    }

    /// The first of the named streams there is.
    fn stream(&self, names: &[&str]) -> Result<Option<Vec<u8>>, SpreadsheetFault> {
        for name in names {
            let found = self
                .entries()
                .find(|(entry, ..)| entry.eq_ignore_ascii_case(name));
            let Some((_, first, size)) = found else {
                continue;
            };
            if size >= self.small_below as usize {
                return self.chain(first, size).map(Some);
            }
            return self.small_stream(first, size).map(Some);
        }
        Ok(None)
    }

    /// A stream below the cut-off lies in sectors of 64 bytes inside the root entry's stream.
    fn small_stream(&self, first: u32, size: usize) -> Result<Vec<u8>, SpreadsheetFault> {
        let root = self.entries().next();
        let (_, start, length) = root.ok_or_else(|| corrupt("it has no root directory"))?;
        let pool = self.chain(start, length)?;
        let table = read_u32(self.bytes, 60).unwrap_or(u32::MAX);
        let table = words(&self.chain(table, usize::MAX)?);
        let mut content = Vec::new();
        let mut next = first;
        while next < FREE_SECTORS && content.len() < size {
            let start = next as usize * 64;
            let sector = pool
                .get(start..(start + 64).min(pool.len()))
                .filter(|_| content.len() <= pool.len())
                .ok_or_else(|| corrupt("a small sector lies outside its pool"))?;
            if sector.is_empty() {
                return Err(corrupt("a small sector lies outside its pool"));
            }
            content.extend_from_slice(sector);
            next = table.get(next as usize).copied().unwrap_or(u32::MAX);
        }
        content.truncate(size);
        Ok(content)
    }
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes
        .chunks_exact(4)
        .filter_map(|word| read_u32(word, 0))
        .collect()
}
