//! What does automatic differentiation cost in the force loop, and what does a step cost around it?
//!
//! A Lennard-Jones melt of 32,000 atoms (density 0.8442, cutoff 2.5, skin 0.3). First the force kernel with the AD
//! evaluator and with a derivative written by hand in the *same* loop, runs interleaved because a busy machine drifts;
//! the ratio of the best runs must stay below [`LIMIT`]. Then list build and whole evaluations by criterion.

use admd::ad::{Element, Isa, Real};
use admd::engine::kernel::{ByDual, PairEvaluator, SWEEP};
use admd::engine::laboratory::{Laboratory, Local};
use admd::engine::{Cell, Configuration, Direction, Evaluation, ForceField, Precision, Request, Settings, Vec3};
use admd::potentials::catalog::pair_info;
use admd::potentials::form::binding::{Leaf, Origin, Pair, PairBinding};
use admd::potentials::form::mixing::Rule;
use admd::potentials::form::parameters::Leaves;
use admd::potentials::form::truncation::{Shifted, Truncation, Wrapped};
use admd::potentials::lennard_jones::{Coef, LennardJones};
use criterion::{Criterion, Throughput};
use std::hint::black_box;
use std::time::Instant;

/// The AD kernel may take this much longer than the one by hand.
const LIMIT: f64 = 1.20;
const CUTOFF: f64 = 2.5;
const SKIN: f64 = 0.3;
const ROUNDS: usize = 60;

type Coefficients<S> = Wrapped<Coef<S>, S, 1>;
type Automatic = ByDual<Shifted<LennardJones>>;

/// Lennard-Jones with its slope in r² by hand.
struct ByHand;

impl PairEvaluator for ByHand {
    type Coef<S: Real> = Coefficients<S>;
    const SLOPES: usize = 0;
    #[inline(always)]
    fn evaluate<S: Real>(r2: S, c: &Self::Coef<S>, _: usize) -> (S, S, [S; SWEEP]) {
        let inverse = r2.recip();
        let r6 = inverse * inverse * inverse;
        let twelve = c.inner.c12 * r6;
        let u = r6 * (twelve - c.inner.c6) - c.own[0];
        // du/d(r²) = (3 c6 r⁻⁶ − 6 c12 r⁻¹²)/r²
        (u, r6 * inverse * (c.inner.c6 * 3.0 - twelve * 6.0), [S::lit(0.0); SWEEP])
    }
}

fn binding() -> PairBinding {
    let info = pair_info("lj").expect("Lennard-Jones is in the catalogue");
    let leaf = |k: usize| Leaf {
        name: info.parameters[k].name.into(),
        spec: &info.parameters[k],
        value: 1.0,
    };
    PairBinding {
        label: "lj".into(),
        info,
        truncation: Truncation::Shifted,
        tail: false,
        rule: Rule::Arithmetic,
        species: vec!["A".into()],
        leaves: vec![leaf(0), leaf(1)],
        pairs: vec![Pair {
            origin: Origin::Given(0),
            cutoff: CUTOFF,
        }],
    }
}

fn field() -> ForceField {
    ForceField::new(vec![binding()], Settings::new(SKIN)).expect("a valid force field")
}

/// An fcc lattice of 4 n³ atoms, melted by velocity Verlet.
fn melt(n: usize, steps: usize) -> Configuration {
    let a = (4.0_f64 / 0.8442).cbrt();
    let mut seed = 12345_u64;
    let mut random = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    let mut positions = Vec::new();
    for cell in 0..n * n * n {
        let corner = Vec3::new((cell % n) as f64, (cell / n % n) as f64, (cell / n / n) as f64);
        for site in [[0.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]] {
            positions.push((corner + Vec3::from(site)) * a);
        }
    }
    let mut velocities: Vec<Vec3> = positions.iter().map(|_| Vec3::from_fn(|_, _| random() * 4.0)).collect();
    let species = vec![0; positions.len()];
    let cell = Cell::orthogonal([n as f64 * a; 3]).expect("a box");
    let mut c = Configuration {
        cell,
        species,
        positions,
    };
    let (mut field, mut e, dt) = (field(), Evaluation::default(), 0.004);
    field.evaluate(&c, Request::FORCES, &mut e).expect("a lattice");
    for _ in 0..steps {
        for k in 0..c.len() {
            velocities[k] += e.forces[k] * (0.5 * dt);
            c.positions[k] += velocities[k] * dt;
        }
        field.evaluate(&c, Request::FORCES, &mut e).expect("a step");
        for k in 0..c.len() {
            velocities[k] += e.forces[k] * (0.5 * dt);
        }
    }
    c
}

/// The best times of some pieces of work, interleaved [s].
fn interleaved<const N: usize>(mut work: [&mut dyn FnMut(); N]) -> [f64; N] {
    let mut best = [f64::INFINITY; N];
    for _ in 0..ROUNDS {
        for (best, work) in best.iter_mut().zip(&mut work) {
            let start = Instant::now();
            work();
            *best = best.min(start.elapsed().as_secs_f64());
        }
    }
    best
}

fn compare<E: Element>(c: &Configuration, isa: Isa, precision: Precision) -> f64 {
    let laboratory = || Laboratory::new(c, CUTOFF, SKIN, isa, precision).expect("a list");
    let (mut hand, mut automatic, mut energy, copy) = (laboratory(), laboratory(), laboratory(), laboratory());
    let mut local = [(); 4].map(|()| Local::<E>::default());
    let [l0, l1, l2, l3] = &mut local;
    let entries = hand.rebuild(c).expect("a list");
    let coef = Coefficients::<f64>::from_fn(|k| [4.0, 4.0, 0.016][k]);
    let times = interleaved([
        &mut || hand.forces::<ByHand, E, false>(black_box(coef), l0),
        &mut || automatic.forces::<Automatic, E, false>(black_box(coef), l1),
        &mut || energy.forces::<Automatic, E, true>(black_box(coef), l2),
        &mut || copy.copy::<E>(l3),
    ]);
    let deviation = hand
        .result()
        .iter()
        .zip(automatic.result())
        .map(|(a, b)| (a - b).norm())
        .fold(0.0, f64::max);
    println!("{isa}, {precision:?}: {entries} entries, by hand and automatic differ by {deviation:e} at most");
    for (name, t) in ["by hand", "automatic", "with energy and virial", "copies of coordinates"]
        .into_iter()
        .zip(times)
    {
        println!(
            "  {name:<23} {:6.3} ns/entry {:7.1} ns/atom {:6.2} M atom-steps/s  ratio {:5.3}",
            1e9 * t / entries as f64,
            1e9 * t / c.len() as f64,
            1e-6 * c.len() as f64 / t,
            t / times[0],
        );
    }
    times[1] / times[0]
}

/// Requests as a run makes them, with their names.
fn requests(along: &Direction) -> [(&'static str, Request<'_>); 4] {
    let forces = Request::FORCES;
    [
        ("forces", forces),
        ("forces, energy, virial", Request::ENERGY),
        (
            "parameter gradient",
            Request {
                gradient: true,
                ..forces
            },
        ),
        (
            "Hessian-vector product",
            Request {
                tangent: Some(along),
                ..forces
            },
        ),
    ]
}

fn along(c: &Configuration) -> Direction {
    Direction {
        positions: c.positions.iter().map(|r| r.map(f64::sin)).collect(),
        ..Direction::default()
    }
}

/// Best times of list build and whole evaluations, interleaved.
fn whole(c: &Configuration) {
    let along = along(c);
    let mut laboratory = Laboratory::new(c, CUTOFF, SKIN, Isa::best(), Precision::Double).expect("a list");
    let mut fields = [field(), field(), field(), field()];
    let [f0, f1, f2, f3] = &mut fields;
    let [r0, r1, r2, r3] = requests(&along);
    let run = |field: &mut ForceField, request: Request, e: &mut Evaluation| {
        field.evaluate(c, request, e).expect("an evaluation");
    };
    let mut e = [(); 4].map(|()| Evaluation::default());
    let [e0, e1, e2, e3] = &mut e;
    let times = interleaved([
        &mut || run(f0, r0.1, e0),
        &mut || run(f1, r1.1, e1),
        &mut || run(f2, r2.1, e2),
        &mut || run(f3, r3.1, e3),
        &mut || drop(laboratory.rebuild(c)),
    ]);
    println!("whole evaluations with {} threads", rayon::current_num_threads());
    for (name, t) in [r0.0, r1.0, r2.0, r3.0, "list build"].into_iter().zip(times) {
        println!(
            "  {name:<23} {:7.1} ns/atom  {:5.2} of forces",
            1e9 * t / c.len() as f64,
            t / times[0]
        );
    }
}

fn surroundings(criterion: &mut Criterion, c: &Configuration) {
    let mut group = criterion.benchmark_group("melt of 32,000");
    group.sample_size(20).throughput(Throughput::Elements(c.len() as u64));
    let mut laboratory = Laboratory::new(c, CUTOFF, SKIN, Isa::best(), Precision::Double).expect("a list");
    group.bench_function("list build", |b| b.iter(|| laboratory.rebuild(c)));
    group.bench_function("refresh of coordinates", |b| b.iter(|| laboratory.refresh(c)));
    let (mut field, mut e, along) = (field(), Evaluation::default(), along(c));
    for (name, request) in requests(&along) {
        group.bench_function(name, |b| b.iter(|| field.evaluate(c, request, &mut e)));
    }
    group.finish();
}

fn main() {
    let c = melt(20, 300);
    for isa in Isa::ALL.into_iter().filter(|isa| isa.is_supported()) {
        let ratio = compare::<f64>(&c, isa, Precision::Double);
        compare::<f32>(&c, isa, Precision::Mixed);
        if isa == Isa::Avx512 {
            assert!(
                ratio <= LIMIT,
                "automatic differentiation costs {ratio:.3} of the kernel by hand, above {LIMIT}"
            );
        }
    }
    whole(&c);
    let mut criterion = Criterion::default().configure_from_args();
    surroundings(&mut criterion, &c);
    criterion.final_summary();
}
