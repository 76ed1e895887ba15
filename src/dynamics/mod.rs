//! Equations of motion: the state and what moves it.

mod state;

pub use state::State;
