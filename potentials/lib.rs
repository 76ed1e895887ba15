//! Interatomic potentials, each one scalar energy function over a generic AD scalar.
//!
//! Read [`lennard_jones`] first; `README.md` in this folder says how to add one in five steps.

pub mod catalog;
pub mod form;
pub mod lennard_jones;
