//! Which frames of a file: A:B:C.

use std::fmt;
use std::str::FromStr;

/// A choice of frames in Python's notation `a:b:c`.
///
/// ```
/// use admd::io::FrameRange;
/// let every_second: FrameRange = "::2".parse().unwrap();
/// assert_eq!(every_second.indices(5), [0, 2, 4]);
/// let last: FrameRange = "-1".parse().unwrap();
/// assert_eq!(last.indices(5), [4]);
/// let middle: FrameRange = "1:-1".parse().unwrap();
/// assert_eq!(middle.indices(5), [1, 2, 3]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameRange {
    text: String,
    choice: Choice,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    One(i64),
    Slice { start: i64, end: Option<i64>, step: usize },
}

impl FromStr for FrameRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |word: &str| format!("`{word}` is no whole number; write A:B:C, such as 0:100:10, or one number");
        let number = |word: &str| match word.trim() {
            "" => Ok(None),
            word => word.parse::<i64>().map(Some).map_err(|_| wrong(word)),
        };
        let words: Vec<&str> = text.split(':').collect();
        let choice = match words[..] {
            [one] => Choice::One(number(one)?.ok_or_else(|| wrong(one))?),
            [start, end] => Choice::Slice {
                start: number(start)?.unwrap_or(0),
                end: number(end)?,
                step: 1,
            },
            [start, end, step] => Choice::Slice {
                start: number(start)?.unwrap_or(0),
                end: number(end)?,
                step: match number(step)?.unwrap_or(1) {
                    step @ 1.. => step as usize,
                    step => return Err(format!("the step is {step}; it must be at least 1")),
                },
            },
            _ => return Err("more than two colons; write A:B:C".to_owned()),
        };
        Ok(Self {
            text: text.to_owned(),
            choice,
        })
    }
}

impl fmt::Display for FrameRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FrameRange {
    /// The frames chosen among `frames`, ascending.
    pub fn indices(&self, frames: usize) -> Vec<usize> {
        let place = |k: i64| {
            if k < 0 {
                k.saturating_add_unsigned(frames as u64)
            } else {
                k
            }
        };
        let inside = |k: i64| place(k).clamp(0, frames as i64) as usize;
        match self.choice {
            Choice::One(k) => usize::try_from(place(k))
                .ok()
                .filter(|k| *k < frames)
                .into_iter()
                .collect(),
            Choice::Slice { start, end, step } => (inside(start)..end.map_or(frames, inside)).step_by(step).collect(),
        }
    }
}
