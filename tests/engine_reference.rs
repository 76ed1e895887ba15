//! The reference evaluator gives one set of numbers, in debug and in release builds: law K3.

mod support;

use admd::engine::{Cell, Configuration, Vec3};
use admd::potentials::form::truncation::Truncation;
use support::*;

/// Of the largest value of each kind. The order of operations is the same, and rounding does not depend on the build.
const SAME: f64 = 1e-14;

/// Sixteen atoms of three species in a skewed cell, at places that are exact in binary.
fn system() -> Configuration {
    let positions = (0..16).map(|k: i32| {
        let (x, y, z) = (k % 4, k / 4, (3 * k) % 8);
        Vec3::new(
            1.0625 * f64::from(x) + 0.03125 * f64::from(k % 3),
            1.125 * f64::from(y),
            0.5 * f64::from(z) + 0.015625 * f64::from(k),
        )
    });
    Configuration {
        cell: Cell::new(
            [
                Vec3::new(4.5, 0.0, 0.0),
                Vec3::new(0.75, 4.75, 0.0),
                Vec3::new(-0.5, 0.25, 4.25),
            ],
            [true; 3],
        )
        .unwrap(),
        species: (0..16).map(|k| k % 3).collect(),
        positions: positions.collect(),
    }
}

#[test]
fn the_reference_evaluator_gives_the_same_numbers_in_every_build() {
    let c = system();
    let field = field(vec![three_species(Truncation::Switched { onset: 0.75 }, true)], 0.0);
    let direction = direction(&c, field.parameters().count(), 17);
    let e = oracle(&field, &c, everything(Some(&direction)));
    let t = &e.tangents[0];
    let tensor = |w: Option<admd::engine::Mat3>| w.unwrap().iter().copied().collect::<Vec<_>>();
    let found = [
        ("energy", vec![e.energy.unwrap(), t.energy.unwrap()]),
        ("forces", flat(&e.forces[..4])),
        ("virial", tensor(e.virial)),
        ("gradient", e.gradient.clone()),
        ("tangent of forces", flat(&t.forces[..4])),
        ("tangent of virial", tensor(t.virial)),
        ("tangent of gradient", t.gradient.clone()),
    ];
    for ((what, found), expected) in found.iter().zip(EXPECTED) {
        println!("    &{found:?},");
        assert_close(what, found, expected, SAME);
    }
}

/// Printed by this test, with all digits.
#[rustfmt::skip]
const EXPECTED: [&[f64]; 7] = [
    &[-6.520512865671819, -0.6650705385292153],
    &[-1.280354149702117, -0.09841501332512552, 0.6739330505953399, 0.9417954805737119, -1.75955972388721, -0.07946195698281827, 0.20832644453720425, 1.3238773565365844, -0.7721339172155096, 1.031597124671445, 0.36925353616160606, -0.2629002724183982],
    &[-14.996479735440811, 0.08632877835332453, 2.261329843994899, 0.08632877835332481, -11.318742264209986, -0.5810540243400655, 2.261329843994899, -0.5810540243400657, -9.506345036163463],
    &[-2.1036678951252648, -11.909843663968047, -1.0360446726253472, -3.5385209136918423, -2.411979339211185, -16.69243781982165, -0.848054992510376, -4.5694127158854325],
    &[-3.2593582493785243, -0.7649510436912486, 1.262428945156194, 1.224897939629735, -1.7030560910221189, 1.7202691961601488, 4.1572106796382835, 1.8810887274117145, -0.5392333386573487, 4.814217629522426, -1.4648348806680587, -1.0885961717645745],
    &[0.434306092321525, -6.0975355911857365, -1.5707330808399025, -6.097535591185737, -2.6353358852423034, 0.4480674886048234, -1.570733080839902, 0.4480674886048234, 1.2191332050735124],
    &[0.02559260122621617, 4.51633522483411, 0.8323337590163835, 2.507542380766557, -2.267305628563062, -7.125675479668707, 0.1240010834600404, 1.7434976165997038],
];
