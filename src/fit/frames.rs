//! Frames as targets: energies, forces and stresses of configurations that were computed elsewhere.
//!
//! Forwards, the predictions of a frame change along a direction of θ as its energy, forces and virial do, and one evaluation
//! has any number of directions. Backwards, with the adjoints λ of the predictions, all parameters at once are
//!
//! ```text
//! λ_E ∂E/∂θ + Σ λ_F · ∂F/∂θ + λ_S : ∂S/∂θ = λ_E ∂E/∂θ + d/ds ∂E/∂θ      along r ← r − s λ_F + s λ_S r/V,
//! ```
//!
//! for F = −∂E/∂r and S = ∂E/∂ε/V: one evaluation with a gradient and its tangent along one direction, however many
//! parameters there are.

use super::sites::{Said, Site, Sites, VOIGT, compared};
use super::{DataFrame, FitError, ForceKind, Group, Quantities, Row, Target, Which};
use crate::sensitivity::virial_lacks;
use admd_ad::Dual;
use admd_engine::{Direction, Evaluation, Mat3, Request, Vec3};
use admd_potentials::form::binding::PairBinding;
use std::sync::Arc;

/// Frames of a data set.
pub struct Frames(Sites);

impl Frames {
    /// The chosen frames, by their index. Groups are in this order; frames that others are relative to are evaluated, too.
    ///
    /// ```
    /// use admd::engine::{Cell, Configuration, Vec3};
    /// use admd::fit::{DataFrame, Frames, Quantities, Target, Which};
    /// use admd::potentials::{catalog::pair_info, form::binding::PairBinding};
    ///
    /// let lj = PairBinding::builder("lj", pair_info("lj").unwrap(), ["Ar"])
    ///     .cutoff(3.0).like("Ar", [("epsilon", 1.0), ("sigma", 1.0)]).build().unwrap();
    /// let configuration = Configuration {
    ///     cell: Cell::orthogonal([10.0; 3])?, species: vec![0; 2], positions: vec![Vec3::zeros(), Vec3::x() * 1.1],
    /// };
    /// let frame = DataFrame {
    ///     name: "pair".into(), tag: String::new(), weight: 1.0, configuration,
    ///     energy: Some(-1.0), forces: None, stress: None, relative_to: None,
    /// };
    /// let quantities = Quantities { energy: Some(0.1), per_atom: false, forces: None, stress: None };
    /// let mut frames = Frames::new(vec![frame].into(), vec![0], vec![lj], quantities)?;
    /// // E is linear in ε; behind the leaves stands the reference energy of Ar
    /// let energy = frames.evaluate(&[1.0, 1.0, 0.0], Which::All)?[0];
    /// let slopes = frames.pull(&[1.0, 1.0, 0.0], &[1.0])?;
    /// assert!((slopes[0] - energy).abs() < 1e-14);
    /// assert_eq!(slopes[2], 2.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Potentials that the engine refuses; a stress of a frame without volume.
    pub fn new(
        data: Arc<Vec<DataFrame>>,
        chosen: Vec<usize>,
        bindings: Vec<PairBinding>,
        quantities: Quantities,
    ) -> Result<Self, FitError> {
        Sites::new(data, chosen, bindings, quantities).map(Self)
    }
}

/// How many atoms of each species there are.
fn counts(frame: &DataFrame, species: usize) -> Vec<f64> {
    let mut counts = vec![0.0; species];
    for s in &frame.configuration.species {
        counts[usize::from(*s)] += 1.0;
    }
    counts
}

/// What a request needs to say of a site.
fn request(site: &Site) -> Request<'static> {
    if site.place.forces.is_some() && site.place.energy.is_none() && site.place.stress.is_none() {
        Request::FORCES
    } else {
        Request::ENERGY
    }
}

/// Energy with those of the lone atoms, forces, stress.
fn said(energy: Option<f64>, lone: f64, forces: Vec<Vec3>, virial: Option<Mat3>, volume: f64) -> Said {
    Said {
        energy: energy.unwrap_or(0.0) + lone,
        forces,
        stress: virial.map_or(Mat3::zeros(), |w| -w / volume),
    }
}

impl Target for Frames {
    fn rows(&self) -> &[Row] {
        &self.0.rows
    }

    fn groups(&self) -> &[Group] {
        &self.0.groups
    }

    fn evaluate(&mut self, theta: &[f64], which: Which) -> Result<Vec<f64>, FitError> {
        let needed = self.0.needed(|k| which.has(k));
        let (leaves, species) = (self.0.leaves, self.0.species);
        let answers = self.0.each(
            theta,
            |k, _| needed[k],
            |_, site, frame| {
                let mut out = Evaluation::default();
                site.field.evaluate(&frame.configuration, request(site), &mut out)?;
                let lone = dot(&counts(frame, species), &theta[leaves..]);
                Ok(said(out.energy, lone, out.forces, out.virial, site.volume))
            },
        )?;
        let mut out: Vec<f64> = self.0.rows.iter().map(|r| r.observed).collect();
        let kind = self.0.force_kind();
        let force = |k: usize, atom: usize| {
            let f = answers[k].as_ref().map_or(Vec3::zeros(), |s| s.forces[atom]);
            compared(kind, [f.x, f.y, f.z])
        };
        let of = |k: usize| answers[k].as_ref();
        self.0.write(of, &mut out, force);
        // a reference that is evaluated for another is no group that was asked for
        for (x, row) in out.iter_mut().zip(&self.0.rows) {
            if !which.has(row.group) {
                *x = row.observed;
            }
            if !x.is_finite() {
                return Err(FitError::NotFinite {
                    group: self.0.groups[row.group].name.clone(),
                    quantity: row.quantity.name(),
                    value: *x,
                });
            }
        }
        Ok(out)
    }

    fn push(&mut self, theta: &[f64], directions: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, FitError> {
        let (leaves, species) = (self.0.leaves, self.0.species);
        let along: Vec<Direction> = (directions.iter())
            .map(|d| Direction {
                parameters: d[..leaves].to_vec(),
                ..Direction::default()
            })
            .collect();
        let kind = self.0.force_kind();
        let answers = self.0.each(
            theta,
            |_, _| true,
            |_, site, frame| {
                let mut out = Evaluation::default();
                let counts = counts(frame, species);
                let lone = |d: &Vec<f64>| dot(&counts, &d[leaves..]);
                if site.place.forces.is_none() && site.place.stress.is_none() {
                    // of an energy alone the gradient says all
                    let request = Request {
                        gradient: true,
                        ..Request::ENERGY
                    };
                    site.field.evaluate(&frame.configuration, request, &mut out)?;
                    let slope = |d: &Vec<f64>| dot(&out.gradient, &d[..leaves]);
                    let each = directions
                        .iter()
                        .map(|d| said(Some(slope(d)), lone(d), Vec::new(), None, 1.0));
                    return Ok((Vec::new(), each.collect::<Vec<_>>()));
                }
                let request = Request {
                    tangents: &along,
                    ..request(site)
                };
                site.field.evaluate(&frame.configuration, request, &mut out)?;
                let each = out.tangents.into_iter().zip(directions);
                let each = each.map(|(t, d)| said(t.energy, lone(d), t.forces, t.virial, site.volume));
                Ok((out.forces, each.collect()))
            },
        )?;
        let columns = (0..directions.len()).map(|d| {
            let mut column = vec![0.0; self.0.rows.len()];
            let force = |k: usize, atom: usize| {
                let Some((forces, tangents)) = &answers[k] else {
                    return [0.0; 3];
                };
                let (f, change) = (forces[atom], tangents[d].forces[atom]);
                let along = [0, 1, 2].map(|a| Dual::<f64, 1>::with_tangents(f[a], [change[a]]));
                compared(kind, along).map(|x| x.d[0])
            };
            self.0
                .write(|k| answers[k].as_ref().map(|(_, all)| &all[d]), &mut column, force);
            column
        });
        Ok(columns.collect())
    }

    fn pull(&mut self, theta: &[f64], adjoint: &[f64]) -> Result<Vec<f64>, FitError> {
        // an energy pulls on its own frame and on that which it is relative to
        let mut of_energy = vec![0.0; self.0.list.len()];
        for (own, site) in self.0.list.iter().enumerate() {
            let Some(row) = site.place.energy else { continue };
            of_energy[own] += adjoint[row] / site.share;
            if let Some(r) = site.relative_to {
                of_energy[r] -= adjoint[row] / self.0.list[r].share;
            }
        }
        let (leaves, species) = (self.0.leaves, self.0.species);
        let kind = self.0.force_kind();
        let pulls =
            |rows: Option<usize>, count: usize| rows.is_some_and(|r| adjoint[r..r + count].iter().any(|x| *x != 0.0));
        let answers = self.0.each(
            theta,
            |_, _| true,
            |k, site, frame| {
                let atoms = frame.configuration.len();
                let forces = pulls(site.place.forces, 3 * atoms);
                let stress = pulls(site.place.stress, 6);
                if of_energy[k] == 0.0 && !forces && !stress {
                    return Ok(None);
                }
                let mut direction = Direction::default();
                let mut out = Evaluation::default();
                if let Some(row) = site.place.forces.filter(|_| forces) {
                    if kind != ForceKind::Components {
                        site.field.evaluate(&frame.configuration, Request::FORCES, &mut out)?;
                    }
                    let adjoint_of = |atom: usize| -> Vec3 {
                        let own = &adjoint[row + 3 * atom..][..3];
                        if kind == ForceKind::Components {
                            return -Vec3::from_column_slice(own);
                        }
                        let f = out.forces[atom];
                        let x = [0, 1, 2].map(|a| Dual::<f64, 3>::variable(f[a], a));
                        let y = compared(kind, x);
                        -Vec3::from_fn(|a, _| (0..3).map(|b| own[b] * y[b].d[a]).sum())
                    };
                    direction.positions = (0..atoms).map(adjoint_of).collect();
                }
                if let Some(row) = site.place.stress.filter(|_| stress) {
                    for ((a, b), x) in VOIGT.into_iter().zip(&adjoint[row..]) {
                        direction.strain[(a, b)] += 0.5 * x / site.volume;
                        direction.strain[(b, a)] += 0.5 * x / site.volume;
                    }
                }
                let tangents = core::slice::from_ref(&direction);
                // neither energy nor virial: what pulls on parameters are the gradient and its tangent alone
                let request = Request {
                    gradient: true,
                    tangents: if forces || stress { tangents } else { &[] },
                    ..Request::FORCES
                };
                site.field.evaluate(&frame.configuration, request, &mut out)?;
                let mut slopes: Vec<f64> = out.gradient.iter().map(|g| of_energy[k] * g).collect();
                for tangent in &out.tangents {
                    slopes.iter_mut().zip(&tangent.gradient).for_each(|(s, g)| *s += g);
                }
                if let Some(row) = site.place.stress.filter(|_| stress) {
                    // S has −1/V of what the virial of each axis lacks
                    let trace: f64 = adjoint[row..row + 3].iter().sum();
                    let lacks = virial_lacks(&mut site.field, &frame.configuration)?;
                    slopes
                        .iter_mut()
                        .zip(lacks)
                        .for_each(|(s, l)| *s -= trace * l / (3.0 * site.volume));
                }
                slopes.extend(counts(frame, species).iter().map(|n| of_energy[k] * n));
                Ok(Some(slopes))
            },
        )?;
        let mut sum = vec![0.0; theta.len()];
        for slopes in answers.into_iter().flatten().flatten() {
            sum.iter_mut().zip(slopes).for_each(|(s, x)| *s += x);
        }
        debug_assert_eq!(theta.len(), leaves + species, "leaves, then reference energies");
        Ok(sum)
    }

    fn fork(&self) -> Box<dyn Target> {
        let (data, chosen, bindings) = (Arc::clone(&self.0.data), self.0.chosen.clone(), self.0.bindings.clone());
        match Self::new(data, chosen, bindings, self.0.quantities) {
            Ok(frames) => Box::new(frames),
            Err(_) => unreachable!("the same arguments made this one"),
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
