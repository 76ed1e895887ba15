//! Every key of the table with every kind of wrong value (law J1), and the schema that is printed from the same table.

mod input_wrong;

use admd::input::diagnostics::InputError;
use admd::input::keys::{INPUT, Key, Kind, Presence};
use admd::input::schema::{Document, schema};
use admd::input::{InputErrors, Limits, Plan, parse};
use admd_potentials::form::parameters::Bounds;
use admd_potentials::form::units::Dimension;
use input_wrong::WRONG;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// One valid line for each key that can stand beside the others; what excludes another key is left out.
fn base() -> Vec<(String, Vec<(&'static str, &'static str)>)> {
    let left_out = [
        "file",
        "frame",
        "constant",
        "c_over_a",
        "edges",
        "composition",
        "label",
        "exclude",
        "repeat",
        "periodic",
        "shear",
    ];
    let lines = |keys: &[Key]| {
        let scalar = |k: &&Key| !k.example.is_empty() && !left_out.contains(&k.name);
        keys.iter()
            .filter(scalar)
            .map(|k| (k.name, k.example))
            .collect::<Vec<_>>()
    };
    let mut sections = vec![(String::new(), lines(INPUT))];
    for key in INPUT {
        match key.kind {
            Kind::Section(keys) => {
                let mut lines = lines(keys);
                if key.name == "structure" {
                    lines.push(("repeat", "[3, 3, 3]"));
                }
                sections.push((format!("[{}]", key.name), lines));
            }
            Kind::Named(Kind::Section(keys)) => sections.push((format!("[{}.Ar]", key.name), lines(keys))),
            Kind::Sections(keys) => {
                sections.push((format!("[[{}]]", key.name), lines(keys)));
                let parameters = PARAMETERS.iter().map(|k| (k.name, k.example)).collect();
                sections.push((format!("[{}.parameters.Ar]", key.name), parameters));
            }
            _ => {}
        }
    }
    sections
}

const fn parameter(name: &'static str, dimension: Dimension, bounds: Bounds, example: &'static str) -> Key {
    Key {
        name,
        kind: Kind::Quantity(dimension, bounds),
        presence: Presence::Required,
        meaning: "",
        example,
    }
}

/// The parameters of the potential of the base input.
const PARAMETERS: &[Key] = &[
    parameter("epsilon", Dimension::ENERGY, Bounds::NonNegative, "\"0.0104 eV\""),
    parameter("sigma", Dimension::LENGTH, Bounds::Positive, "\"3.4 Angstrom\""),
];

fn keys_of(header: &str) -> Vec<Key> {
    let name = header.trim_matches(['[', ']']).split('.').next().unwrap_or_default();
    if header.is_empty() {
        return INPUT.to_vec();
    }
    if header.contains("parameters") {
        return PARAMETERS.to_vec();
    }
    match INPUT.iter().find(|k| k.name == name).unwrap().kind {
        Kind::Section(keys) | Kind::Sections(keys) => keys.to_vec(),
        Kind::Named(Kind::Section(keys)) => keys.to_vec(),
        _ => unreachable!("{header} is a section"),
    }
}

/// The base input where the lines of one key in one section are others; the number of the first of them.
fn text_with(section: &str, key: &str, lines: &[String]) -> (String, usize) {
    let mut text = String::new();
    let mut at = 0;
    for (header, base) in base() {
        text += &format!("{header}\n");
        let mut put = |text: &mut String| {
            at = text.matches('\n').count() + 1;
            lines.iter().for_each(|l| *text += &format!("{l}\n"));
        };
        let mut done = header != section;
        for (name, value) in base {
            if header == section && name == key {
                put(&mut text);
                done = true;
            } else {
                text += &format!("{name} = {value}\n");
            }
        }
        if !done {
            put(&mut text);
        }
    }
    (text, at)
}

fn read(text: &str) -> Result<Plan, InputErrors> {
    let begin = Instant::now();
    let limits = Limits {
        atoms: 1000,
        ..Limits::default()
    };
    let result = parse(text, Path::new("keys.toml"), &[], limits);
    assert!(
        begin.elapsed() < Duration::from_secs(1),
        "{:?} for\n{text}",
        begin.elapsed()
    );
    if let Err(errors) = &result {
        assert!(!errors.errors.is_empty());
        assert!(errors.to_string().contains("-->"), "{errors}");
    }
    result
}

/// May the key take this value, as far as its kind says?
fn allowed(kind: &Kind, value: &str) -> bool {
    let text = ["\"1 parsec\"", "\"1 mol\"", "\"zzz\""].contains(&value);
    match kind {
        Kind::Text | Kind::Path => text,
        Kind::Flag => value == "true",
        Kind::Integer(low, high) => value.parse::<i128>().is_ok_and(|n| (*low..=*high).contains(&n)),
        Kind::Number(b) | Kind::Quantity(_, b) => ["-1", "0"].contains(&value) && b.allow(value.parse().unwrap()),
        Kind::Some(inner) => allowed(inner, value),
        Kind::Many(_) => value == "[]",
        Kind::Named(_) => value == "{ a = 1 }",
        Kind::Section(_) | Kind::Parameters | Kind::PairParameters => value == "{ a = 1 }",
        Kind::Value | Kind::Two(_) => false,
        Kind::Density | Kind::Choice(_) | Kind::Three(_) | Kind::Sections(_) => false,
    }
}

#[test]
fn the_base_input_is_right() {
    let (text, _) = text_with("[run]", "steps", &["steps = 10".to_owned()]);
    assert!(read(&text).is_ok(), "{}\n{text}", read(&text).unwrap_err());
}

#[test]
fn every_key_refuses_every_wrong_value() {
    let (mut cases, mut refused) = (0, 0);
    for (section, _) in base() {
        for key in keys_of(&section) {
            let has_section = key.example.is_empty();
            for wrong in WRONG {
                let (text, line) = text_with(&section, key.name, &[format!("{} = {wrong}", key.name)]);
                cases += 1;
                match read(&text) {
                    Err(errors) if !allowed(&key.kind, wrong) => {
                        refused += 1;
                        assert!(
                            has_section || concerns(&errors, line, key.name),
                            "{section} {} = {wrong}\n{errors}",
                            key.name
                        );
                    }
                    Ok(_) if !allowed(&key.kind, wrong) => panic!("{section} {} = {wrong} is accepted", key.name),
                    _ => {}
                }
            }
        }
    }
    assert!(cases > 600 && refused > 400, "{cases} cases, {refused} refused");
}

/// Is an error on the line, or about the key?
fn concerns(errors: &InputErrors, line: usize, key: &str) -> bool {
    let here = |e: &InputError| errors.position(e).0 == line || e.problem.to_string().contains(&format!("`{key}`"));
    errors.errors.iter().any(here)
}

#[test]
fn missing_doubled_and_misspelt_keys_are_errors() {
    for (section, _) in base() {
        for key in keys_of(&section).iter().filter(|k| !k.example.is_empty()) {
            let (without, _) = text_with(&section, key.name, &[]);
            if key.presence == Presence::Required {
                let shown = read(&without).unwrap_err().to_string();
                assert!(shown.contains(&format!("lacks the key `{}`", key.name)), "{shown}");
            } else {
                let _ = read(&without);
            }
            let line = format!("{} = {}", key.name, key.example);
            let (twice, at) = text_with(&section, key.name, &[line.clone(), line]);
            let errors = read(&twice).unwrap_err();
            let shown = errors.to_string();
            assert!(
                shown.contains("duplicate key") && shown.contains(&format!("keys.toml:{}:1", at + 1)),
                "{shown}"
            );

            let mut slip = key.name.to_owned();
            slip.insert(slip.len() - 1, 'x');
            let (misspelt, at) = text_with(&section, key.name, &[format!("{slip} = {}", key.example)]);
            let shown = read(&misspelt).unwrap_err().to_string();
            assert!(
                shown.contains(&format!("unknown key `{slip}`")) && shown.contains(&format!("keys.toml:{at}:1")),
                "{shown}"
            );
            if key.name.len() > 3 {
                assert!(shown.contains(&format!("did you mean `{}`?", key.name)), "{shown}");
            }
        }
    }
}

/// Checks a value against the part of JSON schema that ours uses.
fn valid(value: &Value, schema: &Value) -> Result<(), String> {
    if let Some(options) = schema["anyOf"].as_array() {
        let failures: Vec<String> = options.iter().filter_map(|s| valid(value, s).err()).collect();
        return if failures.len() < options.len() {
            Ok(())
        } else {
            Err(failures.join(" and "))
        };
    }
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        other => return Err(format!("schema without type: {other:?}")),
    };
    if !fits {
        return Err(format!("{value} is no {}", schema["type"]));
    }
    let number = value.as_f64().unwrap_or(0.0);
    let below = |k: &str| schema[k].as_f64().is_some_and(|m| number < m);
    let above = schema["maximum"].as_f64().is_some_and(|m| number > m);
    if below("minimum") || above || schema["exclusiveMinimum"].as_f64().is_some_and(|m| number <= m) {
        return Err(format!("{value} is out of range"));
    }
    if let Some(names) = schema["enum"].as_array()
        && !names.contains(value)
    {
        return Err(format!("{value} is not among {names:?}"));
    }
    for (key, inner) in value.as_object().into_iter().flatten() {
        match (&schema["properties"][key], &schema["additionalProperties"]) {
            (Value::Null, Value::Bool(false)) => return Err(format!("unknown {key}")),
            (Value::Null, other) => valid(inner, other)?,
            (property, _) => valid(inner, property)?,
        }
    }
    for key in schema["required"].as_array().into_iter().flatten() {
        if value.get(key.as_str().unwrap()).is_none() {
            return Err(format!("{key} is missing"));
        }
    }
    let items = value.as_array();
    let count = items.map_or(0, Vec::len) as u64;
    if schema["minItems"].as_u64().is_some_and(|n| count < n) || schema["maxItems"].as_u64().is_some_and(|n| count > n)
    {
        return Err(format!("{count} items"));
    }
    items.into_iter().flatten().try_for_each(|v| valid(v, &schema["items"]))
}

fn as_json(text: &str) -> Value {
    serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap()
}

#[test]
fn inputs_and_their_resolved_text_fit_the_schema() {
    let (schema, of_fits) = (schema(Document::Input), schema(Document::Fit));
    for entry in std::fs::read_dir("inputs").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "toml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        if admd::input::is_fit(&text) {
            valid(&as_json(&text), &of_fits).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            continue;
        }
        if path
            .file_name()
            .is_some_and(|n| n.to_string_lossy().starts_with("fitted_"))
        {
            continue; // the output of a fit
        }
        valid(&as_json(&text), &schema).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let plan = admd::input::read(&path, &[]).unwrap();
        valid(&as_json(&plan.provenance.resolved_text), &schema).unwrap();
    }
}

#[test]
fn the_schema_refuses_what_the_walker_refuses() {
    let schema = schema(Document::Input);
    let (text, _) = text_with("[run]", "steps", &["steps = 10".to_owned()]);
    let good = as_json(&text);
    valid(&good, &schema).unwrap();
    for (pointer, wrong) in [
        ("/run/steps", json!(-1)),
        ("/units", json!("si")),
        ("/potential/0/kind", json!("ljj")),
        ("/integrator/timestep", json!(true)),
        ("/structure/repeat", json!([1, 2])),
        ("/potential", json!([])),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = wrong;
        assert!(valid(&bad, &schema).is_err(), "{pointer}");
    }
    let mut bad = good.clone();
    bad["run"]["stepz"] = json!(1);
    assert!(valid(&bad, &schema).is_err());
    assert_eq!(schema["properties"]["seed"]["default"], json!(1));
}
