//! Derivatives of averages from fluctuations, where everything is known: harmonic modes drawn from their distribution.
//!
//! U = c + κ/2 Σ x² of n modes beside f momenta has, whatever the stiffness κ, ⟨U⟩ = c + n kT/2 at constant temperature,
//! and at constant energy U − c takes the share n/(n + f) of E − c on average.

use admd::dynamics::Ensemble;
use admd::sensitivity::{
    Averages, Blocks, Estimate, HEAT_CAPACITY, POTENTIAL_ENERGY, PRESSURE, Sample, TEMPERATURE, Value, Virial,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// Modes and momenta.
const N: usize = 20;
const F: usize = 30;
const KAPPA: f64 = 2.5;
const KT: f64 = 0.7;
const ENERGY: f64 = 12.0;
const VOLUME: f64 = 5.0;
/// Of a true derivative, one estimate in 370 is further off than this; seeds are fixed.
const SIGMAS: f64 = 3.0;

/// The parameters: the stiffness, the constant c (zero), and the pressure's own, q (zero), on which tr W = q U depends.
const PARAMETERS: usize = 3;

fn normals(rng: &mut ChaCha8Rng, count: usize) -> f64 {
    (0..count)
        .map(|_| {
            let x: f64 = StandardNormal.sample(rng);
            x * x
        })
        .sum()
}

fn add(averages: &mut Averages, u: f64, kinetic: f64) {
    averages.add(Sample {
        potential_energy: u,
        kinetic_energy: kinetic,
        slopes: &[u / KAPPA, 1.0, 0.0],
        virial: Some(Virial {
            trace: 0.0,
            slopes: &[0.0, 0.0, u],
            volume: VOLUME,
        }),
        bins: &[u],
    });
}

/// Independent samples at constant temperature.
fn canonical(seed: u64, samples: usize) -> Estimate {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let ensemble = Ensemble::Canonical {
        degrees_of_freedom: F,
        kt: KT,
    };
    let mut averages = Averages::new(ensemble, 1.0, PARAMETERS, 1);
    for _ in 0..samples {
        let u = 0.5 * KT * normals(&mut rng, N);
        let kinetic = 0.5 * KT * normals(&mut rng, F);
        add(&mut averages, u, kinetic);
    }
    averages.estimate()
}

/// Independent points of the sphere of constant energy.
fn microcanonical(seed: u64, samples: usize) -> Estimate {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let ensemble = Ensemble::Microcanonical { degrees_of_freedom: F };
    let mut averages = Averages::new(ensemble, 1.0, PARAMETERS, 1);
    for _ in 0..samples {
        let (a, b) = (normals(&mut rng, N), normals(&mut rng, F));
        add(&mut averages, ENERGY * a / (a + b), ENERGY * b / (a + b));
    }
    averages.estimate()
}

fn z(what: &str, found: Value, expected: f64) -> f64 {
    let z = (found.value - expected) / found.error;
    println!(
        "{what}: {} +- {}, {expected} expected, z = {z:.2}",
        found.value, found.error
    );
    z
}

fn agrees(what: &str, found: Value, expected: f64) {
    assert!(
        z(what, found, expected).abs() < SIGMAS,
        "{what}: {found:?} and {expected}"
    );
}

const SAMPLES: usize = 20_000;
const TEMPERATURE_HELD: usize = 0;
const ENERGY_HELD: usize = 1;

#[test]
fn harmonic_modes_at_constant_temperature() {
    let found = canonical(1, SAMPLES);
    let (n, f) = (N as f64, F as f64);
    agrees("<U>", found.averages[POTENTIAL_ENERGY], 0.5 * n * KT);
    agrees("C_v", found.averages[HEAT_CAPACITY], 0.5 * (n + f));
    assert_eq!(found.averages[TEMPERATURE].value, KT);
    let [stiffness, constant, own] = &found.slopes[..] else {
        panic!("three parameters")
    };
    for held in [TEMPERATURE_HELD, ENERGY_HELD] {
        agrees("d<U>/dkappa", stiffness[held][POTENTIAL_ENERGY], 0.0);
        agrees("dC_v/dkappa", stiffness[held][HEAT_CAPACITY], 0.0);
        agrees("d<P>/dq", own[held][PRESSURE], 0.5 * n * KT / (3.0 * VOLUME));
    }
    assert_eq!(stiffness[TEMPERATURE_HELD][TEMPERATURE].value, 0.0);
    // the constant moves U at constant temperature, and is shared by all at constant energy
    assert!((constant[TEMPERATURE_HELD][POTENTIAL_ENERGY].value - 1.0).abs() < ROUNDING);
    agrees(
        "d<U>/dc at constant energy",
        constant[ENERGY_HELD][POTENTIAL_ENERGY],
        f / (n + f),
    );
    agrees(
        "dT/dc at constant energy",
        constant[ENERGY_HELD][TEMPERATURE],
        -2.0 / (n + f),
    );
}

#[test]
fn harmonic_modes_at_constant_energy() {
    let found = microcanonical(2, SAMPLES);
    let (n, f) = (N as f64, F as f64);
    agrees("<U>", found.averages[POTENTIAL_ENERGY], ENERGY * n / (n + f));
    agrees("T", found.averages[TEMPERATURE], 2.0 * ENERGY / (n + f));
    agrees("C_v", found.averages[HEAT_CAPACITY], 0.5 * (n + f));
    let [stiffness, constant, own] = &found.slopes[..] else {
        panic!("three parameters")
    };
    for held in [TEMPERATURE_HELD, ENERGY_HELD] {
        agrees("d<U>/dkappa", stiffness[held][POTENTIAL_ENERGY], 0.0);
        agrees("dC_v/dkappa", stiffness[held][HEAT_CAPACITY], 0.0);
        agrees("d<P>/dq", own[held][PRESSURE], ENERGY * n / (n + f) / (3.0 * VOLUME));
    }
    agrees("dT/dkappa", stiffness[ENERGY_HELD][TEMPERATURE], 0.0);
    assert_eq!(stiffness[TEMPERATURE_HELD][TEMPERATURE].value, 0.0);
    assert!((constant[TEMPERATURE_HELD][POTENTIAL_ENERGY].value - 1.0).abs() < ROUNDING);
    agrees(
        "d<U>/dc at constant energy",
        constant[ENERGY_HELD][POTENTIAL_ENERGY],
        f / (n + f),
    );
    agrees(
        "dT/dc at constant energy",
        constant[ENERGY_HELD][TEMPERATURE],
        -2.0 / (n + f),
    );
    // P = 2K/3V here
    agrees(
        "d<P>/dc at constant energy",
        constant[ENERGY_HELD][PRESSURE],
        -2.0 / (3.0 * VOLUME) * f / (n + f),
    );
    // U as a number of the positions alone has no explicit part: the whole derivative but that
    let bin = found.averages.len() - 1;
    agrees("d<bin>/dc at constant energy", constant[ENERGY_HELD][bin], -n / (n + f));
}

/// A root mean square of 50 numbers of variance 1 is 1 with a standard deviation of 0.1; the largest of four estimates of an
/// error is larger than the error by a fifth, which makes z smaller.
const CALIBRATED: core::ops::Range<f64> = 0.7..1.4;

#[test]
fn errors_are_what_they_say() {
    let mut squares = [0.0; 4];
    const SEEDS: u64 = 50;
    for seed in 0..SEEDS {
        let (hot, closed) = (canonical(100 + seed, 2000), microcanonical(200 + seed, 2000));
        let exact = 0.5 * (N + F) as f64;
        let all = [
            (hot.slopes[0][TEMPERATURE_HELD][POTENTIAL_ENERGY], 0.0),
            (hot.averages[HEAT_CAPACITY], exact),
            (closed.slopes[0][TEMPERATURE_HELD][POTENTIAL_ENERGY], 0.0),
            (closed.averages[HEAT_CAPACITY], exact),
        ];
        for (sum, (found, expected)) in squares.iter_mut().zip(all) {
            *sum += ((found.value - expected) / found.error).powi(2);
        }
    }
    let rms = squares.map(|s| (s / SEEDS as f64).sqrt());
    println!("rms z of {SEEDS} seeds: {rms:.2?}");
    assert!(rms.iter().all(|z| CALIBRATED.contains(z)), "{rms:?}");
}

/// Sums of some thousand numbers of size one, in another order.
const ROUNDING: f64 = 1e-11;

#[test]
fn blocks_are_merged_without_a_change_of_the_estimate() {
    // as many samples as are merged three times, and some
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let series: Vec<f64> = (0..3000).map(|_| normals(&mut rng, 3)).collect();
    let mut blocks = Blocks::new(2);
    for (k, x) in series.iter().enumerate() {
        blocks.add(&[*x, x * x]);
        assert!(blocks.blocks() <= 512, "{} blocks after {k}", blocks.blocks());
    }
    let (found, groups) = blocks.estimate(|m| vec![m[0], m[1] - m[0] * m[0]]);
    let mean = series.iter().sum::<f64>() / 3000.0;
    let variance = series.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 3000.0;
    assert!((found[0].value - mean).abs() < ROUNDING && (found[1].value - variance).abs() < ROUNDING);
    assert_eq!(groups, 128);
    // independent samples: the error of their mean is known, and that of the error with 16 groups is a sixth
    let exact = (variance / 3000.0).sqrt();
    assert!(
        (0.8..1.6).contains(&(found[0].error / exact)),
        "{} and {exact}",
        found[0].error
    );
}

#[test]
fn correlated_samples_have_larger_errors() {
    const RHO: f64 = 0.95;
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let (mut free, mut chained) = (Blocks::new(1), Blocks::new(1));
    let mut x = 0.0;
    for _ in 0..20_000 {
        let fresh: f64 = StandardNormal.sample(&mut rng);
        x = RHO * x + (1.0 - RHO * RHO).sqrt() * fresh;
        free.add(&[fresh]);
        chained.add(&[x]);
    }
    let error = |blocks: &Blocks| blocks.estimate(|m| m.to_vec()).0[0].error;
    let (ratio, exact) = (error(&chained) / error(&free), ((1.0 + RHO) / (1.0 - RHO)).sqrt());
    println!("errors grow {ratio:.2} times, {exact:.2} expected");
    assert!((0.75..1.4).contains(&(ratio / exact)), "{ratio} and {exact}");
}

#[test]
fn few_samples_have_no_error() {
    let found = microcanonical(5, 15);
    assert_eq!((found.samples, found.groups), (15, 0));
    let values = found.averages.iter().chain(found.slopes.iter().flatten().flatten());
    for v in values {
        assert!(v.error.is_nan() && v.value.is_finite(), "{v:?}");
    }
    assert!(canonical(5, 16).averages[POTENTIAL_ENERGY].error > 0.0);
}

#[test]
fn large_energies_keep_the_digits_of_their_fluctuation() {
    // the same samples, with U a million times as far away: E − U and all fluctuations are the same
    let shifted = |shift: f64| {
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        let mut averages = Averages::new(Ensemble::Microcanonical { degrees_of_freedom: F }, 1.0, 1, 0);
        for _ in 0..1000 {
            let (a, b) = (normals(&mut rng, N), normals(&mut rng, F));
            let (u, kinetic) = (ENERGY * a / (a + b), ENERGY * b / (a + b));
            averages.add(Sample {
                potential_energy: u + shift,
                kinetic_energy: kinetic,
                slopes: &[(u + shift) / KAPPA],
                virial: None,
                bins: &[],
            });
        }
        averages.estimate()
    };
    // with D = (U + s)/κ: d⟨U⟩ = ⟨D⟩ − cov(U, b D), which is linear in s
    let slope = |shift: f64| shifted(shift).slopes[0][ENERGY_HELD][POTENTIAL_ENERGY].value;
    let (zero, one, far) = (slope(0.0), slope(1.0), slope(1e8));
    let expected = zero + (one - zero) * 1e8;
    // 1e8 has 16 digits: what is left of its fluctuation of size one has eight
    assert!((far / expected - 1.0).abs() < 1e-7, "{far} and {expected}");
}
