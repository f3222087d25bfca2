//! A lane as SMT-LIB 2: what Yosys says of it, unrolled over its stages.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::smt::Product;

/// The description of a lane by Yosys, with its products as [`products`](super::smt::products) defines them.
pub(super) struct Described {
    /// The text.
    pub(super) text: String,
    /// Its products.
    pub(super) products: BTreeSet<Product>,
}

/// Gives the products in a description by Yosys their names.
pub(super) fn described(lane: &str) -> Described {
    let mut products = BTreeSet::new();
    let mut text = String::with_capacity(lane.len());
    for line in lane.lines() {
        match renamed(line) {
            Some((line, product)) => {
                products.insert(product);
                text.push_str(&line);
            }
            None => text.push_str(line),
        }
        text.push('\n');
    }
    Described { text, products }
}

/// A definition of a product, with its name in the place of `bvmul`.
fn renamed(line: &str) -> Option<(String, Product)> {
    let (head, factors) = line.split_once("(bvmul ")?;
    let (_, width) = head.rsplit_once("(_ BitVec ")?;
    let width: u32 = width.trim_end().strip_suffix(')')?.parse().ok()?;
    let (first, rest) = term(factors)?;
    let (second, _) = term(rest.trim_start())?;
    let product = Product {
        scaled: !first.contains("state") || !second.contains("state"),
        width,
    };
    Some((format!("{head}({} {factors}", product.name()), product))
}

/// The first term of a text and what follows it.
fn term(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(text.split_at(at)),
            ')' => depth -= 1,
            ' ' if depth == 0 => return Some(text.split_at(at)),
            _ => {}
        }
    }
    (depth == 0).then_some((text, ""))
}

/// The lane's state in each cycle, put together from a symbol for each of its fields: a solver can then replace the register
/// of a cycle by what it was given in the one before.
pub(super) fn cycles(lane: &str, module: &str, latency: u32) -> String {
    let sort = format!("(define-sort |{module}_s| () (_ BitVec ");
    let field = format!("(define-fun |{module}#");
    let width = lane.lines().find_map(|line| line.strip_prefix(&sort));
    let width: u32 = width
        .and_then(|rest| rest.trim_end_matches(')').parse().ok())
        .unwrap_or_default();
    let mut cuts: BTreeSet<u32> = [0, width].into();
    for line in lane.lines().filter(|line| line.starts_with(&field)) {
        let ends = line.split_once("((_ extract ").and_then(|(_, rest)| {
            let (ends, what) = rest.split_once(')')?;
            let (high, low) = ends.split_once(' ')?;
            what.starts_with(" state)").then_some(())?;
            Some((high.parse::<u32>().ok()?, low.parse::<u32>().ok()?))
        });
        cuts.extend(ends.into_iter().flat_map(|(high, low)| [low, high + 1]));
    }
    let cuts: Vec<u32> = cuts.into_iter().collect();
    let mut text = String::new();
    for cycle in 0..=latency {
        let mut whole = String::new();
        for cut in cuts.windows(2).rev() {
            let name = format!("s{cycle}.{}", cut[0]);
            let width = cut[1] - cut[0];
            let _ = writeln!(text, "(declare-fun {name} () (_ BitVec {width}))");
            whole = if whole.is_empty() {
                name
            } else {
                format!("(concat {whole} {name})")
            };
        }
        let _ = writeln!(text, "(define-fun s{cycle} () |{module}_s| {whole})");
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failure is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_named_by_its_width_and_whether_a_factor_is_a_literal() {
        let line = |b: &str| {
            format!(
                "(define-fun |l#1| ((state |l_s|)) (_ BitVec 8) (bvmul (concat #b0 (|l#2| state)) {b})) ; \\p"
            )
        };
        let named = |b: &str| renamed(&line(b)).unwrap().0;
        assert!(
            named("(|l#3| state)")
                .contains("(product.8 (concat #b0 (|l#2| state)) (|l#3| state))) ; \\p")
        );
        assert!(named("#b00000101").contains("(scaled.8 (concat"));
        assert_eq!(renamed("(define-fun |l#1| (bvadd a b))"), None);
    }
}
