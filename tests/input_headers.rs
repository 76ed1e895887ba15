//! The `# expect:` lines at the head of the inputs: what they say of the start is what the program computes.

use admd::dynamics::VelocityVerlet;
use admd::engine::ForceField;
use admd::input::read;
use admd::io::h5md::ThermoRow;
use admd::run::Run;
use std::path::Path;

/// Numbers that follow some words directly, as written.
fn after<'a>(line: &'a str, words: &str) -> Option<&'a str> {
    let rest = &line[line.find(words)? + words.len()..];
    let word = rest.split_whitespace().next()?.trim_end_matches([',', ';', ')']);
    word.parse::<f64>().ok().map(|_| word)
}

/// Half a unit in the last digit that is written.
fn half_digit(word: &str) -> f64 {
    let decimals = word.split_once('.').map_or(0, |(_, d)| d.len());
    // A number that lies on the border is rounded to either side.
    0.500_001 * 10_f64.powi(-(decimals as i32))
}

/// What the header claims, what is computed, and how many claims there are.
struct Claims<'a> {
    file: &'a str,
    kinds: Vec<&'static str>,
}

impl Claims<'_> {
    fn check(&mut self, kind: &'static str, written: Option<&str>, found: f64) {
        let Some(written) = written else { return };
        let claim: f64 = written.parse().unwrap();
        let (file, tolerance) = (self.file, half_digit(written));
        assert!(
            (claim - found).abs() <= tolerance,
            "{file}: {kind} {written}, and {found} is computed"
        );
        self.kinds.push(kind);
    }
}

#[test]
fn headers_of_the_inputs_are_true() {
    let all = ["atoms", "edge", "potential", "temperature"];
    for (name, expected) in [
        ("argon", [&all[..], &["number density"]].concat()),
        ("binary", all.to_vec()),
        ("lj_melt", [&all[..], &["pressure"]].concat()),
        ("lj_sensitivity", vec!["atoms", "edge", "temperature"]),
        ("lj_adjoint", vec!["atoms", "edge", "temperature"]),
        ("triclinic", all.to_vec()),
    ] {
        let path = format!("inputs/{name}.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let plan = read(Path::new(&path), &[]).unwrap();
        let timestep = plan.integrator.timestep();
        let cell = plan.start.configuration.cell.clone();
        let atoms = plan.start.masses.len();
        let field = ForceField::new(plan.bindings, plan.settings).unwrap();
        let mut run = Run::start(plan.start, field, Box::new(VelocityVerlet { timestep }), plan.units).unwrap();
        let row: ThermoRow = run.thermo().unwrap();

        let mut claims = Claims {
            file: &path,
            kinds: Vec::new(),
        };
        for line in text.lines().filter_map(|l| l.strip_prefix("# expect: ")) {
            if line.contains(" atoms, ") {
                claims.check("atoms", line.split_whitespace().next(), atoms as f64);
            }
            claims.check("edge", after(line, "cell edge "), cell.edge(0).norm());
            claims.check(
                "number density",
                after(line, "number density "),
                atoms as f64 / cell.volume(),
            );
            if let Some(list) = line.split("cell edges ").nth(1) {
                let numbers = list.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'));
                let numbers: Vec<&str> = numbers.filter(|w| w.parse::<f64>().is_ok()).collect();
                assert_eq!(numbers.len(), 9, "{line}");
                for (k, number) in numbers.into_iter().enumerate() {
                    claims.check("edge", Some(number), cell.edge(k / 3)[k % 3]);
                }
            }
            if !line.contains("at step 0") {
                continue;
            }
            let share = if line.contains(" an atom") { atoms as f64 } else { 1.0 };
            claims.check(
                "potential",
                after(line, "potential energy "),
                row.potential_energy / share,
            );
            claims.check("temperature", after(line, "temperature "), row.temperature);
            claims.check("pressure", after(line, "pressure "), row.pressure.unwrap());
        }
        // A header that is worded otherwise must not go unread.
        for kind in expected {
            assert!(claims.kinds.contains(&kind), "{path} says nothing of {kind}");
        }
    }
}
