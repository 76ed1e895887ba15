//! Why a run stops, and the signals that ask it to.

use signal_hook::{consts, flag};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Why a run stopped without an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// All steps were done.
    Finished,
    /// A signal asked for it; the state is complete.
    Interrupted(Signal),
}

/// A request to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// From a batch queue, a service manager, `kill`.
    Terminate,
}

impl Signal {
    const ALL: [Self; 2] = [Self::Interrupt, Self::Terminate];

    /// Its number.
    pub fn number(self) -> i32 {
        match self {
            Self::Interrupt => consts::SIGINT,
            Self::Terminate => consts::SIGTERM,
        }
    }

    /// The exit code of a program that ended by it, 128 + number.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        }
    }
}

/// A flag that a run looks at before every step.
///
/// ```
/// use admd::run::{Interrupt, Signal};
/// let interrupt = Interrupt::default();
/// assert_eq!(interrupt.signal(), None);
/// interrupt.raise(Signal::Terminate);
/// assert_eq!(interrupt.signal(), Some(Signal::Terminate));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicUsize>);

impl Interrupt {
    /// A flag that SIGINT and SIGTERM set. A second signal ends the program at once, with the exit code of that signal.
    ///
    /// # Errors
    /// Where the system does not let signals be caught.
    pub fn on_signals() -> std::io::Result<Self> {
        let interrupt = Self::default();
        let armed = Arc::new(AtomicBool::new(false));
        for signal in Signal::ALL {
            // In this order: the first signal finds the flag unset and only arms it.
            flag::register_conditional_shutdown(signal.number(), signal.exit_code().into(), Arc::clone(&armed))?;
            flag::register(signal.number(), Arc::clone(&armed))?;
            flag::register_usize(signal.number(), Arc::clone(&interrupt.0), signal.exit_code().into())?;
        }
        Ok(interrupt)
    }

    /// Asks the run to stop after the step that it is in.
    pub fn raise(&self, signal: Signal) {
        self.0.store(signal.exit_code().into(), Ordering::Relaxed);
    }

    /// The signal that came, if one did.
    pub fn signal(&self) -> Option<Signal> {
        let code = self.0.load(Ordering::Relaxed);
        Signal::ALL.into_iter().find(|s| usize::from(s.exit_code()) == code)
    }
}
