//! Expressions as SMT-LIB 2 bit vectors.
//!
//! A product is an application of `product.W`, or with a literal factor of `scaled.W`. [`products`] defines them as what they
//! are, or as a function of which no more is known than what [`facts`] say. What follows for every such function follows for
//! the product.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::graph::{Compare, Node, Op};
use super::number::{Bit, Number, Term};

/// Bits to which the factors of an unknown product are extended.
const FACTOR: u32 = 64;

/// The definitions as text, one a line, named `x0`, `x1`, …; `instead` of its operation a definition may have another text.
pub(super) fn definitions(nodes: &[Node], instead: &[Option<String>]) -> String {
    let mut text = String::new();
    for (index, node) in nodes.iter().enumerate() {
        let sort = match node.width {
            0 => "Bool".to_owned(),
            width => format!("(_ BitVec {width})"),
        };
        let other = instead.get(index).cloned().flatten();
        let operation = other.unwrap_or_else(|| operation(node));
        let _ = writeln!(text, "(define-fun x{index} () {sort} {operation})");
    }
    text
}

fn operation(node: &Node) -> String {
    let two = |name: &str, a: &Number, b: &Number, width: u32| {
        format!("({name} {} {})", number(a, width), number(b, width))
    };
    let many = |name: &str, bits: &[Bit]| {
        let bits: Vec<String> = bits.iter().map(bit).collect();
        format!("({name} {})", bits.join(" "))
    };
    match &node.op {
        Op::Add(a, b) => two("bvadd", a, b, node.width),
        Op::Sub(a, b) => two("bvsub", a, b, node.width),
        Op::Mul(a, b) => two(&product_name(a, b, node.width), a, b, node.width),
        Op::Choose(which, a, b) => format!(
            "(ite {} {} {})",
            bit(which),
            number(a, node.width),
            number(b, node.width)
        ),
        Op::Slice {
            of,
            low,
            high,
            signed,
        } => {
            let whole = number(of, of.width.max(high + 1));
            let slice = format!("((_ extract {high} {low}) {whole})");
            match signed {
                true => slice,
                false => format!("(concat #b0 {slice})"),
            }
        }
        Op::Shift(value, by) => format!("(concat {} (_ bv0 {by}))", number(value, value.width)),
        Op::Is(compare, a, b) => {
            let name = match compare {
                Compare::Less => "bvslt",
                Compare::AtMost => "bvsle",
                Compare::Equal => "=",
            };
            two(name, a, b, a.width.max(b.width))
        }
        Op::All(bits) => many("and", bits),
        Op::Any(bits) => many("or", bits),
        Op::Not(of) => format!("(not {})", bit(of)),
    }
}

/// A number at a width that is at least its own.
pub(super) fn number(number: &Number, width: u32) -> String {
    let text = match &number.term {
        Term::Known(value) => {
            let pattern = value.cast_unsigned() & (u128::MAX >> (128 - width.clamp(1, 128)));
            return format!("(_ bv{pattern} {width})");
        }
        Term::Input(name) => format!("in.{name}"),
        Term::Node(index) => format!("x{index}"),
    };
    match width.saturating_sub(number.width) {
        0 => text,
        more => format!("((_ sign_extend {more}) {text})"),
    }
}

/// A truth value.
pub(super) fn bit(bit: &Bit) -> String {
    match bit {
        Term::Known(value) => value.to_string(),
        Term::Input(name) => format!("in.{name}"),
        Term::Node(index) => format!("x{index}"),
    }
}

/// A kind of product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Product {
    /// Whether a factor is a literal.
    pub(super) scaled: bool,
    /// Its bits.
    pub(super) width: u32,
}

impl Product {
    /// Its name.
    pub(super) fn name(self) -> String {
        let Self { scaled, width } = self;
        format!("{}.{width}", if scaled { "scaled" } else { "product" })
    }
}

fn product_of(a: &Number, b: &Number, width: u32) -> Product {
    let known = |number: &Number| matches!(number.term, Term::Known(_));
    Product {
        scaled: known(a) || known(b),
        width,
    }
}

fn product_name(a: &Number, b: &Number, width: u32) -> String {
    product_of(a, b, width).name()
}

/// Which products are unknown functions: 0 where a factor is, and of which else only [`facts`] are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    /// None.
    Nothing,
    /// Those without a literal factor.
    Products,
    /// All.
    Everything,
}

impl Unknown {
    fn holds(self, product: Product) -> bool {
        product.width <= FACTOR
            && match self {
                Self::Nothing => false,
                Self::Products => !product.scaled,
                Self::Everything => true,
            }
    }
}

/// Definitions of these products.
pub(super) fn products(all: &BTreeSet<Product>, unknown: Unknown) -> String {
    let mut text = String::new();
    if unknown != Unknown::Nothing {
        let sort = format!("(_ BitVec {FACTOR})");
        let _ = writeln!(text, "(declare-fun factors ({sort} {sort}) {sort})");
    }
    for &product in all {
        let width = product.width;
        let sort = format!("(_ BitVec {width})");
        let body = if unknown.holds(product) {
            let zero = format!("(_ bv0 {width})");
            format!(
                "(ite (or (= a {zero}) (= b {zero})) {zero} ((_ extract {} 0) (factors {} {})))",
                width - 1,
                extended("a", width),
                extended("b", width)
            )
        } else {
            "(bvmul a b)".to_owned()
        };
        let name = product.name();
        let _ = writeln!(
            text,
            "(define-fun {name} ((a {sort}) (b {sort})) {sort} {body})"
        );
    }
    text
}

/// What is true of the unknown products of these definitions: their range, that no bit of them is lost, that the factors may
/// change places, and that a factor below `2^k` makes of the other one at most `2^k` times as much, with its sign.
pub(super) fn facts(nodes: &[Node], unknown: Unknown) -> String {
    let mut text = String::new();
    for (index, node) in nodes.iter().enumerate() {
        let Op::Mul(a, b) = &node.op else { continue };
        if !unknown.holds(product_of(a, b, node.width)) {
            continue;
        }
        for (one, other) in [(a, b), (b, a)] {
            // Of constants nothing needs it, and it costs time.
            if other.low >= 0 && matches!(other.term, Term::Node(_)) {
                text.push_str(&magnitude(index, node.width, one, other.width - 1));
            }
        }
        let (a, b) = (number(a, FACTOR), number(b, FACTOR));
        let whole = extended(&format!("x{index}"), node.width);
        let _ = writeln!(
            text,
            "(assert (= (factors {a} {b}) (factors {b} {a}) {whole}))"
        );
        let (low, high) = (Number::literal(node.low), Number::literal(node.high));
        let (low, high) = (number(&low, node.width), number(&high, node.width));
        let _ = writeln!(
            text,
            "(assert (and (bvsle {low} x{index}) (bvsle x{index} {high})))"
        );
    }
    text
}

/// That the product is from 0 to `factor * 2^power`, whichever sign the factor has.
fn magnitude(index: usize, product: u32, factor: &Number, power: u32) -> String {
    let width = product.max(factor.width + power);
    let value = Number {
        term: Term::Node(index),
        width: product,
        low: 0,
        high: 0,
    };
    let value = number(&value, width);
    let most = format!(
        "((_ extract {} 0) (concat {} (_ bv0 {power})))",
        width - 1,
        number(factor, width)
    );
    let zero = format!("(_ bv0 {width})");
    let negative = format!(
        "(bvslt {} (_ bv0 {}))",
        number(factor, factor.width),
        factor.width
    );
    format!(
        "(assert (ite {negative} (and (bvsle {most} {value}) (bvsle {value} {zero})) \
         (and (bvsle {zero} {value}) (bvsle {value} {most}))))\n"
    )
}

fn extended(term: &str, width: u32) -> String {
    match FACTOR.saturating_sub(width) {
        0 => term.to_owned(),
        more => format!("((_ sign_extend {more}) {term})"),
    }
}

/// The products of these definitions.
pub(super) fn products_of(nodes: &[Node]) -> impl Iterator<Item = Product> {
    nodes.iter().filter_map(|node| match &node.op {
        Op::Mul(a, b) => Some(product_of(a, b, node.width)),
        _ => None,
    })
}
