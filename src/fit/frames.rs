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

use super::{DataFrame, FitError, ForceKind, Group, Quantities, Quantity, Row, Target, Which};
use crate::dynamics::observables;
use crate::sensitivity::virial_lacks;
use admd_ad::{Dual, Real};
use admd_engine::{Direction, EngineError, Evaluation, ForceField, Mat3, Request, Settings, Vec3};
use admd_potentials::form::binding::PairBinding;
use rayon::prelude::*;
use std::sync::Arc;

/// The components of a symmetric tensor, in the order of Voigt: xx, yy, zz, yz, xz, xy.
const VOIGT: [(usize, usize); 6] = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)];

/// Where the rows of a frame begin.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    energy: Option<usize>,
    forces: Option<usize>,
    stress: Option<usize>,
}

/// A frame that is evaluated.
struct Site {
    /// Its index in the data.
    frame: usize,
    place: Place,
    /// The site whose energy is subtracted.
    relative_to: Option<usize>,
    /// E is divided by this.
    share: f64,
    volume: f64,
    field: ForceField,
}

/// Frames of a data set.
pub struct Frames {
    data: Arc<Vec<DataFrame>>,
    chosen: Vec<usize>,
    bindings: Vec<PairBinding>,
    quantities: Quantities,
    sites: Vec<Site>,
    rows: Vec<Row>,
    groups: Vec<Group>,
    leaves: usize,
    species: usize,
}

/// What an evaluation says of one frame, or its tangent.
#[derive(Clone, Debug, Default)]
struct Said {
    energy: f64,
    forces: Vec<Vec3>,
    stress: Mat3,
}

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
        let mut frames = Self {
            leaves: bindings.iter().map(|b| b.leaves.len()).sum(),
            species: bindings.first().map_or(0, |b| b.species.len()),
            sites: Vec::new(),
            rows: Vec::new(),
            groups: Vec::new(),
            data,
            chosen,
            bindings,
            quantities,
        };
        for k in 0..frames.chosen.len() {
            let frame = frames.chosen[k];
            let of = &frames.data[frame];
            frames.groups.push(Group {
                name: of.name.clone(),
                tag: of.tag.clone(),
            });
            let mut site = frames.site(frame)?;
            site.place = frames.place(frame, k);
            if site.place.stress.is_some() && !site.volume.is_finite() {
                return Err(FitError::NoVolume {
                    group: frames.groups[k].name.clone(),
                });
            }
            frames.sites.push(site);
        }
        // frames that are only subtracted from others
        for k in 0..frames.chosen.len() {
            let Some(reference) = frames.data[frames.chosen[k]].relative_to else {
                continue;
            };
            if frames.sites.iter().all(|s| s.frame != reference) {
                let site = frames.site(reference)?;
                frames.sites.push(site);
            }
            frames.sites[k].relative_to = frames.sites.iter().position(|s| s.frame == reference);
        }
        Ok(frames)
    }

    fn site(&self, frame: usize) -> Result<Site, FitError> {
        let of = &self.data[frame];
        let field = ForceField::new(self.bindings.clone(), Settings::new(0.0)).map_err(|error| FitError::Group {
            group: of.name.clone(),
            error,
        })?;
        Ok(Site {
            frame,
            place: Place::default(),
            relative_to: None,
            share: self.share(of),
            volume: observables::volume(&of.configuration.cell).unwrap_or(f64::NAN),
            field,
        })
    }

    fn share(&self, of: &DataFrame) -> f64 {
        if self.quantities.per_atom {
            of.configuration.len() as f64
        } else {
            1.0
        }
    }

    /// Adds the rows of a frame.
    fn place(&mut self, frame: usize, group: usize) -> Place {
        let data = Arc::clone(&self.data);
        let of = &data[frame];
        let mut place = Place::default();
        let rows = &mut self.rows;
        let mut add = |quantity, observed, sigma: f64| {
            rows.push(Row {
                quantity,
                group,
                observed,
                scale: of.weight.sqrt() / sigma,
            });
            rows.len() - 1
        };
        let Quantities {
            energy, forces, stress, ..
        } = self.quantities;
        // the frame that others are relative to says nothing itself
        if let (Some(e), Some(sigma)) = (of.energy.filter(|_| of.relative_to != Some(frame)), energy) {
            let per_atom = self.quantities.per_atom;
            let share = |f: &DataFrame| if per_atom { f.configuration.len() as f64 } else { 1.0 };
            let subtracted = of.relative_to.map(|r| &data[r]);
            let subtracted = subtracted.map_or(0.0, |r| r.energy.unwrap_or(f64::NAN) / share(r));
            place.energy = Some(add(Quantity::Energy, e / share(of) - subtracted, sigma));
        }
        if let (Some(observed), Some((sigma, kind))) = (&of.forces, forces) {
            let quantity = match kind {
                ForceKind::Components => Quantity::Force,
                ForceKind::Direction { .. } => Quantity::ForceDirection,
            };
            let components = observed.iter().flat_map(|f| compared(kind, [f.x, f.y, f.z]));
            let places: Vec<usize> = components.map(|x| add(quantity, x, sigma)).collect();
            place.forces = places.first().copied();
        }
        if let (Some(observed), Some(sigma)) = (of.stress, stress) {
            let places = VOIGT.map(|(a, b)| add(Quantity::Stress, 0.5 * (observed[(a, b)] + observed[(b, a)]), sigma));
            place.stress = Some(places[0]);
        }
        place
    }

    fn force_kind(&self) -> ForceKind {
        self.quantities.forces.map_or(ForceKind::Components, |(_, kind)| kind)
    }

    /// Evaluates the sites that are needed, each by itself, and hands the answers to a function, in the order of the sites.
    fn each<T: Send>(
        &mut self,
        theta: &[f64],
        needed: impl Fn(usize, &Site) -> bool + Sync,
        of: impl Fn(usize, &mut Site, &DataFrame) -> Result<T, EngineError> + Sync,
    ) -> Result<Vec<Option<T>>, FitError> {
        let (data, leaves) = (&self.data, self.leaves);
        let answers: Vec<_> = (self.sites.par_iter_mut().enumerate())
            .map(|(k, site)| {
                if !needed(k, site) {
                    return Ok(None);
                }
                site.field.set_parameters(&theta[..leaves]).map_err(FitError::Refused)?;
                let frame = &data[site.frame];
                of(k, site, frame).map(Some).map_err(|error| FitError::Group {
                    group: frame.name.clone(),
                    error,
                })
            })
            .collect();
        // the first error in the order of the frames, whatever thread was first
        answers.into_iter().collect()
    }

    /// Sites with rows of groups that are wanted, and those relative to which their energies are.
    fn needed(&self, wanted: impl Fn(usize) -> bool) -> Vec<bool> {
        let mut needed = vec![false; self.sites.len()];
        for k in (0..self.chosen.len()).filter(|k| wanted(*k)) {
            needed[k] = true;
            if let Some(r) = self.sites[k].relative_to {
                needed[r] = true;
            }
        }
        needed
    }

    /// Rows from what sites say.
    fn write<'a>(
        &self,
        said: impl Fn(usize) -> Option<&'a Said>,
        out: &mut [f64],
        forces: impl Fn(usize, usize) -> [f64; 3],
    ) {
        for (k, site) in self.sites.iter().enumerate() {
            let Some(own) = said(k) else { continue };
            if let Some(row) = site.place.energy {
                let subtracted = site
                    .relative_to
                    .and_then(|r| Some(said(r)?.energy / self.sites[r].share));
                out[row] = own.energy / site.share - subtracted.unwrap_or(0.0);
            }
            if let Some(row) = site.place.forces {
                for atom in 0..own.forces.len() {
                    out[row + 3 * atom..][..3].copy_from_slice(&forces(k, atom));
                }
            }
            if let Some(row) = site.place.stress {
                for (x, (a, b)) in out[row..][..6].iter_mut().zip(VOIGT) {
                    *x = own.stress[(a, b)];
                }
            }
        }
    }
}

/// A force as it is compared, in any scalar.
fn compared<T: Real>(kind: ForceKind, f: [T; 3]) -> [T; 3] {
    match kind {
        ForceKind::Components => f,
        ForceKind::Direction { softening } => {
            let size = f.iter().fold(T::lit(softening * softening), |sum, x| sum + x.sq());
            let inverse = size.sqrt().recip();
            f.map(|x| x * inverse)
        }
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
        &self.rows
    }

    fn groups(&self) -> &[Group] {
        &self.groups
    }

    fn evaluate(&mut self, theta: &[f64], which: Which) -> Result<Vec<f64>, FitError> {
        let needed = self.needed(|k| which.has(k));
        let (leaves, species) = (self.leaves, self.species);
        let answers = self.each(
            theta,
            |k, _| needed[k],
            |_, site, frame| {
                let mut out = Evaluation::default();
                site.field.evaluate(&frame.configuration, request(site), &mut out)?;
                let lone = dot(&counts(frame, species), &theta[leaves..]);
                Ok(said(out.energy, lone, out.forces, out.virial, site.volume))
            },
        )?;
        let mut out: Vec<f64> = self.rows.iter().map(|r| r.observed).collect();
        let kind = self.force_kind();
        let force = |k: usize, atom: usize| {
            let f = answers[k].as_ref().map_or(Vec3::zeros(), |s| s.forces[atom]);
            compared(kind, [f.x, f.y, f.z])
        };
        let of = |k: usize| answers[k].as_ref();
        self.write(of, &mut out, force);
        // a reference that is evaluated for another is no group that was asked for
        for (x, row) in out.iter_mut().zip(&self.rows) {
            if !which.has(row.group) {
                *x = row.observed;
            }
            if !x.is_finite() {
                return Err(FitError::NotFinite {
                    group: self.groups[row.group].name.clone(),
                    quantity: row.quantity.name(),
                    value: *x,
                });
            }
        }
        Ok(out)
    }

    fn push(&mut self, theta: &[f64], directions: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, FitError> {
        let (leaves, species) = (self.leaves, self.species);
        let along: Vec<Direction> = (directions.iter())
            .map(|d| Direction {
                parameters: d[..leaves].to_vec(),
                ..Direction::default()
            })
            .collect();
        let kind = self.force_kind();
        let answers = self.each(
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
            let mut column = vec![0.0; self.rows.len()];
            let force = |k: usize, atom: usize| {
                let Some((forces, tangents)) = &answers[k] else {
                    return [0.0; 3];
                };
                let (f, change) = (forces[atom], tangents[d].forces[atom]);
                let along = [0, 1, 2].map(|a| Dual::<f64, 1>::with_tangents(f[a], [change[a]]));
                compared(kind, along).map(|x| x.d[0])
            };
            self.write(|k| answers[k].as_ref().map(|(_, all)| &all[d]), &mut column, force);
            column
        });
        Ok(columns.collect())
    }

    fn pull(&mut self, theta: &[f64], adjoint: &[f64]) -> Result<Vec<f64>, FitError> {
        // an energy pulls on its own frame and on that which it is relative to
        let mut of_energy = vec![0.0; self.sites.len()];
        for (own, site) in self.sites.iter().enumerate() {
            let Some(row) = site.place.energy else { continue };
            of_energy[own] += adjoint[row] / site.share;
            if let Some(r) = site.relative_to {
                of_energy[r] -= adjoint[row] / self.sites[r].share;
            }
        }
        let (leaves, species) = (self.leaves, self.species);
        let kind = self.force_kind();
        let pulls =
            |rows: Option<usize>, count: usize| rows.is_some_and(|r| adjoint[r..r + count].iter().any(|x| *x != 0.0));
        let answers = self.each(
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
        let (data, chosen, bindings) = (Arc::clone(&self.data), self.chosen.clone(), self.bindings.clone());
        match Self::new(data, chosen, bindings, self.quantities) {
            Ok(frames) => Box::new(frames),
            Err(_) => unreachable!("the same arguments made this one"),
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
