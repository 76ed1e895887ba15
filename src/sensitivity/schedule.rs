//! Where to put checkpoints: the binomial schedule.
//!
//! With s checkpoints and every step made at most t + 1 times, β(s, t) = (s + t)! / (s! t!) steps can be gone back through;
//! no schedule does better.

use std::fmt;

/// Bytes that states may take while a trajectory is gone through backwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Memory {
    /// As many as there are steps.
    All,
    /// At most so many bytes, though never less than one stretch between grid points takes.
    Bytes(f64),
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::All => write!(f, "all"),
            Self::Bytes(bytes) => write!(f, "{:.1} MB", bytes / 1e6),
        }
    }
}

/// Bytes of a moment of one atom: position, velocity, force, mass and species.
const MOMENT: f64 = 84.0;

impl Memory {
    /// Does it hold every state of so many steps?
    pub(super) fn holds(self, atoms: usize, steps: u64) -> bool {
        match self {
            Self::All => true,
            Self::Bytes(bytes) => bytes >= (steps + 1) as f64 * atoms as f64 * MOMENT,
        }
    }

    /// How many checkpoints fit beside the moments between two grid points.
    pub(super) fn checkpoints(self, atoms: usize) -> u64 {
        match self {
            Self::All => u64::MAX,
            Self::Bytes(bytes) => {
                let atoms = atoms.max(1) as f64;
                // and the start
                let rest = bytes / atoms - (super::GRID + 1) as f64 * MOMENT;
                (rest / MOMENT).max(0.0) as u64
            }
        }
    }
}

/// β(s, t), saturating.
fn binomial(s: u64, t: u64) -> u64 {
    let mut value: u64 = 1;
    for k in 1..=s.min(t) {
        let Some(product) = value.checked_mul(s.max(t) + k) else {
            return u64::MAX;
        };
        value = product / k;
    }
    value
}

/// Of `count` > 1 stretches, how many to go forward to the next checkpoint with room for `room` of them.
///
/// ```
/// // with room for all, every state is kept
/// assert_eq!(admd::sensitivity::split(10, u64::MAX), 1);
/// // with room for none, the last stretch is reached from the start again and again
/// assert_eq!(admd::sensitivity::split(10, 0), 9);
/// ```
pub fn split(count: u64, room: u64) -> u64 {
    // the start of the stretches is a checkpoint, too
    let checkpoints = room.min(count) + 1;
    let mut repeats = 0;
    while binomial(checkpoints, repeats) < count {
        repeats += 1;
    }
    // as far as the rest can be gone back through with one checkpoint less and as many repeats
    let rest = binomial(checkpoints - 1, repeats);
    count.saturating_sub(rest).max(1)
}
