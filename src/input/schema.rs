//! The JSON schema of an input, printed from the table of keys that the walker checks against.

use super::fit::keys::FIT;
use super::keys::{INPUT, Key, Kind, POTENTIAL_FILE, Presence};
use super::pair_potential::parameter_keys;
use admd_potentials::catalog;
use admd_potentials::form::parameters::Bounds;
use serde_json::{Map, Value, json};

/// What a schema is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// An input of `admd simulate`.
    Input,
    /// A potential file.
    Potential,
    /// An input of a fit.
    Fit,
}

/// The JSON schema (draft 2020-12).
pub fn schema(document: Document) -> Value {
    let (title, keys) = match document {
        Document::Input => ("admd input", INPUT),
        Document::Potential => ("admd potential file", POTENTIAL_FILE),
        Document::Fit => ("admd fit", FIT),
    };
    let mut root = object(keys);
    root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    root["title"] = json!(title);
    root
}

fn object(keys: &[Key]) -> Value {
    let properties: Map<String, Value> = keys.iter().map(|k| (k.name.to_owned(), property(k))).collect();
    let required: Vec<&str> = keys
        .iter()
        .filter(|k| k.presence == Presence::Required)
        .map(|k| k.name)
        .collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn property(key: &Key) -> Value {
    let mut value = of(&key.kind);
    value["description"] = json!(key.meaning);
    if let Presence::Default(text) = key.presence
        && let Ok(toml) = toml::from_str::<toml::Table>(&format!("x = {text}"))
        && let Some(default) = toml.get("x").and_then(|x| serde_json::to_value(x).ok())
    {
        value["default"] = default;
    }
    value
}

fn of(kind: &Kind) -> Value {
    match kind {
        Kind::Text | Kind::Path => json!({ "type": "string", "minLength": 1 }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Integer(low, high) => json!({ "type": "integer", "minimum": bound(*low), "maximum": bound(*high) }),
        Kind::Number(bounds) => number(*bounds),
        Kind::Quantity(_, bounds) => json!({ "anyOf": [number(*bounds), quantity()] }),
        Kind::Value => json!({ "anyOf": [number(Bounds::Any), quantity()] }),
        Kind::Density => json!({ "anyOf": [number(Bounds::Positive), quantity()] }),
        Kind::Choice(names) => json!({ "type": "string", "enum": names() }),
        Kind::Two(inner) => json!({ "type": "array", "items": of(inner), "minItems": 2, "maxItems": 2 }),
        Kind::Three(inner) => json!({ "type": "array", "items": of(inner), "minItems": 3, "maxItems": 3 }),
        Kind::Some(inner) => json!({ "anyOf": [of(inner), { "type": "array", "items": of(inner), "minItems": 1 }] }),
        Kind::Many(inner) => json!({ "type": "array", "items": of(inner) }),
        Kind::Section(keys) => object(keys),
        Kind::Sections(keys) => json!({ "type": "array", "items": object(keys), "minItems": 1 }),
        Kind::Named(inner) => json!({ "type": "object", "additionalProperties": of(inner) }),
        Kind::Parameters => any_potential(false),
        Kind::PairParameters => any_potential(true),
    }
}

/// JSON numbers of this size may lose digits in other programs; as bounds they need none.
fn bound(n: i128) -> Value {
    i64::try_from(n).map_or_else(|_| json!(n as f64), |n| json!(n))
}

fn number(bounds: Bounds) -> Value {
    match bounds {
        Bounds::Any => json!({ "type": "number" }),
        Bounds::Positive => json!({ "type": "number", "exclusiveMinimum": 0 }),
        Bounds::NonNegative => json!({ "type": "number", "minimum": 0 }),
    }
}

fn quantity() -> Value {
    json!({ "type": "string", "pattern": "^\\s*[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?\\s*\\S.*$" })
}

/// Parameters of whichever potential: the schema does not look at `kind`, the program does.
fn any_potential(with_cutoff: bool) -> Value {
    let each: Vec<Value> = catalog::PAIRS
        .iter()
        .map(|info| object(&parameter_keys(info, with_cutoff)))
        .collect();
    json!({ "anyOf": each })
}
