//! Packed Verilog vectors and their elements.

use super::super::lower::concatenation;
use super::super::names::local_stem;
use super::super::tape::{NodeId, Op, Port};
use super::Printer;

/// A packed Verilog vector that is cut into elements: an input port, an instance output or a memory word.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Bundle {
    Port(u32),
    Out(u32, u32),
    Word(u32),
}

impl Printer<'_> {
    pub(super) fn name_bundles(&mut self) {
        let module = self.module;
        for (i, instance) in module.instances.iter().enumerate() {
            for (p, port) in instance.module.ports.iter().enumerate() {
                if !port.is_input && port.packed.is_some() {
                    let stem = local_stem(&port.name);
                    let name = self.unique(&format!("{}_{stem}", module.instance_names[i]));
                    self.packed.insert(Bundle::Out(i as u32, p as u32), name);
                }
            }
        }
        for name in &module.mem_names {
            let file = self.unique(&format!("{}_FILE", name.to_ascii_uppercase()));
            self.files.push(file);
        }
        for (i, mem) in module.mems.iter().enumerate() {
            if mem.fields.len() > 1 {
                let name = self.unique(&format!("{}_rdata", module.mem_names[i]));
                self.packed.insert(Bundle::Word(i as u32), name);
            }
        }
    }

    pub(super) fn bundle_name(&self, bundle: Bundle) -> String {
        match bundle {
            Bundle::Port(p) => self.module.ports[p as usize].name.clone(),
            _ => self.packed.get(&bundle).cloned().unwrap_or_default(),
        }
    }

    /// The elements, element 0 in the low bits. All elements of one bundle in order are the bundle.
    pub(super) fn bundled(&mut self, nodes: &[NodeId]) -> String {
        if let Some(whole) = self.whole(nodes) {
            return whole;
        }
        let parts: Vec<String> = nodes.iter().rev().map(|&n| self.operands.bare(n)).collect();
        concatenation(&parts)
    }

    pub(super) fn whole(&self, nodes: &[NodeId]) -> Option<String> {
        let (first, count, _) = self.bundle_of(*nodes.first()?)?;
        let same = nodes
            .iter()
            .enumerate()
            .all(|(i, &n)| matches!(self.bundle_of(n), Some((b, _, e)) if b == first && e == i));
        // Elements read on their own are declared anyway; only a full, untouched pass-through is worth it.
        (same && count == nodes.len()).then(|| self.bundle_name(first))
    }

    /// The bundle a node is cut from, its number of elements, and which it is.
    pub(super) fn bundle_of(&self, id: NodeId) -> Option<(Bundle, usize, usize)> {
        match self.module.node(id).op {
            Op::Input { port, element } => {
                let n = self.module.ports[port as usize].packed?;
                Some((Bundle::Port(port), n, element as usize))
            }
            Op::Out {
                instance,
                port,
                element,
            } => {
                let n =
                    self.module.instances[instance as usize].module.ports[port as usize].packed?;
                Some((Bundle::Out(instance, port), n, element as usize))
            }
            Op::Read { mem, field } => {
                let n = self.module.mems[mem as usize].fields.len();
                (n > 1).then_some((Bundle::Word(mem), n, field as usize))
            }
            _ => None,
        }
    }

    /// Offset and width of an element of a bundle, and the bundle's width.
    pub(super) fn cut(&self, bundle: Bundle, element: usize) -> (usize, usize, usize) {
        let of_port = |p: &Port| {
            (
                element * p.ty.width() as usize,
                p.ty.width() as usize,
                p.bits(),
            )
        };
        match bundle {
            Bundle::Port(p) => of_port(&self.module.ports[p as usize]),
            Bundle::Out(i, p) => {
                of_port(&self.module.instances[i as usize].module.ports[p as usize])
            }
            Bundle::Word(m) => {
                let mem = &self.module.mems[m as usize];
                let low = mem.fields[..element]
                    .iter()
                    .map(|f| f.width() as usize)
                    .sum();
                (low, mem.fields[element].width() as usize, mem.bits())
            }
        }
    }
}
