//! How far a fit is: a bar on a terminal, a line every few seconds elsewhere, and a checkpoint now and then.

use super::checkpoint::Checkpoint;
use super::terminal;
use crate::fit::{Descent, Method, best};
use crate::run::format::significant;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Time between two lines where there is no terminal.
const LINES: Duration = Duration::from_secs(10);
/// Time between two checkpoints.
const CHECKPOINTS: Duration = Duration::from_secs(10);

/// What all descents report to.
pub(super) struct Progress<'a> {
    bar: ProgressBar,
    told: bool,
    most: usize,
    checkpoint: (&'a Path, &'a str),
    known: Mutex<Known>,
}

struct Known {
    descents: Vec<Descent>,
    said: Instant,
    saved: Instant,
}

impl<'a> Progress<'a> {
    pub(super) fn new(descents: &[Descent], method: Method, checkpoint: (&'a Path, &'a str), told: bool) -> Self {
        let most = method.iterations();
        let bar = if told && std::io::stderr().is_terminal() {
            let steps = (most * descents.len()) as u64;
            ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr())
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {msg}") {
            bar.set_style(style.progress_chars("=> "));
        }
        let now = Instant::now();
        let known = Mutex::new(Known {
            descents: descents.to_vec(),
            said: now,
            saved: now,
        });
        Self {
            bar,
            told,
            most,
            checkpoint,
            known,
        }
    }

    /// After a step of one of the descents.
    pub(super) fn step(&self, start: usize, descent: &Descent) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.descents[start] = descent.clone();
        if known.saved.elapsed() >= CHECKPOINTS {
            known.saved = Instant::now();
            let (path, fingerprint) = self.checkpoint;
            if let Err(error) = Checkpoint::new(fingerprint, &known.descents).write(path) {
                terminal::say(&format!("warning: {error}"));
            }
        }
        if !self.told {
            return;
        }
        let done: usize = known
            .descents
            .iter()
            .map(|d| if d.finish.is_some() { self.most } else { d.iteration })
            .sum();
        let steps: usize = known.descents.iter().map(|d| d.iteration).sum();
        let least = known.descents[best(&known.descents)].state.loss();
        let ended = known.descents.iter().filter(|d| d.finish.is_some()).count();
        let message = match known.descents.len() {
            1 => format!("step {steps}, loss {}", significant(least, 6)),
            n => format!(
                "{steps} steps, {ended} of {n} starts done, least loss {}",
                significant(least, 6)
            ),
        };
        if !self.bar.is_hidden() {
            self.bar.set_position(done as u64);
            self.bar.set_message(message);
        } else if known.said.elapsed() >= LINES {
            known.said = Instant::now();
            terminal::say(&message);
        }
    }

    pub(super) fn close(&self) {
        self.bar.finish_and_clear();
    }
}
