//! The commands of the `admd` program.

pub mod export;
pub mod info;
