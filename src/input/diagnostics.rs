//! Errors that show the line: sources, spans, the error of the layer, and its look.

use super::quantity::UnitError;
use admd_potentials::form::binding::BindingError;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::fmt;
use std::io::IsTerminal;
use std::ops::Range;

/// A text in which errors are shown: the input file, an included file, an override, a line of a structure file.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// How it is called in messages.
    pub name: String,
    /// The text.
    pub text: String,
    /// The number of its first line.
    pub first_line: usize,
}

/// A range of bytes of a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Index of the source.
    pub source: usize,
    /// First byte.
    pub start: usize,
    /// One beyond the last byte.
    pub end: usize,
}

impl Span {
    pub(super) fn new(source: usize, range: Range<usize>) -> Self {
        Self {
            source,
            start: range.start,
            end: range.end,
        }
    }
}

fn together(first: usize, second: usize) -> String {
    if first == second {
        format!("atom {first} and its own periodic image are")
    } else {
        format!("atoms {first} and {second} are")
    }
}

/// What can be wrong with an input.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Problem {
    /// A file that cannot be read.
    #[error("cannot read {what} `{path}`: {reason}")]
    Unreadable {
        /// Which file.
        what: &'static str,
        /// Its path.
        path: String,
        /// The reason of the operating system.
        reason: String,
    },
    /// Not TOML.
    #[error("{reason}")]
    Syntax {
        /// What the parser says.
        reason: String,
    },
    /// A key that does not exist.
    #[error("unknown key `{key}` in {section}")]
    UnknownKey {
        /// The key.
        key: String,
        /// Where it stands.
        section: String,
    },
    /// A key that is needed.
    #[error("{section} lacks the key `{key}`")]
    Missing {
        /// The key.
        key: String,
        /// Where it should stand.
        section: String,
    },
    /// A value of the wrong type.
    #[error("`{key}` takes {expected}, not {found}")]
    WrongType {
        /// The key.
        key: String,
        /// What it takes.
        expected: String,
        /// What it got.
        found: String,
    },
    /// A name that is not among the allowed ones.
    #[error("`{key}` cannot be `{value}`")]
    UnknownChoice {
        /// The key.
        key: String,
        /// The value.
        value: String,
    },
    /// A number outside of its range.
    #[error("`{key}` = {value} must be {bounds}")]
    OutOfRange {
        /// The key.
        key: String,
        /// The value as written.
        value: String,
        /// The bounds in words.
        bounds: String,
    },
    /// A quantity that cannot be read.
    #[error("`{key}`: {source}")]
    Quantity {
        /// The key.
        key: String,
        /// What is wrong.
        source: UnitError,
    },
    /// Two keys that exclude each other, or one that needs another.
    #[error("{0}")]
    Conflict(String),
    /// A species that nothing defines.
    #[error("unknown species `{name}`")]
    UnknownSpecies {
        /// The name.
        name: String,
    },
    /// A species without a mass.
    #[error("species `{name}` has no mass and is no chemical element")]
    NoMass {
        /// The name.
        name: String,
    },
    /// Two species that do not interact.
    #[error("no potential covers the pair {pair}")]
    NoPotential {
        /// The pair.
        pair: String,
    },
    /// Parameters that a potential refuses.
    #[error(transparent)]
    Binding(#[from] BindingError),
    /// A structure file with an error inside.
    #[error("{reason}")]
    Structure {
        /// What the reader says.
        reason: String,
    },
    /// A structure that cannot be simulated.
    #[error("{0}")]
    Geometry(String),
    /// Two atoms at one place.
    #[error("{} {distance:.3e} {unit} apart", together(*first, *second))]
    Overlap {
        /// One atom, counted from 0.
        first: usize,
        /// The other, or the same one for its own periodic image.
        second: usize,
        /// Their distance.
        distance: f64,
        /// Its unit.
        unit: &'static str,
    },
    /// More than a machine can hold.
    #[error("{what}: {count} is more than the limit of {limit}")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How many.
        count: String,
        /// How many are possible.
        limit: String,
    },
    /// An output that cannot be written.
    #[error("{0}")]
    Output(String),
    /// An override that changes nothing.
    #[error("{reason}")]
    Override {
        /// Why.
        reason: String,
    },
}

/// One error with its place and its remedy.
#[derive(Clone, Debug, PartialEq)]
pub struct InputError {
    /// What is wrong.
    pub problem: Box<Problem>,
    /// Where.
    pub at: Span,
    /// What stands beside the caret.
    pub label: String,
    /// What to do.
    pub help: String,
    /// A second place that belongs to it.
    pub also: Option<Box<(Span, String)>>,
}

impl InputError {
    pub(super) fn new(problem: Problem, at: Span) -> Self {
        Self {
            problem: Box::new(problem),
            at,
            label: String::new(),
            help: String::new(),
            also: None,
        }
    }

    pub(super) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    pub(super) fn also(mut self, at: Span, label: impl Into<String>) -> Self {
        self.also = Some(Box::new((at, label.into())));
        self
    }
}

/// Everything that is wrong with an input, in the order of the text.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub struct InputErrors {
    /// The texts.
    pub sources: Vec<Source>,
    /// The errors, at least one.
    pub errors: Vec<InputError>,
}

/// Colours or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Text only.
    Plain,
    /// With escape sequences of a terminal.
    Coloured,
}

impl Look {
    /// Coloured when standard error is a terminal and neither `NO_COLOR` nor `TERM=dumb` speaks against it;
    /// `CLICOLOR_FORCE` demands it.
    pub fn of_stderr() -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty() && v != "0");
        let dumb = std::env::var_os("TERM").is_some_and(|v| v == "dumb");
        if set("NO_COLOR") {
            Self::Plain
        } else if set("CLICOLOR_FORCE") || (!dumb && std::io::stderr().is_terminal()) {
            Self::Coloured
        } else {
            Self::Plain
        }
    }
}

/// More errors than these help nobody.
const SHOWN: usize = 40;
/// Lines longer than this are cut around the caret: a megabyte on one line is no message.
const LONG_LINE: usize = 400;

impl InputErrors {
    pub(super) fn new(sources: Vec<Source>, mut errors: Vec<InputError>) -> Self {
        errors.sort_by_key(|e| e.at);
        errors.dedup();
        Self { sources, errors }
    }

    /// Line and column of an error, both from 1; the column counts characters.
    pub fn position(&self, error: &InputError) -> (usize, usize) {
        let Some(source) = self.sources.get(error.at.source) else {
            return (1, 1);
        };
        let before = &source.text[..boundary(&source.text, error.at.start)];
        let line = before.matches('\n').count();
        let start = before.rfind('\n').map_or(0, |k| k + 1);
        (source.first_line + line, before[start..].chars().count() + 1)
    }

    /// All errors as the compiler would show them.
    pub fn render(&self, look: Look) -> String {
        let renderer = match look {
            Look::Plain => Renderer::plain(),
            Look::Coloured => Renderer::styled(),
        };
        let mut blocks: Vec<String> = self
            .errors
            .iter()
            .take(SHOWN)
            .map(|e| renderer.render(&[self.group(e)]))
            .collect();
        let total = self.errors.len();
        let count = match total {
            1 => "1 error; nothing was run".to_owned(),
            n if n > SHOWN => format!("{n} errors, the first {SHOWN} are shown; nothing was run"),
            n => format!("{n} errors; nothing was run"),
        };
        blocks.push(renderer.render(&[Group::with_title(Level::ERROR.primary_title(count))]));
        blocks.join("\n\n")
    }

    fn group<'a>(&'a self, error: &'a InputError) -> Group<'a> {
        let title = Level::ERROR.primary_title(printable(&error.problem.to_string()));
        let mut group = Group::with_title(title);
        if let Some(source) = self.sources.get(error.at.source) {
            let (text, first_line, range, cut) = excerpt(source, error.at);
            let mut snippet = Snippet::source(text).line_start(first_line).path(source.name.as_str());
            let mut primary = AnnotationKind::Primary.span(range);
            if !error.label.is_empty() {
                primary = primary.label(printable(&error.label));
            }
            snippet = snippet.annotation(primary);
            if let Some((at, label)) = error.also.as_deref()
                && at.source == error.at.source
                && !cut
            {
                let (start, end) = (boundary(&source.text, at.start), boundary(&source.text, at.end));
                snippet = snippet.annotation(AnnotationKind::Context.span(start..end).label(printable(label)));
            }
            group = group.element(snippet);
        }
        // A second place in another text has no line beside the caret: it is named instead.
        if let Some((at, label)) = error.also.as_deref()
            && at.source != error.at.source
            && let Some(source) = self.sources.get(at.source)
        {
            let line = source.first_line + source.text[..boundary(&source.text, at.start)].matches('\n').count();
            let note = format!("{} at {}:{line}", printable(label), source.name);
            group = group.element(Level::NOTE.message(note));
        }
        if error.help.is_empty() {
            group
        } else {
            group.element(Level::HELP.message(printable(&error.help)))
        }
    }
}

impl fmt::Display for InputErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Look::Plain))
    }
}

/// The text to show: all of it, or the neighbourhood of the span when its line is very long.
fn excerpt(source: &Source, at: Span) -> (&str, usize, Range<usize>, bool) {
    let text = source.text.as_str();
    let start = boundary(text, at.start);
    let line_start = text[..start].rfind('\n').map_or(0, |k| k + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |k| start + k);
    // A value over several lines is shown by its first line.
    let end = boundary(text, at.end.clamp(start, line_end.max(start)));
    if line_end - line_start <= LONG_LINE {
        return (text, source.first_line, start..end, false);
    }
    let from = boundary(text, start.saturating_sub(LONG_LINE / 4).max(line_start));
    let to = boundary(text, (start + LONG_LINE / 2).min(line_end));
    let line = source.first_line + text[..line_start].matches('\n').count();
    (&text[from..to], line, start - from..end.min(to) - from, true)
}

/// The nearest boundary of a character at or below a byte offset.
fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Control characters of user text must not reach the terminal, and a message stays a message.
fn printable(text: &str) -> String {
    let mut out: String = text
        .chars()
        .map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c })
        .take(1000)
        .collect();
    if out.len() < text.len() && text.chars().count() > 1000 {
        out.push('…');
    }
    out
}

/// The nearest of some words to a misspelt one.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let short: String = word.chars().take(64).collect();
    let lower = short.to_lowercase();
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(&lower, &k.to_lowercase()), k))
        .filter(|(d, k)| *d <= 1 + k.chars().count().max(lower.chars().count()) / 4 && *d < k.chars().count().max(1))
        .min_by(|(d, a), (e, b)| {
            d.cmp(e)
                .then_with(|| likeness(&lower, b).total_cmp(&likeness(&lower, a)))
        })
        .map(|(_, k)| k)
}

/// Among equally near words the one that begins alike is meant.
fn likeness(word: &str, known: &str) -> f64 {
    strsim::jaro_winkler(word, &known.to_lowercase())
}
