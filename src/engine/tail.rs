//! Tail corrections of a system: the tail integrals of each pair of species times 2π N₁ N₂ / V.

use super::{Configuration, Direction};
use admd_ad::{Dual, Real};
use admd_potentials::form::binding::PairBinding;
use admd_potentials::form::tail::Tail;

/// Atoms of each species and the volume, in any scalar.
#[derive(Clone, Debug)]
pub(super) struct Gas<T> {
    pub(super) counts: Vec<f64>,
    pub(super) volume: T,
}

impl Gas<Dual<f64, 1>> {
    /// Counts the atoms and takes the volume, with its change under the strain of the direction.
    pub(super) fn new(c: &Configuration, species: usize, direction: Option<&Direction>) -> Self {
        let mut counts = vec![0.0; species];
        for &s in &c.species {
            counts[usize::from(s)] += 1.0;
        }
        let volume = c
            .cell
            .volume_along(&direction.map_or_else(Default::default, |d| d.strain));
        Self { counts, volume }
    }
}

impl<T: Real> Gas<T> {
    /// The same gas in a scalar that has more derivatives.
    pub(super) fn lifted<U: Real>(&self, lift: impl Fn(T) -> U) -> Gas<U> {
        Gas {
            counts: self.counts.clone(),
            volume: lift(self.volume),
        }
    }

    /// Energy, and the virial on each axis \[energy\], from the integrals of each pair of species.
    pub(super) fn correction(&self, binding: &PairBinding, tails: impl Iterator<Item = Option<Tail<T>>>) -> (T, T) {
        let (mut energy, mut virial) = (T::lit(0.0), T::lit(0.0));
        for (pair, tail) in binding.each_pair().zip(tails) {
            let Some(tail) = tail else { continue };
            let (u, w) = self.correction_of(pair, tail);
            (energy, virial) = (energy + u, virial + w);
        }
        (energy, virial)
    }

    /// The same from one pair of species.
    pub(super) fn correction_of(&self, (a, b): (usize, usize), tail: Tail<T>) -> (T, T) {
        let pairs = self.counts[a] * self.counts[b] * if a == b { 1.0 } else { 2.0 };
        let density = self.volume.recip() * (2.0 * std::f64::consts::PI * pairs);
        (density * tail.energy, density * tail.virial)
    }
}
