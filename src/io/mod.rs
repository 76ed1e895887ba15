//! Files: trajectories in H5MD, structures in extended XYZ.

pub mod h5md;
