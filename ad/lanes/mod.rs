//! Hardware lanes: one file an instruction set.

mod scalar;
