#![doc = include_str!("../../docs/adjoint.md")]
