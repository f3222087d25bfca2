//! How a claim stands, and the numbers of a counterexample.

use super::claim::Question;

/// How a claim stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// For all inputs.
    Proved,
    /// Not for these inputs: names and values of the inputs, then name, value in the hardware and in the golden step of
    /// each output that differs.
    Refuted {
        /// Inputs of the step.
        inputs: Vec<(String, i128)>,
        /// Outputs that differ.
        outputs: Vec<(String, i128, i128)>,
    },
    /// Not in this cycle after a reset in cycle 0: what stands at the ports until then.
    Broken {
        /// The cycle.
        cycle: u64,
        /// A line for each cycle in which a port changes.
        trace: Vec<String>,
    },
    /// Nobody knows, and why.
    Unknown(String),
}

/// The numbers of an answer `sat`; `None` if it is not what was asked for, or no output differs.
pub(super) fn counterexample(question: &Question, said: &str) -> Option<Status> {
    let values = said.trim().strip_prefix("sat")?;
    let words: Vec<&str> = values
        .split(|c: char| c.is_whitespace() || "()".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    let value = |name: &str| {
        let at = words.iter().position(|word| *word == name)?;
        number(words.get(at + 1)?)
    };
    let bare = |name: &str| {
        name.split_once('.')
            .map_or(name, |(_, bare)| bare)
            .to_owned()
    };
    let inputs = question
        .inputs
        .iter()
        .map(|name| Some((bare(name), value(name)?)));
    let mut outputs = Vec::new();
    for pair in question.outputs.chunks_exact(2) {
        let (rtl, golden) = (value(&pair[0])?, value(&pair[1])?);
        if rtl != golden {
            outputs.push((bare(&pair[0]), rtl, golden));
        }
    }
    (!outputs.is_empty()).then_some(Status::Refuted {
        inputs: inputs.collect::<Option<_>>()?,
        outputs,
    })
}

/// A literal of SMT-LIB 2: a truth value, or two's complement.
fn number(word: &str) -> Option<i128> {
    let (digits, radix, each) = match word {
        "true" => return Some(1),
        "false" => return Some(0),
        _ if word.starts_with("#b") => (&word[2..], 2, 1),
        _ if word.starts_with("#x") => (&word[2..], 16, 4),
        _ => return None,
    };
    let unused = 128u32.checked_sub(u32::try_from(digits.len()).ok()? * each)?;
    let pattern = u128::from_str_radix(digits, radix).ok()?;
    Some((pattern << unused).cast_signed() >> unused)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failure is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn a_literal_is_read_with_its_sign() {
        for (word, value) in [
            ("#b0", 0),
            ("#b1", -1),
            ("#x80", -128),
            ("#x7f", 127),
            ("#b011", 3),
            ("true", 1),
            ("false", 0),
        ] {
            assert_eq!(number(word), Some(value), "{word}");
        }
        assert_eq!(number("(_"), None);
        assert_eq!(number("#b"), None);
    }
}
