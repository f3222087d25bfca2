//! Instances of finished modules in the builder.

use std::sync::Arc;

use super::build::{Builder, Sig};
use super::error::HdlError;
use super::names::{is_identifier, local_stem};
use super::tape::{InstDef, Module, NodeId, Op, Port};
use super::ty::Ty;

/// Handle of an instance: its outputs.
#[derive(Clone, Debug)]
pub struct Instance {
    outputs: Vec<(String, Vec<Sig>)>,
    nothing: Sig,
}

impl Instance {
    /// A single output. An unknown name gives a signal whose use is an error.
    #[must_use]
    pub fn out(&self, port: &str) -> Sig {
        match self.outputs.iter().find(|(n, _)| n == port) {
            Some((_, s)) if s.len() == 1 => s[0],
            _ => self.nothing,
        }
    }

    /// All elements of an output. An unknown name gives a signal whose use is an error.
    #[must_use]
    pub fn out_vec(&self, port: &str) -> Vec<Sig> {
        self.outputs
            .iter()
            .find(|(n, _)| n == port)
            .map_or_else(|| vec![self.nothing], |(_, s)| s.clone())
    }
}

impl Builder {
    /// An instance of a finished module. Every input is connected by name; `clk_i` and `rst_i` connect themselves.
    pub fn instance(
        &mut self,
        name: &str,
        module: &Arc<Module>,
        inputs: &[(&str, &[Sig])],
    ) -> Instance {
        let nothing = Sig {
            id: 0,
            ty: Ty::BIT,
            owner: 0,
        };
        if !is_identifier(name) {
            self.fail(HdlError::Name {
                module: self.name.clone(),
                name: name.into(),
            });
        }
        for (i, (port, _)) in inputs.iter().enumerate() {
            if !module.ports.iter().any(|p| p.is_input && p.name == *port) {
                let what = format!("input `{port}` of module `{}`", module.name);
                self.fail(HdlError::Unknown {
                    module: self.name.clone(),
                    what,
                });
            }
            if inputs[..i].iter().any(|(p, _)| p == port) {
                let what = format!("input `{port}` of instance `{name}`");
                self.fail(HdlError::DrivenTwice {
                    module: self.name.clone(),
                    what,
                });
            }
        }
        let instance = self.instances.len() as u32;
        let (mut connections, mut outputs) = (vec![], vec![]);
        for (index, port) in module.ports.iter().enumerate() {
            if port.is_input {
                connections.push(self.connect(name, port, inputs));
                continue;
            }
            let mut signals = vec![];
            for element in 0..port.nodes.len() as u32 {
                let op = Op::Out {
                    instance,
                    port: index as u32,
                    element,
                };
                signals.push(self.push(op, port.ty, "instance"));
                let base = format!("{name}_{}", local_stem(&port.name));
                self.name_source(&if port.packed.is_some() {
                    format!("{base}_{element}")
                } else {
                    base
                });
            }
            connections.push(signals.iter().map(|s| s.id).collect());
            outputs.push((port.name.clone(), signals));
        }
        self.instances.push(InstDef {
            name: name.into(),
            module: Arc::clone(module),
            connections,
        });
        Instance { outputs, nothing }
    }

    fn connect(&mut self, name: &str, port: &Port, inputs: &[(&str, &[Sig])]) -> Vec<NodeId> {
        let what = format!("input `{}` of instance `{name}`", port.name);
        let Some((_, signals)) = inputs.iter().find(|(n, _)| *n == port.name) else {
            self.fail(HdlError::Undriven {
                module: self.name.clone(),
                what,
            });
            return vec![];
        };
        if signals.len() != port.nodes.len() {
            let (found, expected) = (signals.len(), port.nodes.len());
            self.fail(HdlError::Count {
                module: self.name.clone(),
                what,
                found,
                expected,
            });
            return vec![];
        }
        for s in *signals {
            self.same_type(&what, s.ty, port.ty);
        }
        signals.iter().map(|&s| self.arg(s, &what)).collect()
    }
}
