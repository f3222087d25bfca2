//! What the printed text declares and never reads, gathered in one wire so that linters see that it is on purpose.

use std::collections::HashSet;

use super::super::lower::{concatenation, part};
use super::super::tape::{NodeId, Op};
use super::bundles::Bundle;
use super::{Printer, indent};

impl Printer<'_> {
    /// Gathers what the text declares and never reads.
    pub(super) fn unused(&mut self) -> String {
        let module = self.module;
        let mut scalars: Vec<NodeId> = vec![];
        for port in module
            .ports
            .iter()
            .filter(|p| p.is_input && p.packed.is_none())
        {
            scalars.extend(&port.nodes);
        }
        for &id in &module.order {
            let computed = !matches!(
                module.node(id).op,
                Op::Lit(_) | Op::Input { .. } | Op::Out { .. }
            );
            let declared_always = matches!(module.node(id).op, Op::Reg(_) | Op::Read { .. });
            let cut = self.bundle_of(id).is_some();
            let read = self.operands.read[id as usize] != 0;
            if (self.operands.is_local(id) && computed || cut) && (read || declared_always && !cut)
            {
                scalars.push(id);
            }
        }
        for instance in &module.instances {
            for (port, nodes) in instance.module.ports.iter().zip(&instance.connections) {
                if !port.is_input && port.packed.is_none() {
                    scalars.extend(nodes);
                }
            }
        }
        let mut unused = vec![];
        for id in scalars {
            let width = module.ty(id).width() as usize;
            let read = self.operands.read[id as usize];
            push_gaps(&mut unused, module.name_of(id), width, |bit| {
                read >> bit & 1 == 1
            });
        }
        let whole = self.passed_whole();
        for bundle in self.bundles() {
            if !whole.contains(&bundle) {
                let (name, ranges, bits) = self.unread_elements(bundle);
                push_gaps(&mut unused, &name, bits, |bit| {
                    !ranges.iter().any(|r| r.contains(&bit))
                });
            }
        }
        if module.is_clocked() {
            let clocked = self.used_regs().next().is_some()
                || self.used_mems().next().is_some()
                || module.instances.iter().any(|i| i.module.is_clocked());
            let reset = self.used_regs().any(|r| r.reset.is_some())
                || module.instances.iter().any(|i| i.module.is_clocked());
            unused.extend((!clocked).then(|| "clk_i".to_owned()));
            unused.extend((!reset).then(|| "rst_i".to_owned()));
        }
        if unused.is_empty() {
            return String::new();
        }
        let name = self.unique("_unused_ok");
        unused.insert(0, "1'b0".into());
        let list = indent(&concatenation(&unused));
        format!("    // Bits that are dropped on purpose.\n    wire {name} = &{list};\n")
    }

    pub(super) fn bundles(&self) -> Vec<Bundle> {
        let ports = self
            .module
            .ports
            .iter()
            .enumerate()
            .filter(|(_, p)| p.is_input && p.packed.is_some());
        let mut all: Vec<Bundle> = ports.map(|(i, _)| Bundle::Port(i as u32)).collect();
        for (i, instance) in self.module.instances.iter().enumerate() {
            let outs = instance
                .module
                .ports
                .iter()
                .enumerate()
                .filter(|(_, p)| !p.is_input && p.packed.is_some());
            all.extend(outs.map(|(p, _)| Bundle::Out(i as u32, p as u32)));
        }
        all.extend(
            self.used_mems()
                .filter(|(_, m)| m.fields.len() > 1)
                .map(|(i, _)| Bundle::Word(i as u32)),
        );
        all
    }

    /// Bundles that are passed on under their own name.
    pub(super) fn passed_whole(&self) -> HashSet<Bundle> {
        let mut sinks: Vec<&[NodeId]> = vec![];
        sinks.extend(
            self.module
                .ports
                .iter()
                .filter(|p| !p.is_input)
                .map(|p| p.nodes.as_slice()),
        );
        for instance in &self.module.instances {
            let ports = instance.module.ports.iter().zip(&instance.connections);
            sinks.extend(ports.filter(|(p, _)| p.is_input).map(|(_, n)| n.as_slice()));
        }
        for (_, mem) in self.used_mems() {
            sinks.extend(mem.write.iter().map(|w| w.data.as_slice()));
        }
        let whole = sinks
            .into_iter()
            .filter(|nodes| self.whole(nodes).is_some());
        whole
            .filter_map(|nodes| self.bundle_of(nodes[0]).map(|(b, ..)| b))
            .collect()
    }

    /// Name of a bundle, the bit ranges of its elements that nothing reads, its width.
    pub(super) fn unread_elements(
        &self,
        bundle: Bundle,
    ) -> (String, Vec<std::ops::Range<usize>>, usize) {
        let nodes: &[NodeId] = match bundle {
            Bundle::Port(p) => &self.module.ports[p as usize].nodes,
            Bundle::Out(i, p) => &self.module.instances[i as usize].connections[p as usize],
            Bundle::Word(m) => self.module.mems[m as usize]
                .read
                .as_ref()
                .map_or(&[], |r| r.fields.as_slice()),
        };
        let mut ranges = vec![];
        let mut bits = 0;
        for (i, &id) in nodes.iter().enumerate() {
            let (low, width, of) = self.cut(bundle, i);
            bits = of;
            if self.operands.read[id as usize] == 0 {
                ranges.push(low..low + width);
            }
        }
        (self.bundle_name(bundle), ranges, bits)
    }
}

/// Adds the maximal ranges of bits for which `is_read` is false.
fn push_gaps(out: &mut Vec<String>, name: &str, bits: usize, is_read: impl Fn(usize) -> bool) {
    let mut low = 0;
    while low < bits {
        if is_read(low) {
            low += 1;
            continue;
        }
        let end = (low..bits).find(|&b| is_read(b)).unwrap_or(bits);
        out.push(part(name, bits, low, end - low));
        low = end;
    }
}
