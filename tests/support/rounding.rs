//! How far forces, energy and virial in mixed precision may be from those in double precision: a bound, pair by pair.

use admd::ad::{Dual, Isa, Real};
use admd::engine::laboratory::Laboratory;
use admd::engine::{Configuration, Evaluation, Precision, Vec3};
use admd::potentials::catalog::{PairVisitor, visit_pair};
use admd::potentials::form::binding::PairBinding;
use admd::potentials::form::truncation::Truncated;

/// Half of an ulp of f32 as a fraction.
const HALF: f64 = 0.5 * f32::EPSILON as f64;
/// Roundings on the way from r² to u and its slope, each of which the potential may amplify as it does one of r.
const EVALUATION: f64 = 16.0;
/// Where a tail is larger by more than what any truncation takes away at the cutoff: (1/0.8)⁶ − 1 is 2.8.
const INSIDE: f64 = 0.8;

/// A bound on the rounding, and the sizes of what is rounded.
pub struct Rounding {
    /// Of the force on each atom \[energy/length\].
    pub forces: Vec<f64>,
    /// Of the energy of each atom \[energy\].
    pub energies: Vec<f64>,
    /// Of each element of the virial \[energy\].
    pub virial: f64,
    /// The largest force of a pair \[energy/length\].
    pub largest: f64,
    /// Σ |u| over the pairs \[energy\].
    pub energy_scale: f64,
}

impl Rounding {
    /// The bound for one term; no coordinate relative to the middle of its block is larger than `coordinate` \[length\].
    pub fn bound(c: &Configuration, binding: &PairBinding, coordinate: f64) -> Self {
        // positions are rounded once, a difference of two along each axis twice and once itself
        let shift = 3.0_f64.sqrt() * HALF * (3.0 * coordinate);
        let cutoff = binding.cutoff() + 2.0 * shift;
        let pairs = Laboratory::new(c, cutoff, 0.0, Isa::best(), Precision::Double)
            .unwrap()
            .pairs();
        let sum = Sum {
            c,
            binding,
            pairs,
            shift,
        };
        visit_pair(binding.info.name, binding.truncation, sum).unwrap()
    }

    /// Mixed against double: the largest deviation of forces, energy and virial, each as a fraction of its bound.
    #[track_caller]
    pub fn assert_close(&self, what: &str, mixed: &Evaluation, double: &Evaluation) -> f64 {
        let mut worst = 0.0_f64;
        for (k, (a, b)) in mixed.forces.iter().zip(&double.forces).enumerate() {
            let (off, bound) = ((a - b).norm(), self.forces[k]);
            assert!(
                off <= bound,
                "{what}: force on {k} is off by {off:e}, at most {bound:e}: {a:?}"
            );
            worst = worst.max(if bound > 0.0 { off / bound } else { 0.0 });
        }
        let check = |name: &str, a: f64, b: f64, bound: f64| {
            // the double result has roundings of its own, which the bound dwarfs unless it is zero
            assert!(
                (a - b).abs() <= bound,
                "{what}: {name} {a:e} and {b:e}, at most {bound:e}"
            );
        };
        for (k, (a, b)) in mixed.energies.iter().zip(&double.energies).enumerate() {
            check("energy of an atom", *a, *b, self.energies[k]);
        }
        if let (Some(a), Some(b)) = (mixed.energy, double.energy) {
            check("energy", a, b, self.energies.iter().sum());
        }
        if let (Some(a), Some(b)) = (mixed.virial, double.virial) {
            a.iter()
                .zip(b.iter())
                .for_each(|(a, b)| check("virial", *a, *b, self.virial));
        }
        worst
    }
}

struct Sum<'a> {
    c: &'a Configuration,
    binding: &'a PairBinding,
    pairs: Vec<(usize, usize, [i32; 3])>,
    shift: f64,
}

impl PairVisitor for Sum<'_> {
    type Output = Rounding;
    fn visit<E: Truncated>(self) -> Rounding {
        type Twice = Dual<Dual<f64, 1>, 1>;
        let Self {
            c,
            binding,
            pairs,
            shift,
        } = self;
        let theta: Vec<Twice> = binding.theta().into_iter().map(Twice::lit).collect();
        let rows = binding.coefficients::<E, Twice>(&theta);
        let mut out = Rounding {
            forces: vec![0.0; c.len()],
            energies: vec![0.0; c.len()],
            virial: 0.0,
            largest: 0.0,
            energy_scale: 0.0,
        };
        let mut sizes = vec![(0_u32, 0.0, 0.0); c.len()];
        for (i, j, n) in pairs {
            let r = (c.positions[j] - c.positions[i] + c.cell.translation(n)).norm();
            let row = &rows[binding.index(c.species[i].into(), c.species[j].into())];
            let cutoff = row.cutoff2.sqrt();
            if r > cutoff + shift {
                continue;
            }
            let x = Twice::variable(Dual::variable(r, 0), 0);
            let u = E::energy(x * x, &row.coef);
            let [energy, slope, curvature] = [u.v.v, u.d[0].v, u.d[0].d[0]].map(f64::abs);
            // as if the distance were off: by the roundings of the coordinates and by those of the evaluation
            let off = shift + EVALUATION * HALF * r;
            let (mut force_off, mut energy_off) =
                ((curvature + slope / r) * off, slope * off + EVALUATION * HALF * energy);
            // Near the cutoff a truncated energy is the small difference of an energy and of what the truncation takes
            // away, which are rounded as they are: no larger than the energy is further in, for a tail that falls off.
            let inside = Twice::variable(Dual::variable(INSIDE * cutoff, 0), 0);
            let taken = E::energy(inside * inside, &row.coef);
            force_off += EVALUATION * HALF * taken.d[0].v.abs();
            energy_off += EVALUATION * HALF * taken.v.v.abs();
            if (r - cutoff).abs() <= off {
                // on which side of the cutoff the pair is, rounding decides
                (force_off, energy_off) = (force_off + slope, energy_off + energy);
            }
            out.forces[i] += force_off;
            out.energies[i] += 0.5 * energy_off;
            out.virial += 0.5 * (r * force_off + slope * off);
            out.largest = out.largest.max(slope);
            out.energy_scale += 0.5 * energy;
            let size = &mut sizes[i];
            *size = (size.0 + 1, size.1 + slope, size.2 + energy);
            out.virial += 0.5 * HALF * f64::from(size.0) * slope * r;
        }
        for (k, (count, slope, energy)) in sizes.into_iter().enumerate() {
            // each partial sum over the neighbours is rounded once, and is at most the sum of the sizes
            let sum = HALF * f64::from(count + 1);
            out.forces[k] += 3.0_f64.sqrt() * sum * slope;
            out.energies[k] += 0.5 * sum * energy;
        }
        out
    }
}

/// The largest distance of an atom from the middle of all, and the reach: no coordinate in a block is larger where one
/// block may hold them all.
pub fn extent(c: &Configuration, reach: f64) -> f64 {
    let n = c.len().max(1) as f64;
    let middle = c.positions.iter().sum::<Vec3>() / n;
    2.0 * c.positions.iter().map(|r| (r - middle).norm()).fold(0.0, f64::max) + reach
}
