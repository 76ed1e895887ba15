//! A text file that an input names, and its errors with the line of the file.

use super::diagnostics::{InputError, Problem, Source, Span};
use super::walker::View;
use crate::io::xyz::{XyzError, XyzProblem};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The file and where it is named.
pub(super) struct TextFile<'v, 'a> {
    view: &'v View<'a>,
    key: &'static str,
    /// What it is, such as `the structure file`.
    what: &'static str,
    /// Where the input names it.
    pub(super) at: Span,
    pub(super) path: PathBuf,
}

impl<'v, 'a> TextFile<'v, 'a> {
    /// The file that a key names, relative to the folder of the input; a folder is reported.
    pub(super) fn new(view: &'v View<'a>, key: &'static str, what: &'static str) -> Option<Self> {
        let name = view.text(key)?;
        let path = view.cx.folder.join(&name.value);
        let file = Self {
            view,
            key,
            what,
            at: name.at,
            path,
        };
        if file.path.is_dir() {
            file.unreadable("it is a folder".to_owned(), "name a file in it");
            return None;
        }
        Some(file)
    }

    /// Its name as a user calls it: without folders.
    pub(super) fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// Reports that it cannot be read.
    pub(super) fn unreadable(&self, reason: String, help: &str) {
        let problem = Problem::Unreadable {
            what: self.what,
            path: self.path.display().to_string(),
            reason,
        };
        let error = InputError::new(problem, self.at).label("not readable");
        self.view.cx.report(error.help(help));
    }

    /// Reports an error of extended XYZ, with its line if there is one.
    pub(super) fn wrong(&self, error: &XyzError) {
        if let XyzProblem::Io(e) = &error.problem {
            let help = "paths are relative to the folder of the input file";
            self.unreadable(e.to_string(), help);
            return;
        }
        let text = error.problem.to_string();
        let (reason, help) = text.split_once("; ").unwrap_or((&text, "correct the file"));
        let word = |line: &str| {
            let start = line
                .char_indices()
                .nth(error.column.saturating_sub(1))
                .map_or(line.len(), |(k, _)| k);
            let end = line[start..]
                .find(char::is_whitespace)
                .map_or(line.len(), |k| start + k);
            start..if error.column == 0 { line.len() } else { end }
        };
        self.wrong_line(error.line, word, reason, help);
    }

    /// Reports an error in a line, from 1, at the bytes of it that are chosen; line 0 is the file as a whole.
    pub(super) fn wrong_line(
        &self,
        number: usize,
        choose: impl Fn(&str) -> std::ops::Range<usize>,
        reason: &str,
        help: &str,
    ) {
        let Some(line) = (number > 0).then(|| line_of(&self.path, number)).flatten() else {
            let reason = format!("`{}`: {reason}", self.path.display());
            let error = InputError::new(Problem::Structure { reason }, self.at).label("this file");
            self.view.cx.report(error.help(help));
            return;
        };
        let range = choose(&line);
        let source = self.view.cx.add_source(Source {
            name: self.path.display().to_string(),
            text: line,
            first_line: number,
        });
        let section = self.view.name.trim_matches(['[', ']']);
        let problem = Problem::Structure {
            reason: reason.to_owned(),
        };
        self.view.cx.report(
            InputError::new(problem, Span::new(source, range))
                .label("here")
                .also(self.at, format!("named by `{section}.{}`", self.key))
                .help(help),
        );
    }
}

/// A line of a file, for showing it.
fn line_of(path: &Path, number: usize) -> Option<String> {
    let mut file = BufReader::new(std::fs::File::open(path).ok()?);
    let mut line = Vec::new();
    for _ in 0..number {
        line.clear();
        file.by_ref().take(1 << 20).read_until(b'\n', &mut line).ok()?;
    }
    let text = String::from_utf8_lossy(&line);
    Some(text.trim_end_matches(['\n', '\r']).to_owned())
}
