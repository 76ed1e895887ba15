//! Downhill to a minimum of the energy in a fixed cell.
//!
//! Newton's steps H p = F, H being the Hessian and F the forces, by conjugate gradients that stop at the edge of a region of
//! trust, follow a negative curvature to that edge, and need nothing but products H v, which are tangents of the forces:
//! T. Steihaug, *SIAM J. Numer. Anal.* **20**, 626 (1983), doi:10.1137/0720042. The region grows where the energy falls as
//! predicted, and shrinks where it does not; J. Nocedal and S. J. Wright, *Numerical Optimization*, 2nd ed. (2006), alg. 4.1.
//! Near the minimum the steps double the number of digits.
//!
//! Where no force is left a structure may still be a saddle, such as one with a symmetry that it would rather break. So
//! conjugate gradients look for a negative curvature from an arbitrary direction before it is called relaxed.

use crate::dynamics::Forces;
use admd_engine::{Cell, Configuration, Direction, EngineError, Evaluation, Request, Vec3};

/// The longest step of an atom, in distances of nearest neighbours: a structure must not leap to another one.
const LONGEST: f64 = 0.1;
/// Residual |F − H p|/|F| of a Newton step far from the minimum; nearer it falls with the forces.
const RESIDUAL: f64 = 0.1;
/// The least residual that is asked for: another Newton step costs less than more digits of this one.
const LEAST_RESIDUAL: f64 = 1e-6;
/// A curvature relative to the largest that is met, below which it is none: rounding of H v, of which a hundred million parts
/// are left when rigid motions have cancelled.
const FLAT: f64 = 1e-8;
/// Predicted changes of the energy, relative to it, whose rounding is as large as they are.
const ROUNDING: f64 = 1e-10;
/// A step is made when the energy falls by this part of what is predicted.
const ENOUGH: f64 = 1e-4;
/// Atoms whose nearest neighbours are looked for.
const LOOKED_AT: usize = 64;

/// A relaxation that did not end at a minimum.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum RelaxError {
    /// The forces have no finite value.
    Engine(EngineError),
    /// Steps ended.
    Steps {
        /// How many were made.
        steps: usize,
        /// The largest force that is left \[energy/length\].
        force: f64,
    },
    /// No step, however short, makes the energy fall.
    Stuck {
        /// The largest force that is left \[energy/length\].
        force: f64,
    },
}

/// Relaxes atoms until no force is larger than `limit` \[energy/length\], in so many steps at most, and then makes one step
/// more, which hardly costs and takes the residual forces to where rounding leaves them.
///
/// # Errors
/// Forces without finite value at the start; a limit that is not reached.
pub(super) fn downhill(
    start: &Configuration,
    forces: &mut dyn Forces,
    limit: f64,
    steps: usize,
) -> Result<Configuration, RelaxError> {
    // bits must not depend on what was evaluated before
    forces.forget();
    let mut now = Place::at(start.clone(), forces).map_err(RelaxError::Engine)?;
    let longest = LONGEST * nearest(start);
    let farthest = longest * (start.len().max(1) as f64).sqrt();
    let mut radius = 0.1 * farthest;
    for _ in 0..steps {
        let mut step = if now.largest() > limit {
            now.newton(forces, radius)?
        } else {
            let last = now.newton(forces, radius)?;
            if let Ok(next) = Place::at(now.moved(&last.p), forces)
                && next.largest() <= now.largest()
            {
                now = next;
            }
            match now.unstable(forces, radius)? {
                None => return Ok(now.configuration),
                Some(away) => away,
            }
        };
        let size = step.shorten(longest);
        // where atoms overlap nobody wants to go
        let next = Place::at(now.moved(&step.p), forces).ok();
        let ratio = next
            .as_ref()
            .map_or(f64::NAN, |next| now.fall(next, &step) / step.predicted);
        if ratio > 0.75 && step.at_edge {
            radius = (2.0 * radius).min(farthest);
        } else if ratio < 0.25 || ratio.is_nan() {
            radius = 0.25 * size;
        }
        match next {
            Some(next) if ratio > ENOUGH => now = next,
            _ if radius <= f64::EPSILON * now.reach() => return Err(RelaxError::Stuck { force: now.largest() }),
            _ => {}
        }
    }
    let force = now.largest();
    Err(RelaxError::Steps { steps, force })
}

/// A structure with its energy and forces.
struct Place {
    configuration: Configuration,
    energy: f64,
    forces: Vec<Vec3>,
}

/// A step p.
struct Step {
    p: Vec<Vec3>,
    /// H p
    product: Vec<Vec3>,
    /// By how much the energy should fall: F·p − p·H p/2 \[energy\].
    predicted: f64,
    /// Does it end at the edge of the region of trust?
    at_edge: bool,
}

impl Step {
    fn advance(&mut self, share: f64, v: &[Vec3], change: &[Vec3]) {
        add(&mut self.p, share, v);
        add(&mut self.product, -share, change);
    }

    /// Scales the step so that no atom goes farther than this; its length.
    fn shorten(&mut self, longest: f64) -> f64 {
        let most = self.p.iter().map(Vec3::norm).fold(0.0, f64::max);
        if most > longest {
            let factor = longest / most;
            let curved = dot(&self.p, &self.product);
            let linear = self.predicted + 0.5 * curved;
            self.predicted = factor * linear - 0.5 * factor * factor * curved;
            self.p.iter_mut().for_each(|p| *p *= factor);
            self.product.iter_mut().for_each(|p| *p *= factor);
            self.at_edge = true;
        }
        norm(&self.p)
    }
}

impl Place {
    fn at(configuration: Configuration, forces: &mut dyn Forces) -> Result<Self, EngineError> {
        let mut out = Evaluation::default();
        forces.evaluate(&configuration, Request::ENERGY, &mut out)?;
        Ok(Self {
            configuration,
            energy: out.energy.unwrap_or(f64::NAN),
            forces: out.forces,
        })
    }

    fn moved(&self, p: &[Vec3]) -> Configuration {
        let mut configuration = self.configuration.clone();
        add(&mut configuration.positions, 1.0, p);
        configuration
    }

    fn largest(&self) -> f64 {
        self.forces.iter().map(Vec3::norm).fold(0.0, f64::max)
    }

    /// Size of the coordinates, of which rounding is a part.
    fn reach(&self) -> f64 {
        norm(&self.configuration.positions)
    }

    /// By how much the energy falls along a step. Where it falls by no more than its rounding, the work of the forces at both
    /// ends says more.
    fn fall(&self, next: &Self, step: &Step) -> f64 {
        if step.predicted > ROUNDING * self.energy.abs() {
            return self.energy - next.energy;
        }
        0.5 * (dot(&self.forces, &step.p) + dot(&next.forces, &step.p))
    }

    /// −H v
    fn along(&self, forces: &mut dyn Forces, v: &[Vec3], out: &mut Evaluation) -> Result<Vec<Vec3>, RelaxError> {
        let direction = [Direction {
            positions: v.to_vec(),
            ..Direction::default()
        }];
        let request = Request {
            tangents: &direction,
            ..Request::FORCES
        };
        (forces.evaluate(&self.configuration, request, out)).map_err(RelaxError::Engine)?;
        Ok(core::mem::take(&mut out.tangents[0].forces))
    }

    /// Newton's step, or as far as the region of trust allows.
    fn newton(&self, forces: &mut dyn Forces, radius: f64) -> Result<Step, RelaxError> {
        let atoms = self.forces.len();
        let zero = vec![Vec3::zeros(); atoms];
        let mut step = Step {
            p: zero.clone(),
            product: zero,
            predicted: 0.0,
            at_edge: false,
        };
        let (mut left, mut v) = (self.forces.clone(), self.forces.clone());
        let size = norm(&left);
        let mut out = Evaluation::default();
        let (mut stiffest, mut residual) = (0.0_f64, RESIDUAL);
        for iteration in 0..3 * atoms + 10 {
            let squared = dot(&left, &left);
            if squared == 0.0 || squared.sqrt() <= residual * size {
                break;
            }
            let change = self.along(forces, &v, &mut out)?;
            let (length2, curvature) = (dot(&v, &v), -dot(&v, &change));
            stiffest = stiffest.max(curvature.abs() / length2);
            if iteration == 0 {
                // in units of the force that would move the atoms across the region: steps converge quadratically
                let relative = size / (stiffest * radius);
                residual = relative.clamp(LEAST_RESIDUAL, RESIDUAL);
            }
            let curved = curvature > FLAT * stiffest * length2;
            let share = squared / curvature;
            let edge = to_edge(&step.p, &v, radius);
            if !curved || share >= edge {
                step.advance(edge, &v, &change);
                step.at_edge = true;
                break;
            }
            step.advance(share, &v, &change);
            add(&mut left, share, &change);
            let more = dot(&left, &left) / squared;
            v.iter_mut().zip(&left).for_each(|(v, left)| *v = left + *v * more);
        }
        step.predicted = dot(&self.forces, &step.p) - 0.5 * dot(&step.p, &step.product);
        Ok(step)
    }

    /// A step along a negative curvature, where conjugate gradients from an arbitrary direction find one.
    fn unstable(&self, forces: &mut dyn Forces, radius: f64) -> Result<Option<Step>, RelaxError> {
        let mut left = arbitrary(self.forces.len());
        let mut v = left.clone();
        let mut out = Evaluation::default();
        let (first, mut stiffest) = (norm(&left), 0.0_f64);
        for _ in 0..3 * self.forces.len() {
            let squared = dot(&left, &left);
            if squared.sqrt() <= LEAST_RESIDUAL * first {
                break;
            }
            let change = self.along(forces, &v, &mut out)?;
            let (length2, curvature) = (dot(&v, &v), -dot(&v, &change));
            stiffest = stiffest.max(curvature.abs() / length2);
            if curvature < -FLAT * stiffest * length2 {
                // of the two ways, that which the forces that are left prefer
                let way = if dot(&self.forces, &v) < 0.0 { -1.0 } else { 1.0 };
                let mut step = Step {
                    p: vec![Vec3::zeros(); v.len()],
                    product: vec![Vec3::zeros(); v.len()],
                    predicted: 0.0,
                    at_edge: true,
                };
                step.advance(way * radius / length2.sqrt(), &v, &change);
                step.predicted = dot(&self.forces, &step.p) - 0.5 * dot(&step.p, &step.product);
                return Ok(Some(step));
            }
            if curvature <= FLAT * stiffest * length2 {
                break;
            }
            let share = squared / curvature;
            add(&mut left, share, &change);
            let more = dot(&left, &left) / squared;
            v.iter_mut().zip(&left).for_each(|(v, left)| *v = left + *v * more);
        }
        Ok(None)
    }
}

/// The t > 0 at which |p + t v| is the radius.
fn to_edge(p: &[Vec3], v: &[Vec3], radius: f64) -> f64 {
    let (a, b, c) = (dot(v, v), dot(p, v), dot(p, p) - radius * radius);
    let root = (b * b - a * c).max(0.0).sqrt();
    // the form that does not cancel
    if b > 0.0 { -c / (b + root) } else { (root - b) / a }
}

/// The shortest distance from one of some atoms to another \[length\]; a share of the cell for a lone atom.
fn nearest(c: &Configuration) -> f64 {
    let shortest = |i: usize| {
        let others = (0..c.len()).filter(move |j| *j != i);
        others.map(move |j| c.cell.minimum_image(c.positions[j] - c.positions[i]).norm())
    };
    let all = (0..c.len().min(LOOKED_AT)).flat_map(shortest);
    let found = all.filter(|d| *d > 0.0).fold(f64::INFINITY, f64::min);
    found.min(smallest_edge(&c.cell))
}

fn smallest_edge(cell: &Cell) -> f64 {
    (0..3).map(|k| cell.edge(k).norm()).fold(f64::INFINITY, f64::min)
}

/// A direction without symmetry, and without a part that moves all atoms alike.
fn arbitrary(atoms: usize) -> Vec<Vec3> {
    let root = 2_f64.sqrt();
    let number = |k: usize| 2.0 * (root * (k + 1) as f64).fract() - 1.0;
    let mut all: Vec<Vec3> = (0..atoms).map(|i| Vec3::from_fn(|k, _| number(3 * i + k))).collect();
    let middle = all.iter().sum::<Vec3>() / atoms.max(1) as f64;
    all.iter_mut().for_each(|v| *v -= middle);
    all
}

/// In the order of the atoms, whatever the number of threads.
fn dot(a: &[Vec3], b: &[Vec3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a.dot(b)).sum()
}

fn norm(v: &[Vec3]) -> f64 {
    dot(v, v).sqrt()
}

fn add(to: &mut [Vec3], factor: f64, v: &[Vec3]) {
    to.iter_mut().zip(v).for_each(|(to, v)| *to += v * factor);
}
