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
            can_be_traced(&requirement.source, requirement.status, &component.id);
        }
    }
    for grade in catalogue.grades() {
        assert!(
            !(grade.composition.is_empty() && grade.minimum.is_empty()),
            "{} has no limit",
            grade.id
        );
        for row in &grade.composition {
            can_be_traced(&row.source, row.status, &grade.id);
        }
        for row in &grade.minimum {
            can_be_traced(&row.source, row.status, &grade.id);
        }
    }
}

/// A figure from memory must not be marked verified, and an unverified one must say why it is not.
fn can_be_traced(source: &str, status: LimitStatus, id: &str) {
    assert!(!source.trim().is_empty(), "{id}");
    let from_memory = source.contains("memory");
    match status {
        LimitStatus::Verified => assert!(!from_memory, "{id}: {source}"),
        LimitStatus::Unverified => assert!(
            from_memory || source.starts_with("design rule of this catalogue"),
            "{id}: {source}"
        ),
    }
}

/// Every designation a buyer or a lab writes finds its file; a designation with limits of its own
/// finds them and not those of its neighbour in another system.
#[test]
fn every_grade_of_the_plan_is_found() {
    let layer = Layer {
        grades: shipped("grades"),
        components: Vec::new(),
    };
    let catalogue = Catalogue::load(&[layer]).unwrap();
    let found = |name: &str| catalogue.grade_of(name).map(|grade| grade.id.as_str());
    for number in [
        "43500", "43400", "44300", "46000", "46100", "46200", "46500", "47100", "42000", "42100",
        "42200", "43100", "43300", "51500",
    ] {
        let id = format!("EN AC-{number}");
        for name in [number, &format!("AC-{number}"), &id] {
            assert_eq!(found(name), Some(id.as_str()));
        }
    }
    for number in [
        "6060", "6063", "6061", "6005A", "6008", "6082", "6016", "6111", "6022", "5754", "5182",
        "5083", "3003", "3105", "7003", "1350", "6101",
    ] {
        let id = format!("EN AW-{number}");
        for name in [number, &format!("AW-{number}"), &id] {
            assert_eq!(found(name), Some(id.as_str()));
        }
    }
    for own in ["A356.0", "A380.0", "ADC12", "ADC10", "YL113", "ZL101A"] {
        assert_eq!(found(own), Some(own));
    }
    for (name, id) in [
        ("AlSi7MnMg", "AlSi7MnMg (scrap-based, patent 2025)"),
        ("YZAlSi11Cu3", "YL113"),
        ("A383.0", "EN AC-46100"),
        ("AC4CH", "EN AC-42100"),
    ] {
        assert_eq!(found(name), Some(id), "{name}");
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
