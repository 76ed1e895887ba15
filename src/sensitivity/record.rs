//! What is kept of a trajectory on the way forwards, so that it can be gone through backwards.

use super::adjoint::AdjointError;
use super::schedule::{GRID, Memory, split};
use crate::dynamics::{Moment, State};

/// The states that are kept: all of them, or checkpoints and the last stretch, or the ends.
#[derive(Debug)]
pub struct Record {
    steps: u64,
    memory: Memory,
    /// Room for so many checkpoints, where there are any.
    room: u64,
    /// The grid points at which there are checkpoints, the start among them, in order.
    places: Vec<u64>,
    pub(super) kept: Vec<Moment>,
}

impl Record {
    /// For so many steps of so many atoms.
    ///
    /// # Errors
    /// When the memory does not hold what is needed at least.
    pub fn new(steps: u64, atoms: usize, memory: Memory) -> Result<Self, AdjointError> {
        if let Memory::Bytes(given) = memory {
            let needed = Memory::least(atoms);
            if given < needed || given.is_nan() {
                return Err(AdjointError::TooLittleMemory { given, needed });
            }
        }
        let memory = if memory.holds(atoms, steps) {
            Memory::All
        } else {
            memory
        };
        let room = memory.checkpoints(atoms);
        let mut record = Self {
            steps,
            memory,
            room,
            places: Vec::new(),
            kept: Vec::new(),
        };
        if let Memory::Bytes(_) = memory {
            record.places = record.first_checkpoints();
        }
        Ok(record)
    }

    /// Number of stretches between grid points.
    fn stretches(&self) -> u64 {
        self.steps.div_ceil(GRID).max(1)
    }

    /// Where checkpoints are left on the way forwards.
    fn first_checkpoints(&self) -> Vec<u64> {
        let (mut at, mut count, mut room) = (0, self.stretches(), self.room);
        let mut places = vec![0];
        while count > 1 {
            let first = split(count, room);
            (at, count, room) = (at + first, count - first, room.saturating_sub(1));
            places.push(at);
        }
        places
    }

    /// Must neighbour lists be built anew at a step, so that a stretch has the same bits when it is made again?
    pub fn renews(&self, step: u64) -> bool {
        self.memory != Memory::Nothing && step.is_multiple_of(GRID)
    }

    /// Is the state at a step kept?
    pub fn wants(&self, step: u64) -> bool {
        match self.memory {
            Memory::All => true,
            Memory::Nothing => step == 0 || step == self.steps,
            Memory::Bytes(_) => {
                let last_stretch = step > (self.stretches() - 1) * GRID;
                let checkpoint = step.is_multiple_of(GRID) && self.places.binary_search(&(step / GRID)).is_ok();
                last_stretch || checkpoint
            }
        }
    }

    /// Keeps a state that is wanted; they come in order.
    pub fn keep(&mut self, moment: &Moment) {
        if self.wants(moment.state.step) {
            self.kept.push(moment.clone());
        }
    }

    /// Number of steps.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The first state, once it was kept.
    ///
    /// # Panics
    /// Before that.
    pub fn start(&self) -> &State {
        &self.kept[0].state
    }

    /// How it goes back.
    pub fn memory(&self) -> Memory {
        self.memory
    }

    /// The stretches between two checkpoints, each with its first grid point, their number and the checkpoints that are
    /// kept meanwhile; the last first.
    pub(super) fn between(&self) -> Vec<(u64, u64, u64)> {
        let last = self.stretches() - 1;
        let ends = self.places.iter().skip(1).copied().chain([last]);
        let mut all: Vec<_> = (self.places.iter().zip(ends).enumerate())
            .map(|(k, (from, to))| (*from, to - from, self.room.saturating_sub(k as u64)))
            .collect();
        all.reverse();
        all
    }
}
