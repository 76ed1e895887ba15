//! Choosing frames as Python does: `5`, `-1`, `::10`, `100:200`, `-50:`.

use core::fmt;
use core::str::FromStr;

/// A choice of frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Slice {
    /// One frame, from the end when negative.
    One(i64),
    /// From, up to but without, and in steps of.
    Range(Option<i64>, Option<i64>, i64),
}

impl FromStr for Slice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |part: &str| match part.trim() {
            "" => Ok(None),
            word => word
                .parse()
                .map(Some)
                .map_err(|_| format!("`{word}` is no integer; write START:STOP:STEP or one number")),
        };
        let parts: Vec<&str> = text.split(':').collect();
        match parts[..] {
            [one] => number(one)?
                .map(Self::One)
                .ok_or_else(|| "the choice is empty; write `:` for all frames".to_owned()),
            [a, b] => Ok(Self::Range(number(a)?, number(b)?, 1)),
            [a, b, c] => match number(c)?.unwrap_or(1) {
                step if step > 0 => Ok(Self::Range(number(a)?, number(b)?, step)),
                step => Err(format!("the step is {step}; it must be at least 1")),
            },
            _ => Err("there are more than two colons; write START:STOP:STEP".to_owned()),
        }
    }
}

impl fmt::Display for Slice {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let show = |x: &Option<i64>| x.map_or(String::new(), |x| x.to_string());
        match self {
            Self::One(k) => write!(f, "{k}"),
            Self::Range(a, b, step) => write!(f, "{}:{}:{step}", show(a), show(b)),
        }
    }
}

impl Slice {
    /// The chosen of all frames, with their numbers.
    pub(super) fn of<T>(&self, frames: Vec<T>) -> Vec<(usize, T)> {
        let count = frames.len() as i64;
        let place = |k: i64| if k < 0 { k.saturating_add(count) } else { k };
        let chosen = |k: i64| match *self {
            Self::One(one) => k == place(one),
            Self::Range(a, b, step) => {
                let from = a.map_or(0, place).max(0);
                k >= from && k < b.map_or(count, place) && (k - from) % step == 0
            }
        };
        frames
            .into_iter()
            .enumerate()
            .filter(|(k, _)| chosen(*k as i64))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Slice;

    fn chosen(text: &str) -> Vec<usize> {
        text.parse::<Slice>()
            .unwrap()
            .of((0..10).collect())
            .into_iter()
            .map(|(k, _)| k)
            .collect()
    }

    #[test]
    fn slices_are_those_of_python() {
        assert_eq!(chosen(":"), (0..10).collect::<Vec<_>>());
        assert_eq!(chosen("::4"), [0, 4, 8]);
        assert_eq!(chosen("1:9:3"), [1, 4, 7]);
        assert_eq!(chosen("-2:"), [8, 9]);
        assert_eq!(chosen(":-7"), [0, 1, 2]);
        assert_eq!(chosen("-1"), [9]);
        assert_eq!(chosen("3"), [3]);
        assert_eq!(chosen("-100:2"), [0, 1]);
        assert!(chosen("10").is_empty() && chosen("5:5").is_empty() && chosen("9223372036854775807:").is_empty());
    }

    #[test]
    fn wrong_slices_say_why() {
        for (text, word) in [
            ("", "empty"),
            ("a:b", "integer"),
            ("1:2:3:4", "colons"),
            ("::0", "at least 1"),
            ("::-1", "at least 1"),
        ] {
            let error = text.parse::<Slice>().unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
