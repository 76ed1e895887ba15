//! admd: molecular dynamics from an energy function.
//!
//! A potential is one scalar energy over a generic AD scalar; forces, virial, Hessian-vector products and parameter
//! gradients are derived from it. See `ARCHITECTURE.md` for the arrows between the modules.

#[doc(hidden)]
pub mod bench;
pub mod cli;
pub mod dynamics;
pub mod fit;
pub mod input;
pub mod io;
pub mod run;
pub mod sensitivity;

pub use admd_ad as ad;
pub use admd_engine as engine;
pub use admd_potentials as potentials;
