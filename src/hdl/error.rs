//! What can go wrong when hardware is described, elaborated or printed.

use super::ty::Ty;

/// A wrong use of the builder, a wrong elaboration or a failed print. `module` is the module being built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HdlError {
    /// A signal would be narrower than 1 or wider than 120 bits.
    #[error("module `{module}`: {what} would be {width} bits wide; a signal has 1 to 120 bits")]
    Width {
        /// The module being built.
        module: String,
        /// The operation.
        what: String,
        /// The width asked for.
        width: u64,
    },
    /// Two operands should have one type, or an operand should have a certain type.
    #[error("module `{module}`: {what}: {left} does not fit {right}")]
    Type {
        /// The module being built.
        module: String,
        /// The operation.
        what: String,
        /// The type given.
        left: Ty,
        /// The type expected.
        right: Ty,
    },
    /// A constant is not a value of its type.
    #[error("module `{module}`: {what}: {value} is not a value of {ty}")]
    Value {
        /// The module being built.
        module: String,
        /// The operation.
        what: String,
        /// The constant.
        value: i128,
        /// Its type.
        ty: Ty,
    },
    /// A name is not a Verilog identifier, or is a keyword.
    #[error("module `{module}`: `{name}` is not a usable Verilog name")]
    Name {
        /// The module being built.
        module: String,
        /// The name.
        name: String,
    },
    /// Two ports, or two different modules, have one name.
    #[error("module `{module}`: the name `{name}` is used twice")]
    Duplicate {
        /// The module being built.
        module: String,
        /// The name.
        name: String,
    },
    /// A wire, a register or an input of an instance has no driver.
    #[error("module `{module}`: {what} has no driver")]
    Undriven {
        /// The module being built.
        module: String,
        /// The thing without a driver.
        what: String,
    },
    /// Something that takes one driver got a second one.
    #[error("module `{module}`: {what} is driven twice")]
    DrivenTwice {
        /// The module being built.
        module: String,
        /// The thing with two drivers.
        what: String,
    },
    /// A number of elements differs from what is needed.
    #[error("module `{module}`: {what} has {found} elements, {expected} are needed")]
    Count {
        /// The module being built.
        module: String,
        /// The operation.
        what: String,
        /// Elements given.
        found: usize,
        /// Elements needed.
        expected: usize,
    },
    /// A port, a wire or a memory that does not exist here.
    #[error("module `{module}`: there is no {what}")]
    Unknown {
        /// The module being built or simulated.
        module: String,
        /// What was asked for.
        what: String,
    },
    /// A signal that belongs to another builder, or of an instance port that does not exist.
    #[error(
        "module `{module}`: {what} uses a signal of another builder or of an unknown instance port"
    )]
    Foreign {
        /// The module being built.
        module: String,
        /// The operation.
        what: String,
    },
    /// A signal depends on itself without a register in between.
    #[error("module `{module}`: combinational loop: {}", signals.join(" -> "))]
    CombinationalLoop {
        /// The module being built, or the top of the elaboration.
        module: String,
        /// The signals on the loop, with their instance path where there is one; the first is repeated at the end.
        signals: Vec<String>,
    },
    /// A bug of this layer.
    #[error("internal error in the hardware layer (please report it): {0}")]
    Internal(String),
}
