//! What a trajectory can be differentiated in, by the names of the input.

use crate::dynamics::{State, StateTangent};
use admd_ad::{Real, explicit::derivative};
use admd_engine::{Mat3, Species};
use admd_potentials::form::binding::Leaf;
use admd_potentials::form::units::{Dimension, UnitSystem};

/// What a variable changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Subject {
    /// A parameter of the potentials, by its number among all. Cutoffs stay where they are.
    Parameter(usize),
    /// The time step, at a given number of steps: the end is then at another time.
    Timestep,
    /// The temperature of the start: velocities are in proportion to its root.
    Temperature,
    /// The mass of a species. Start velocities stay as they are.
    Mass(u16),
    /// A strain of cell and positions at the start, ε_ab: r_a += ε r_b.
    Strain(usize, usize),
    /// The same strain along all axes: every length of the start, but none of the potentials.
    Dilation,
}

/// A number that the trajectory depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// Its name: that of a parameter, or of a key of the input.
    pub name: String,
    /// What it changes.
    pub subject: Subject,
    /// Its value in the units of the input; 0 for a strain.
    pub value: f64,
    /// Its dimension.
    pub dimension: Dimension,
}

/// Everything that a run can be differentiated in. `temperature` is that of drawn start velocities \[temperature\].
pub fn variables<'a>(
    leaves: impl IntoIterator<Item = &'a Leaf>,
    species: &[Species],
    timestep: f64,
    temperature: Option<f64>,
    units: &UnitSystem,
) -> Vec<Variable> {
    let variable = |name: String, subject, value, dimension| Variable {
        name,
        subject,
        value,
        dimension,
    };
    let mut all: Vec<Variable> = (leaves.into_iter().enumerate())
        .map(|(k, leaf)| {
            variable(
                leaf.name.clone(),
                Subject::Parameter(k),
                leaf.value,
                leaf.spec.dimension,
            )
        })
        .collect();
    let own_time = timestep / units.to_coherent(Dimension::TIME);
    all.push(variable(
        "integrator.timestep".into(),
        Subject::Timestep,
        own_time,
        Dimension::TIME,
    ));
    if let Some(temperature) = temperature.filter(|t| *t > 0.0) {
        let name = "velocities.temperature".into();
        all.push(variable(
            name,
            Subject::Temperature,
            temperature,
            Dimension::TEMPERATURE,
        ));
    }
    for (k, s) in species.iter().enumerate() {
        let name = format!("species.{}.mass", s.name);
        all.push(variable(name, Subject::Mass(k as u16), s.mass, Dimension::MASS));
    }
    let axes = ["x", "y", "z"];
    for (a, b) in [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)] {
        let name = format!("structure.strain.{}{}", axes[a], axes[b]);
        all.push(variable(name, Subject::Strain(a, b), 0.0, Dimension::NUMBER));
    }
    let name = "structure.strain.all".into();
    all.push(variable(name, Subject::Dilation, 0.0, Dimension::NUMBER));
    all
}

impl Variable {
    /// How the start and the motion change with the variable in its own unit; `parameters` is the number of parameters of
    /// the force field.
    pub fn tangent(&self, start: &State, parameters: usize, units: &UnitSystem) -> StateTangent {
        let mut t = StateTangent::zero(start.masses.len());
        let strain = match self.subject {
            Subject::Parameter(k) => {
                t.parameters = vec![0.0; parameters];
                t.parameters[k] = 1.0;
                None
            }
            Subject::Timestep => {
                t.timestep = units.to_coherent(Dimension::TIME);
                None
            }
            Subject::Temperature => {
                // v ∝ √T
                let (root, slope) = derivative(|t| t.sqrt(), self.value);
                t.velocities = start.velocities.iter().map(|v| v * (slope / root)).collect();
                None
            }
            Subject::Mass(species) => {
                let of = |s: &u16| if *s == species { 1.0 } else { 0.0 };
                t.masses = start.configuration.species.iter().map(of).collect();
                None
            }
            Subject::Strain(a, b) => {
                let mut strain = Mat3::zeros();
                strain[(a, b)] = 1.0;
                Some(strain)
            }
            Subject::Dilation => Some(Mat3::identity()),
        };
        if let Some(strain) = strain {
            t.strain = strain;
            t.positions = start.configuration.positions.iter().map(|r| strain * r).collect();
        }
        t
    }
}
