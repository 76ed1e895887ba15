//! Interatomic potentials, each one scalar energy function over a generic AD scalar.
//!
//! A potential says what a pair of atoms costs at a distance, once, over any [`Real`](admd_ad::Real) number. Forces,
//! virial, parameter gradients and second derivatives follow by choosing the number; cutoffs, shifts, mixing rules and
//! tail corrections are put around it by [`form`] and are differentiated by the same pass.
//!
//! Read [`lennard_jones`] first: the file *is* the documentation of how a potential looks. `README.md` in this folder says
//! how to add one in five steps.
//!
//! ```
//! use admd_ad::Dual;
//! use admd_potentials::catalog::pair_info;
//! use admd_potentials::form::binding::PairBinding;
//! use admd_potentials::form::pair::PairEnergy;
//! use admd_potentials::form::truncation::{Shifted, Truncation};
//! use admd_potentials::lennard_jones::LennardJones;
//!
//! // argon: parameters by name, everything checked at once
//! let argon = PairBinding::builder("lj", pair_info("lj").unwrap(), ["Ar"])
//!     .cutoff(8.5)
//!     .truncation(Truncation::Shifted)
//!     .like("Ar", [("epsilon", 0.0104), ("sigma", 3.4)])
//!     .build()
//!     .unwrap();
//!
//! // energy of a pair at 4 Angstrom and its derivative in sigma, through the shift
//! let theta = [Dual::<f64, 1>::constant(0.0104), Dual::variable(3.4, 0)];
//! let made = argon.coefficients::<Shifted<LennardJones>, _>(&theta);
//! let u = Shifted::<LennardJones>::energy(Dual::constant(16.0), &made[0].coef);
//! assert!((u.v - -0.009602467).abs() < 1e-9);
//! assert!((u.d[0] - -0.006504543).abs() < 1e-9);
//! ```
//!
//! | module | what is in it |
//! |---|---|
//! | [`lennard_jones`], [`mie`], [`morse`], [`buckingham`] | the potentials, one file each |
//! | [`catalog`] | name in the input → type; the only place that knows them all |
//! | [`builder`] | parameters by name → checked [`PairBinding`](form::binding::PairBinding) |
//! | [`form`] | what an energy may be: parameters, mixing, truncation, tails, units, selection of parameters by glob |

pub mod buckingham;
pub mod builder;
pub mod catalog;
pub mod form;
pub mod lennard_jones;
pub mod mie;
pub mod morse;
