//! Heats by hand, the figures of the design to their printed digits, and what the reader refuses.

use super::*;
use crate::features::Streams;

const SHIPPED: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../schemas/carbon.toml"
));
const STREAMS: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../schemas/streams.toml"
));

fn shipped() -> Factors {
    Factors::load(&[(SHIPPED, "carbon.toml")]).unwrap()
}

fn with_own(own: &str) -> Result<Factors, Vec<String>> {
    Factors::load(&[(SHIPPED, "carbon.toml"), (own, "own.toml")])
}

fn streams() -> Streams {
    Streams::load(STREAMS, "streams.toml").unwrap()
}

fn line(class: SourceClass, material: &'static str, mass_kg: f64, y: f64) -> ChargeLine<'static> {
    ChargeLine {
        material,
        source_class: class,
        stream: None,
        vehicle_part: None,
        supplier: None,
        mass_kg,
        metal_yield: Some(y),
    }
}

fn of(lines: &[ChargeLine<'_>], factors: &Factors, day: Option<&str>) -> HeatCarbon {
    let overrides = Overrides {
        suppliers: factors.suppliers(),
        day,
        ..Overrides::default()
    };
    of_heat(
        lines,
        factors.default_set().unwrap(),
        &overrides,
        &streams(),
    )
    .unwrap()
}

fn near(actual: f64, expected: f64) -> bool {
    (actual - expected).abs() <= 1e-12 * expected.abs()
}

#[test]
fn the_linear_blend_of_the_design_to_its_digits() {
    let factors = shipped();
    for (percent, printed) in [
        (0.0, 15.95),
        (30.0, 11.42),
        (50.0, 8.40),
        (70.0, 5.38),
        (85.0, 3.11),
        (100.0, 0.85),
    ] {
        let lines = [
            line(SourceClass::Primary, "ingot", 10.0 * (100.0 - percent), 1.0),
            line(SourceClass::PostConsumer, "scrap", 10.0 * percent, 1.0),
        ];
        let found = of(&lines, &factors, None);
        // Half of the last printed digit; 0.845 itself lies on that edge.
        let off = (found.kg_co2e_per_kg - printed).abs();
        assert!(off <= 0.005 + 1e-12, "{percent} %: {found:?}");
        assert!(!found.unverified && !found.assumed_yield);
        assert_eq!(found.factor_set, "china-2020-cut-off");
    }
}

#[test]
fn a_heat_with_melt_loss_and_alloying_by_hand() {
    let mut tense = line(SourceClass::PostConsumer, "", 500.0, 0.9);
    tense.metal_yield = None;
    tense.stream = Some("Tense");
    let lines = [
        line(SourceClass::Primary, "Primary ingot Al99.7", 1000.0, 0.99),
        line(SourceClass::Alloying, "Silicon metal 553", 100.0, 0.97),
        line(SourceClass::Alloying, "AlSi50 master alloy", 20.0, 0.98),
        line(SourceClass::Alloying, "AlMn20 master alloy", 10.0, 0.98),
        line(SourceClass::InternalReturn, "Runners", 300.0, 0.97),
        line(SourceClass::PreConsumer, "Clippings", 200.0, 0.98),
        line(SourceClass::Unknown, "Something", 70.0, 0.9),
        line(SourceClass::Heel, "", 800.0, 1.0),
        tense,
    ];
    // Tense: 2 to 5 % loss, so 0.965 in the middle.
    let output: f64 = 990.0 + 97.0 + 19.6 + 9.8 + 291.0 + 196.0 + 63.0 + 482.5;
    let master = 0.5 * 11.0 + 0.5 * 15.947;
    let alloying = 100.0 * 11.0 + 20.0 * master + 10.0 * 15.947;
    let burden = 1070.0 * 15.947 + alloying + 1000.0 * 0.845;
    let found = of(&lines, &shipped(), None);
    assert!(near(found.kg_co2e_per_kg, burden / output), "{found:?}");
    assert!(near(
        found.by_class[&SourceClass::Alloying],
        alloying / output
    ));
    assert!(near(
        found.by_class[&SourceClass::Unknown],
        70.0 * 15.947 / output
    ));
    assert!(!found.by_class.contains_key(&SourceClass::Heel));
    assert!(near(found.output_kg, output) && near(found.charge_kg, 2200.0));
    assert!(near(found.unknown_share, 70.0 / 2200.0));
    assert!(found.assumed_yield && found.unverified && found.suppliers.is_empty());

    let mut backwards = lines;
    backwards.reverse();
    assert_eq!(of(&backwards, &shipped(), None), found);

    let set = shipped();
    let overrides = Overrides {
        pre_consumer: Some(15.947),
        melting: Some(0.3),
        ..Overrides::default()
    };
    let set = set.default_set().unwrap();
    let own = of_heat(&lines, set, &overrides, &streams()).unwrap();
    let expected = (burden + 200.0 * (15.947 - 0.845)) / output + 0.3;
    assert!(near(own.kg_co2e_per_kg, expected), "{own:?}");
    assert_eq!(own.melting, 0.3);
    assert_eq!(of_primary(set, &overrides), Some(15.947 + 0.3));
    assert_eq!(of_primary(set, &Overrides::default()), Some(15.947));
}

#[test]
fn nothing_charged_is_no_footprint() {
    let factors = shipped();
    let (set, streams) = (factors.default_set().unwrap(), streams());
    let none = |lines: &[ChargeLine<'_>]| of_heat(lines, set, &Overrides::default(), &streams);
    assert_eq!(none(&[]), None);
    assert_eq!(none(&[line(SourceClass::Heel, "", 900.0, 1.0)]), None);
    assert_eq!(none(&[line(SourceClass::Primary, "", f64::NAN, 1.0)]), None);
    // A tenth of a gram is no gram of metal.
    assert_eq!(none(&[line(SourceClass::Primary, "", 0.0006, 0.1)]), None);
}

#[test]
fn alloying_elements_are_told_by_the_beginning_of_the_name() {
    let factors = shipped();
    let set = factors.default_set().unwrap();
    let master = |percent: f64, pure: f64| percent * pure + (1.0 - percent) * 15.947;
    for (material, expected) in [
        ("Silicon metal 553", Some(11.0)),
        ("  SILICON  METAL", Some(11.0)),
        ("金属硅553#", Some(11.0)),
        ("Magnesium ingot", Some(26.5)),
        ("镁锭", Some(26.5)),
        ("AlSi50 master alloy", Some(master(0.5, 11.0))),
        ("AlMg20", Some(master(0.2, 26.5))),
        // No figure for manganese; not a master alloy's name; not at the beginning; no whole word.
        ("AlMn20 master alloy", None),
        ("AlSi10Mg", None),
        ("AlSi0", None),
        ("AlSi", None),
        ("master alloy AlSi50", None),
        ("Siliconised", None),
        ("Copper wire, bare", None),
        ("", None),
    ] {
        let found = set.of_material(material);
        assert_eq!(found.map(|(factor, _)| factor), expected, "{material}");
        assert!(found.is_none_or(|(_, status)| status == FactStatus::Unverified));
    }
}

#[test]
fn a_suppliers_own_figure_wins() {
    let own = "[[supplier]]\nsupplier = \"Liangjiang Dismantling\"\nstream = \"troma\"\nfactor = 0.5\n\
               valid_until = \"2026-06-30\"\nsource = \"EPD 17\"\nstatus = \"verified\"\n\
               [[supplier]]\nsupplier = \"Liangjiang Dismantling\"\nsource_class = \"post_consumer\"\n\
               factor = 0.7\nsource = \"EPD 18\"\nstatus = \"verified\"\n\
               [[supplier]]\nsupplier = \"Wujiang Smelting\"\nsource_class = \"primary\"\n\
               factor = 4.2\nsource = \"EPD 19\"\nstatus = \"verified\"\n\
               [[supplier]]\nsupplier = \"Qianjiang Metals\"\nsource_class = \"primary\"\n\
               factor = 3.0\nsystem_model = \"substitution\"\nsource = \"EPD 20\"\nstatus = \"verified\"\n\
               [[supplier]]\nsupplier = \"X\"\nstream = \"Tromba\"\nfactor = 1\n\
               source = \"EPD 21\"\nstatus = \"verified\"\n";
    let factors = with_own(own).unwrap();
    let heat = |class, supplier, stream, day| {
        let mut line = line(class, "", 100.0, 1.0);
        (line.supplier, line.stream) = (supplier, stream);
        let found = of(&[line], &factors, day);
        (found.kg_co2e_per_kg, found.suppliers.len())
    };
    let post = SourceClass::PostConsumer;
    let dismantler = Some("liangjiang  dismantling");
    let wheels = Some("Troma");
    assert_eq!(heat(post, dismantler, wheels, Some("2026-06-30")), (0.5, 1));
    // Expired, or nobody knows: the figure of the class, which does not expire.
    assert_eq!(heat(post, dismantler, wheels, Some("2026-07-01")), (0.7, 1));
    assert_eq!(heat(post, dismantler, wheels, None), (0.7, 1));
    assert_eq!(
        heat(post, dismantler, Some("Tense"), Some("2026-06-30")),
        (0.7, 1)
    );
    assert_eq!(
        heat(post, Some("Hechuan Shredding"), wheels, None),
        (0.845, 0)
    );
    let primary = SourceClass::Primary;
    assert_eq!(
        heat(primary, Some("Wujiang Smelting"), None, None),
        (4.2, 1)
    );
    // A class of its own: what is not stated to be primary does not get the supplier's figure.
    assert_eq!(
        heat(SourceClass::Unknown, Some("Wujiang Smelting"), None, None),
        (15.947, 0)
    );
    // A figure of another system model does not count.
    assert_eq!(
        heat(primary, Some("Qianjiang Metals"), None, None),
        (15.947, 0)
    );
    assert_eq!(
        factors.unknown_streams(&streams()),
        [
            "own.toml:27: supplier `X`: key `stream`: `Tromba` is no stream of streams.toml [vocabulary]"
        ]
    );
}

#[test]
fn the_shipped_sets_are_complete_and_differ_where_they_should() {
    let factors = shipped();
    let of = |id: &str, class| factors.set(id).unwrap().of_class(class).unwrap().value;
    let (primary, pre) = (SourceClass::Primary, SourceClass::PreConsumer);
    assert_eq!(of("china-2020-cut-off", primary), 15.947);
    assert_eq!(of("hydropower-2019-cut-off", primary), 4.5);
    let burdened = of("china-2020-new-scrap-burdened", pre);
    assert_eq!(format!("{burdened:.2}"), format!("{:.2}", 15.947 * 1.05));
    for set in factors.sets() {
        assert!(set.of_class(SourceClass::Heel).is_none());
        assert_eq!(set.of_class(SourceClass::Unknown), set.of_class(primary));
        assert_eq!(set.melting, None, "{}", set.id);
    }
    assert_eq!(factors.default_set().unwrap().id, "china-2020-cut-off");
}

#[test]
fn a_lab_replaces_single_factors() {
    let own = "default = \"world-2022-cut-off\"\n\
               [[factor]]\nset = \"china-2020-cut-off\"\nsource_class = \"pre_consumer\"\nfactor = 0\n\
               source = \"our practice\"\nstatus = \"verified\"\n\
               [[factor]]\nset = \"china-2020-cut-off\"\nelement = \"Si\"\nfactor = 12\n\
               source = \"supplier\"\nstatus = \"verified\"\n\
               [[melting]]\nset = \"china-2020-cut-off\"\nfactor = 0.25\nsource = \"gas meter\"\n\
               status = \"verified\"\n\
               [[set]]\nid = \"world-2022-cut-off\"\ntitle = { en = \"Ours\" }\nyear = 2023\n\
               system_model = \"cut_off\"\nsource = \"us\"\n";
    let factors = with_own(own).unwrap();
    let china = factors.set("china-2020-cut-off").unwrap();
    assert_eq!(china.of_class(SourceClass::PreConsumer).unwrap().value, 0.0);
    assert_eq!(
        china.of_class(SourceClass::PostConsumer).unwrap().value,
        0.845
    );
    // The materials that are silicon stay known.
    let silicon = china.of_material("金属硅");
    assert_eq!(silicon, Some((12.0, FactStatus::Verified)));
    assert_eq!(
        of_primary(china, &Overrides::default()),
        Some(15.947 + 0.25)
    );
    let world = factors.default_set().unwrap();
    assert_eq!((world.title.en.as_str(), world.year), ("Ours", 2023));
    assert_eq!(world.of_class(SourceClass::Primary).unwrap().value, 14.95);
}

#[test]
fn mistakes_are_all_reported_with_their_lines() {
    let own = "default = \"none\"\n\
               [[set]]\nid = \"own\"\ntitle = { en = \"Own\" }\nyear = 1066\nsystem_model = \"cutoff\"\n\
               source = \"us\"\n\
               [[factor]]\nset = \"china-2021\"\nsource_class = \"primary\"\nfactor = 15947\n\
               source = \"us\"\nstatus = \"verified\"\n\
               [[factor]]\nset = \"china-2021\"\nsource_class = \"unknown\"\nelement = \"Si\"\n\
               source = \"us\"\n\
               [[factor]]\nset = \"china-2021\"\nelement = \"Cu\"\nmaterials = [\" - \"]\nfactor = 4\n\
               source = \"us\"\nstatus = \"verified\"\n\
               [[supplier]]\nsupplier = \"X\"\nvalid_until = \"31.12.2027\"\nfactor = nan\n\
               source = \"us\"\nstatus = \"verified\"\n";
    let found = with_own(own).unwrap_err();
    let expected = [
        "own.toml:1: head: key `default`: `none` must be one of china-2020-cut-off, china-2020-new-scrap-burdened, hydropower-2019-cut-off, world-2022-cut-off [vocabulary]",
        "own.toml:5: set 1: key `year`: `1066` must lie between 1990 and 2100 [range]",
        "own.toml:6: set 1: key `system_model`: `cutoff` must be one of cut_off, substitution [vocabulary]",
        "own.toml:11: factor 1: key `factor`: `15947` must lie between 0 and 100 [range]",
        "own.toml:14: factor 2: key `factor`: missing: give kg CO2e per kg [required]",
        "own.toml:14: factor 2: key `status`: missing: say verified or unverified [required]",
        "own.toml:17: factor 2: key `element`: `Si` a factor is for a source_class or an element, not both [conflict]",
        "own.toml:20: factor 3: key `set`: `china-2021` must be one of china-2020-cut-off, china-2020-new-scrap-burdened, hydropower-2019-cut-off, world-2022-cut-off [vocabulary]",
        "own.toml:22: factor 3: key `materials`: ` - ` must have at least one letter or digit [text]",
        "own.toml:26: supplier 1: key `stream`: missing: a supplier's figure is for a stream or a source_class [required]",
        "own.toml:28: supplier 1: key `valid_until`: `31.12.2027` must be a day like 2027-12-31 [date]",
        "own.toml:29: supplier 1: key `factor`: `nan` must lie between 0 and 100 [range]",
    ];
    assert_eq!(found, expected);

    let twice = "[[factor]]\nset = \"china-2020-cut-off\"\nsource_class = \"primary\"\nfactor = 1\n\
                 source = \"us\"\nstatus = \"verified\"\n";
    let found = with_own(&format!("{twice}{twice}")).unwrap_err();
    assert_eq!(
        found,
        [
            "own.toml:7: factor 2: key `set`: `china-2020-cut-off` has this factor already in this file [unique]"
        ]
    );
    let empty = "[[set]]\nid = \"own\"\ntitle = { en = \"Own\" }\nyear = 2024\n\
                 system_model = \"cut_off\"\nsource = \"us\"\n";
    let found = Factors::load(&[(empty, "own.toml")]).unwrap_err();
    assert_eq!(found.len(), 6, "{found:?}");
    assert_eq!(
        found[0],
        "own.toml: set `own`: missing: a [[factor]] with source_class = \"primary\" [required]"
    );
    assert!(found[5].contains("key `default`: missing"));
}
