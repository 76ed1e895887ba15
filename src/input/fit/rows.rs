//! How many numbers there are to fit to, and whether each section has some.

use super::quantities::{Compared, Source};
use crate::fit::{CrystalSpec, DataFrame, RelaxedSpec, SimulationSpec, Variable};
use crate::input::walker::View;

/// Reports data of which nothing is compared.
pub(super) fn nothing_compared(first: &View<'_>, compared: &Compared<'_>) {
    if compared.is_empty() {
        let reason = "nothing of the data is compared".to_owned();
        let help = "add [energy] with sigma = \"1 meV\", [forces] with sigma = \"50 meV/Angstrom\", or [stress]";
        first.conflict(first.table.at, reason, "compared in what?", help);
    }
}

/// Reports sections whose quantity no frame has.
pub(super) fn lacking(compared: &Compared<'_>, data: &[DataFrame], relaxed_energies: bool) {
    let has = [
        (&compared.energy, "energy", data.iter().any(|f| f.energy.is_some())),
        (&compared.forces, "forces", data.iter().any(|f| f.forces.is_some())),
        (&compared.stress, "stress", data.iter().any(|f| f.stress.is_some())),
    ];
    for (view, what, found) in has {
        let Some(view) = view else { continue };
        // [energy] also says which reference energies relaxed structures have
        let elsewhere = what == "energy" && relaxed_energies && compared.source != Source::None;
        if !found && !elsewhere {
            let reason = format!("[{what}] compares nothing: no frame has {what}");
            let help = if data.is_empty() {
                "add [[data]] with a file of frames, or remove this section".to_owned()
            } else {
                format!("name it with the key `{what}` of [[data]], or remove this section")
            };
            view.conflict(view.table.at, reason, "without data", &help);
        }
    }
}

/// In whose energies reference energies are seen, by species.
pub(super) fn species_with_energies<'a>(
    count: usize,
    data: impl IntoIterator<Item = &'a DataFrame>,
    relaxed: &[RelaxedSpec],
) -> Vec<bool> {
    let mut seen = vec![false; count];
    let frames = data.into_iter().filter(|f| f.energy.is_some());
    let frames = frames.map(|f| &f.configuration);
    let others = relaxed.iter().filter(|r| r.energy.is_some()).map(|r| &r.configuration);
    for s in frames.chain(others).flat_map(|c| &c.species) {
        seen[usize::from(*s)] = true;
    }
    seen
}

/// Numbers to fit to.
pub(super) struct Count(usize);

impl Count {
    pub(super) fn of(
        compared: &Compared<'_>,
        data: &[DataFrame],
        training: &[usize],
        (crystals, relaxed, simulations): (&[CrystalSpec], &[RelaxedSpec], &[SimulationSpec]),
    ) -> Self {
        let q = &compared.quantities;
        let of_frame = |k: usize| {
            let f = &data[k];
            let energy = q.energy.is_some() && f.energy.is_some() && f.relative_to != Some(k);
            let forces = f
                .forces
                .as_ref()
                .filter(|_| q.forces.is_some())
                .map_or(0, |f| 3 * f.len());
            let stress = q.stress.is_some() && f.stress.is_some();
            usize::from(energy) + forces + 6 * usize::from(stress)
        };
        let of_crystal =
            |c: &CrystalSpec| usize::from(c.lattice_constant.is_some()) + usize::from(c.cohesive_energy.is_some());
        let of_relaxed = |r: &RelaxedSpec| usize::from(r.energy.is_some()) + r.distances.len();
        let of_simulation = |s: &SimulationSpec| {
            let rdf = s.rdf.as_ref().map_or(0, |(_, list)| list.len());
            usize::from(s.energy.is_some()) + usize::from(s.pressure.is_some()) + rdf
        };
        let weighty = training.iter().filter(|k| data[**k].weight > 0.0);
        let frames: usize = weighty.map(|k| of_frame(*k)).sum();
        let others = crystals.iter().map(of_crystal).sum::<usize>()
            + relaxed.iter().map(of_relaxed).sum::<usize>()
            + simulations.iter().map(of_simulation).sum::<usize>();
        Self(frames + others)
    }

    /// Reports more variables than numbers, priors among them.
    pub(super) fn check(&self, view: &View<'_>, list: &[Variable]) {
        let numbers = self.0 + list.iter().filter(|v| v.prior.is_some()).count();
        if self.0 == 0 {
            let reason = "there are no numbers to fit to".to_owned();
            let help = "leave frames for the fit, or add data";
            view.conflict(view.at("select"), reason, "fitted to what?", help);
        } else if list.len() > numbers {
            let reason = format!("{} variables are to be fitted to {numbers} numbers", list.len());
            let help = "fit fewer (select, tie), give priors, or add data";
            view.conflict(view.at("select"), reason, "too many", help);
        }
    }
}
