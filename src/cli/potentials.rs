//! `admd potentials`: what potentials there are, and a file to start from for each.

use super::{CliError, terminal};
use admd_potentials::catalog::{PAIRS, pair_info};
use admd_potentials::form::pair::Info;
use admd_potentials::form::parameters::Mixing;
use admd_potentials::form::truncation::Truncation;
use admd_potentials::form::units::METAL;
use clap::Args;
use std::fmt::Write as _;

/// List the potentials, or print a potential file to start from
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  admd potentials                     names, formulas, parameters and their units
  admd potentials lj > argon.toml     a valid potential file, to be filled with your numbers")]
pub(super) struct Potentials {
    /// A potential: prints a template of it
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// Prints the list or a template.
pub(super) fn run(a: &Potentials) -> Result<u8, CliError> {
    let Some(name) = &a.name else {
        return terminal::print(&list());
    };
    let info = pair_info(name).ok_or_else(|| {
        let known: Vec<&str> = PAIRS.iter().map(|i| i.name).collect();
        CliError::Usage(format!(
            "there is no potential `{name}`; choose one of {}",
            known.join(", ")
        ))
    })?;
    terminal::print(&template(info))
}

/// The truncations with what is continuous at the cutoff.
const TRUNCATIONS: [(Truncation, &str); 4] = [
    (Truncation::Cut, "u(r) up to the cutoff"),
    (Truncation::Shifted, "u(r) - u(rc)"),
    (Truncation::ForceShifted, "u(r) - u(rc) - (r - rc) u'(rc)"),
    (
        Truncation::Switched { onset: 0.9 },
        "S(r) u(r) with a polynomial S from 1 at the onset to 0 at the cutoff",
    ),
];

fn smooth(t: Truncation) -> &'static str {
    match t.smoothness() {
        None => "the energy jumps",
        Some(0) => "C0: the force jumps",
        Some(1) => "C1: energy and force are continuous",
        Some(_) => "C2: the derivative of the force is continuous too",
    }
}

/// Name, formula, parameters and units of every potential.
pub(super) fn list() -> String {
    let mut out = String::new();
    for info in PAIRS {
        let _ = writeln!(out, "{:<14} {}", info.name, info.title);
        let _ = writeln!(out, "{:<14} u(r) = {}", "", info.formula);
        for p in info.parameters {
            let unit = METAL.symbol(p.dimension);
            let unit = if unit.is_empty() { "1" } else { &unit };
            let _ = writeln!(
                out,
                "{:<14}   {:<10} [{unit}] {}; {}",
                "",
                p.name,
                p.meaning,
                p.bounds.words()
            );
        }
        let _ = writeln!(out, "{:<14} {}\n", "", info.reference);
    }
    out.push_str("Units are those of the `metal` system. Every potential can be truncated in four ways:\n");
    for (t, formula) in TRUNCATIONS {
        let _ = writeln!(out, "  {:<14} {:<50} {formula}", t.name(), smooth(t));
    }
    out.push_str(
        "\nS = 1 - 10 x^3 + 15 x^4 - 6 x^5 with x = (r^2 - rs^2)/(rc^2 - rs^2); the onset rs is 0.9 rc unless given.\n",
    );
    out.push_str("\n`admd potentials NAME` prints a potential file to start from.\n");
    out
}

/// A valid potential file.
pub(super) fn template(info: &Info) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "# {}\n#\n#   u(r) = {}\n#\n# {}\n#",
        info.title, info.formula, info.reference
    );
    for p in info.parameters {
        let unit = METAL.symbol(p.dimension);
        let unit = if unit.is_empty() {
            "a pure number".to_owned()
        } else {
            format!("in metal units: {unit}")
        };
        let _ = writeln!(out, "#   {:<10} {}; {}; {unit}", p.name, p.meaning, p.bounds.words());
    }
    let values: Vec<String> = info
        .named(info.example)
        .map(|(name, x)| format!("{name} = {x:?}"))
        .collect();
    let mixed = info.parameters.iter().all(|p| p.mixing != Mixing::Explicit);
    let mixing = if mixed {
        "mixing = \"arithmetic\"     # unlike species that are not given: arithmetic, geometric or explicit\n"
    } else {
        "mixing = \"explicit\"       # this potential has no mixing rule: give every pair of unlike species\n"
    };
    let _ = write!(
        out,
        "\nunits = \"lj\"              # or \"metal\" (eV, Angstrom), \"real\" (kcal/mol, Angstrom)\n\n\
         [[potential]]\nkind = \"{}\"\n\
         cutoff = 2.5\n\
         truncation = \"switched\"   # or \"force_shifted\", \"shifted\", \"cut\"\n\
         {mixing}\
         parameters.A = {{ {} }}\n\
         # pairs.A-B = {{ {} }}\n",
        info.name,
        values.join(", "),
        values.join(", ")
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_a_valid_potential_file() {
        for info in PAIRS {
            let file = crate::input::potential::parse(&template(info), "template.toml".as_ref());
            let file = file.unwrap_or_else(|e| panic!("{}\n{e}", info.name));
            assert_eq!(file.bindings[0].info.name, info.name);
            assert_eq!(file.bindings[0].leaves.len(), info.parameters.len());
            assert!(list().contains(info.formula));
        }
    }
}
