//! From a profile's text to a checked [`Profile`]: every problem at once, each with its line and key.

use std::collections::BTreeMap;
use std::sync::Arc;

use regex::Regex;

use super::document::{Document, Problem};
use super::language::LAYOUTS;
use super::raw::{
    OneOrMany, RawBlocks, RawColumn, RawElements, RawFormat, RawHead, RawHeader, RawProfile,
};
use super::{
    Aliases, BlockRule, ColumnRule, ElementRules, Format, FormatRule, HeadRule, HeaderRule, Layout,
    OnError, Profile, Replicates, SheetRule, SkipRule, unit_fits,
};
use crate::contract::{Cell, Contract, Contracts, Field, FieldType};
use crate::domain::Element;
use crate::source::delimited::Delimiter;
use crate::source::head::VIRTUAL_FIELDS;
use crate::source::limits::IngestSettings;

/// What means "no value" when a profile does not say.
const MISSING: [&str; 12] = [
    "",
    "-",
    "--",
    "/",
    "—",
    "ND",
    "nd",
    "N/A",
    "n/a",
    "NA",
    "n.a.",
    "nicht bekannt",
];

/// Reads and checks one profile.
pub(super) fn profile(
    text: &str,
    contracts: &Contracts,
    aliases: &Arc<Aliases>,
    settings: &IngestSettings,
) -> Result<Profile, Vec<String>> {
    let mut document = Document::new(text);
    let profile = if document.problems.is_empty() {
        match toml::from_str::<RawProfile>(text) {
            Ok(raw) => {
                let mut checker = Checker {
                    table: raw.table.clone(),
                    document: &mut document,
                    contracts,
                };
                checker.profile(raw, text, aliases, settings)
            }
            Err(error) => {
                document.add("", error.message().trim().to_owned());
                None
            }
        }
    } else {
        None
    };
    match profile {
        Some(profile) if document.problems.is_empty() => Ok(profile),
        _ => {
            document.problems.sort();
            Err(document.problems.iter().map(Problem::to_string).collect())
        }
    }
}

struct Checker<'d, 't, 'c> {
    table: String,
    document: &'d mut Document<'t>,
    contracts: &'c Contracts,
}

impl<'c> Checker<'_, '_, 'c> {
    fn add(&mut self, key: &str, message: impl Into<String>) {
        self.document.add(key, message.into());
    }

    /// A pattern whose shape was checked before.
    fn regex(&mut self, key: &str, pattern: &str) -> Option<Regex> {
        match Regex::new(pattern) {
            Ok(regex) => Some(regex),
            Err(error) => {
                self.add(key, format!("is not a regular expression: {error}"));
                None
            }
        }
    }

    fn profile(
        &mut self,
        raw: RawProfile,
        text: &str,
        aliases: &Arc<Aliases>,
        settings: &IngestSettings,
    ) -> Option<Profile> {
        let layout = [
            Layout::Table,
            Layout::WideChemistry,
            Layout::ElementRows,
            Layout::Curve,
            Layout::Blocks,
            Layout::TextLines,
        ][LAYOUTS.iter().position(|word| *word == raw.layout)?];
        let tables = self.tables(&raw, layout);
        if raw.id.trim().is_empty() {
            self.add("id", "is empty");
        }
        let file_name = self.regex("match.file_name", &raw.matching.file_name);
        let folder = raw.matching.folder.as_deref();
        let folder = folder.and_then(|pattern| self.regex("match.folder", pattern));
        let format = self.format(&raw.format);
        let header = self.header(&raw.header);
        let heads = self.heads(raw.head, &tables);
        let columns = self.columns(raw.column, &tables);
        let skip_rows: Vec<SkipRule> = raw
            .skip_rows
            .iter()
            .enumerate()
            .filter_map(|(index, rule)| {
                let key = format!("skip_rows[{}].pattern", index + 1);
                Some(SkipRule {
                    pattern: self.regex(&key, &rule.pattern)?,
                    checked: rule.checked,
                })
            })
            .collect();
        if layout != Layout::WideChemistry
            && let Some(at) = raw.skip_rows.iter().position(|rule| rule.checked)
        {
            self.add(
                &format!("skip_rows[{}].checked", at + 1),
                "means are compared in the layout `wide_chemistry` only",
            );
        }
        let elements = self.elements(raw.elements, layout);
        let blocks = self.blocks(raw.blocks, layout);
        let title = blocks.as_ref().and_then(|(_, title)| title.as_ref());
        let start = blocks.as_ref().and_then(|(rule, _)| match rule {
            BlockRule::Start(pattern) => Some(pattern),
            _ => None,
        });
        let sheet = match &format.sheet {
            SheetRule::Pattern(pattern) => Some(pattern),
            _ => None,
        };
        for (key, pattern) in [
            ("match.file_name", file_name.as_ref()),
            ("match.folder", folder.as_ref()),
            ("format.sheet", sheet),
            ("blocks.start", start),
            ("blocks.title", title),
        ] {
            for group in pattern.into_iter().flat_map(Regex::capture_names).flatten() {
                self.field(key, group, &tables);
            }
        }
        let constants = self.constants(&raw.constants, &tables);
        self.values(&raw.values, &tables);
        Some(Profile {
            id: raw.id,
            title: raw.title,
            layout,
            table: raw.table,
            on_error: if raw.on_error.as_deref() == Some("reject_file") {
                OnError::RejectFile
            } else {
                OnError::Quarantine
            },
            file_name: file_name?,
            folder,
            head: raw.matching.head,
            format,
            header,
            heads,
            columns,
            constants,
            values: raw.values,
            skip_rows,
            elements,
            blocks,
            aliases: raw.aliases.then(|| Arc::clone(aliases)),
            settings: settings.clone(),
            sha256: crate::domain::sha256(text.as_bytes()),
        })
    }

    /// The tables whose fields the profile may name.
    fn tables(&mut self, raw: &RawProfile, layout: Layout) -> Vec<&'c Contract> {
        let table = match self.contracts.table(&raw.table) {
            Ok(table) => table,
            Err(error) => {
                self.add("table", error.to_string());
                return Vec::new();
            }
        };
        let wanted = match layout {
            Layout::Curve => Some("tensile_curves"),
            Layout::WideChemistry | Layout::ElementRows | Layout::TextLines => Some("oes_burns"),
            Layout::Table | Layout::Blocks => None,
        };
        if let Some(wanted) = wanted
            && raw.table != wanted
        {
            self.add(
                "table",
                format!("the layout `{}` gives rows of `{wanted}`", raw.layout),
            );
        }
        if !table.is_ingested() {
            self.add("table", format!("`{}` is not filled from files", raw.table));
        }
        let mut tables: Vec<&Contract> = vec![table];
        // Points of a curve are columns of the curve table, its specimen of the table of tests.
        if raw.table == "tensile_curves"
            && let Ok(tests) = self.contracts.table("tensile_tests")
        {
            tables.push(tests);
        }
        tables
    }

    /// The field named by `key`; a problem when no table has it.
    fn field(&mut self, key: &str, name: &str, tables: &[&'c Contract]) -> Option<&'c Field> {
        let found = tables.iter().find_map(|table| table.field(name));
        if found.is_none() && !tables.is_empty() && !VIRTUAL_FIELDS.contains(&name) {
            let tables: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
            self.add(
                key,
                format!("`{name}` is not a field of `{}`", tables.join("` or `")),
            );
        }
        found
    }

    fn unit(&mut self, key: &str, unit: Option<&String>, field: Option<&Field>) {
        let field_unit = field.map_or("mm", |field| field.unit.as_str());
        if let Some(unit) = unit
            && let Err(problem) = unit_fits(unit, field_unit)
        {
            self.add(key, problem);
        }
    }

    fn one_ascii(&mut self, key: &str, text: &str) -> Option<u8> {
        match text.as_bytes() {
            [byte] if byte.is_ascii() && *byte != b'\n' && *byte != b'\r' => Some(*byte),
            _ => {
                self.add(key, "must be one ASCII character");
                None
            }
        }
    }

    fn format(&mut self, raw: &RawFormat) -> FormatRule {
        let encoding = raw.encoding.clone().unwrap_or_else(|| "auto".to_owned());
        if encoding != "auto" && encoding_rs::Encoding::for_label(encoding.as_bytes()).is_none() {
            self.add(
                "format.encoding",
                format!("`{encoding}` is not known; use auto, or a name such as utf-8, gb18030, shift_jis, windows-1252"),
            );
        }
        let delimiter = match raw.delimiter.as_deref() {
            None | Some("auto") => None,
            Some("tab") => Some(Delimiter::Char(b'\t')),
            Some("whitespace") => Some(Delimiter::Whitespace),
            Some(text) => self
                .one_ascii("format.delimiter", text)
                .map(Delimiter::Char),
        };
        let quote = match raw.quote.as_deref() {
            None | Some("auto") => Some(b'"'),
            Some("") => None,
            Some(text) => self.one_ascii("format.quote", text),
        };
        let decimal = match raw.decimal.as_deref() {
            None | Some("auto") => None,
            Some(sign) => sign.chars().next(),
        };
        let thousands = match raw.thousands.as_deref() {
            None | Some("") => None,
            Some("auto") => {
                self.add(
                    "format.thousands",
                    "is never guessed: declare the separator, or leave the key out",
                );
                None
            }
            Some(text) => {
                let mut signs = text.chars();
                let sign = signs.next();
                let fits =
                    sign.is_some_and(|sign| !sign.is_alphanumeric() && Some(sign) != decimal);
                if signs.next().is_some() || !fits {
                    self.add(
                        "format.thousands",
                        "must be one sign, and not the decimal sign",
                    );
                }
                sign
            }
        };
        for format in &raw.dates {
            let bad = chrono::format::StrftimeItems::new(format)
                .any(|item| matches!(item, chrono::format::Item::Error));
            let serial = matches!(format.as_str(), "excel" | "excel1904");
            if !serial && (bad || !format.contains('%')) {
                self.add(
                    "format.dates",
                    format!("`{format}` is not a date format such as %d.%m.%Y"),
                );
            }
        }
        let missing = raw.missing.clone();
        FormatRule {
            encoding,
            delimiter,
            quote,
            decimal,
            sheet: self.sheet("format.sheet", raw.sheet.as_ref()),
            numbers: Format {
                decimal: decimal.unwrap_or('.'),
                thousands,
                missing: missing.unwrap_or_else(|| MISSING.map(str::to_owned).to_vec()),
                flags: raw.flags.clone(),
                dates: raw.dates.clone(),
                date_order: raw.date_order.clone(),
                of_cells: std::sync::OnceLock::new(),
            },
        }
    }

    fn sheet(&mut self, key: &str, raw: Option<&toml::Value>) -> SheetRule {
        match raw {
            None => SheetRule::Auto,
            Some(toml::Value::Integer(number)) => match usize::try_from(*number) {
                Ok(number) if number > 0 => SheetRule::Number(number),
                _ => {
                    self.add(key, "sheets are numbered from 1");
                    SheetRule::Auto
                }
            },
            Some(toml::Value::String(text)) if text == "auto" => SheetRule::Auto,
            Some(toml::Value::String(text)) => {
                match text
                    .strip_prefix('/')
                    .and_then(|text| text.strip_suffix('/'))
                {
                    Some(pattern) => self
                        .regex(key, pattern)
                        .map_or(SheetRule::Auto, SheetRule::Pattern),
                    None => SheetRule::Name(text.clone()),
                }
            }
            Some(_) => SheetRule::Auto,
        }
    }

    fn header(&mut self, raw: &RawHeader) -> HeaderRule {
        if !raw.find.is_empty() && raw.line.is_some() {
            self.add(
                "header.line",
                "the header is found by `find` or by `line`, not by both",
            );
        }
        HeaderRule {
            find: raw.find.clone(),
            line: raw.line,
            rows: raw.rows.unwrap_or(1),
            units_row: raw.units_row,
            within: raw.within.unwrap_or(80),
            columns: raw.columns,
        }
    }

    fn heads(&mut self, raw: Vec<RawHead>, tables: &[&'c Contract]) -> Vec<HeadRule> {
        let mut rules = Vec::new();
        for (index, head) in raw.into_iter().enumerate() {
            let key = format!("head[{}]", index + 1);
            let field = self.field(&format!("{key}.field"), &head.field, tables);
            self.unit(&format!("{key}.unit"), head.unit.as_ref(), field);
            let pattern = head.pattern.as_deref();
            let pattern = pattern.and_then(|text| self.regex(&format!("{key}.pattern"), text));
            let sheet = head.sheet.as_ref();
            let sheet = sheet.map(|sheet| self.sheet(&format!("{key}.sheet"), Some(sheet)));
            rules.push(HeadRule {
                keys: match head.key {
                    OneOrMany::One(text) => vec![text],
                    OneOrMany::Many(texts) => texts,
                },
                field: head.field,
                unit: head.unit,
                below: head.place.as_deref() == Some("below"),
                pattern,
                sheet,
            });
        }
        rules
    }

    fn columns(&mut self, raw: Vec<RawColumn>, tables: &[&'c Contract]) -> Vec<ColumnRule> {
        let mut rules: Vec<ColumnRule> = Vec::new();
        for (index, column) in raw.into_iter().enumerate() {
            let key = format!("column[{}]", index + 1);
            let field = self.field(&format!("{key}.field"), &column.field, tables);
            self.unit(&format!("{key}.unit"), column.unit.as_ref(), field);
            if let Some(earlier) = rules.iter().position(|rule| rule.field == column.field) {
                self.add(
                    &format!("{key}.field"),
                    format!(
                        "`{}` is named in column[{}] already: put all names there",
                        column.field,
                        earlier + 1
                    ),
                );
            }
            if column.names.is_empty() {
                self.add(&format!("{key}.names"), "names no header text");
            }
            rules.push(ColumnRule {
                field: column.field,
                names: column.names,
                unit: column.unit,
                first_of: column.first_of,
            });
        }
        rules
    }

    fn elements(&mut self, raw: Option<RawElements>, layout: Layout) -> ElementRules {
        let chemistry = matches!(
            layout,
            Layout::WideChemistry | Layout::ElementRows | Layout::TextLines
        );
        let Some(raw) = raw else {
            if layout == Layout::ElementRows {
                self.add(
                    "layout",
                    "`element_rows` needs `[elements]` with `element` and `replicates`",
                );
            }
            return ElementRules::default();
        };
        // A table of tensile results may hold the composition beside them.
        let beside = layout == Layout::Table && self.table == "tensile_tests";
        if !chemistry && !beside {
            self.add(
                "elements",
                "belongs to the chemistry layouts and to tables of tensile_tests",
            );
        }
        let units = raw
            .units
            .iter()
            .map(|(element, unit)| (format!("elements.units.{element}"), unit));
        let units: Vec<(String, &String)> = raw
            .unit
            .iter()
            .map(|unit| ("elements.unit".to_owned(), unit))
            .chain(units)
            .collect();
        for (key, unit) in units {
            if let Err(problem) = unit_fits(unit, "wt%") {
                self.add(&key, problem);
            }
        }
        for symbol in raw.units.keys() {
            self.symbol(&format!("elements.units.{symbol}"), symbol);
        }
        for (name, symbol) in &raw.names {
            self.symbol(&format!("elements.names.{name}"), symbol);
        }
        if layout == Layout::ElementRows {
            if raw.element.is_empty() {
                self.add(
                    "elements.element",
                    "`element_rows` needs the names of the element's column",
                );
            }
            if raw.replicates.is_none() {
                self.add(
                    "elements.replicates",
                    "`element_rows` needs the columns of the readings",
                );
            }
        }
        let replicates = match raw.replicates {
            None => None,
            Some(OneOrMany::Many(names)) => Some(Replicates::Names(names)),
            Some(OneOrMany::One(text)) => {
                match text
                    .strip_prefix('/')
                    .and_then(|text| text.strip_suffix('/'))
                {
                    Some(pattern) => self
                        .regex("elements.replicates", pattern)
                        .map(Replicates::Pattern),
                    None => Some(Replicates::Names(vec![text])),
                }
            }
        };
        ElementRules {
            declared: true,
            unit: raw.unit,
            units: raw.units,
            names: raw.names,
            burn: raw.burn,
            element: raw.element,
            replicates,
        }
    }

    fn symbol(&mut self, key: &str, symbol: &str) {
        if Element::parse(symbol).is_none() {
            self.add(key, format!("`{symbol}` is not a chemical symbol"));
        }
    }

    fn blocks(
        &mut self,
        raw: Option<RawBlocks>,
        layout: Layout,
    ) -> Option<(BlockRule, Option<Regex>)> {
        let Some(raw) = raw else {
            if layout == Layout::Blocks {
                self.add(
                    "layout",
                    "`blocks` needs `[blocks]` with `start`, `width` or `repeat`",
                );
            }
            return None;
        };
        if layout != Layout::Blocks {
            self.add("blocks", "belongs to the layout `blocks` only");
        }
        let title = raw.title.as_deref();
        let title = title.and_then(|pattern| self.regex("blocks.title", pattern));
        let rule = match (raw.start, raw.width, raw.repeat) {
            (Some(pattern), None, false) => BlockRule::Start(self.regex("blocks.start", &pattern)?),
            (None, Some(width), false) => BlockRule::Width(width),
            (None, None, true) => BlockRule::Repeat,
            _ => {
                self.add(
                    "blocks",
                    "needs exactly one of `start`, `width` and `repeat = true`",
                );
                return None;
            }
        };
        Some((rule, title))
    }

    fn constants(
        &mut self,
        raw: &BTreeMap<String, toml::Value>,
        tables: &[&'c Contract],
    ) -> BTreeMap<String, String> {
        let mut constants = BTreeMap::new();
        for (name, value) in raw {
            let key = format!("constants.{name}");
            let text = match value {
                toml::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            if let Some(field) = self.field(&key, name, tables)
                && field.kind == FieldType::String
                && let Err(fault) = field.check_cell(&Cell::Text(text.clone()))
            {
                self.add(&key, fault.message);
            }
            constants.insert(name.clone(), text);
        }
        constants
    }

    fn values(
        &mut self,
        values: &BTreeMap<String, BTreeMap<String, String>>,
        tables: &[&'c Contract],
    ) {
        for (name, words) in values {
            let Some(field) = self.field(&format!("values.{name}"), name, tables) else {
                continue;
            };
            for (word, meaning) in words {
                if field.kind == FieldType::String
                    && let Err(fault) = field.check_cell(&Cell::Text(meaning.clone()))
                {
                    self.add(&format!("values.{name}.{word}"), fault.message);
                }
            }
        }
    }
}
