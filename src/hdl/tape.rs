//! The tape: typed nodes in the order of their creation, and what a finished module holds besides.
//!
//! All readings (interpreter, Verilog, probes) start from [`Module`]; only the builder writes one.

use std::sync::Arc;

use super::ty::Ty;

/// Index of a node in its module.
pub(crate) type NodeId = u32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Un {
    Neg,
    Not,
    Any,
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bin {
    Add,
    Sub,
    Mul,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    And,
    Or,
    Xor,
}

impl Bin {
    pub(crate) const fn is_comparison(self) -> bool {
        matches!(
            self,
            Self::Eq | Self::Ne | Self::Lt | Self::Le | Self::Gt | Self::Ge
        )
    }
}

/// What a node is. The value of a node is a value of its type; `Resize` takes the operand modulo 2^width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Lit(i128),
    Input {
        port: u32,
        element: u32,
    },
    Reg(u32),
    Read {
        mem: u32,
        field: u32,
    },
    Out {
        instance: u32,
        port: u32,
        element: u32,
    },
    Wire(Option<NodeId>),
    Un(Un, NodeId),
    Bin(Bin, NodeId, NodeId),
    Mux(NodeId, NodeId, NodeId),
    Shl(NodeId, u32),
    Shr(NodeId, u32),
    Slice(NodeId, u32),
    Cat(Vec<NodeId>),
    Resize(NodeId),
}

impl Op {
    /// The combinational operands, in order.
    pub(crate) fn operands(&self) -> Vec<NodeId> {
        match self {
            Self::Lit(_)
            | Self::Input { .. }
            | Self::Reg(_)
            | Self::Read { .. }
            | Self::Out { .. } => vec![],
            Self::Wire(d) => d.iter().copied().collect(),
            Self::Un(_, a)
            | Self::Shl(a, _)
            | Self::Shr(a, _)
            | Self::Slice(a, _)
            | Self::Resize(a) => vec![*a],
            Self::Bin(_, a, b) => vec![*a, *b],
            Self::Mux(c, a, b) => vec![*c, *a, *b],
            Self::Cat(parts) => parts.clone(),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) op: Op,
    pub(crate) ty: Ty,
    /// The name the designer gave.
    pub(crate) name: Option<String>,
    /// A helper of a composed operator: the node it serves and the end of its name.
    pub(crate) helps: Option<(NodeId, &'static str)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Port {
    pub(crate) name: String,
    pub(crate) is_input: bool,
    pub(crate) ty: Ty,
    /// `None`: a single signal. `Some(n)`: n elements packed, element 0 in the low bits.
    pub(crate) packed: Option<usize>,
    pub(crate) doc: Option<String>,
    /// The nodes of the elements (inputs), or the nodes that drive them (outputs).
    pub(crate) nodes: Vec<NodeId>,
}

impl Port {
    /// Width of the Verilog port.
    pub(crate) fn bits(&self) -> usize {
        self.ty.width() as usize * self.packed.unwrap_or(1)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct RegDef {
    pub(crate) q: NodeId,
    pub(crate) d: Option<NodeId>,
    pub(crate) enable: Option<NodeId>,
    pub(crate) reset: Option<i128>,
}

/// How a memory starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemInit {
    /// All words 0.
    Zero,
    /// Anything: a word is written before it is read.
    Unknown,
    /// `words[i][field]`; words that are not given are 0.
    Words {
        /// Default of the module's string parameter `<NAME>_FILE`, read by `$readmemh`.
        file: String,
        /// At most `depth` words of one value a field.
        words: Vec<Vec<i128>>,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct ReadPort {
    pub(crate) address: NodeId,
    pub(crate) enable: Option<NodeId>,
    /// When the word is looked at, where there is no enable.
    pub(crate) wanted: Option<NodeId>,
    pub(crate) fields: Vec<NodeId>,
}

#[derive(Clone, Debug)]
pub(crate) struct WritePort {
    pub(crate) enable: NodeId,
    pub(crate) address: NodeId,
    pub(crate) data: Vec<NodeId>,
}

#[derive(Clone, Debug)]
pub(crate) struct MemDef {
    pub(crate) name: String,
    pub(crate) fields: Vec<Ty>,
    pub(crate) depth: usize,
    pub(crate) init: MemInit,
    /// Kept in block memory whatever its size.
    pub(crate) block: bool,
    /// Kept in a large memory, which has one port and starts with anything.
    pub(crate) large: bool,
    /// No enabled read meets a write of the same word in the same cycle.
    pub(crate) apart: bool,
    pub(crate) read: Option<ReadPort>,
    pub(crate) write: Option<WritePort>,
}

impl MemDef {
    /// Bits of a word.
    pub(crate) fn bits(&self) -> usize {
        self.fields.iter().map(|f| f.width() as usize).sum()
    }

    /// Bits that number all words; at least 1.
    pub(crate) fn address_bits(&self) -> u32 {
        (usize::BITS - self.depth.saturating_sub(1).leading_zeros()).max(1)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct InstDef {
    pub(crate) name: String,
    pub(crate) module: Arc<Module>,
    /// For each port of the child: the driving nodes (inputs) or the receiving nodes (outputs).
    pub(crate) connections: Vec<Vec<NodeId>>,
}

/// A finished hardware module: immutable, checked, shared by all its instances.
#[derive(Debug)]
pub struct Module {
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) ports: Vec<Port>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) regs: Vec<RegDef>,
    pub(crate) mems: Vec<MemDef>,
    pub(crate) instances: Vec<InstDef>,
    /// `(position, text)`: the comment stands before node `position`.
    pub(crate) comments: Vec<(NodeId, String)>,
    /// Nodes that reach an output, a used register or memory, or an instance; operands first.
    pub(crate) order: Vec<NodeId>,
    /// Whether a node is in `order`.
    pub(crate) used: Vec<bool>,
    /// The Verilog name of each node in `order` that is not a plain literal.
    pub(crate) names: Vec<String>,
    /// The Verilog names of memories and instances.
    pub(crate) mem_names: Vec<String>,
    pub(crate) instance_names: Vec<String>,
    /// All names in use, ports included.
    pub(crate) taken: std::collections::HashSet<String>,
}

/// One port of a module, as others see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortInfo<'a> {
    /// Verilog name.
    pub name: &'a str,
    /// Input if true, output if false.
    pub is_input: bool,
    /// Type of one element.
    pub ty: Ty,
    /// `None`: a single signal. `Some(n)`: n elements packed, element 0 in the low bits.
    pub packed: Option<usize>,
    /// The note on the port line.
    pub doc: Option<&'a str>,
}

impl PortInfo<'_> {
    /// Width of the Verilog port in bits.
    #[must_use]
    pub fn bits(&self) -> usize {
        self.ty.width() as usize * self.packed.unwrap_or(1)
    }
}

impl Module {
    /// The Verilog module name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text above the module.
    #[must_use]
    pub fn doc(&self) -> &str {
        &self.doc
    }

    /// The ports in the order of their declaration, without `clk_i` and `rst_i`.
    pub fn ports(&self) -> impl Iterator<Item = PortInfo<'_>> {
        self.ports.iter().map(|p| PortInfo {
            name: &p.name,
            is_input: p.is_input,
            ty: p.ty,
            packed: p.packed,
            doc: p.doc.as_deref(),
        })
    }

    /// Whether the module has the ports `clk_i` and `rst_i`: it has state or instances.
    #[must_use]
    pub fn is_clocked(&self) -> bool {
        !self.regs.is_empty() || !self.mems.is_empty() || !self.instances.is_empty()
    }

    /// The modules of the instances, one for each instance.
    pub fn children(&self) -> impl Iterator<Item = (&str, &Arc<Self>)> {
        self.instance_names
            .iter()
            .zip(&self.instances)
            .map(|(n, i)| (n.as_str(), &i.module))
    }

    /// Products that are used, those by a constant included; its instances' are not counted.
    pub(crate) fn products(&self) -> usize {
        let is_product = |&&id: &&NodeId| matches!(self.node(id).op, Op::Bin(Bin::Mul, _, _));
        self.order.iter().filter(is_product).count()
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    pub(crate) fn ty(&self, id: NodeId) -> Ty {
        self.node(id).ty
    }

    pub(crate) fn name_of(&self, id: NodeId) -> &str {
        &self.names[id as usize]
    }
}
