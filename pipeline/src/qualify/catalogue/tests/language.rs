//! The catalogue's language beyond a plain limit: conditions, capability, indices, proofs with a number,
//! and what no metal or product form could ever meet.

use super::*;
use crate::qualify::{Direction, Index, SpecimenOrigin};

/// One requirement under a head with these product forms.
fn with_forms(forms: &str, requirement: &str) -> String {
    let head = HEAD.replace("hollow_profile", forms);
    let lines = requirement.replace("; ", "\n");
    format!("{head}[[requirement]]\n{lines}\nsource = 's'\nstatus = 'verified'\n")
}

fn read(forms: &str, requirement: &str) -> Demand {
    let text = with_forms(forms, requirement);
    let catalogue = Catalogue::load(&[layer(&[], &[("tray.toml", text)])]).unwrap();
    catalogue.component("tray").unwrap().requirements[0]
        .demand
        .clone()
}

const RP02: &str = "property = 'rp02_mpa'; at_least = 225; basis = 'B'; test_temp_c = [10, 35]";

#[test]
fn every_new_key_is_read() {
    let window = format!("{RP02}; specimen_origin = 'cut_from_casting'; thickness_mm = [2.0, 4.0]");
    let Demand::Property {
        specimen_origin,
        thickness_mm,
        ..
    } = read("die_casting", &window)
    else {
        panic!("not a property");
    };
    assert_eq!(specimen_origin, Some(SpecimenOrigin::CutFromCasting));
    assert_eq!(thickness_mm, Some([2.0, 4.0]));

    let capability = RP02.replace("'B'", "'Cpk'; cpk_at_least = 1.33");
    let limit = *read("sheet", &capability).limit().unwrap();
    assert_eq!(
        (limit.basis, limit.value, limit.cpk_at_least),
        (Basis::Cpk, 225.0, Some(1.33))
    );

    let sludge =
        "index = 'sludge_factor'; at_most = 1.8; basis = 'max'; compare = 'full'; digits = 1";
    let Demand::Index { index, limit } = read("die_casting", sludge) else {
        panic!("not an index");
    };
    assert_eq!(
        (index, limit.rounded_to, limit.digits),
        (Index::SludgeFactor, None, Some(1))
    );

    let proof =
        "evidence = 'conductivity'; at_least = 55; unit = '%IACS'; compare = 'rounded'; digits = 0";
    let demand = read("bar", proof);
    assert_eq!(demand.unit(), "%IACS");
    let Demand::Evidence {
        limit: Some(limit), ..
    } = demand
    else {
        panic!("no number");
    };
    assert_eq!(
        (limit.direction, limit.value, limit.rounded_to),
        (Direction::AtLeast, 55.0, Some(0))
    );
}

/// Each mistake, and what is said of it after file, line and entry.
#[test]
fn what_could_never_be_met_or_means_nothing_is_refused() {
    let elongation = "property = 'a_pct'; at_least = 8; basis = 'B'; test_temp_c = [10, 35]";
    for (forms, requirement, expected) in [
        (
            "sheet",
            format!("{RP02}; specimen_origin = 'separately_cast'"),
            "key `specimen_origin`: `separately_cast` no test piece of sheet comes from there [impossible]",
        ),
        (
            "die_casting\", \"open_profile",
            format!("{RP02}; specimen_origin = 'cut_from_casting'"),
            "key `specimen_origin`: `cut_from_casting` no test piece of open_profile comes from there [impossible]",
        ),
        (
            "die_casting",
            format!("{RP02}; specimen_origin = 'cut'"),
            "key `specimen_origin`: `cut` must be one of separately_cast, cast_on, cut_from_casting, cut_from_product [vocabulary]",
        ),
        (
            "sheet",
            format!("{RP02}; thickness_mm = [4.0, 2.0]"),
            "key `thickness_mm`: `[4.0, 2.0]` the first number must not exceed the second [order]",
        ),
        (
            "sheet",
            format!("{RP02}; cpk_at_least = 1.33"),
            "key `cpk_at_least`: `1.33` belongs to basis Cpk only [conflict]",
        ),
        (
            "sheet",
            RP02.replace("'B'", "'Cpk'; cpk_at_least = 133"),
            "key `cpk_at_least`: `133` must lie between 0 and 2.5 [range]",
        ),
        (
            "sheet",
            RP02.replace("'B'", "'Cpk'; cpk_at_least = 1.33; compare = 'full'"),
            "key `compare`: `full` does not go with basis Cpk: a capability is compared in full [conflict]",
        ),
        (
            "sheet",
            RP02.replace("'B'", "'Cpk'; cpk_at_least = 1.33; digits = 2"),
            "key `digits`: `2` does not go with basis Cpk: a capability is compared in full [conflict]",
        ),
        (
            "sheet",
            format!("{elongation}; elongation_type = 'A4D'"),
            "key `elongation_type`: `A4D` cannot be measured on sheet [impossible]",
        ),
        (
            "forging",
            format!("{elongation}; elongation_type = 'A80'"),
            "key `elongation_type`: `A80` cannot be measured on forging [impossible]",
        ),
        (
            "sheet",
            format!(
                "{}; elongation_type = 'A80'",
                elongation.replace("= 8;", "= 101;")
            ),
            "key `at_least`: `101` must lie between 0 and 100 [range]",
        ),
        (
            "sheet",
            RP02.replace("at_least = 225", "at_most = 0"),
            "key `at_most`: `0` no metal meets it: a tensile property is above 0 [impossible]",
        ),
        (
            "sheet",
            format!(
                "{}; elongation_type = 'A80'",
                elongation.replace("= 8; basis = 'B'", "= 0; basis = 'Cpk'; cpk_at_least = 1")
            ),
            "key `at_least`: `0` has no capability: elongation is modelled as its logarithm, and 0 has none [impossible]",
        ),
        (
            "hollow_profile",
            "index = 'sludge_factor'; at_most = 1.8; basis = 'max'".to_owned(),
            "key `index`: `sludge_factor` is not defined for hollow_profile, only for die_casting [impossible]",
        ),
        (
            "die_casting",
            "index = 'sludge'; at_most = 1.8; basis = 'max'".to_owned(),
            "key `index`: `sludge` must be one of sludge_factor, mn_fe_ratio, mg2si_wt_pct, excess_si_wt_pct, effective_si_wt_pct, quality_index_mpa, probable_yield_mpa, critical_iron_wt_pct [vocabulary]",
        ),
        (
            "die_casting",
            "index = 'sludge_factor'; at_most = 1.8; basis = 'A'".to_owned(),
            "key `basis`: `A` must be one of mean, min, max [vocabulary]",
        ),
        (
            "die_casting",
            "index = 'sludge_factor'; at_most = 1.8; basis = 'max'; test_temp_c = [10, 35]"
                .to_owned(),
            "key `test_temp_c`: `[10, 35]` belongs to property only [conflict]",
        ),
        (
            "bar",
            "evidence = 'conductivity'; at_least = 55".to_owned(),
            "key `unit`: missing: a proof is compared only in the unit of its limit: name it [required]",
        ),
        (
            "bar",
            "evidence = 'conductivity'; unit = '%IACS'".to_owned(),
            "key `unit`: `%IACS` belongs to a limit: give at_least or at_most [conflict]",
        ),
        (
            "bar",
            "evidence = 'conductivity'; at_least = 55; unit = '%IACS'; basis = 'min'".to_owned(),
            "key `basis`: `min` belongs to property, element or index only [conflict]",
        ),
        (
            "bar",
            "element = 'Cu'; at_most = 1; basis = 'max'; unit = 'wt%'".to_owned(),
            "key `unit`: `wt%` belongs to evidence only [conflict]",
        ),
        (
            "bar",
            "element = 'Cu'; index = 'mn_fe_ratio'; at_most = 1; basis = 'max'".to_owned(),
            "key `property`: a requirement names only one of property, element, index, evidence [conflict]",
        ),
    ] {
        let found = component_errors(with_forms(forms, &requirement));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].ends_with(expected), "{found:?}\nfor {expected}");
    }
    // An index that one of several product forms can have is asked of the grades of that form.
    let either = "index = 'sludge_factor'; at_most = 1.8; basis = 'max'";
    assert_eq!(
        read("die_casting\", \"sand_casting", either).subject(),
        "sludge_factor"
    );
}

#[test]
fn a_pair_that_excludes_each_other_is_refused_where_conditions_overlap() {
    let pair = |one: &str, other: &str| {
        let first = with_forms("die_casting", one);
        let second = other.replace("; ", "\n");
        let text = format!("{first}[[requirement]]\n{second}\nsource = 's'\nstatus = 'verified'\n");
        match Catalogue::load(&[layer(&[], &[("tray.toml", text)])]) {
            Ok(_) => String::new(),
            Err(errors) => errors.iter().map(ToString::to_string).collect(),
        }
    };
    let low = RP02.replace("at_least = 225", "at_most = 200");
    let thin = "; thickness_mm = [1, 3]";
    let thick = "; thickness_mm = [4, 6]";
    let (cut, cast) = (
        "; specimen_origin = 'cut_from_casting'",
        "; specimen_origin = 'separately_cast'",
    );
    for (one, other, refused) in [
        (RP02.to_owned(), low.clone(), true),
        (format!("{RP02}{thin}"), format!("{low}{thick}"), false),
        (format!("{RP02}{thin}"), low.clone(), true),
        (format!("{RP02}{cut}"), format!("{low}{cast}"), false),
        (format!("{RP02}{cut}"), format!("{low}{cut}"), true),
        (
            "index = 'sludge_factor'; at_least = 2; basis = 'min'".into(),
            "index = 'sludge_factor'; at_most = 1; basis = 'max'".into(),
            true,
        ),
        (
            "evidence = 'other'; at_least = 2; unit = 'mm'".into(),
            "evidence = 'other'; at_most = 1; unit = 'mm'".into(),
            true,
        ),
        (
            "evidence = 'other'; at_least = 2; unit = 'mm'".into(),
            "evidence = 'other'; at_most = 1; unit = 'kN'".into(),
            false,
        ),
    ] {
        let found = pair(&one, &other);
        assert_eq!(
            found.contains("can be at least"),
            refused,
            "{one}\n{other}\n{found}"
        );
        assert_eq!(found.is_empty(), !refused, "{found}");
    }
}
