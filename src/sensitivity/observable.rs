//! What the estimator "ensemble" differentiates, by the names of the input.

use admd_potentials::form::units::Dimension;

/// An average of equilibrium.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observable {
    /// ⟨U⟩
    PotentialEnergy,
    /// The pressure.
    Pressure,
    /// The kinetic temperature.
    Temperature,
    /// The heat capacity at constant volume.
    HeatCapacity,
    /// The radial distribution function.
    Rdf,
    /// The number density along an edge of the cell.
    DensityProfile,
}

impl Observable {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::PotentialEnergy,
        Self::Pressure,
        Self::Temperature,
        Self::HeatCapacity,
        Self::Rdf,
        Self::DensityProfile,
    ];

    /// Its name in inputs and files.
    ///
    /// ```
    /// use admd::sensitivity::Observable;
    /// assert_eq!(Observable::named("heat_capacity"), Some(Observable::HeatCapacity));
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::PotentialEnergy => "potential_energy",
            Self::Pressure => "pressure",
            Self::Temperature => "temperature",
            Self::HeatCapacity => "heat_capacity",
            Self::Rdf => "rdf",
            Self::DensityProfile => "density_profile",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|o| o.name() == name)
    }

    /// Its dimension.
    pub fn dimension(self) -> Dimension {
        match self {
            Self::PotentialEnergy => Dimension::ENERGY,
            Self::Pressure => Dimension::PRESSURE,
            Self::Temperature => Dimension::TEMPERATURE,
            Self::HeatCapacity => Dimension {
                energy: 1,
                temperature: -1,
                ..Dimension::NUMBER
            },
            Self::Rdf => Dimension::NUMBER,
            Self::DensityProfile => Dimension::LENGTH.power(-3),
        }
    }

    /// Does it need a volume, that is a cell that is periodic along all its edges?
    pub fn needs_volume(self) -> bool {
        matches!(self, Self::Pressure | Self::Rdf | Self::DensityProfile)
    }
}
