//! Choosing leaves by name: `lj.*.epsilon`, `lj.Ar-?r.*`, `*`.

use super::error::did_you_mean;

/// A pattern that chooses nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no parameter matches `{pattern}`{}", did_you_mean(pattern, known))]
pub struct NoMatch {
    /// The pattern.
    pub pattern: String,
    /// All names.
    pub known: Vec<String>,
}

/// Indices of the names that a pattern matches, in the order of the names.
///
/// `*` stands for any run of characters, dots included, and `?` for one character; everything else stands for itself.
///
/// ```
/// use admd_potentials::form::select::select;
/// let names = ["lj.Ar-Ar.epsilon", "lj.Ar-Ar.sigma", "lj.Ar-Kr.epsilon"];
/// assert_eq!(select(&names, "lj.*.epsilon").unwrap(), [0, 2]);
/// assert_eq!(select(&names, "*").unwrap(), [0, 1, 2]);
/// assert_eq!(
///     select(&names, "lj.*.epsilom").unwrap_err().to_string(),
///     "no parameter matches `lj.*.epsilom`; choose one of `lj.Ar-Ar.epsilon`, `lj.Ar-Kr.epsilon`, `lj.Ar-Ar.sigma`"
/// );
/// ```
///
/// # Errors
/// When nothing matches, with the names that come near.
pub fn select<S: AsRef<str>>(names: &[S], pattern: &str) -> Result<Vec<usize>, NoMatch> {
    let chosen: Vec<usize> = (0..names.len())
        .filter(|&k| matches(pattern, names[k].as_ref()))
        .collect();
    if chosen.is_empty() {
        Err(NoMatch {
            pattern: pattern.to_owned(),
            known: names.iter().map(|n| n.as_ref().to_owned()).collect(),
        })
    } else {
        Ok(chosen)
    }
}

/// Indices of the names that at least one of the patterns matches, in the order of the names, each once.
///
/// # Errors
/// All patterns that match nothing.
pub fn select_any<S: AsRef<str>>(names: &[S], patterns: &[impl AsRef<str>]) -> Result<Vec<usize>, Vec<NoMatch>> {
    let (mut chosen, mut errors) = (Vec::new(), Vec::new());
    for pattern in patterns {
        match select(names, pattern.as_ref()) {
            Ok(more) => chosen.extend(more),
            Err(e) => errors.push(e),
        }
    }
    chosen.sort_unstable();
    chosen.dedup();
    if errors.is_empty() { Ok(chosen) } else { Err(errors) }
}

/// Does the pattern match the whole name?
///
/// On a mismatch the last `*` takes one character more: no recursion, at most pattern × name steps.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    let mut star = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(&c) if c == '?' || c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                p = at + 1;
                n = taken + 1;
            }
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

#[cfg(test)]
mod tests {
    use super::{matches, select_any};

    #[test]
    fn stars_and_question_marks_match_as_in_a_shell() {
        let yes = [
            ("*", ""),
            ("a*c", "abbc"),
            ("a*c", "ac"),
            ("*.b.*", "a.b.c"),
            ("a?c", "aβc"),
            ("*ab", "aab"),
            ("**", "x"),
        ];
        let no = [
            ("", "a"),
            ("a*c", "acb"),
            ("a?c", "ac"),
            ("?", ""),
            ("ab", "abc"),
            ("*b", "a"),
        ];
        assert!(yes.iter().all(|(p, n)| matches(p, n)), "{yes:?}");
        assert!(no.iter().all(|(p, n)| !matches(p, n)), "{no:?}");
    }

    #[test]
    fn patterns_that_overlap_choose_each_leaf_once_and_all_failures_are_told() {
        let names = ["m.a", "m.b", "l.a"];
        assert_eq!(select_any(&names, &["m.*", "*.a"]).as_deref(), Ok(&[0, 1, 2][..]));
        let errors = select_any(&names, &["x", "m.*", "y"]).unwrap_err();
        assert_eq!(
            errors.iter().map(|e| e.pattern.as_str()).collect::<Vec<_>>(),
            ["x", "y"]
        );
    }
}
