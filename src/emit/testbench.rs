//! The self-checking bench: Verilog, stimulus and expected trace that need no goldspike to run.
//!
//! Compared are, for each time step, the set of spikes on the output stream and its TUSER (the order of events within a
//! step is free; of ternary spikes their signs too), and with the probe every bit of every probe beat that belongs to a
//! neuron. The bench prints `PASS n beats` and ends with status 0, or `FAIL` with the first mismatch and ends with
//! another; a run that compared nothing is a `FAIL`.

use std::fmt::Write as _;

use goldspike_golden::event::Sample;
use goldspike_golden::trace::SampleTrace;

use crate::emit::{Bench, EmitError, Emitted, Sink, Stream, core_file, header, slashed};
use crate::engine::Stalls;
use crate::engine::beats::BeatStimulus;
use crate::rtl::{Design, LayerPlan, ProbeLayout};

/// What the bench plays and expects.
#[derive(Clone, Copy, Debug)]
pub struct Expectation<'a> {
    /// Samples, back to back.
    pub samples: &'a [Sample],
    /// Their traces on the golden model: every layer of every step.
    pub traces: &'a [SampleTrace<i64>],
    /// Pauses of all streams.
    pub stalls: Stalls,
}

/// Adds the bench `tb/tb_TOP.v`, its data files, its file list `tb.f` and how to run it.
///
/// `origin` is `(network name, digest, command)` as in the other files.
///
/// # Errors
/// Traces of another shape than samples and design, or no time step at all.
pub fn add(
    emitted: &mut Emitted,
    design: &Design,
    expectation: &Expectation<'_>,
    origin: (&str, &str, &str),
) -> Result<(), EmitError> {
    let stimulus = BeatStimulus::of_samples(design, expectation.samples, expectation.stalls);
    if stimulus.steps() == 0 {
        return Err(EmitError::NoSteps);
    }
    let expected = expected(design, expectation)?;
    let name = format!("tb_{}", design.top.name());
    let header = format!(
        "{}\n\nSelf-checking bench of {}: {} samples, {} time steps, {} input beats, pauses on every stream.\n\
         Run it in the folder above, see README.md there.\n\
         It prints `PASS n beats` and ends with status 0, or `FAIL` \
         with the first mismatch and ends with another.",
        header(origin.0, origin.1, origin.2),
        design.top.name(),
        expectation.samples.len(),
        stimulus.steps(),
        stimulus.beats.len()
    );
    let bench = Bench {
        name: name.clone(),
        header: &header,
        design,
        stimulus: &stimulus,
        folder: "tb/",
    };
    let longest = design.longest_sample.unwrap_or(usize::MAX);
    let mut samples = expectation.samples.iter();
    let too_long = samples.any(|sample| sample.steps.len() > longest);
    let text = bench.text(&Compare { design, too_long });
    let mut files: Vec<(String, String)> = bench.data();
    files.extend(expected);
    files.push((format!("{name}.v"), text));
    emitted.files.extend(
        files
            .into_iter()
            .map(|(name, text)| (format!("tb/{name}").into(), text)),
    );
    let core = core_file::core(emitted, origin.0, Some(&name));
    emitted
        .files
        .insert(format!("{}.core", emitted.top).into(), core);
    let mut list = String::from("// The design and its self-checking bench.\n");
    for path in emitted.rtl() {
        let _ = writeln!(list, "{}", slashed(path));
    }
    let _ = writeln!(list, "tb/{name}.v");
    emitted.files.insert("tb.f".into(), list);
    emitted.files.insert("README.md".into(), readme(&name));
    Ok(())
}

fn readme(name: &str) -> String {
    format!(
        "# Running the self-checking bench\n\n\
         In this folder, with Icarus Verilog:\n\n\
         ```sh\niverilog -g2005 -s {name} -o {name}.vvp -f tb.f && vvp {name}.vvp\n```\n\n\
         or with Verilator 5:\n\n\
         ```sh\nverilator --binary --timing --top-module {name} -f tb.f && obj_dir/V{name}\n```\n\n\
         The bench prints `PASS n beats` and the command ends with status 0, or it prints `FAIL` with the first mismatch and \
         the command ends with another status (1 from Icarus Verilog, an abort from Verilator), so a script or a CI job needs \
         nothing else. Any other simulator is left by `$stop` after a `FAIL`.\n\n\
         It plays the samples that it was made with, with pauses on every stream: it shows that the design arrived whole, \
         not that it is right for every input. `datasheet.md` describes the design.\n"
    )
}

/// Expected words by file: the output as one word a step, a probe as one word a beat.
fn expected(
    design: &Design,
    expectation: &Expectation<'_>,
) -> Result<Vec<(String, String)>, EmitError> {
    if expectation.samples.len() != expectation.traces.len() {
        let (samples, traces) = (expectation.samples.len(), expectation.traces.len());
        return Err(EmitError::Trace(format!(
            "{samples} samples and {traces} traces"
        )));
    }
    let mut output = String::from(if design.output.signed {
        "// one time step a line: {tuser, sign of each spike, spike of each neuron}\n"
    } else {
        "// one time step a line: {tuser, spike of each neuron}\n"
    });
    let mut probes = vec![
        String::from("// one probe beat a line: {tuser, tlast, tdata}\n");
        design.probes.len()
    ];
    for (number, (sample, trace)) in expectation
        .samples
        .iter()
        .zip(expectation.traces)
        .enumerate()
    {
        if sample.steps.len() != trace.steps.len() {
            let (steps, traced) = (sample.steps.len(), trace.steps.len());
            return Err(EmitError::Trace(format!(
                "sample {number} has {steps} steps, its trace {traced}"
            )));
        }
        for (t, step) in trace.steps.iter().enumerate() {
            let place = |layer: usize| format!("sample {number} step {t} layer {layer}");
            if step.layers.len() != design.plans.len() {
                return Err(EmitError::Trace(format!(
                    "sample {number} step {t} has {} layers",
                    step.layers.len()
                )));
            }
            let user = t + 1 == sample.steps.len();
            let last = step.layers.len() - 1;
            let spikes: Vec<bool> = step.layers[last]
                .spikes
                .iter()
                .map(|&spike| spike != 0)
                .collect();
            if spikes.len() != design.plans[last].neurons {
                return Err(EmitError::Trace(format!(
                    "{} has {} spikes",
                    place(last),
                    spikes.len()
                )));
            }
            let mut bits = spikes;
            if design.output.signed {
                bits.extend(step.layers[last].spikes.iter().map(|&spike| spike < 0));
            }
            bits.push(user);
            let _ = writeln!(output, "{}", hex(&bits));
            for (layer, (text, layout)) in probes.iter_mut().zip(&design.probes).enumerate() {
                let plan = &design.plans[layer];
                probe_rows(text, plan, layout, &step.layers[layer], user).ok_or_else(|| {
                    EmitError::Trace(format!("{} has too few values", place(layer)))
                })?;
            }
        }
    }
    let mut files = vec![("expected0.hex".to_owned(), output)];
    files.extend(
        probes
            .into_iter()
            .enumerate()
            .map(|(layer, text)| (format!("expected{}.hex", layer + 1), text)),
    );
    Ok(files)
}

fn probe_rows(
    text: &mut String,
    plan: &LayerPlan,
    layout: &ProbeLayout,
    layer: &goldspike_golden::trace::LayerTrace<i64>,
    user: bool,
) -> Option<()> {
    let lanes = plan.neuron_lanes as usize;
    for row in 0..plan.rows as usize {
        let last = row + 1 == plan.rows as usize;
        let mut bits = Vec::new();
        for neuron in row * lanes..(row + 1) * lanes {
            if neuron >= plan.neurons {
                bits.resize(bits.len() + layout.width() as usize, false);
                continue;
            }
            let spike = i64::from(*layer.spikes.get(neuron)?);
            push_bits(&mut bits, spike, layout.spike.width());
            push_bits(&mut bits, *layer.h.get(neuron)?, layout.h.width());
            for (index, state) in layout.states.iter().enumerate() {
                push_bits(
                    &mut bits,
                    *layer.states.get(index)?.get(neuron)?,
                    state.width(),
                );
            }
        }
        bits.push(last);
        bits.push(last && user);
        let _ = writeln!(text, "{}", hex(&bits));
    }
    Some(())
}

fn push_bits(bits: &mut Vec<bool>, value: i64, width: u32) {
    bits.extend((0..width.min(64)).map(|bit| value >> bit & 1 == 1));
}

/// A hexadecimal number of bits, the lowest bit first.
fn hex(bits: &[bool]) -> String {
    bits.chunks(4)
        .rev()
        .map(|digit| {
            let value = digit
                .iter()
                .rev()
                .fold(0, |value, &bit| value << 1 | u32::from(bit));
            char::from_digit(value, 16).unwrap_or('0')
        })
        .collect()
}

/// Ends the simulation with a status other than 0. `$stop` does so in Verilator; Icarus Verilog asks a person what to do
/// then, unless it was started with `-N`, and has `$fatal` for Verilog-2005 too, which strict simulators may not have.
const STOP_FAILED: &str = "\
task stop_failed;  // ends the simulation with a status other than 0
    begin
        `ifdef __ICARUS__
        $fatal(1);
        `else
        $stop;
        `endif
    end
endtask
";

/// Compares what comes out with the expected words.
struct Compare<'a> {
    design: &'a Design,
    too_long: bool,
}

impl Compare<'_> {
    fn neurons(&self) -> usize {
        self.design.plans[self.design.plans.len() - 1].neurons
    }
}

impl Sink for Compare<'_> {
    fn declarations(&self, streams: &[Stream]) -> String {
        let neurons = self.neurons();
        let (words, signs, negative) = if self.design.output.signed {
            let negative = format!(
                "reg [{}:0] negative;  // those of them that are -1\n",
                neurons - 1
            );
            (2 * neurons, "signs, ", negative)
        } else {
            (neurons, "", String::new())
        };
        let mut text = format!(
            "{STOP_FAILED}integer compared;  // beats that were equal to the golden model\n\
             integer surplus;  // cycles after the last step in which nothing may come\n\
             reg failed;\n\
             reg [{words}:0] expected0 [0:STEPS-1];  // {{tuser, {signs}spikes}}\n\
             reg [{}:0] seen;  // spikes of the current step\n\
             {negative}reg [31:0] address;\n",
            neurons - 1
        );
        for (index, stream) in streams.iter().enumerate().skip(1) {
            let plan = &self.design.plans[index - 1];
            let _ = write!(
                text,
                "reg [{}:0] expected{index} [0:{}*STEPS-1];  // {{tuser, tlast, tdata}}\n\
                 reg [{}:0] word{index};\n\
                 integer at{index};  // probe beats seen\n",
                stream.bits + 1,
                plan.rows,
                stream.bits + 1
            );
        }
        text
    }

    fn setup(&self) -> String {
        let mut text =
            String::from("compared = 0;\nsurplus = 0;\nfailed = 0;\nseen = 0;\naddress = 0;\n");
        if self.design.output.signed {
            text.push_str("negative = 0;\n");
        }
        for index in 0..=self.design.probes.len() {
            let _ = writeln!(
                text,
                "$readmemh(\"tb/expected{index}.hex\", expected{index});"
            );
            if index > 0 {
                let _ = writeln!(text, "at{index} = 0;");
            }
        }
        text
    }

    fn beat(&self, index: usize, stream: &Stream) -> String {
        let p = &stream.prefix;
        let fail = |what: &str, values: &str| {
            format!(
                "if (!failed) $display(\"FAIL {p}: step %0d: {what}\", step{index}{values});\nfailed = 1;\n"
            )
        };
        let indented = |text: &str| {
            text.lines()
                .map(|line| format!("    {line}\n"))
                .collect::<String>()
        };
        if index == 0 {
            let (address, null) = (
                self.design.output.address,
                self.design.output.address + self.design.output.payload,
            );
            let neurons = self.neurons();
            let signed = self.design.output.signed;
            let (signs, take, clear) = if signed {
                (
                    "negative, ",
                    format!(
                        "begin\n\
                         \x20           seen[address] = 1'b1;\n\
                         \x20           negative[address] = {p}_tdata[{address}];\n\
                         \x20       end"
                    ),
                    "        negative = 0;\n",
                )
            } else {
                ("", "seen[address] = 1'b1;".to_owned(), "")
            };
            return format!(
                "if (^{{{p}_tvalid, {p}_tlast, {p}_tdata[{null}]}} === 1'bx || step0 >= STEPS) begin\n{}\
                 end else begin\n\
                 \x20   address = {{{}'d0, {p}_tdata[{}:0]}};\n\
                 \x20   if ({p}_tdata[{null}] === 1'b0) begin\n\
                 \x20       if (address < {neurons} && seen[address] === 1'b0) {take}\n\
                 \x20       else begin\n{}\x20       end\n\
                 \x20   end else if (!{p}_tlast) begin\n{}\
                 \x20   end\n\
                 \x20   if ({p}_tlast) begin\n\
                 \x20       if ({{{p}_tuser, {signs}seen}} !== expected0[step0]) begin\n{}\x20       end\n\
                 \x20       seen = 0;\n{clear}\
                 \x20   end\n\
                 \x20   compared = compared + 1;\n\
                 end\n",
                indented(&fail("a surplus beat, or unknown bits", "")),
                32 - address,
                address - 1,
                indented(&indented(&indented(&fail(
                    "neuron %0d does not exist or fired twice",
                    ", address"
                )))),
                indented(&indented(&fail(
                    "a beat without an event that does not end the step",
                    ""
                ))),
                indented(&indented(&indented(&fail(
                    if signed {
                        "{tuser, signs, spikes} is %b, expected %b"
                    } else {
                        "{tuser, spikes} is %b, expected %b"
                    },
                    &format!(", {{{p}_tuser, {signs}seen}}, expected0[step0]")
                )))),
            );
        }
        let layer = index - 1;
        let plan = &self.design.plans[layer];
        let used = plan.neurons - (plan.rows as usize - 1) * plan.neuron_lanes as usize;
        let used_bits = used * self.design.probes[layer].width() as usize;
        let mut text = format!("word{index} = {{{p}_tuser & {p}_tlast, {p}_tlast, {p}_tdata}};\n");
        if used_bits < stream.bits {
            let _ = writeln!(
                text,
                "if ({p}_tlast) word{index}[{}:{used_bits}] = 0;  // lanes without a neuron",
                stream.bits - 1
            );
        }
        let _ = write!(
            text,
            "if (at{index} >= {0} * STEPS || {p}_tvalid !== 1'b1 || word{index} !== expected{index}[at{index}]) begin\n{1}end\n\
             compared = compared + 1;\nat{index} = at{index} + 1;\n",
            plan.rows,
            indented(&fail(
                "row %0d is %h, expected %h",
                &format!(
                    ", at{index} % {}, word{index}, expected{index}[at{index}]",
                    plan.rows
                )
            ))
        );
        text
    }

    fn hang(&self) -> String {
        "$display(\"FAIL: no beat for %0d cycles after %0d of %0d input beats and %0d of %0d steps\",\n\
         \x20   HANG_CYCLES, beat, BEATS, step0, STEPS);\nstop_failed;\n@(negedge clk_i);\n"
            .to_owned()
    }

    fn end(&self, streams: &[Stream]) -> String {
        let mut text = String::from(
            "while (surplus < 256) begin  // nothing may follow the last step\n    drive;\n    #1 sample;\n    @(negedge clk_i);\n    surplus = surplus + 1;\nend\n",
        );
        let (error, input) = match self.too_long {
            false => ("0", "legal input"),
            true => ("1", "a sample of too many steps"),
        };
        let _ = write!(
            text,
            "if (protocol_error_o !== 1'b{error}) begin\n    if (!failed) $display(\"FAIL: protocol_error_o is %b after {input}\", protocol_error_o);\n    failed = 1;\nend\n"
        );
        let steps: Vec<String> = (0..streams.len())
            .map(|index| format!("step{index} != STEPS"))
            .collect();
        let _ = write!(
            text,
            "if (!failed && (compared == 0 || {})) begin\n    $display(\"FAIL: %0d beats compared, another number of steps than %0d\", compared, STEPS);\n    failed = 1;\nend\n\
             if (failed) stop_failed;\nelse $display(\"PASS %0d beats\", compared);\n$finish;\n",
            steps.join(" || ")
        );
        text
    }
}
