//! Registers: declarations with initial values, and the clocked blocks.

use std::fmt::Write as _;

use super::super::lower::{declared, literal, range};
use super::super::tape::{MemDef, RegDef};
use super::bundles::Bundle;
use super::{Printer, parenthesized};

impl Printer<'_> {
    pub(super) fn used_regs(&self) -> impl Iterator<Item = &RegDef> {
        self.module
            .regs
            .iter()
            .filter(|r| self.module.used[r.q as usize])
    }

    /// Declarations of registers, memories and instance outputs, with their initial values.
    pub(super) fn state(&mut self) -> String {
        let (module, mut text, mut initial) = (self.module, String::new(), String::new());
        for reg in self.used_regs() {
            let ty = module.ty(reg.q);
            let name = module.name_of(reg.q);
            let _ = writeln!(text, "    reg {}{name};", declared(ty));
            let _ = writeln!(
                initial,
                "        {name} = {};",
                literal(reg.reset.unwrap_or(0), ty)
            );
        }
        if !initial.is_empty() {
            let _ = write!(text, "    initial begin\n{initial}    end\n");
        }
        let mems: Vec<(usize, MemDef)> = self.used_mems().map(|(i, m)| (i, m.clone())).collect();
        for (i, mem) in mems {
            text.push_str(&self.memory_declaration(i, &mem));
        }
        for (i, instance) in module.instances.iter().enumerate() {
            for (p, port) in instance
                .module
                .ports
                .iter()
                .enumerate()
                .filter(|(_, p)| !p.is_input)
            {
                let line = match self.packed.get(&Bundle::Out(i as u32, p as u32)) {
                    Some(name) => format!("    wire {}{name};\n", range(port.bits())),
                    None => format!(
                        "    wire {}{};\n",
                        declared(port.ty),
                        module.name_of(instance.connections[p][0])
                    ),
                };
                text.push_str(&line);
            }
        }
        text
    }

    pub(super) fn clocked(&mut self) -> String {
        let regs: Vec<RegDef> = self.used_regs().cloned().collect();
        let (with, without): (Vec<_>, Vec<_>) = regs.into_iter().partition(|r| r.reset.is_some());
        let mut text = String::new();
        if !with.is_empty() {
            text.push_str("    always @(posedge clk_i) begin\n        if (rst_i) begin\n");
            for r in &with {
                let value = literal(r.reset.unwrap_or(0), self.module.ty(r.q));
                let _ = writeln!(text, "            {} <= {value};", self.module.name_of(r.q));
            }
            text.push_str("        end else begin\n");
            text.push_str(&self.transfers(&with, "            "));
            text.push_str("        end\n    end\n");
        }
        if !without.is_empty() {
            text.push_str("    always @(posedge clk_i) begin\n");
            text.push_str(&self.transfers(&without, "        "));
            text.push_str("    end\n");
        }
        let mems: Vec<(usize, MemDef)> = self.used_mems().map(|(i, m)| (i, m.clone())).collect();
        for (i, mem) in mems {
            text.push_str(&self.memory_ports(i, &mem));
        }
        text
    }

    /// `q <= d;` of each register; neighbours with one enable share its `if`.
    pub(super) fn transfers(&mut self, regs: &[RegDef], margin: &str) -> String {
        let (mut text, mut open) = (String::new(), None);
        for r in regs {
            if r.enable != open {
                if open.is_some() {
                    let _ = writeln!(text, "{margin}end");
                }
                if let Some(enable) = r.enable {
                    let _ = writeln!(
                        text,
                        "{margin}if {} begin",
                        parenthesized(&self.operands.condition(enable))
                    );
                }
                open = r.enable;
            }
            let inner = if open.is_some() { "    " } else { "" };
            let Some(d) = r.d else { continue };
            let d = self
                .operands
                .source(d)
                .replace('\n', &format!("\n{margin}{inner}"));
            let _ = writeln!(text, "{margin}{inner}{} <= {d};", self.module.name_of(r.q));
        }
        if open.is_some() {
            let _ = writeln!(text, "{margin}end");
        }
        text
    }
}
