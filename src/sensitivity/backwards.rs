//! The way backwards through the states of a trajectory, kept, made again, or met again by undoing steps.

use super::adjoint::{AdjointError, Gradient, Watch};
use super::loss::{Loss, Reads, Share};
use super::record::Record;
use super::schedule::{GRID, Memory, split};
use crate::dynamics::{DynamicsError, Forces, Integrator, Moment, State, StateAdjoint};
use admd_engine::{Direction, Evaluation, Mat3, Request, Vec3};
use core::ops::ControlFlow;

/// A way backwards.
pub(super) struct Backwards<'a> {
    pub(super) forces: &'a mut dyn Forces,
    pub(super) integrator: &'a mut dyn Integrator,
    pub(super) loss: &'a dyn Loss,
    pub(super) watch: &'a mut Watch<'a>,
    pub(super) steps: u64,
    pub(super) made: u64,
    pub(super) value: f64,
    pub(super) adjoint: StateAdjoint,
}

impl Backwards<'_> {
    /// The whole way.
    pub(super) fn go(mut self, record: Record) -> Result<Gradient, AdjointError> {
        match record.memory() {
            Memory::All => self.everything(&record.kept)?,
            Memory::Bytes(_) => self.checkpoints(record)?,
            Memory::Nothing => self.undo(record)?,
        }
        Ok(Gradient {
            loss: self.value,
            adjoint: self.adjoint,
            steps: self.made,
        })
    }

    /// With every state kept.
    fn everything(&mut self, kept: &[Moment]) -> Result<(), AdjointError> {
        let stretches = self.steps.div_ceil(GRID).max(1);
        for k in (0..stretches).rev() {
            let (first, last) = (k * GRID, self.steps.min((k + 1) * GRID));
            self.back(&kept[first as usize..=last as usize])?;
        }
        Ok(())
    }

    /// With checkpoints and the last stretch kept.
    fn checkpoints(&mut self, mut record: Record) -> Result<(), AdjointError> {
        let between = record.between();
        let last_stretch = record.kept.split_off(between.len() - 1);
        self.back(&last_stretch)?;
        drop(last_stretch);
        for (grid, count, room) in between.into_iter().filter(|(_, count, _)| *count > 0) {
            let Some(from) = record.kept.pop() else {
                unreachable!("a checkpoint before every stretch")
            };
            self.stretch(from, grid, count, room)?;
        }
        Ok(())
    }

    /// Goes backwards through `count` stretches from a grid point on, whose state is `from`, with room for so many
    /// checkpoints beside it.
    fn stretch(&mut self, from: Moment, grid: u64, count: u64, room: u64) -> Result<(), AdjointError> {
        let mut waiting = vec![(from, grid, count, room)];
        while let Some((from, grid, count, room)) = waiting.pop() {
            if count == 1 {
                let moments = self.forwards(from, 1, true)?;
                self.back(&moments)?;
                continue;
            }
            let first = split(count, room);
            let middle = self.forwards(from.clone(), first, false)?.swap_remove(0);
            waiting.push((from, grid, first, room));
            waiting.push((middle, grid + first, count - first, room.saturating_sub(1)));
        }
        Ok(())
    }

    /// Makes so many stretches again: all their states with the first, or the last state alone.
    fn forwards(&mut self, from: Moment, stretches: u64, all: bool) -> Result<Vec<Moment>, AdjointError> {
        // the list at a grid point is that of its atoms
        self.forces
            .relist(&from.state.configuration)
            .map_err(DynamicsError::from)?;
        let last = self.steps.min(from.state.step + stretches * GRID);
        let (mut next, mut now) = (from.clone(), from);
        let mut moments = Vec::new();
        while now.state.step < last {
            if (now.state.step + 1).is_multiple_of(GRID) {
                self.forces.forget();
            }
            self.integrator.step(&now, &mut next, self.forces, Request::FORCES)?;
            self.made += 1;
            core::mem::swap(&mut now, &mut next);
            if all {
                moments.push(core::mem::replace(&mut next, now.clone()));
            }
        }
        moments.push(now);
        Ok(moments)
    }

    /// Backwards through the states of one stretch. Its last state belongs to the next stretch, unless it is the end.
    fn back(&mut self, moments: &[Moment]) -> Result<(), AdjointError> {
        // whatever was evaluated since the stretch was made
        self.forces.forget();
        let [rest @ .., end] = moments else { return Ok(()) };
        if end.state.step == self.steps {
            self.visit(end)?;
        }
        let mut after = end;
        for before in rest.iter().rev() {
            self.integrator.depart(after, &mut self.adjoint);
            self.visit(before)?;
            after = before;
        }
        Ok(())
    }

    /// By undoing the steps.
    fn undo(&mut self, mut record: Record) -> Result<(), AdjointError> {
        let Some(mut back) = self.integrator.backwards() else {
            return Err(AdjointError::Irreversible);
        };
        let Some(mut now) = record.kept.pop() else {
            unreachable!("the end is kept")
        };
        self.visit(&now)?;
        let mut next = now.clone();
        while now.state.step > 0 {
            let step = now.state.step - 1;
            let reads = self.reads(step);
            self.integrator.depart(&now, &mut self.adjoint);
            self.made += 1;
            if reads.velocities {
                // forces first: what the loss passes to velocities goes on to the forces here
                back.step(&now, &mut next, self.forces, Request::FORCES)?;
                core::mem::swap(&mut now, &mut next);
                self.visit(&now)?;
                continue;
            }
            if step > 0 {
                self.integrator.arrive(&now, &mut self.adjoint);
            }
            let directions = self.directions(reads);
            back.step(&now, &mut next, self.forces, request(&directions, reads))?;
            core::mem::swap(&mut now, &mut next);
            let share = self.share(&now.state)?;
            self.integrator.pull_model(&now, self.kicks(step), &mut self.adjoint);
            self.forces(&now.evaluation, &share, directions);
            self.tell(step)?;
        }
        match record.kept.first() {
            Some(start) => returned(&start.state, &now.state),
            None => Ok(()), // no step
        }
    }

    /// Everything that depends on one state: the loss, the kick that arrived there, and the forces.
    fn visit(&mut self, moment: &Moment) -> Result<(), AdjointError> {
        let step = moment.state.step;
        let reads = self.reads(step);
        // of the kick after the state, before velocities are added, and of that before it
        let mut kicks = self.kicks(step);
        if reads.velocities && step < self.steps {
            self.integrator.pull_model(moment, 1, &mut self.adjoint);
            kicks -= 1;
        }
        let share = self.share(&moment.state)?;
        if step > 0 {
            self.integrator.arrive(moment, &mut self.adjoint);
        }
        if kicks > 0 {
            self.integrator.pull_model(moment, kicks, &mut self.adjoint);
        }
        let directions = self.directions(reads);
        let mut evaluation = Evaluation::default();
        let request = request(&directions, reads);
        self.forces
            .evaluate(&moment.state.configuration, request, &mut evaluation)
            .map_err(DynamicsError::from)?;
        self.forces(&evaluation, &share, directions);
        self.tell(step)
    }

    /// In how many kicks the forces at a step act: in that which arrives there, and in that which leaves.
    fn kicks(&self, step: u64) -> u8 {
        u8::from(step > 0) + u8::from(step < self.steps)
    }

    fn reads(&self, step: u64) -> Reads {
        self.loss.reads(step, self.steps).unwrap_or_default()
    }

    fn tell(&mut self, step: u64) -> Result<(), AdjointError> {
        if step.is_multiple_of(GRID) && self.adjoint.positions.iter().any(|x| !x.iter().all(|x| x.is_finite())) {
            return Err(AdjointError::NotFinite { step });
        }
        match (self.watch)(step, &self.adjoint) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(AdjointError::Stopped { step }),
        }
    }

    /// Adds what the loss says of a state by itself, and gives the rest.
    fn share(&mut self, state: &State) -> Result<Share, AdjointError> {
        let Some(reads) = self.loss.reads(state.step, self.steps) else {
            return Ok(Share::default());
        };
        let share = self.loss.share(state.step, self.steps, state);
        let share = share.map_err(DynamicsError::from)?;
        let read = |there: bool, reads: bool| assert!(reads || !there, "a loss adds what it does not read");
        read(
            !(share.velocities.is_empty() && share.masses.is_empty()),
            reads.velocities,
        );
        read(share.energy != 0.0, reads.energy);
        read(share.virial != 0.0, reads.virial);
        let atoms = state.masses.len();
        let fits = |length: usize| assert!(length == 0 || length == atoms, "slopes of a loss must be one an atom");
        fits(share.positions.len());
        fits(share.velocities.len());
        fits(share.masses.len());
        self.value += share.value;
        add(&mut self.adjoint.positions, &share.positions);
        add(&mut self.adjoint.velocities, &share.velocities);
        add(&mut self.adjoint.masses, &share.masses);
        Ok(share)
    }

    /// The directions along which the forces at a state are differentiated: φ, and all lengths for a virial.
    fn directions(&mut self, reads: Reads) -> Vec<Direction> {
        let mut directions = vec![Direction {
            positions: core::mem::take(&mut self.adjoint.forces),
            ..Direction::default()
        }];
        directions.extend(reads.virial.then(|| Direction {
            strain: Mat3::identity(),
            ..Direction::default()
        }));
        directions
    }

    /// Adds what depends on a state through its forces, energy and virial. With the virial tr W = −dE/dε along a strain of all
    /// lengths, its slopes are d(tr W)/dr = F + dF/dε and d(tr W)/dp = −d(dE/dp)/dε.
    fn forces(&mut self, evaluation: &Evaluation, share: &Share, mut directions: Vec<Direction>) {
        let Evaluation { forces, tangents, .. } = evaluation;
        let energy = evaluation.energy.map_or(0.0, |e| share.energy * e);
        let virial = evaluation.virial.map_or(0.0, |w| share.virial * w.trace());
        self.value += energy + virial;
        let (along, dilation) = (&tangents[0], tangents.get(1));
        let weight = share.virial - share.energy;
        for (k, to) in self.adjoint.positions.iter_mut().enumerate() {
            *to += along.forces[k] + forces[k] * weight;
            if let Some(dilation) = dilation {
                *to += dilation.forces[k] * share.virial;
            }
        }
        for (k, to) in self.adjoint.parameters.iter_mut().enumerate() {
            *to += share.energy * evaluation.gradient[k] - along.gradient[k];
            if let Some(dilation) = dilation {
                *to -= share.virial * dilation.gradient[k];
            }
        }
        let mut phi = core::mem::take(&mut directions[0].positions);
        phi.fill(Vec3::zeros());
        self.adjoint.forces = phi;
    }
}

/// What is evaluated at a state.
fn request(directions: &[Direction], reads: Reads) -> Request<'_> {
    Request {
        energy_and_virial: reads.energy || reads.virial,
        gradient: true,
        tangents: directions,
        ..Request::FORCES
    }
}

fn add<T: Copy + core::ops::AddAssign>(to: &mut [T], more: &[T]) {
    for (to, more) in to.iter_mut().zip(more) {
        *to += *more;
    }
}

/// Is a state the start, to the last bit? If not, the atom that is farthest from where it was says so.
fn returned(start: &State, now: &State) -> Result<(), AdjointError> {
    let [was, is] = [start, now].map(|s| &s.configuration.positions);
    if was == is && start.velocities == now.velocities {
        return Ok(());
    }
    let away = was.iter().zip(is).map(|(a, b)| (a - b).norm()).enumerate();
    let (atom, off) = away.fold((0, 0.0), |worst, this| if this.1 > worst.1 { this } else { worst });
    Err(AdjointError::NoReturn { atom, off })
}
