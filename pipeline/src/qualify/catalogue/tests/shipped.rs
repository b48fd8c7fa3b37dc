//! The shipped files: all load, every limit can be traced, and figures are those of their sources.

use std::path::Path;

use super::*;

/// Every shipped file, in the order of names.
fn shipped(folder: &str) -> Vec<SourceText> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../schemas")
        .join(folder);
    let mut files: Vec<SourceText> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn every_shipped_file_loads_and_every_limit_has_a_source() {
    let layer = Layer {
        grades: shipped("grades"),
        components: shipped("components"),
    };
    let (grades, components) = (layer.grades.len(), layer.components.len());
    assert!(
        grades >= 30 && components >= 14,
        "{grades} grades, {components} components"
    );
    let catalogue = match Catalogue::load(&[layer]) {
        Ok(catalogue) => catalogue,
        Err(errors) => {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            panic!("{}", errors.join("\n"));
        }
    };
    assert_eq!(catalogue.grades().count(), grades);
    assert_eq!(catalogue.components().count(), components);
    for component in catalogue.components() {
        assert_eq!(component.file, format!("{}.toml", component.id));
        assert!(component.title.zh.is_some(), "{}", component.id);
        // A component of proofs alone would let every alloy through the tensile and chemistry screen.
        assert!(
            component
                .requirements
                .iter()
                .any(|part| part.demand.limit().is_some()),
            "{} has no limit",
            component.id
        );
        for requirement in &component.requirements {
            said_from_memory(&requirement.source, requirement.status, &component.id);
        }
    }
    for grade in catalogue.grades() {
        assert!(!grade.composition.is_empty(), "{}", grade.id);
        for row in &grade.composition {
            said_from_memory(&row.source, row.status, &grade.id);
        }
        for row in &grade.minimum {
            said_from_memory(&row.source, row.status, &grade.id);
        }
    }
}

/// A figure from memory must not be marked verified.
fn said_from_memory(source: &str, status: LimitStatus, id: &str) {
    assert!(!source.trim().is_empty(), "{id}");
    if source.contains("memory") {
        assert_eq!(status, LimitStatus::Unverified, "{id}: {source}");
    }
}

/// Spot checks against the figures of the sources, so that a slip of the pen shows.
#[test]
fn shipped_figures_are_those_of_their_sources() {
    let layer = Layer {
        grades: shipped("grades"),
        components: shipped("components"),
    };
    let catalogue = Catalogue::load(&[layer]).unwrap();
    let range = |alloy: &str, element: &str, applies_to: AppliesTo| {
        let grade = catalogue.grade_of(alloy).unwrap();
        let row = grade
            .composition
            .iter()
            .find(|row| row.element.symbol() == element && row.applies_to == applies_to)
            .unwrap();
        (row.min, row.max, row.status)
    };
    let (verified, unverified) = (LimitStatus::Verified, LimitStatus::Unverified);
    let casting = AppliesTo::Casting;
    assert_eq!(
        range("AlSi10MnMg", "Mn", casting),
        (Some(0.40), Some(0.80), verified)
    );
    assert_eq!(
        range("AlSi10MnMg", "Fe", AppliesTo::Ingot),
        (None, Some(0.20), verified)
    );
    assert_eq!(
        range("EN AC-46000", "Cu", casting),
        (Some(2.0), Some(4.0), verified)
    );
    assert_eq!(
        range("ADC12", "Si", casting),
        (Some(9.6), Some(12.0), unverified)
    );
    assert_eq!(range("A356.0", "Cu", casting), (None, Some(0.20), verified));
    assert_eq!(
        range("6061", "Cu", AppliesTo::Product),
        (Some(0.15), Some(0.40), verified)
    );
    assert_eq!(
        range("6082", "Mg", AppliesTo::Product),
        (Some(0.6), Some(1.2), unverified)
    );
    let alloy = catalogue.grade_of("EN AC-43500").unwrap();
    let t7: Vec<f64> = alloy
        .minimum_for("T7", "die_casting")
        .map(|row| row.value)
        .collect();
    assert_eq!(t7, [200.0, 120.0, 12.0]);
    let crash = catalogue.component("structural-die-casting-crash").unwrap();
    let limits: Vec<(&str, f64)> = crash
        .requirements
        .iter()
        .filter_map(|part| Some((part.demand.subject(), part.demand.limit()?.value)))
        .collect();
    assert_eq!(
        limits,
        [
            ("rm_mpa", 180.0),
            ("a_pct", 10.0),
            ("Fe", 0.25),
            ("Mn", 0.4),
            ("Mn", 0.8)
        ]
    );
}
