//! Labs with a known truth, a regression by hand, and the refusals.

use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::*;

type Shares = BTreeMap<String, Vec<f64>>;

/// Iron that each stream brings, wt%.
const TRUTH: [(&str, f64); 4] = [
    ("internal_return", 0.30),
    ("primary", 0.10),
    ("tense", 0.80),
    ("twitch", 0.60),
];
const SIGMA: f64 = 0.02;

fn truth(stream: &str) -> f64 {
    TRUTH
        .iter()
        .find(|(name, _)| *name == stream)
        .map(|(_, content)| *content)
        .unwrap()
}

/// Heats whose streams are charged in proportions that vary by themselves.
fn lab(heats: usize, random: &mut ChaCha8Rng) -> (Vec<f64>, Shares) {
    let mut shares = Shares::new();
    let mut y = Vec::new();
    for _ in 0..heats {
        let masses: Vec<f64> = TRUTH.iter().map(|_| 0.2 + random.random::<f64>()).collect();
        let sum: f64 = masses.iter().sum();
        let mut content = 0.0;
        for ((stream, brings), mass) in TRUTH.iter().zip(masses) {
            content += brings * mass / sum;
            shares
                .entry((*stream).to_owned())
                .or_default()
                .push(mass / sum);
        }
        let noise: f64 = StandardNormal.sample(random);
        y.push(content + SIGMA * noise);
    }
    (y, shares)
}

fn settings() -> StreamSettings {
    StreamSettings::default()
}

fn effects(y: &[f64], shares: &Shares) -> StreamEffects {
    stream_effects(y, shares, &settings()).unwrap()
}

fn covers(interval: Interval, value: f64) -> bool {
    interval.low <= value && value <= interval.high
}

fn columns(of: &[(&str, &[f64])]) -> Shares {
    of.iter()
        .map(|(stream, shares)| ((*stream).to_owned(), shares.to_vec()))
        .collect()
}

#[test]
fn intervals_cover_the_planted_contents_in_95_labs_of_100() {
    const LABS: u32 = 400;
    let mut random = ChaCha8Rng::seed_from_u64(20);
    let mut kept: BTreeMap<&str, u32> = BTreeMap::new();
    let mut kept_narrow = 0;
    for _ in 0..LABS {
        let (y, shares) = lab(20, &mut random);
        let found = effects(&y, &shares);
        assert_eq!((found.dof, found.pooled.len()), (16, 0));
        for effect in &found.effects {
            let (name, planted) = TRUTH
                .iter()
                .find(|(name, _)| *name == effect.stream)
                .unwrap();
            *kept.entry(*name).or_default() += u32::from(covers(effect.content, *planted));
        }
        let narrow = StreamSettings {
            confidence: 0.8,
            ..settings()
        };
        let found = stream_effects(&y, &shares, &narrow).unwrap();
        let tense = found.effects.iter().find(|e| e.stream == "tense").unwrap();
        kept_narrow += u32::from(covers(tense.content, truth("tense")));
    }
    // Three and a half binomial standard deviations, for there are four streams.
    let margin = |p: f64| 3.5 * (p * (1.0 - p) / f64::from(LABS)).sqrt();
    for (stream, count) in kept {
        let share = f64::from(count) / f64::from(LABS);
        assert!((share - 0.95).abs() <= margin(0.95), "{stream}: {share}");
    }
    let share = f64::from(kept_narrow) / f64::from(LABS);
    assert!((share - 0.8).abs() <= margin(0.8), "at 80 %: {share}");
}

#[test]
fn contributions_sum_to_the_mean_and_rank_the_streams() {
    let (y, shares) = lab(60, &mut ChaCha8Rng::seed_from_u64(3));
    let found = effects(&y, &shares);
    let sum: f64 = found.effects.iter().map(|e| e.contribution.estimate).sum();
    assert!((sum - found.mean).abs() < 1e-13, "{sum} {}", found.mean);
    let order: Vec<&str> = found.effects.iter().map(|e| e.stream.as_str()).collect();
    assert_eq!(order, ["tense", "twitch", "internal_return", "primary"]);
    for effect in &found.effects {
        let share = &shares[&effect.stream];
        let mean: f64 = share.iter().sum::<f64>() / 60.0;
        assert!((effect.mean_share - mean).abs() < 1e-15 && effect.heats == 60);
        let expected = effect.content.low * effect.mean_share;
        assert!((effect.contribution.low - expected).abs() < 1e-15);
        assert_eq!(effect.members.join(" "), effect.stream);
    }
    assert!(found.condition > 1.0 && found.condition < 30.0);
    assert!((found.sigma - SIGMA).abs() < 0.006, "{}", found.sigma);
}

#[test]
fn two_streams_by_hand() {
    // Heats of one stream each are two samples: means 0.2 and 0.8, pooled variance 0.04/4.
    let a = [1.0, 1.0, 1.0, 0.0, 0.0, 0.0];
    let b = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0];
    let y = [0.1, 0.2, 0.3, 0.7, 0.8, 0.9];
    let shares = columns(&[("a", &a), ("b", &b), ("never", &[0.0; 6])]);
    let few = StreamSettings {
        fewest_heats: 3,
        ..settings()
    };
    let found = stream_effects(&y, &shares, &few).unwrap();
    // The .975 quantile of Student's t with 4 degrees of freedom (tables) times 0.1/√3.
    let half = 2.776_445 * 0.1 / 3.0_f64.sqrt();
    let [first, second] = &found.effects[..] else {
        panic!("{found:?}")
    };
    assert_eq!((first.stream.as_str(), first.heats, found.dof), ("b", 3, 4));
    for (effect, content) in [(first, 0.8), (second, 0.2)] {
        assert!((effect.content.estimate - content).abs() < 1e-14);
        assert!((effect.content.low - (content - half)).abs() < 1e-7);
        assert!((effect.content.high - (content + half)).abs() < 1e-7);
        assert!((effect.contribution.high - 0.5 * (content + half)).abs() < 1e-7);
    }
    assert!((found.condition - 1.0).abs() < 1e-12 && (found.sigma - 0.1).abs() < 1e-14);
}

#[test]
fn rare_streams_are_pooled_and_named() {
    let (mut y, mut shares) = lab(30, &mut ChaCha8Rng::seed_from_u64(5));
    // Two of the heats get a tenth of another stream each, with 2 wt%.
    for (stream, heat) in [("talon", 4), ("zorba", 9)] {
        for column in shares.values_mut() {
            column[heat] *= 0.9;
        }
        y[heat] = 0.9 * y[heat] + 0.1 * 2.0;
        shares
            .entry(stream.to_owned())
            .or_insert_with(|| vec![0.0; 30])[heat] = 0.1;
    }
    let found = effects(&y, &shares);
    let other = found.effects.iter().find(|e| e.stream == OTHER).unwrap();
    assert_eq!(
        (other.members.join(" "), other.heats),
        ("talon zorba".to_owned(), 2)
    );
    assert!(covers(other.content, 2.0), "{other:?}");
    let told: Vec<String> = found
        .pooled
        .iter()
        .map(|p| format!("{} into {}: {}", p.streams.join(" "), p.into, p.reason))
        .collect();
    assert_eq!(
        told,
        [
            "talon into other: charged in 1 heats, fewer than 5",
            "zorba into other: charged in 1 heats, fewer than 5"
        ]
    );
}

#[test]
fn streams_in_fixed_proportions_become_one() {
    // As in a lab that always mixes the same two dismantlers' scrap, but for the rounding of masses.
    let (y, mut shares) = lab(30, &mut ChaCha8Rng::seed_from_u64(6));
    let tense = shares.remove("tense").unwrap();
    let part = |part: f64| tense.iter().map(|share| part * share).collect::<Vec<f64>>();
    shares.insert("housings".to_owned(), part(0.4));
    let mut towers = part(0.6);
    towers[0] += 1e-7;
    shares.insert("towers".to_owned(), towers);
    let found = effects(&y, &shares);
    let both = found.effects.iter().find(|e| e.members.len() == 2).unwrap();
    assert_eq!(both.stream, "housings + towers");
    assert!(covers(both.content, truth("tense")), "{both:?}");
    assert_eq!(found.effects.len(), 4);
    assert_eq!(found.pooled.len(), 1);
    assert_eq!(found.pooled[0].into, "housings + towers");
    assert_eq!(found.pooled[0].streams, ["housings", "towers"]);
    assert!(found.condition <= 30.0);

    // Two groups of proportional streams are two streams, whatever the exact dependencies.
    let ratio: Vec<f64> = (0..12).map(|heat| 0.1 + 0.07 * f64::from(heat)).collect();
    let of = |scrap: bool, part: f64| -> Vec<f64> {
        let share = |r: &f64| part * if scrap { *r } else { 1.0 - r };
        ratio.iter().map(share).collect()
    };
    let shares = columns(&[
        ("alloying", &of(false, 0.1)),
        ("internal_return", &of(false, 0.3)),
        ("primary", &of(false, 0.6)),
        ("tense", &of(true, 0.45)),
        ("twitch", &of(true, 0.55)),
    ]);
    let y: Vec<f64> = ratio.iter().map(|r| 0.1 + 0.24 * r).collect();
    let found = effects(&y, &shares);
    let names: Vec<&str> = found.effects.iter().map(|e| e.stream.as_str()).collect();
    assert_eq!(
        names,
        ["tense + twitch", "alloying + internal_return + primary"]
    );
    assert!((found.effects[0].content.estimate - 0.34).abs() < 1e-12);
    assert!((found.effects[1].content.estimate - 0.10).abs() < 1e-12);
}

#[test]
fn a_dependency_between_several_is_broken() {
    // The first stream is a tenth of every heat: the others sum to nine tenths, none is like it.
    let mut random = ChaCha8Rng::seed_from_u64(8);
    let mut shares = Shares::new();
    let mut y = Vec::new();
    for _ in 0..40 {
        let masses: Vec<f64> = (0..3).map(|_| random.random::<f64>().powi(2)).collect();
        let sum: f64 = masses.iter().sum();
        shares.entry("constant".to_owned()).or_default().push(0.1);
        let mut content = 0.1 * 0.5;
        for (mass, (stream, brings)) in masses.iter().zip([("a", 0.2), ("b", 0.4), ("c", 0.9)]) {
            content += brings * 0.9 * mass / sum;
            shares
                .entry(stream.to_owned())
                .or_default()
                .push(0.9 * mass / sum);
        }
        y.push(content);
    }
    let found = effects(&y, &shares);
    assert_eq!(found.effects.len(), 3);
    assert_eq!(found.pooled.len(), 1);
    assert!(
        found.pooled[0].into.ends_with("+ constant"),
        "{:?}",
        found.pooled
    );
    let sum: f64 = found.effects.iter().map(|e| e.contribution.estimate).sum();
    assert!((sum - found.mean).abs() < 1e-12);
}

#[test]
fn what_says_nothing_is_refused() {
    let (y, shares) = lab(7, &mut ChaCha8Rng::seed_from_u64(9));
    let error = stream_effects(&y, &shares, &settings()).unwrap_err();
    assert_eq!(
        error,
        StreamEffectsError::TooFewHeats {
            heats: 7,
            columns: 4,
            needed: 8
        }
    );
    assert_eq!(
        error.to_string(),
        "7 heats are too few to tell 4 streams apart: at least 8 are needed"
    );
    let (eight, of_eight) = lab(8, &mut ChaCha8Rng::seed_from_u64(9));
    assert_eq!(effects(&eight, &of_eight).dof, 4);

    let shares = columns(&[("a", &[0.4; 9]), ("b", &[0.6; 9])]);
    let y = [0.1, 0.2, 0.3, 0.1, 0.2, 0.3, 0.1, 0.2, 0.3];
    let refuse = |y: &[f64], shares: &Shares| stream_effects(y, shares, &settings()).unwrap_err();
    assert_eq!(refuse(&y, &shares), StreamEffectsError::OneMixture);
    // All heats of one stream: its content is the mean.
    let found = effects(&y, &columns(&[("a", &[1.0; 9])]));
    assert!((found.effects[0].content.estimate - 0.2).abs() < 1e-15);

    let short = columns(&[("a", &[0.4; 9]), ("b", &[0.5; 9])]);
    let error = refuse(&y, &short).to_string();
    assert_eq!(
        error,
        "heat 1: the shares of its streams sum to 0.9, not to 1"
    );
    let error = refuse(&y, &columns(&[("a", &[1.4; 9]), ("b", &[-0.4; 9])])).to_string();
    assert_eq!(error, "heat 1: the share of a is 1.4, not a fraction");
    let error = refuse(&y, &columns(&[("a", &[f64::NAN; 9])])).to_string();
    assert_eq!(error, "heat 1: the share of a is NaN, not a fraction");
    let error = refuse(&y, &columns(&[("a", &[1.0; 8])]));
    assert!(matches!(
        error,
        StreamEffectsError::Model(ModelError::Length { .. })
    ));
    let error = refuse(&[f64::NAN; 9], &columns(&[("a", &[1.0; 9])]));
    assert!(matches!(
        error,
        StreamEffectsError::Model(ModelError::NotFinite { .. })
    ));
    let error = refuse(&[], &Shares::new());
    assert!(matches!(
        error,
        StreamEffectsError::TooFewHeats { heats: 0, .. }
    ));
    let certain = StreamSettings {
        confidence: 1.0,
        ..settings()
    };
    assert!(stream_effects(&y, &columns(&[("a", &[1.0; 9])]), &certain).is_err());
}
