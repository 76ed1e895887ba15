//! The loss whose gradient the benches take.

use crate::dynamics::State;
use crate::sensitivity::{Loss, Reads, Share};
use admd_ad::{Real, reverse};
use admd_engine::{EngineError, Vec3};

/// The mean square of the velocities at the end \[length²/τ²\].
#[derive(Clone, Copy, Debug, Default)]
pub struct Heat;

impl Loss for Heat {
    fn reads(&self, step: u64, steps: u64) -> Option<Reads> {
        let velocities = step == steps;
        velocities.then_some(Reads {
            velocities,
            ..Reads::default()
        })
    }

    fn share(&self, _: u64, _: u64, state: &State) -> Result<Share, EngineError> {
        let n = state.masses.len() as f64;
        let mut share = Share::default();
        for v in &state.velocities {
            let (value, slopes) = reverse::<8, 3, _>(|v| Real::squares(v) / n, (*v).into());
            share.value += value;
            share.velocities.push(Vec3::from(slopes));
        }
        Ok(share)
    }
}
