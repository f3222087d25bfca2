//! Sums in the order in which a circuit adds: first what depends on no product, then what takes longest.
//!
//! Nothing wraps in a [`Graph`](super::graph::Graph), so that the order of a sum is free, and an addend that is there in both
//! branches of a choice may be added behind it. A solver sees that two sums are the same far sooner where their parts are.

use std::collections::BTreeSet;

use super::graph::{Node, Op};
use super::number::{Bit, Number, Term};
use super::smt;

/// Fewest addends of a sum that is regrouped.
const FEWEST: usize = 3;

/// By definition: its sum in the other order, as text; `None` where it is none, or there is but one order.
pub(super) fn regrouped(nodes: &[Node]) -> Vec<Option<String>> {
    let mut sums = Sums {
        nodes,
        products: Vec::with_capacity(nodes.len()),
        depth: Vec::with_capacity(nodes.len()),
    };
    for (index, node) in nodes.iter().enumerate() {
        let (mut products, mut depth) = (BTreeSet::new(), 0);
        if matches!(node.op, Op::Mul(..)) {
            products.insert(index);
        }
        for from in before(&node.op) {
            products.extend(&sums.products[from]);
            depth = depth.max(1 + sums.depth[from]);
        }
        sums.products.push(products);
        sums.depth.push(depth);
    }
    (0..nodes.len()).map(|index| sums.text(index)).collect()
}

/// Definitions that an operation refers to.
pub(super) fn before(op: &Op) -> Vec<usize> {
    fn node<L>(term: &Term<L>) -> Option<usize> {
        match term {
            Term::Node(index) => Some(*index),
            Term::Known(_) | Term::Input(_) => None,
        }
    }
    match op {
        Op::Add(a, b) | Op::Sub(a, b) | Op::Mul(a, b) | Op::Is(_, a, b) => {
            [node(&a.term), node(&b.term)]
                .into_iter()
                .flatten()
                .collect()
        }
        Op::Choose(bit, a, b) => [node(bit), node(&a.term), node(&b.term)]
            .into_iter()
            .flatten()
            .collect(),
        Op::Slice { of, .. } | Op::Shift(of, _) => node(&of.term).into_iter().collect(),
        Op::All(bits) | Op::Any(bits) => bits.iter().filter_map(node).collect(),
        Op::Not(bit) => node(bit).into_iter().collect(),
    }
}

/// One addend.
#[derive(Clone, PartialEq)]
struct Part {
    number: Number,
    negative: bool,
    /// It is added only where this bit has this value.
    when: Option<(Bit, bool)>,
}

struct Sums<'a> {
    nodes: &'a [Node],
    /// By definition: the products that it depends on.
    products: Vec<BTreeSet<usize>>,
    /// By definition: operations on the longest way to it.
    depth: Vec<usize>,
}

impl Sums<'_> {
    fn text(&self, index: usize) -> Option<String> {
        let node = &self.nodes[index];
        let mut parts = self.opened(&node.op)?;
        if parts.len() < FEWEST {
            return None;
        }
        parts.sort_by_key(|part| (!self.of(part).is_empty(), self.depth_of(part)));
        let width = node.width;
        let zero = format!("(_ bv0 {width})");
        let mut sum: Option<String> = None;
        for part in &parts {
            let mut addend = smt::number(&part.number, width);
            if let Some((bit, value)) = &part.when {
                let (then, otherwise) = if *value {
                    (&addend, &zero)
                } else {
                    (&zero, &addend)
                };
                addend = format!("(ite {} {then} {otherwise})", smt::bit(bit));
            }
            sum = Some(match (sum, part.negative) {
                (None, false) => addend,
                (None, true) => format!("(bvneg {addend})"),
                (Some(sum), false) => format!("(bvadd {sum} {addend})"),
                (Some(sum), true) => format!("(bvsub {sum} {addend})"),
            });
        }
        sum
    }

    /// Products that an addend depends on.
    fn of(&self, part: &Part) -> BTreeSet<usize> {
        let when = part.when.as_ref().and_then(|(bit, _)| match bit {
            Term::Node(index) => Some(*index),
            Term::Known(_) | Term::Input(_) => None,
        });
        let number = match part.number.term {
            Term::Node(index) => Some(index),
            Term::Known(_) | Term::Input(_) => None,
        };
        let both = [when, number].into_iter().flatten();
        both.flat_map(|index| self.products[index].iter().copied())
            .collect()
    }

    fn depth_of(&self, part: &Part) -> usize {
        match part.number.term {
            Term::Node(index) => self.depth[index],
            Term::Known(_) | Term::Input(_) => 0,
        }
    }

    /// The addends of an operation; `None` if it is not a sum.
    fn opened(&self, op: &Op) -> Option<Vec<Part>> {
        match op {
            Op::Add(a, b) => Some([self.parts(a), self.parts(b)].concat()),
            Op::Sub(a, b) => {
                let mut parts = self.parts(a);
                parts.extend(self.parts(b).into_iter().map(|part| Part {
                    negative: !part.negative,
                    ..part
                }));
                Some(parts)
            }
            Op::Choose(bit, a, b) => {
                let (then, mut otherwise) = (self.parts(a), self.parts(b));
                let (mut common, mut rest) = (Vec::new(), Vec::new());
                for part in then {
                    match otherwise.iter().position(|other| *other == part) {
                        Some(at) => common.push(otherwise.remove(at)),
                        None => rest.push((part, true)),
                    }
                }
                rest.extend(otherwise.into_iter().map(|part| (part, false)));
                if common.is_empty() || rest.iter().any(|(part, _)| part.when.is_some()) {
                    return None;
                }
                common.extend(rest.into_iter().map(|(part, value)| Part {
                    when: Some((bit.clone(), value)),
                    ..part
                }));
                Some(common)
            }
            _ => None,
        }
    }

    /// The addends of a number; of what depends on the same products everywhere it is the only one.
    fn parts(&self, number: &Number) -> Vec<Part> {
        let whole = || {
            vec![Part {
                number: number.clone(),
                negative: false,
                when: None,
            }]
        };
        match number.term {
            Term::Known(0) => Vec::new(),
            Term::Known(_) | Term::Input(_) => whole(),
            Term::Node(index) => {
                let Some(parts) = self.opened(&self.nodes[index].op) else {
                    return whole();
                };
                let products = &self.products[index];
                let together =
                    !products.is_empty() && parts.iter().all(|part| self.of(part) == *products);
                if together { whole() } else { parts }
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failure is a failed test")]
mod tests {
    use super::super::graph::Graph;
    use super::*;

    fn input(name: &str) -> Number {
        Number::input(name.to_owned(), 8, -128, 127)
    }

    #[test]
    fn what_depends_on_no_product_is_added_first_and_what_a_choice_shares_behind_it() {
        let graph = Graph::default();
        let (a, b, c, d) = (input("a"), input("b"), input("c"), input("d"));
        let product = graph.mul(&a, &b);
        let sum = graph.add(&product, &c);
        let less = graph.sub(&sum, &d);
        let bit = Bit::Input("r".to_owned());
        graph.choose(&bit, &less, &sum);
        let nodes = graph.finish().unwrap();
        let texts = regrouped(&nodes);
        assert_eq!(texts.len(), 4);
        let few = texts[..2].iter().all(Option::is_none);
        assert!(few, "{texts:?}");
        let expected = "(bvadd (bvsub ((_ sign_extend 8) in.c) \
                        (ite in.r ((_ sign_extend 8) in.d) (_ bv0 16))) x0)";
        assert_eq!(texts[3].as_deref(), Some(expected));
    }

    #[test]
    fn parts_of_one_product_stay_together() {
        let graph = Graph::default();
        let product = graph.mul(&input("a"), &input("b"));
        let twice = graph.add(&product, &graph.floor(&product, 1));
        graph.add(&graph.add(&twice, &input("c")), &input("d"));
        let nodes = graph.finish().unwrap();
        let last = regrouped(&nodes).pop().flatten().unwrap();
        assert!(last.ends_with(" x2)"), "{last}");
        assert!(!last.contains("x0") && !last.contains("x1"), "{last}");
    }
}
