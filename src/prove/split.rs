//! A question that takes too long, asked case by case: with a bit of the golden step set, and with it not set.
//!
//! Both cases together are the question, so that it is answered where both are. A case that takes too long itself is divided
//! further, until time is up.

use std::time::{Duration, Instant};

use super::error::ProveError;
use super::graph::{Node, Op};
use super::number::Term;
use super::smt;

/// Longest time for one case that can be divided.
pub(super) const CASE: Duration = Duration::from_secs(8);

/// Most bits that are known in a case.
const DEEPEST: usize = 12;

/// How a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    /// There is no counterexample.
    Holds,
    /// There is one.
    Fails,
    /// Time was up.
    Late,
    /// The solver has no answer.
    Nothing,
}

/// Bits that divide: those that choose between a value and a literal (a clamp, a rectification) in their order, then those
/// that choose between two values, from the last one back.
pub(super) fn bits(nodes: &[Node]) -> Vec<String> {
    let (mut bounds, mut choices) = (Vec::new(), Vec::new());
    for node in nodes {
        let Op::Choose(bit @ Term::Node(_), a, b) = &node.op else {
            continue;
        };
        let known = |number: &super::number::Number| matches!(number.term, Term::Known(_));
        match (known(a), known(b)) {
            (true, true) => {}
            (false, false) => choices.push(smt::bit(bit)),
            _ => bounds.push(smt::bit(bit)),
        }
    }
    choices.reverse();
    let mut bits: Vec<String> = Vec::new();
    for bit in bounds.into_iter().chain(choices) {
        if !bits.contains(&bit) {
            bits.push(bit);
        }
    }
    bits
}

/// Whether what `ask` asks holds in every case, until `deadline`: it is given what is assumed, and a time.
pub(super) fn split(
    bits: &[String],
    deadline: Instant,
    ask: &mut impl FnMut(&str, Duration) -> Result<Case, ProveError>,
) -> Result<Case, ProveError> {
    let bits = &bits[..bits.len().min(DEEPEST)];
    divided(bits, String::new(), deadline, ask)
}

fn divided(
    bits: &[String],
    assumed: String,
    deadline: Instant,
    ask: &mut impl FnMut(&str, Duration) -> Result<Case, ProveError>,
) -> Result<Case, ProveError> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Ok(Case::Late);
    }
    let Some((bit, bits)) = bits.split_first() else {
        return ask(&assumed, left);
    };
    // The whole question has been asked.
    if !assumed.is_empty() {
        match ask(&assumed, left.min(CASE))? {
            Case::Late => {}
            decided => return Ok(decided),
        }
    }
    for case in [bit.clone(), format!("(not {bit})")] {
        let assumed = format!("{assumed}(assert {case})\n");
        match divided(bits, assumed, deadline, ask)? {
            Case::Holds => {}
            other => return Ok(other),
        }
    }
    Ok(Case::Holds)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failure is a failed test")]
mod tests {
    use super::*;

    fn asked(answers: impl Fn(&str) -> Case) -> (Case, Vec<String>) {
        let mut all = Vec::new();
        let deadline = Instant::now() + Duration::from_secs(60);
        let bits = ["a".to_owned(), "b".to_owned()];
        let case = split(&bits, deadline, &mut |assumed: &str, _| {
            all.push(
                assumed
                    .replace("assert", "")
                    .replace(['(', ')', ' ', '\n'], ""),
            );
            Ok(answers(assumed))
        });
        (case.unwrap(), all)
    }

    #[test]
    fn every_case_is_asked_and_only_what_holds_in_all_of_them_holds() {
        assert_eq!(
            asked(|_| Case::Holds),
            (Case::Holds, vec!["a".into(), "nota".into()])
        );
        let late = |assumed: &str| match assumed.lines().count() {
            1 => Case::Late,
            _ => Case::Holds,
        };
        let all = ["a", "ab", "anotb", "nota", "notab", "notanotb"].map(str::to_owned);
        assert_eq!(asked(late), (Case::Holds, all.to_vec()));
        for other in [Case::Fails, Case::Late, Case::Nothing] {
            let last = |assumed: &str| match assumed.contains("(not a)") {
                true => other,
                false => Case::Holds,
            };
            assert_eq!(asked(last).0, other);
        }
    }

    #[test]
    fn nothing_is_asked_after_the_deadline() {
        let case = split(&["a".to_owned()], Instant::now(), &mut |_: &str, _| {
            unreachable!("time is up")
        });
        assert_eq!(case.unwrap(), Case::Late);
    }
}
