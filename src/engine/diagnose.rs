//! After a result that is not finite: which pair of atoms is to blame.

use super::neighbors::NeighborList;
use super::pair_term::PairTerm;
use super::{Configuration, EngineError, Vec3};

/// The closest pair of an atom whose energy or slope is not finite, else the force itself.
pub(super) fn culprit(
    terms: &[Box<dyn PairTerm>],
    list: &NeighborList,
    c: &Configuration,
    atom: usize,
    force: Vec3,
) -> EngineError {
    let slot = list.layout.slots[atom] as usize;
    let block = list
        .blocks
        .iter()
        .find(|b| (b.halo.first..b.halo.first + b.halo.own).contains(&slot));
    let mut worst: Option<(f64, usize)> = None;
    for place in block.into_iter().flat_map(|b| b.row(slot - b.halo.first)) {
        let Some((neighbor, shift)) = block.and_then(|b| b.halo.slot(place)) else {
            continue;
        };
        let other = list.layout.atoms[neighbor] as usize;
        let image = list.coordinates.position(neighbor) + c.cell.translation(shift);
        let r2 = (image - list.coordinates.position(slot)).norm_squared();
        let (a, b) = (c.species[atom].into(), c.species[other].into());
        let bad = terms
            .iter()
            .filter_map(|t| t.pair(a, b, r2))
            .any(|(u, g)| !(u.is_finite() && g.is_finite()));
        if bad && worst.is_none_or(|(least, _)| r2 < least) {
            worst = Some((r2, other));
        }
    }
    match worst {
        Some((r2, other)) => EngineError::Overlap {
            first: atom.min(other),
            second: atom.max(other),
            distance: r2.sqrt(),
        },
        None => EngineError::NonFiniteForce {
            atom,
            force: force.into(),
        },
    }
}
