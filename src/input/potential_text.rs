//! A potential file from bound potentials: the reverse of reading one.

use super::resolved::{bare as key, quoted};
use admd_engine::Species;
use admd_potentials::form::binding::{Origin, PairBinding};
use admd_potentials::form::mixing::Rule;
use admd_potentials::form::truncation::Truncation;
use admd_potentials::form::units::UnitSystem;
use std::fmt::Write as _;

/// The text of a potential file, in the unit system's own numbers, with every digit; `about` are comment lines at its head.
/// A pair of species that no potential covers is excluded where `apart` says that this was meant; where not, whoever uses
/// the file with such a pair is told that it is missing.
///
/// ```
/// use admd::input::{potential, potential_text};
/// let text = r#"
/// units = "metal"
/// [[potential]]
/// kind = "lj"
/// cutoff = "8.5 Angstrom"
/// parameters.Ar = { epsilon = "120 kB K", sigma = "3.4 Angstrom" }
/// "#;
/// let file = potential::parse(text, "argon.toml".as_ref()).unwrap();
/// let again = potential_text(&file.bindings, &[], file.units, &["Argon".to_owned()], &|_, _| false);
/// let read = potential::parse(&again, "again.toml".as_ref()).unwrap();
/// assert_eq!(read.bindings[0].theta(), file.bindings[0].theta());
/// assert!(again.starts_with("# Argon\n"));
/// ```
pub fn potential_text(
    bindings: &[PairBinding],
    species: &[Species],
    units: &UnitSystem,
    about: &[String],
    apart: &dyn Fn(usize, usize) -> bool,
) -> String {
    let mut out = String::new();
    for line in about.iter().flat_map(|l| l.lines()) {
        let _ = writeln!(out, "{}", format!("# {line}").trim_end());
    }
    let _ = writeln!(out, "units = \"{}\"", units.name);
    for s in species {
        let _ = writeln!(out, "\n[species.{}]\nmass = {:?}", key(&s.name), s.mass);
    }
    for (k, binding) in bindings.iter().enumerate() {
        let uncovered = |a: usize, b: usize| bindings.iter().all(|p| p.pairs[p.index(a, b)].origin == Origin::Absent);
        let excluded: Vec<String> = (binding.each_pair())
            .filter(|(a, b)| {
                let mixes = a != b && binding.rule != Rule::Explicit;
                (k == 0 && uncovered(*a, *b) && apart(*a, *b)) || (mixes && absent_between_given(binding, *a, *b))
            })
            .map(|(a, b)| quoted(&binding.pair_name(a, b)))
            .collect();
        one(binding, &excluded, &mut out);
    }
    out
}

/// Would a mixing rule fill a pair that is absent?
fn absent_between_given(binding: &PairBinding, a: usize, b: usize) -> bool {
    let given = |s: usize| matches!(binding.pairs[binding.index(s, s)].origin, Origin::Given(_));
    binding.pairs[binding.index(a, b)].origin == Origin::Absent && given(a) && given(b)
}

fn one(binding: &PairBinding, excluded: &[String], out: &mut String) {
    // mixed pairs have the cutoff of the potential
    let mixed = binding.pairs.iter().find(|p| matches!(p.origin, Origin::Mixed(..)));
    let cutoff = mixed.map_or(binding.cutoff(), |p| p.cutoff);
    let _ = writeln!(out, "\n[[potential]]\nkind = \"{}\"", binding.info.name);
    let _ = writeln!(out, "label = {}\ncutoff = {cutoff:?}", quoted(&binding.label));
    let _ = writeln!(out, "truncation = \"{}\"", binding.truncation.name());
    if let Truncation::Switched { onset } = binding.truncation
        && onset != super::pair_potential::ONSET
    {
        let _ = writeln!(out, "onset = {:?}", onset * cutoff);
    }
    if binding.tail {
        out.push_str("tail = true\n");
    }
    let rule = match binding.rule {
        Rule::Arithmetic => Rule::NAMES[0],
        Rule::Geometric => Rule::NAMES[1],
        Rule::Explicit => Rule::NAMES[2],
    };
    let _ = writeln!(out, "mixing = \"{rule}\"");
    if !excluded.is_empty() {
        let _ = writeln!(out, "exclude = [{}]", excluded.join(", "));
    }
    for (a, b) in binding.each_pair() {
        let pair = binding.pairs[binding.index(a, b)];
        let Origin::Given(first) = pair.origin else { continue };
        let own = pair.cutoff != cutoff;
        // a like pair with a cutoff of its own is written as a pair, which may have one
        let name = if a == b && !own {
            format!("parameters.{}", key(&binding.species[a]))
        } else {
            format!("pairs.{}", key(&binding.pair_name(a, b)))
        };
        let leaves = binding.leaves[first..].iter().zip(binding.info.parameters);
        let mut values: Vec<String> = leaves
            .map(|(l, spec)| format!("{} = {:?}", spec.name, l.value))
            .collect();
        if own {
            values.push(format!("cutoff = {:?}", pair.cutoff));
        }
        let _ = writeln!(out, "{name} = {{ {} }}", values.join(", "));
    }
}
