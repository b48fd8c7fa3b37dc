//! Laboratories side by side, carbon and streams, and a lake that is older than a column.

use std::fs;
use std::path::Path;

use crate::lab::Lab;

const HEADER: &str = "specimen_id,heat_id,alloy,temper,product_form,specimen_origin,thickness_mm,\
                      elongation_type,lab,rm_mpa,rp02_mpa,a_pct\n";

/// Specimens of two laboratories, heats of their own; `gap` is what the second one finds less of Rp0.2.
fn two_labs(gap: f64) -> String {
    let mut csv = HEADER.to_owned();
    for heat in 0..20_u32 {
        let lab = if heat % 2 == 0 { "North" } else { "South" };
        for specimen in 0..4_u32 {
            // Heats scatter by a few MPa and specimens by one, in a pattern without a trend.
            let level = 265.0 + f64::from(heat * 7 % 11) * 0.6 + f64::from(specimen * 5 % 4) * 0.7;
            let rp02 = if heat % 2 == 0 { level } else { level - gap };
            csv.push_str(&format!(
                "S{heat}-{specimen},H{heat},6082,T6,open_profile,cut_from_product,{},A,{lab},{:.1},{rp02:.1},{:.1}\n",
                if heat < 10 { 2.0 } else { 8.0 },
                rp02 + 40.0,
                11.0 + f64::from(heat * 3 % 7) * 0.2,
            ));
        }
    }
    csv
}

fn stored_fit(lab: &Lab, condition: &str) -> serde_json::Value {
    let query = format!("SELECT fit FROM fits WHERE {condition}");
    let ran = lab.run(&["sql", &query, "--format", "json"]);
    let rows = ran.json();
    serde_json::from_str(rows[0]["fit"].as_str().expect("a fit")).expect("JSON")
}

#[test]
fn laboratories_that_differ_stand_side_by_side_with_a_bound_each() {
    for (gap, pools) in [(0.0, true), (15.0, false)] {
        let lab = Lab::new();
        lab.put("inbox/tensile.csv", two_labs(gap));
        let ran = lab.run(&["run"]);
        assert!([0, 5].contains(&ran.code), "{ran:?}");
        let fit = stored_fit(&lab, "property = 'rp02_mpa' AND conditions = 'any'");
        let view = &fit["groups"]["lab"];
        assert_eq!(view["pools"].as_bool(), Some(pools), "{view}");
        let groups = view["groups"].as_array().expect("groups");
        assert_eq!(groups.len(), 2);
        let bound = |at: usize| groups[at]["bound"]["bound"].as_f64().expect("a bound");
        assert!((bound(0) - bound(1) - gap).abs() < 2.0, "{view}");
        let page = fs::read_to_string(lab.path("report/grades/6082-T6-open_profile.html"))
            .expect("the page");
        for name in ["North", "South"] {
            assert!(page.contains(name), "{name}");
        }
    }
}

#[test]
fn a_limit_for_a_thickness_is_held_against_specimens_of_that_thickness_only() {
    let lab = Lab::new();
    lab.put("inbox/tensile.csv", two_labs(0.0));
    lab.put(
        "schemas/components/thin-rail.toml",
        "id = \"thin-rail\"\ntitle = { en = \"Thin rail\" }\ncritical = [\"crash\"]\n\
         product_forms = [\"open_profile\"]\n\
         [[requirement]]\nproperty = \"rp02_mpa\"\nat_least = 240\nbasis = \"B\"\ntest_temp_c = [10, 35]\n\
         thickness_mm = [1.0, 5.0]\nsource = \"an invented customer\"\nstatus = \"verified\"\n\
         [[requirement]]\nproperty = \"rm_mpa\"\nat_least = 240\nbasis = \"B\"\ntest_temp_c = [10, 35]\n\
         specimen_origin = \"cut_from_product\"\nthickness_mm = [20.0, 30.0]\n\
         source = \"an invented customer\"\nstatus = \"verified\"\n",
    );
    let ran = lab.run(&["run"]);
    assert!([0, 5].contains(&ran.code), "{ran:?}");
    let thin = stored_fit(&lab, "conditions = '1 to 5 mm' AND property = 'rp02_mpa'");
    assert_eq!(thin["specimens"], 40);
    let verdicts = fs::read_to_string(lab.path("report/verdicts.json")).expect("the verdicts");
    let verdicts: serde_json::Value = serde_json::from_str(&verdicts).expect("JSON");
    let mut of_rail = verdicts["verdicts"].as_array().expect("verdicts").iter();
    let rail = of_rail
        .find(|verdict| verdict["component"] == "thin-rail")
        .expect("a verdict");
    assert_eq!(rail["requirements"][0]["outcome"], "pass", "{rail}");
    assert_eq!(rail["requirements"][0]["n"], 40, "{rail}");
    assert_eq!(rail["requirements"][1]["outcome"], "missing", "{rail}");
    assert_eq!(rail["status"], "insufficient_data");
}

#[test]
fn carbon_and_streams_follow_from_the_charge() {
    let lab = Lab::new();
    lab.put(
        "inbox/charge.csv",
        "heat_id,line_no,material,source_class,stream,vehicle_part,supplier,mass_kg,metal_yield\n\
         H1,1,Primary ingot,primary,,,,500,1\n\
         H1,2,Wheels,post_consumer,Troma,,Gate Dismantling,300,1\n\
         H1,3,Trays,post_consumer,,battery tray,Other,200,1\n",
    );
    lab.put(
        "inbox/tensile.csv",
        format!("{HEADER}S1,H1,A356.0,T6,permanent_mould_casting,,,A,,290,220,8\n"),
    );
    lab.put(
        "schemas/carbon.toml",
        "[[supplier]]\nsupplier = \"Gate Dismantling\"\nstream = \"troma\"\nfactor = 0.5\n\
         source = \"an invented declaration\"\nstatus = \"verified\"\n",
    );
    let ran = lab.run(&["run"]);
    assert!([0, 5].contains(&ran.code), "{ran:?}");
    // 0.5 × 15.947 + 0.3 × 0.5 (the supplier's own figure) + 0.2 × 0.845.
    let carbon: f64 = lab
        .ask("SELECT co2e_kg_per_kg FROM heats")
        .parse()
        .expect("a number");
    assert!((carbon - 8.2925).abs() < 1e-9, "{carbon}");
    assert_eq!(
        lab.ask("SELECT factor_set FROM heats"),
        "china-2020-cut-off"
    );
    let shares = |stream: &str| {
        lab.ask(&format!(
            "SELECT share FROM heat_streams WHERE stream = '{stream}'"
        ))
    };
    assert_eq!(shares("troma"), "0.3");
    assert_eq!(shares("primary"), "0.5");
    let trays = lab.ask("SELECT stream FROM heat_streams WHERE share = 0.2");
    assert!(
        !["", "post_consumer"].contains(&trays.as_str()),
        "the part leads to a stream: {trays}"
    );
}

#[test]
fn a_lake_from_before_a_column_is_widened() {
    let lab = Lab::new();
    let shipped =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/tables/tensile_tests.json");
    let contract = fs::read_to_string(shipped).expect("the contract");
    let mut older: serde_json::Value = serde_json::from_str(&contract).expect("JSON");
    let fields = older["fields"].as_array_mut().expect("fields");
    fields.retain(|field| field["name"] != "energy_mj_m3");
    lab.put("schemas/tables/tensile_tests.json", older.to_string());
    lab.put(
        "inbox/a.csv",
        format!("{HEADER}S1,H1,6082,T6,open_profile,,,A,,310,280,12\n"),
    );
    assert_eq!(lab.run(&["ingest"]).code, 0);
    fs::remove_file(lab.path("schemas/tables/tensile_tests.json")).expect("it was there");
    lab.put(
        "inbox/b.csv",
        format!("{HEADER}S2,H1,6082,T6,open_profile,,,A,,311,281,12\n"),
    );
    let ran = lab.run(&["ingest"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(lab.ask("SELECT COUNT(*) FROM tensile_tests"), "2");
    assert_eq!(
        lab.ask("SELECT COUNT(energy_mj_m3) FROM tensile_tests"),
        "0"
    );
    let then = lab.run(&[
        "sql",
        "SELECT COUNT(*) FROM tensile_tests",
        "--as-of",
        "1",
        "--format",
        "csv",
    ]);
    assert_eq!(then.stdout.lines().nth(1), Some("1"), "{then:?}");
}
