//! How predictions compare with data, by quantity and tag.

use super::{Group, Quantity, Row};
use admd_potentials::form::units::Dimension;
use std::collections::BTreeMap;

impl Quantity {
    /// Its dimension; a prior has that of its parameter, which is not known here.
    pub fn dimension(self) -> Dimension {
        match self {
            Self::Energy | Self::CohesiveEnergy | Self::RelaxedEnergy | Self::MeanEnergy => Dimension::ENERGY,
            Self::Force => Dimension::FORCE,
            Self::Stress | Self::Pressure => Dimension::PRESSURE,
            Self::LatticeConstant | Self::RelaxedDistance => Dimension::LENGTH,
            Self::ForceDirection | Self::Rdf | Self::Prior => Dimension::NUMBER,
        }
    }
}

/// Deviations of predictions from what was observed.
#[derive(Clone, Debug, PartialEq)]
pub struct Deviations {
    /// The quantity.
    pub quantity: Quantity,
    /// The tag of the groups; empty for none.
    pub tag: String,
    /// Rows.
    pub rows: usize,
    /// Root of the mean square \[coherent\].
    pub rmse: f64,
    /// Mean of the size \[coherent\].
    pub mae: f64,
    /// The largest \[coherent\].
    pub most: f64,
    /// The group that it is in.
    pub worst: String,
    /// Root of the mean square of the residuals, which have the weights: 1 where σ is what it says.
    pub of_sigma: f64,
}

/// Deviations by quantity and tag, in this order; priors, and rows that count nothing, are left out.
///
/// ```
/// use admd::fit::{Group, Quantity, Row, deviations};
/// let groups = ["a", "b"].map(|name| Group { name: name.into(), tag: "bulk".into() });
/// let row = |group, observed| Row { quantity: Quantity::Energy, group, observed, scale: 2.0 };
/// let rows = [row(0, 1.0), row(1, 2.0)];
/// let found = deviations(&[(&rows, &groups, &[1.3, 1.6])]);
/// assert_eq!(found.len(), 1);
/// assert!((found[0].rmse - 0.125_f64.sqrt()).abs() < 1e-15);
/// assert_eq!(found[0].worst, "b");
/// ```
pub fn deviations(predicted: &[(&[Row], &[Group], &[f64])]) -> Vec<Deviations> {
    let mut parts: BTreeMap<(Quantity, String), Deviations> = BTreeMap::new();
    for (rows, groups, values) in predicted {
        for (row, value) in rows
            .iter()
            .zip(*values)
            .filter(|(r, _)| r.quantity != Quantity::Prior && r.scale > 0.0)
        {
            let group = &groups[row.group];
            let part = parts
                .entry((row.quantity, group.tag.clone()))
                .or_insert_with(|| Deviations {
                    quantity: row.quantity,
                    tag: group.tag.clone(),
                    rows: 0,
                    rmse: 0.0,
                    mae: 0.0,
                    most: -1.0,
                    worst: String::new(),
                    of_sigma: 0.0,
                });
            let off = (value - row.observed).abs();
            part.rows += 1;
            part.rmse += off * off;
            part.mae += off;
            part.of_sigma += (off * row.scale).powi(2);
            if off > part.most {
                part.most = off;
                part.worst.clone_from(&group.name);
            }
        }
    }
    let mut all: Vec<Deviations> = parts.into_values().collect();
    for part in &mut all {
        let n = part.rows as f64;
        part.rmse = (part.rmse / n).sqrt();
        part.mae /= n;
        part.of_sigma = (part.of_sigma / n).sqrt();
    }
    all
}
