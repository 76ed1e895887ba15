//! Interleaved timing: one round does every piece of work once, so that a machine that slows down slows all of them.

use std::time::Instant;

/// Rounds of the benches.
pub const ROUNDS: usize = 60;

/// A piece of work.
pub type Work<'a> = &'a mut dyn FnMut();

/// The times of one piece of work, one a round \[s\].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Times(Vec<f64>);

impl Times {
    /// Adds a round.
    pub fn push(&mut self, seconds: f64) {
        self.0.push(seconds);
    }

    /// The shortest: what the work costs when nothing else happens.
    pub fn min(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// The longest.
    pub fn max(&self) -> f64 {
        self.0.iter().copied().fold(0.0, f64::max)
    }

    /// The middle one.
    pub fn median(&self) -> f64 {
        median(self.0.clone())
    }

    /// The middle ratio to another piece of work of the same round: steadier than the ratio of the middle times.
    pub fn ratio(&self, other: &Self) -> f64 {
        median(self.0.iter().zip(&other.0).map(|(a, b)| a / b).collect())
    }
}

impl FromIterator<f64> for Times {
    fn from_iter<I: IntoIterator<Item = f64>>(seconds: I) -> Self {
        Self(seconds.into_iter().collect())
    }
}

fn median(mut list: Vec<f64>) -> f64 {
    list.sort_by(f64::total_cmp);
    let half = list.len() / 2;
    match list.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => list[half],
        _ => 0.5 * (list[half - 1] + list[half]),
    }
}

/// Times pieces of work, interleaved, after a round that warms up and does not count. Ends early when `stop` says so.
///
/// ```
/// use admd::bench::interleaved;
/// let (mut a, mut b) = (0, 0);
/// let times = interleaved(3, || false, [&mut || a += 1, &mut || b += 1]);
/// assert_eq!((a, b), (4, 4));
/// assert!(times[0].min() <= times[0].median() && times[0].median() <= times[0].max());
/// ```
pub fn interleaved<const N: usize>(rounds: usize, stop: impl Fn() -> bool, mut work: [Work<'_>; N]) -> [Times; N] {
    let mut times = [(); N].map(|()| Times::default());
    for round in 0..=rounds {
        if stop() {
            break;
        }
        for (times, work) in times.iter_mut().zip(&mut work) {
            let start = Instant::now();
            work();
            if round > 0 {
                times.push(start.elapsed().as_secs_f64());
            }
        }
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_in_the_middle() {
        let (a, b) = (Times(vec![3.0, 1.0, 2.0]), Times(vec![1.0, 1.0, 4.0]));
        assert_eq!((a.min(), a.median(), a.max()), (1.0, 2.0, 3.0));
        assert_eq!(a.ratio(&b), 1.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(Times::default().median().is_nan());
    }
}
