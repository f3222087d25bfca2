//! What is asked of a module, as text that is inserted before its `endmodule`.
//!
//! Every name that it adds begins with `f_`. Cycle 0 is any state with a reset; what is asserted holds from cycle 1 on, in every
//! cycle without a reset, and what is assumed binds the inputs of those cycles. A label begins with `p_` for what is stated,
//! with `i_` for what the induction needs to know of registers, with `a_` for what is assumed, with `c_` for what must be seen.

use std::fmt::Write as _;

use crate::hdl::Module;
use crate::hdl::banked::used_regs;
use crate::hdl::lower::literal;

/// Which assertions a text has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asserted {
    /// What is stated, and what the induction needs.
    All,
    /// The same of this group, given that all of it held in the cycle before.
    Group(usize),
    /// What is stated.
    Stated,
    /// That what must be possible, of this number, never happens.
    Never(usize),
    /// None: the output [`KEPT`] says whether what is assumed was kept until now, and what follows from it. What is open is 0.
    Nothing,
}

/// The output that is 1 as long as the environment keeps to what is assumed of it.
pub(crate) const KEPT: &str = "f_kept_o";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Open,
    Stated,
    Needed,
    Assumed,
    Seen,
}

#[derive(Clone, Debug)]
struct Part {
    kind: Kind,
    label: String,
    words: String,
    text: String,
    group: usize,
}

/// Registers, statements and assumptions about one module.
#[derive(Clone, Debug, Default)]
pub(super) struct Formal {
    parts: Vec<Part>,
    /// The group of what comes next.
    group: usize,
    /// Ports that show a parent what is known here: name, register and bits.
    pub(super) taps: Vec<(String, String, u32)>,
}

impl Formal {
    /// What is asked of every module: that one cycle of reset sets each register that has a value for it.
    pub(super) fn new(module: &Module) -> Self {
        let mut formal = Self::default();
        formal.verilog(
            "reg f_past = 1'b0;\nalways @(posedge clk_i) f_past <= 1'b1;\n\
             always @* if (!f_past) assume(rst_i);\n\
             reg f_fresh;\nalways @(posedge clk_i) f_fresh <= rst_i;",
        );
        let words = "a reset from any state sets every register of control to its first value";
        let mut all = String::from("1'b1");
        for reg in used_regs(module) {
            let Some(value) = reg.reset else { continue };
            let ty = module.nodes[reg.q as usize].ty;
            let name = &module.names[reg.q as usize];
            let _ = write!(all, " && {name} == {}", literal(value, ty));
        }
        formal.state("p_reset", words, &format!("!f_fresh || ({all})"));
        formal
    }

    /// Text as it is.
    pub(super) fn verilog(&mut self, text: &str) {
        self.push(Kind::Text, "", "", text);
    }

    /// Registers that are 0 after a reset: name and bits; `next` says what becomes of them.
    pub(super) fn registers(&mut self, registers: &[(&str, u32)], next: &str) {
        let mut text = String::new();
        let mut zero = String::new();
        for (name, bits) in registers {
            let _ = writeln!(text, "reg [{}:0] {name};", bits.max(&1) - 1);
            let _ = write!(zero, "{name} <= 0; ");
        }
        let _ = write!(
            text,
            "always @(posedge clk_i) if (rst_i) begin {zero}end else begin\n{next}\nend"
        );
        self.verilog(&text);
    }

    /// `NAME_1` to `NAME_CYCLES`: the value of a term of `bits` bits some cycles ago, 0 since a reset.
    pub(super) fn delays(&mut self, name: &str, bits: u32, term: &str, cycles: u32) {
        let names: Vec<String> = (1..=cycles).map(|n| format!("{name}_{n}")).collect();
        let mut next = String::new();
        for (n, this) in names.iter().enumerate() {
            let before = n.checked_sub(1).map_or(term, |n| names[n].as_str());
            let _ = write!(next, "{this} <= {before}; ");
        }
        let registers: Vec<(&str, u32)> = names.iter().map(|name| (name.as_str(), bits)).collect();
        self.registers(&registers, &next);
    }

    /// A wire of `bits` bits.
    pub(super) fn wire(&mut self, name: &str, bits: u32, term: &str) {
        self.verilog(&format!("wire [{}:0] {name} = {term};", bits.max(1) - 1));
    }

    /// A bit that is anything in every cycle.
    pub(super) fn any_bit(&mut self, name: &str) {
        self.push(Kind::Open, name, "(* anyseq *)", "wire");
    }

    /// A number of `bits` bits that is anything, and stays.
    pub(super) fn any_constant(&mut self, name: &str, bits: u32) {
        let wire = format!("wire [{}:0]", bits.max(1) - 1);
        self.push(Kind::Open, name, "(* anyconst *)", &wire);
    }

    /// The environment keeps to this.
    pub(super) fn assume(&mut self, label: &str, words: &str, term: &str) {
        self.push(Kind::Assumed, label, words, term);
    }

    /// From now on what is assumed under these labels is shown instead.
    pub(super) fn show(&mut self, labels: &[&str]) {
        for part in &mut self.parts {
            if part.kind == Kind::Assumed && labels.contains(&part.label.as_str()) {
                part.kind = Kind::Needed;
            }
        }
    }

    /// This is claimed.
    pub(super) fn state(&mut self, label: &str, words: &str, term: &str) {
        self.push(Kind::Stated, label, words, term);
    }

    /// The induction needs this; it is shown with the rest.
    pub(super) fn need(&mut self, label: &str, term: &str) {
        self.push(Kind::Needed, label, "", term);
    }

    /// What is stated or needed from now on is a group of its own: that it follows from the cycle before is asked apart.
    pub(super) fn apart(&mut self) {
        self.group += 1;
    }

    /// Number of the last group.
    pub(super) fn last_group(&self) -> usize {
        self.group
    }

    /// This must be possible: else what is claimed would say nothing.
    pub(super) fn see(&mut self, label: &str, term: &str) {
        self.push(Kind::Seen, label, "", term);
    }

    fn push(&mut self, kind: Kind, label: &str, words: &str, text: &str) {
        self.parts.push(Part {
            kind,
            label: label.to_owned(),
            words: words.to_owned(),
            text: text.to_owned(),
            group: self.group,
        });
    }

    fn of(&self, kind: Kind) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(move |part| part.kind == kind)
    }

    /// What is claimed: label and words, each words once.
    pub(super) fn stated(&self) -> impl Iterator<Item = (&str, &str)> {
        self.of(Kind::Stated)
            .map(|part| (part.label.as_str(), part.words.as_str()))
    }

    /// What is assumed, in words.
    pub(super) fn assumed(&self) -> impl Iterator<Item = &str> {
        self.of(Kind::Assumed).map(|part| part.words.as_str())
    }

    /// Labels of what is assumed.
    pub(super) fn assumptions(&self) -> impl Iterator<Item = &str> {
        self.of(Kind::Assumed).map(|part| part.label.as_str())
    }

    /// Labels of what must be possible.
    pub(super) fn seen(&self) -> impl Iterator<Item = &str> {
        self.of(Kind::Seen).map(|part| part.label.as_str())
    }

    /// The text.
    pub(super) fn text(&self, asserted: Asserted) -> String {
        let mut text = String::new();
        let mut seen = 0;
        let mut kept = String::from("1'b1");
        for (number, part) in self.parts.iter().enumerate() {
            let Part {
                label,
                words,
                text: term,
                group,
                ..
            } = part;
            let _ = match part.kind {
                Kind::Text => writeln!(text, "{term}"),
                Kind::Open if asserted == Asserted::Nothing => {
                    writeln!(text, "{term} {label} = 0;")
                }
                Kind::Open => writeln!(text, "{words} {term} {label};"),
                Kind::Seen if asserted == Asserted::Nothing => Ok(()),
                Kind::Assumed | Kind::Stated | Kind::Needed if asserted == Asserted::Nothing => {
                    write!(kept, " && ({term})")
                }
                Kind::Assumed => writeln!(
                    text,
                    "always @* if (f_past && !rst_i) {label}: assume({term});"
                ),
                Kind::Seen => {
                    seen += 1;
                    match asserted == Asserted::Never(seen - 1) {
                        false => Ok(()),
                        true => writeln!(
                            text,
                            "always @* if (f_past && !rst_i) {label}: assert(!({term}));"
                        ),
                    }
                }
                Kind::Stated | Kind::Needed if matches!(asserted, Asserted::Never(_)) => Ok(()),
                Kind::Needed if asserted == Asserted::Stated => Ok(()),
                Kind::Stated | Kind::Needed if matches!(asserted, Asserted::Group(asked) if asked != *group) =>
                {
                    writeln!(
                        text,
                        "reg f_held{number};\nalways @(posedge clk_i) f_held{number} <= !f_past || rst_i || ({term});\n\
                         always @* if (f_past && !rst_i) assume(f_held{number});"
                    )
                }
                Kind::Stated | Kind::Needed => writeln!(
                    text,
                    "always @* if (f_past && !rst_i) {label}: assert({term});"
                ),
            };
        }
        if asserted == Asserted::Nothing {
            let _ = writeln!(
                text,
                "wire f_keeps = rst_i || ({kept});\nreg f_broken = 1'b0;\n\
                 always @(posedge clk_i) f_broken <= f_broken || !f_keeps;\nassign {KEPT} = f_keeps && !f_broken;"
            );
        }
        text
    }
}

/// Bits of a counter from 0 to `most`, with room to go astray.
pub(super) fn counter_bits(most: usize) -> u32 {
    crate::rtl::plan::index_bits(most + 1) + 1
}

/// Whether a module has a register of this name.
pub(super) fn has(module: &Module, wanted: &str) -> bool {
    used_regs(module).any(|reg| module.names[reg.q as usize] == wanted)
}
