//! The Hessian of the energy at a minimum, by its products with vectors, and H x = b by conjugate gradients.

use super::implicit::{Limits, RelaxedError, relative};
use crate::dynamics::Forces;
use admd_engine::{Configuration, Direction, EngineError, Evaluation, Request, Vec3};

/// A stiffness below this part of a typical one is that of a rigid motion, with the rounding and the residual forces.
const RIGID: f64 = 1e-6;
/// A curvature below this part of a typical stiffness is none: no digits of the answer would be left.
const FLAT: f64 = 1e-10;

/// The Hessian at a minimum.
pub(super) struct Stiffness<'a> {
    configuration: &'a Configuration,
    pub(super) forces: &'a mut dyn Forces,
    out: Evaluation,
    /// Orthonormal rigid motions that the forces do not feel.
    rigid: Vec<Vec<Vec3>>,
    /// |H v|/|v| along an arbitrary v \[energy/length²\].
    typical: f64,
}

/// The solution x of H x = b.
pub(super) struct Solved {
    pub(super) x: Vec<Vec3>,
    pub(super) iterations: usize,
    /// |b|
    pub(super) size: f64,
}

/// Conjugate gradients on their way: the solution so far, what is left of b, and where to go.
struct Search {
    solved: Solved,
    left: Vec<Vec3>,
    along: Vec<Vec3>,
}

impl<'a> Stiffness<'a> {
    /// At a configuration whose forces are at most `limit`; with the tangents of the forces along the directions.
    pub(super) fn at(
        configuration: &'a Configuration,
        forces: &'a mut dyn Forces,
        directions: &[Direction],
        limit: f64,
    ) -> Result<(Self, Vec<Vec<Vec3>>), RelaxedError> {
        let mut stiffness = Self {
            configuration,
            forces,
            out: Evaluation::default(),
            rigid: Vec::new(),
            typical: 0.0,
        };
        // the bits of the answer are those of this structure, whatever was evaluated before
        stiffness.forces.forget();
        let motions = rigid_motions(&configuration.positions);
        let mut all = directions.to_vec();
        all.extend(motions.iter().cloned().map(moving));
        all.push(moving(anything(configuration.len())));
        let mut tangents = stiffness.tangents(&all)?;
        let forces = stiffness.out.forces.iter().map(Vec3::norm).enumerate();
        let (atom, force) = forces.fold((0, 0.0), |most, f| if f.1 > most.1 { f } else { most });
        if force > limit {
            return Err(RelaxedError::NotRelaxed { atom, force, limit });
        }
        let moved = tangents.split_off(directions.len());
        stiffness.typical = moved.last().map_or(0.0, |f| norm(f));
        let soft = RIGID * stiffness.typical;
        let free = motions.into_iter().zip(&moved).filter(|(_, f)| norm(f) <= soft);
        stiffness.rigid = free.map(|(motion, _)| motion).collect();
        for change in &mut tangents {
            stiffness.leave_out_rigid(change);
        }
        Ok((stiffness, tangents))
    }

    /// The changes of the forces along directions.
    pub(super) fn tangents(&mut self, directions: &[Direction]) -> Result<Vec<Vec<Vec3>>, EngineError> {
        let request = Request {
            tangents: directions,
            ..Request::FORCES
        };
        self.forces.evaluate(self.configuration, request, &mut self.out)?;
        let tangents = self.out.tangents.iter_mut();
        Ok(tangents.map(|t| core::mem::take(&mut t.forces)).collect())
    }

    pub(super) fn leave_out_rigid(&self, v: &mut [Vec3]) {
        for motion in &self.rigid {
            add(v, -dot(v, motion), motion);
        }
    }

    /// Solves H x = b for each b, all of which are without rigid parts; systems that are done are evaluated no more.
    pub(super) fn solve(&mut self, all: Vec<Vec<Vec3>>, limits: Limits) -> Result<Vec<Solved>, RelaxedError> {
        let mut searches: Vec<Search> = all.into_iter().map(Search::new).collect();
        for iteration in 0.. {
            // what is not a number is never done
            let done = |s: &Search| norm(&s.left) <= limits.residual * s.solved.size;
            let mut searching: Vec<&mut Search> = searches.iter_mut().filter(|s| !done(s)).collect();
            let Some(first) = searching.first() else { break };
            if iteration == limits.iterations {
                return Err(RelaxedError::NotConverged {
                    residual: relative(norm(&first.left), first.solved.size),
                    limit: limits.residual,
                    iterations: iteration,
                });
            }
            let directions: Vec<Direction> = searching.iter().map(|s| moving(s.along.clone())).collect();
            let changes = self.tangents(&directions)?;
            for (search, mut change) in searching.iter_mut().zip(changes) {
                self.leave_out_rigid(&mut change);
                let (squared, against) = (dot(&search.along, &search.along), -dot(&search.along, &change));
                // what is not a number is no curvature, either
                let curved = against > FLAT * self.typical * squared;
                if !curved {
                    return Err(RelaxedError::NotStiff {
                        curvature: against / squared,
                        typical: self.typical,
                        iteration: iteration + 1,
                    });
                }
                search.go(against, &change);
            }
        }
        let solved = searches.into_iter().map(|mut search| {
            self.leave_out_rigid(&mut search.solved.x);
            search.solved
        });
        Ok(solved.collect())
    }
}

impl Search {
    /// For H x = b, from x = 0.
    fn new(b: Vec<Vec3>) -> Self {
        Self {
            solved: Solved {
                x: vec![Vec3::zeros(); b.len()],
                iterations: 0,
                size: norm(&b),
            },
            left: b.clone(),
            along: b,
        }
    }

    /// One iteration, with v·H v and −H v for the present v.
    fn go(&mut self, against: f64, change: &[Vec3]) {
        let before = dot(&self.left, &self.left);
        let step = before / against;
        add(&mut self.solved.x, step, &self.along);
        add(&mut self.left, step, change);
        let share = dot(&self.left, &self.left) / before;
        for (v, left) in self.along.iter_mut().zip(&self.left) {
            *v = left + *v * share;
        }
        self.solved.iterations += 1;
    }
}

/// Translations along and rotations about x, y, z, orthonormal; those that there are not, as of atoms in a line, left out.
fn rigid_motions(positions: &[Vec3]) -> Vec<Vec<Vec3>> {
    let axes = [Vec3::x(), Vec3::y(), Vec3::z()];
    let middle = positions.iter().sum::<Vec3>() / positions.len().max(1) as f64;
    let arms: Vec<Vec3> = positions.iter().map(|r| r - middle).collect();
    let translations = axes.map(|axis| (vec![axis; arms.len()], (arms.len() as f64).sqrt()));
    let rotations = axes.map(|axis| (arms.iter().map(|r| axis.cross(r)).collect(), norm(&arms)));
    let mut motions: Vec<Vec<Vec3>> = Vec::new();
    for (mut motion, whole) in translations.into_iter().chain(rotations) {
        // the second pass takes away what rounding left of the first
        for _ in 0..2 {
            for other in &motions {
                let share = dot(&motion, other);
                add(&mut motion, -share, other);
            }
        }
        let rest = norm(&motion);
        if rest > RIGID * whole {
            motion.iter_mut().for_each(|v| *v /= rest);
            motions.push(motion);
        }
    }
    motions
}

/// A unit vector without symmetry: along it the stiffness is neither the largest nor the smallest.
fn anything(atoms: usize) -> Vec<Vec3> {
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    let number = |k: usize| 2.0 * (golden * (k + 1) as f64).fract() - 1.0;
    let mut all: Vec<Vec3> = (0..atoms).map(|i| Vec3::from_fn(|k, _| number(3 * i + k))).collect();
    let size = norm(&all);
    all.iter_mut().for_each(|v| *v /= size);
    all
}

/// The direction in which atoms move and nothing else changes.
fn moving(positions: Vec<Vec3>) -> Direction {
    Direction {
        positions,
        ..Direction::default()
    }
}

/// In the order of the atoms, whatever the number of threads.
fn dot(a: &[Vec3], b: &[Vec3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a.dot(b)).sum()
}

pub(super) fn norm(v: &[Vec3]) -> f64 {
    dot(v, v).sqrt()
}

fn add(to: &mut [Vec3], factor: f64, v: &[Vec3]) {
    to.iter_mut().zip(v).for_each(|(to, v)| *to += v * factor);
}
