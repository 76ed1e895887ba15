//! `admd schema`: the JSON schema of an input, of a potential file or of a fit, for editors and linters.

use crate::input::schema::{Document, schema};

/// The schema as indented JSON, with a line break at the end.
///
/// ```
/// use admd::input::schema::Document;
/// let text = admd::cli::schema::print(Document::Input);
/// assert!(text.contains("\"timestep\""));
/// ```
pub fn print(document: Document) -> String {
    // A JSON value without maps of foreign keys always prints.
    format!("{:#}\n", schema(document))
}
