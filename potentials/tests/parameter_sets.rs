//! Every published set fits the catalogue: names, dimensions, bounds, and the minimum it says it has.

use admd_ad::{Dual, Real};
use admd_potentials::catalog::{PairVisitor, pair_info, visit_pair};
use admd_potentials::form::binding::PairBinding;
use admd_potentials::form::parameters::Leaves;
use admd_potentials::form::truncation::{Truncated, Truncation};
use admd_potentials::form::units::{Dimension, LJ, METAL, REAL, UnitSystem};
use toml::{Table, Value};

/// Every file of the folder with its text.
fn sets() -> Vec<(String, Table)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/parameters");
    let mut sets: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let table = text.parse().unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            (path.file_name().unwrap().to_string_lossy().into_owned(), table)
        })
        .collect();
    sets.sort_by(|a, b| a.0.cmp(&b.0));
    sets
}

/// A value whose unit must be that of the dimension.
fn quantity(value: &Value, dimension: Dimension, units: &UnitSystem) -> f64 {
    let text = value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is not a string with a unit"));
    let (number, unit) = text.split_once(' ').unwrap_or((text, ""));
    assert_eq!(unit, units.symbol(dimension), "unit of {text}");
    number.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// Energy and slope at a distance.
struct At<'a>(&'a PairBinding, f64);

impl PairVisitor for At<'_> {
    type Output = (f64, f64);
    fn visit<E: Truncated>(self) -> (f64, f64) {
        let made = self.0.coefficients::<E, f64>(&self.0.theta());
        let coef = <E::Coef<Dual<f64, 1>>>::from_fn(|k| Dual::constant(made[0].coef.leaf(k)));
        let u = E::energy(Dual::<f64, 1>::variable(self.1, 0).sq(), &coef);
        (u.v, u.d[0])
    }
}

#[test]
fn every_set_fits_the_catalogue_and_has_the_minimum_it_states() {
    // the files state ten digits or more
    const TOLERANCE: f64 = 1e-9;
    let sets = sets();
    assert!(!sets.is_empty());
    for (file, set) in sets {
        let text = |key: &str| {
            let found = set.get(key).and_then(Value::as_str);
            found.unwrap_or_else(|| panic!("{file}: no `{key}`")).to_owned()
        };
        let units = match text("units").as_str() {
            "metal" => &METAL,
            "real" => &REAL,
            "lj" => &LJ,
            other => panic!("{file}: units {other}"),
        };
        let info = pair_info(&text("potential")).unwrap_or_else(|| panic!("{file}: unknown potential"));
        assert!(text("doi").starts_with("10."), "{file}");
        assert!(!text("source").is_empty() && !text("validity").is_empty(), "{file}");
        for (pair, values) in set["pairs"].as_table().unwrap() {
            let (a, b) = pair
                .split_once('-')
                .unwrap_or_else(|| panic!("{file}: {pair} is not A-B"));
            let values = values.as_table().unwrap();
            let named = values
                .iter()
                .filter(|(name, _)| *name != "minimum")
                .map(|(name, value)| {
                    let spec = info.parameters.iter().find(|spec| spec.name == name);
                    let spec = spec.unwrap_or_else(|| panic!("{file}: {} has no {name}", info.name));
                    (name.clone(), quantity(value, spec.dimension, units))
                });
            let mut species = vec![a, b];
            species.dedup();
            let binding = PairBinding::builder(info.name, info, species)
                .cutoff(1.0)
                .truncation(Truncation::Cut)
                .pair(a, b, named)
                .others_absent()
                .build()
                .unwrap_or_else(|e| panic!("{file}: {e:?}"));
            let minimum = values["minimum"].as_table().unwrap();
            let distance = quantity(&minimum["distance"], Dimension::LENGTH, units);
            let energy = quantity(&minimum["energy"], Dimension::ENERGY, units);
            let (u, slope) = visit_pair(info.name, Truncation::Cut, At(&binding, distance)).unwrap();
            assert!(
                (u - energy).abs() < TOLERANCE * energy.abs(),
                "{file}: {u} instead of {energy}"
            );
            assert!(
                (slope * distance / u).abs() < TOLERANCE,
                "{file}: slope {slope} at {distance}"
            );
        }
    }
}
