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
    /// The terminal or the connection is gone.
    Hangup,
}

impl Signal {
    const ALL: [Self; 3] = [Self::Interrupt, Self::Terminate, Self::Hangup];

    /// Its number.
    pub fn number(self) -> i32 {
        match self {
            Self::Interrupt => consts::SIGINT,
            Self::Terminate => consts::SIGTERM,
            Self::Hangup => consts::SIGHUP,
        }
    }

    /// The exit code of a program that ended by it, 128 + number.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
            Self::Hangup => 129,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
            Self::Hangup => "SIGHUP",
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
    /// A flag that SIGINT, SIGTERM and SIGHUP set. A second signal ends the program at once, with the exit code of that
    /// signal. `nohup` keeps its meaning: SIGHUP is left alone unless it is known not to be ignored.
    ///
    /// # Errors
    /// Where the system does not let signals be caught.
    pub fn on_signals() -> std::io::Result<Self> {
        let interrupt = Self::default();
        let armed = Arc::new(AtomicBool::new(false));
        for signal in Signal::ALL {
            if signal == Signal::Hangup && hangup_is_ignored() {
                continue;
            }
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

/// Was the program started with SIGHUP ignored, as by `nohup`? Only Linux says so in a file; elsewhere it may have been.
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|l| l.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|m| u64::from_str_radix(m.trim(), 16).ok());
    mask.is_none_or(|m| m >> (consts::SIGHUP - 1) & 1 == 1)
}

/// Turns SIGXFSZ, which ends a program that writes beyond `ulimit -f`, into an error of the write.
///
/// # Errors
/// Where the system does not let signals be caught.
pub fn survive_file_limit() -> std::io::Result<()> {
    // A handler that does nothing of use is enough: the system then lets `write` fail with EFBIG.
    flag::register(consts::SIGXFSZ, Arc::default()).map(|_| ())
}
