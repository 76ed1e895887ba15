//! Whether what comes fits what the header of a trajectory has announced, and comes in order.

use super::{H5mdError, Header};

/// What the header announces about every frame.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) positions: usize,
    pub(super) velocities: usize,
    pub(super) forces: usize,
    /// Variables of the sensitivity, and atoms of their velocities.
    pub(super) variables: usize,
    pub(super) velocities_along: usize,
    /// Numbers that are averaged.
    pub(super) averages: usize,
    /// Variables of a loss.
    pub(super) slopes: usize,
}

impl Shape {
    pub(super) fn of(header: &Header) -> Self {
        let atoms = header.atoms.len();
        Self {
            positions: atoms,
            velocities: if header.velocities { atoms } else { 0 },
            forces: if header.forces { atoms } else { 0 },
            averages: header
                .ensemble
                .as_ref()
                .map_or(0, |e| e.observables.iter().map(|o| o.distance.len().max(1)).sum()),
            slopes: header.adjoint.as_ref().map_or(0, |a| a.variables.len()),
            variables: header.sensitivity.as_ref().map_or(0, |s| s.variables.len()),
            velocities_along: if header.sensitivity.as_ref().is_some_and(|s| s.velocities) {
                atoms
            } else {
                0
            },
        }
    }
}

/// Checks lists, each with its name, its length and the right one.
pub(super) fn fits(step: u64, lists: impl IntoIterator<Item = (&'static str, usize, usize)>) -> Result<(), H5mdError> {
    match lists.into_iter().find(|(_, found, expected)| found != expected) {
        Some((what, found, expected)) => Err(H5mdError::Shape {
            what,
            step,
            found,
            expected,
        }),
        None => Ok(()),
    }
}

/// Checks that a step comes after the last of its table.
pub(super) fn in_order(table: &'static str, last: &mut Option<u64>, step: u64) -> Result<(), H5mdError> {
    match last {
        Some(last) if *last >= step => Err(H5mdError::Order {
            table,
            step,
            last: *last,
        }),
        _ => {
            *last = Some(step);
            Ok(())
        }
    }
}
