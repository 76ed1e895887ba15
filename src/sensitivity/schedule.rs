//! Where to put checkpoints: the binomial schedule.
//!
//! With s checkpoints and every step made at most t + 1 times, β(s, t) = (s + t)! / (s! t!) steps can be gone back through;
//! no schedule does better.

use std::collections::HashMap;
use std::fmt;

/// Steps between places where a checkpoint can be.
pub const GRID: u64 = 5;

/// What states may take while a trajectory is gone through backwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Memory {
    /// All states are kept.
    All,
    /// At most so many bytes: those that do not fit are made again from checkpoints.
    Bytes(f64),
    /// None are kept: the steps are undone. For integrators that [can](crate::dynamics::Integrator::backwards).
    Nothing,
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::All => write!(f, "all"),
            Self::Bytes(bytes) => write!(f, "{:.1} MB", bytes / 1e6),
            Self::Nothing => write!(f, "nothing"),
        }
    }
}

/// Bytes of a moment of one atom: position, velocity, force, mass and species.
const MOMENT: f64 = 84.0;
/// Moments that are there beside checkpoints: the stretch between two grid points, the state that goes on and its successor.
const ALWAYS: u64 = GRID + 2;

impl Memory {
    /// The smallest number of bytes that a schedule can work with.
    pub fn least(atoms: usize) -> f64 {
        ALWAYS as f64 * MOMENT * atoms as f64
    }

    /// Bytes that all states of so many steps take.
    pub fn whole(atoms: usize, steps: u64) -> f64 {
        (steps + 3) as f64 * MOMENT * atoms as f64
    }

    /// Does it hold every state of so many steps?
    pub(super) fn holds(self, atoms: usize, steps: u64) -> bool {
        match self {
            Self::All => true,
            Self::Bytes(bytes) => bytes >= Self::whole(atoms, steps),
            Self::Nothing => false,
        }
    }

    /// How many checkpoints fit beside what is there always.
    pub(super) fn checkpoints(self, atoms: usize) -> u64 {
        match self {
            Self::All => u64::MAX,
            Self::Bytes(bytes) => {
                let moments = bytes / (MOMENT * atoms.max(1) as f64);
                (moments - ALWAYS as f64).max(0.0) as u64
            }
            Self::Nothing => 0,
        }
    }

    /// Bytes that states take, and steps that are made in all, the first way forwards among them.
    ///
    /// ```
    /// use admd::sensitivity::Memory;
    /// let (bytes, steps) = Memory::All.forecast(1000, 100);
    /// assert_eq!((bytes, steps), (103.0 * 84.0 * 1000.0, 100));
    /// let (bytes, steps) = Memory::Bytes(2e6).forecast(1000, 100);
    /// assert!(bytes <= 2e6 && steps > 100);
    /// // undone, each step is made twice
    /// assert_eq!(Memory::Nothing.forecast(1000, 100), (4.0 * 84.0 * 1000.0, 200));
    /// ```
    pub fn forecast(self, atoms: usize, steps: u64) -> (f64, u64) {
        let moments = |count: u64| count as f64 * MOMENT * atoms as f64;
        if self.holds(atoms, steps) {
            return (Self::whole(atoms, steps), steps);
        }
        if self == Self::Nothing {
            return (moments(4), 2 * steps);
        }
        let stretches = steps.div_ceil(GRID).max(1);
        let room = self.checkpoints(atoms).min(stretches);
        let made = GRID * stretches_made(stretches, room, &mut HashMap::new());
        // the last may be shorter
        (moments(ALWAYS + room), made - (stretches * GRID - steps))
    }
}

/// Stretches that are made while `count` of them are gone back through.
fn stretches_made(count: u64, room: u64, known: &mut HashMap<(u64, u64), u64>) -> u64 {
    if count <= 1 {
        return count;
    }
    if room == 0 {
        return count * (count + 1) / 2;
    }
    if let Some(made) = known.get(&(count, room)) {
        return *made;
    }
    // checkpoint by checkpoint forwards, and what lies before each
    let (mut made, mut rest, mut left) = (1, count, room);
    while rest > 1 {
        let first = split(rest, left);
        made += first + stretches_made(first, left, known);
        (rest, left) = (rest - first, left.saturating_sub(1));
    }
    known.insert((count, room), made);
    made
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
