//! The frames of a data set as they are evaluated: each with a force field and a neighbour list of its own, which is built once.

use super::{DataFrame, FitError, ForceKind, Group, Quantities, Quantity, Row};
use crate::dynamics::observables;
use admd_ad::Real;
use admd_engine::{EngineError, ForceField, Mat3, Settings, Vec3};
use admd_potentials::form::binding::PairBinding;
use rayon::prelude::*;
use std::sync::Arc;

/// The components of a symmetric tensor, in the order of Voigt: xx, yy, zz, yz, xz, xy.
pub(super) const VOIGT: [(usize, usize); 6] = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)];

/// Observed forces below this many softenings have no direction.
const SMALL: f64 = 10.0;

/// Where the rows of a frame begin.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub(super) energy: Option<usize>,
    pub(super) forces: Option<usize>,
    pub(super) stress: Option<usize>,
}

/// A frame that is evaluated.
pub(super) struct Site {
    /// Its index in the data.
    pub(super) frame: usize,
    pub(super) place: Place,
    /// The site whose energy is subtracted.
    pub(super) relative_to: Option<usize>,
    /// E is divided by this.
    pub(super) share: f64,
    pub(super) volume: f64,
    pub(super) field: ForceField,
}

/// Frames that are evaluated, with their rows.
pub(super) struct Sites {
    pub(super) data: Arc<Vec<DataFrame>>,
    pub(super) chosen: Vec<usize>,
    pub(super) bindings: Vec<PairBinding>,
    pub(super) quantities: Quantities,
    pub(super) list: Vec<Site>,
    pub(super) rows: Vec<Row>,
    pub(super) groups: Vec<Group>,
    pub(super) leaves: usize,
    pub(super) species: usize,
}

/// What an evaluation says of one frame, or its tangent.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    pub(super) energy: f64,
    pub(super) forces: Vec<Vec3>,
    pub(super) stress: Mat3,
}

impl Sites {
    /// The chosen frames, and those that they are relative to.
    pub(super) fn new(
        data: Arc<Vec<DataFrame>>,
        chosen: Vec<usize>,
        bindings: Vec<PairBinding>,
        quantities: Quantities,
    ) -> Result<Self, FitError> {
        let mut sites = Self {
            leaves: bindings.iter().map(|b| b.leaves.len()).sum(),
            species: bindings.first().map_or(0, |b| b.species.len()),
            list: Vec::new(),
            rows: Vec::new(),
            groups: Vec::new(),
            data,
            chosen,
            bindings,
            quantities,
        };
        for k in 0..sites.chosen.len() {
            let frame = sites.chosen[k];
            let of = &sites.data[frame];
            sites.groups.push(Group {
                name: of.name.clone(),
                tag: of.tag.clone(),
            });
            let mut site = sites.site(frame)?;
            site.place = sites.place(frame, k);
            if site.place.stress.is_some() && !site.volume.is_finite() {
                return Err(FitError::NoVolume {
                    group: sites.groups[k].name.clone(),
                });
            }
            sites.list.push(site);
        }
        // frames that are only subtracted from others
        for k in 0..sites.chosen.len() {
            let Some(reference) = sites.data[sites.chosen[k]].relative_to else {
                continue;
            };
            if sites.list.iter().all(|s| s.frame != reference) {
                let site = sites.site(reference)?;
                sites.list.push(site);
            }
            sites.list[k].relative_to = sites.list.iter().position(|s| s.frame == reference);
        }
        Ok(sites)
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
            share: share(self.quantities, of),
            volume: observables::volume(&of.configuration.cell).unwrap_or(f64::NAN),
            field,
        })
    }

    /// Adds the rows of a frame.
    fn place(&mut self, frame: usize, group: usize) -> Place {
        let data = Arc::clone(&self.data);
        let of = &data[frame];
        let mut place = Place::default();
        if of.weight == 0.0 {
            // a row that counts nothing is no row: it would count as data in the errors
            return place;
        }
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
            let share = |f: &DataFrame| share(self.quantities, f);
            let subtracted = of.relative_to.map(|r| &data[r]);
            let subtracted = subtracted.map_or(0.0, |r| r.energy.unwrap_or(f64::NAN) / share(r));
            place.energy = Some(add(Quantity::Energy, e / share(of) - subtracted, sigma));
        }
        let worth = |f: &Vec3| match forces {
            Some((_, ForceKind::Direction { softening })) => f.norm() > SMALL * softening,
            _ => true,
        };
        // a frame without a force that has a direction has nothing to compare
        let compared_here = of.forces.as_ref().filter(|list| list.iter().any(worth));
        if let (Some(observed), Some((sigma, kind))) = (compared_here, forces) {
            let quantity = match kind {
                ForceKind::Components => Quantity::Force,
                ForceKind::Direction { .. } => Quantity::ForceDirection,
            };
            let mut places = Vec::with_capacity(3 * observed.len());
            for f in observed {
                // every force has its rows, so that they are found by the atom; σ = ∞ makes a row that counts nothing
                let sigma = if worth(f) { sigma } else { f64::INFINITY };
                let components = compared(kind, [f.x, f.y, f.z]);
                places.extend(components.map(|x| add(quantity, x, sigma)));
            }
            place.forces = places.first().copied();
        }
        if let (Some(observed), Some(sigma)) = (of.stress, stress) {
            let places = VOIGT.map(|(a, b)| add(Quantity::Stress, 0.5 * (observed[(a, b)] + observed[(b, a)]), sigma));
            place.stress = Some(places[0]);
        }
        place
    }

    pub(super) fn force_kind(&self) -> ForceKind {
        self.quantities.forces.map_or(ForceKind::Components, |(_, kind)| kind)
    }

    /// Evaluates the sites that are needed, each by itself, and hands the answers to a function, in the order of the sites.
    pub(super) fn each<T: Send>(
        &mut self,
        theta: &[f64],
        needed: impl Fn(usize, &Site) -> bool + Sync,
        of: impl Fn(usize, &mut Site, &DataFrame) -> Result<T, EngineError> + Sync,
    ) -> Result<Vec<Option<T>>, FitError> {
        let (data, leaves) = (&self.data, self.leaves);
        let answers: Vec<_> = (self.list.par_iter_mut().enumerate())
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
    pub(super) fn needed(&self, wanted: impl Fn(usize) -> bool) -> Vec<bool> {
        let mut needed = vec![false; self.list.len()];
        for k in (0..self.chosen.len()).filter(|k| wanted(*k)) {
            needed[k] = true;
            if let Some(r) = self.list[k].relative_to {
                needed[r] = true;
            }
        }
        needed
    }

    /// Rows from what sites say.
    pub(super) fn write<'a>(
        &self,
        said: impl Fn(usize) -> Option<&'a Said>,
        out: &mut [f64],
        forces: impl Fn(usize, usize) -> [f64; 3],
    ) {
        for (k, site) in self.list.iter().enumerate() {
            let Some(own) = said(k) else { continue };
            if let Some(row) = site.place.energy {
                let subtracted = site
                    .relative_to
                    .and_then(|r| Some(said(r)?.energy / self.list[r].share));
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

/// What the energy of a frame is divided by where it is compared.
fn share(quantities: Quantities, of: &DataFrame) -> f64 {
    if quantities.per_atom {
        of.configuration.len() as f64
    } else {
        1.0
    }
}

/// A force as it is compared, in any scalar.
pub(super) fn compared<T: Real>(kind: ForceKind, f: [T; 3]) -> [T; 3] {
    match kind {
        ForceKind::Components => f,
        ForceKind::Direction { softening } => {
            let size = f.iter().fold(T::lit(softening * softening), |sum, x| sum + x.sq());
            let inverse = size.sqrt().recip();
            f.map(|x| x * inverse)
        }
    }
}
