//! What the listing says about shipped entries and about a lab's own.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::path::Path;

use super::*;
use crate::qualify::{Layer, SourceText};

fn shipped() -> Layer {
    let read = |folder: &str| -> Vec<SourceText> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../schemas")
            .join(folder);
        let mut files: Vec<SourceText> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "toml"))
            .map(|path| {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                (name, std::fs::read_to_string(path).unwrap())
            })
            .collect();
        files.sort();
        files
    };
    Layer {
        grades: read("grades"),
        components: read("components"),
    }
}

fn catalogue() -> Catalogue {
    Catalogue::load(&[shipped()]).unwrap()
}

fn row<'d>(details: &'d Details, what: &str, applies_to: &str) -> &'d LimitRow {
    let rows: Vec<&LimitRow> = details
        .rows
        .iter()
        .filter(|row| row.what == what && row.applies_to == applies_to)
        .collect();
    assert_eq!(rows.len(), 1, "{what} {applies_to}: {:?}", details.rows);
    rows[0]
}

#[test]
fn an_id_prints_its_own_limits_and_no_note() {
    let adc12 = details(&catalogue(), "adc 12").unwrap();
    assert_eq!(
        (adc12.kind, adc12.id.as_str(), &adc12.note),
        (EntryKind::Grade, "ADC12", &None)
    );
    let copper = row(&adc12, "Cu", "casting");
    assert_eq!(copper.limit, "1.5–3.5 wt%");
    assert!(copper.source.contains("JIS H 5302"), "{}", copper.source);
    assert_eq!(copper.status, LimitStatus::Unverified);
    assert_eq!(row(&adc12, "Fe", "casting").limit, "≤ 1.3 wt%");
    assert_eq!(row(&adc12, "Mg", "casting").limit, "≤ 0.30 wt%");
}

#[test]
fn a_name_finds_the_grade_and_says_whose_limits_they_are() {
    let found = details(&catalogue(), "alsi10mnmg").unwrap();
    assert_eq!(found.id, "EN AC-43500");
    assert_eq!(found.found_by.as_ref().unwrap().name, "AlSi10MnMg");
    assert_eq!(
        found.note.as_deref(),
        Some(
            "`AlSi10MnMg` (en) is a name that finds EN AC-43500: the limits are those of EN AC-43500, limits never follow a name"
        )
    );
    assert_eq!(row(&found, "Mn", "casting").limit, "0.40–0.80 wt%");
    assert_eq!(row(&found, "Fe", "casting").limit, "≤ 0.25 wt%");
    assert_eq!(row(&found, "Fe", "ingot").limit, "≤ 0.20 wt%");
    assert_eq!(row(&found, "Si", "casting").limit, "9.0–11.5 wt%");
    let t7 = row(&found, "Rm", "T7; die casting; test piece separately cast");
    assert_eq!(
        (t7.limit.as_str(), t7.standard.as_str(), t7.status),
        ("≥ 200 MPa", "EN 1706:2020", LimitStatus::Verified)
    );
    let a = "T7; die casting; test piece separately cast; A of 5.65 √S₀";
    assert_eq!(row(&found, "A", a).limit, "≥ 12 %");
}

#[test]
fn thickness_and_both_sides_of_a_range_are_told() {
    let catalogue = catalogue();
    let alloy = details(&catalogue, "EN AW-6005A").unwrap();
    let thick = row(&alloy, "Rp0.2", "T6; hollow profile; 5–15 mm");
    assert_eq!(thick.limit, "≥ 200 MPa");
    assert_eq!(
        row(&alloy, "A", "T6; open profile; up to 5 mm; A50").limit,
        "≥ 6 %"
    );
    let sheet = details(&catalogue, "6016").unwrap();
    let limits: Vec<&str> = sheet
        .rows
        .iter()
        .filter(|row| row.what == "Rm" && row.applies_to == "T4; sheet; 0.4–3 mm")
        .map(|row| row.limit.as_str())
        .collect();
    assert_eq!(limits, ["≥ 170 MPa", "≤ 250 MPa"]);
}

#[test]
fn a_component_prints_basis_comparison_and_proofs() {
    let tray = details(&catalogue(), "Battery_Tray Extrusion").unwrap();
    assert_eq!(
        (tray.kind, tray.id.as_str()),
        (EntryKind::Component, "battery-tray-extrusion")
    );
    assert_eq!(tray.about_zh.as_deref(), Some("电池托盘（挤压框架）"));
    assert_eq!(tray.product_forms, ["open profile", "hollow profile"]);
    let rp02 = row(&tray, "Rp0.2", "10–35 °C");
    assert_eq!(
        [&rp02.limit, &rp02.basis, &rp02.comparison],
        ["≥ 225 MPa", "B bound", "in full"]
    );
    let copper = row(&tray, "Cu", "");
    assert_eq!(
        [&copper.limit, &copper.basis, &copper.comparison],
        ["≤ 0.30 wt%", "highest heat", "rounded to 2 decimals"]
    );
    let leak = row(&tray, "leak", "");
    assert_eq!([&leak.limit, &leak.basis], ["IP67", "mandatory proof"]);
    assert_eq!(row(&tray, "crash", "").limit, "a valid proof");
}

#[test]
fn the_overview_has_a_row_for_every_entry_and_counts_what_is_unverified() {
    let catalogue = catalogue();
    let rows = overview(&catalogue);
    assert_eq!(
        rows.len(),
        catalogue.grades().count() + catalogue.components().count()
    );
    let of = |id: &str| rows.iter().find(|row| row.id == id).unwrap();
    let structural = of("EN AC-43500");
    assert_eq!(structural.conditions, ["F", "T5", "T7"]);
    assert_eq!((structural.limits, structural.unverified), (24, 0));
    let secondary = of("ADC12");
    assert_eq!((secondary.limits, secondary.unverified), (10, 10));
    let wheel = of("wheel-cast-high-strength");
    assert_eq!(wheel.about, "Cast wheel, high strength");
    assert_eq!(wheel.conditions, ["permanent mould casting"]);
    assert_eq!((wheel.limits, wheel.unverified), (7, 2));
    assert!(rows.iter().all(|row| !row.of_lab));
    // What the overview counts is what the details print.
    for row in &rows {
        let details = details(&catalogue, &row.id).unwrap();
        assert_eq!((details.kind, &details.id), (row.kind, &row.id));
        assert_eq!(details.rows.len(), row.limits, "{}", row.id);
        let open = details
            .rows
            .iter()
            .filter(|limit| limit.status == LimitStatus::Unverified);
        assert_eq!(open.count(), row.unverified, "{}", row.id);
        for limit in &details.rows {
            assert!(!limit.limit.is_empty(), "{}: {limit:?}", row.id);
        }
    }
}

#[test]
fn a_labs_own_files_are_marked() {
    let text = |id: &str| {
        format!(
            "id = \"{id}\"\nfamily = \"own\"\ncomposition = [{{ element = \"Fe\", max = 0.12, \
             applies_to = \"casting\", source = \"drawing 7\", status = \"verified\" }}]\n"
        )
    };
    let own = Layer {
        grades: vec![
            ("lab/43500.toml".into(), text("en ac-43500")),
            ("lab/x.toml".into(), text("Own alloy X")),
        ],
        components: Vec::new(),
    };
    let catalogue = Catalogue::load(&[shipped(), own]).unwrap();
    let own: Vec<OverviewRow> = overview(&catalogue)
        .into_iter()
        .filter(|row| row.of_lab)
        .collect();
    let ids: Vec<(&str, &str)> = own
        .iter()
        .map(|row| (row.id.as_str(), row.file.as_str()))
        .collect();
    assert_eq!(
        ids,
        [
            ("en ac-43500", "lab/43500.toml"),
            ("Own alloy X", "lab/x.toml")
        ]
    );
    let found = details(&catalogue, "EN AC-43500").unwrap();
    assert!(found.of_lab);
    assert_eq!(row(&found, "Fe", "casting").limit, "≤ 0.12 wt%");
    assert!(!details(&catalogue, "crash-box").unwrap().of_lab);
}

#[test]
fn an_unknown_name_is_none_and_the_nearest_are_offered() {
    let catalogue = catalogue();
    assert_eq!(details(&catalogue, "6028"), None);
    let first = |asked: &str| near(&catalogue, asked).into_iter().next();
    assert_eq!(first("6028").as_deref(), Some("6008"));
    assert!(near(&catalogue, "6028").contains(&"6082".to_owned()));
    assert_eq!(first("AlSi10MnMb").as_deref(), Some("AlSi10MnMg"));
    assert!(near(&catalogue, "AlSi10MgMn").contains(&"AlSi10MnMg".to_owned()));
    assert_eq!(first("crash-bx").as_deref(), Some("crash-box"));
    assert!(near(&catalogue, "ADC12Z").contains(&"ADC12".to_owned()));
    assert_eq!(near(&catalogue, "titanium grade 5"), [""; 0]);
    assert_eq!(near(&catalogue, ""), [""; 0]);
    assert_eq!(near(&catalogue, "EN AC-4600").len(), 5);
}

#[test]
fn rows_are_stable_json() {
    let box_ = details(&catalogue(), "crash-box").unwrap();
    let json = serde_json::to_value(&box_.rows[0]).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "what": "Fe", "applies_to": "", "limit": "≤ 0.30 wt%", "basis": "highest heat",
            "comparison": "in full", "standard": "", "status": "verified",
            "source": "hydro.com press release of 2009-08-21"
        })
    );
}
