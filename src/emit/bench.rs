//! The Verilog bench that every simulator of Verilog text uses: it plays beats with pauses and gives each beat that
//! comes out to a sink.
//!
//! One cycle: inputs change after the falling edge of `clk_i`, everything is sampled one time unit later, and the
//! rising edge follows. One cycle of reset comes first; cycle 0 is the one after it. The sink is a Verilog fragment: the
//! engine's writes the beats to a file, the self-checking bench compares them ([`testbench`](crate::emit::testbench)).

use std::fmt::Write as _;

use crate::engine::beats::BeatStimulus;
use crate::rtl::Design;

/// One output stream of a design.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    /// Stem of its ports.
    pub(crate) prefix: String,
    /// Width of TDATA.
    pub(crate) bits: usize,
}

impl Stream {
    /// The output streams: the output, then each probe.
    pub(crate) fn all(design: &Design) -> Vec<Self> {
        let mut streams = vec![Self {
            prefix: "m_axis".to_owned(),
            bits: design.output.tdata_bits() as usize,
        }];
        for (index, (layout, plan)) in design.probes.iter().zip(&design.plans).enumerate() {
            let bits = layout.width() as usize * plan.neuron_lanes as usize;
            streams.push(Self {
                prefix: format!("m_axis_probe{index}"),
                bits,
            });
        }
        streams
    }
}

/// What the bench does with what it sees. Every method returns Verilog, without indentation.
pub(crate) trait Sink {
    /// Declarations of the module.
    fn declarations(&self, streams: &[Stream]) -> String;
    /// Statements before the reset.
    fn setup(&self) -> String;
    /// Statements for a beat taken on stream `index`; `step<index>` still counts the steps before it.
    fn beat(&self, index: usize, stream: &Stream) -> String;
    /// Statements when the design hangs; must end the simulation.
    fn hang(&self) -> String;
    /// Statements after the last cycle; must end the simulation.
    fn end(&self, streams: &[Stream]) -> String;
}

/// A bench to be printed.
pub(crate) struct Bench<'a> {
    /// Name of its module.
    pub(crate) name: String,
    /// Comment lines above it.
    pub(crate) header: &'a str,
    /// What it tests.
    pub(crate) design: &'a Design,
    /// What it plays.
    pub(crate) stimulus: &'a BeatStimulus,
    /// Folder of its data files, with a `/` at its end, or empty.
    pub(crate) folder: &'a str,
}

/// Bits of the gap in a stimulus word.
const GAP_BITS: u32 = 32;

impl Bench<'_> {
    /// Data files by name, without the folder.
    pub(crate) fn data(&self) -> Vec<(String, String)> {
        let mut text = String::from("// one input beat a line: {gap[31:0], tuser, tlast, tdata}\n");
        let bits = self.design.input.tdata_bits();
        let digits = (GAP_BITS + 2 + bits).div_ceil(4) as usize;
        for beat in &self.stimulus.beats {
            let low = u128::from(beat.data) & ((1 << bits) - 1);
            let flags = u128::from(beat.user) << 1 | u128::from(beat.last);
            let word = u128::from(beat.gap) << (bits + 2) | flags << bits | low;
            let _ = writeln!(text, "{word:0digits$x}");
        }
        if self.stimulus.beats.is_empty() {
            text.push_str("0\n");
        }
        let mut files = vec![("stimulus.hex".to_owned(), text)];
        for (index, pattern) in self.stimulus.ready.iter().enumerate() {
            let mut text = String::from("// TREADY by cycle, repeated\n");
            for line in pattern.chunks(64) {
                let bits: Vec<&str> = line
                    .iter()
                    .map(|&ready| if ready { "1" } else { "0" })
                    .collect();
                let _ = writeln!(text, "{}", bits.join(" "));
            }
            files.push((format!("ready{index}.bin"), text));
        }
        if !self.stimulus.image.is_empty() {
            let mut text = String::from("// one word of the image a line: {gap[31:0], tdata}\n");
            for one in self.stimulus.image_words() {
                let _ = writeln!(text, "{:08x}{:08x}", one.gap, one.word);
            }
            files.push(("image.hex".to_owned(), text));
        }
        files
    }

    /// The Verilog text.
    pub(crate) fn text(&self, sink: &dyn Sink) -> String {
        let streams = Stream::all(self.design);
        let mut out = String::new();
        for line in self.header.lines() {
            let _ = writeln!(out, "// {line}");
        }
        out.push_str("`default_nettype none\n");
        let _ = writeln!(out, "module {};", self.name);
        self.declarations(&mut out, &streams);
        push(&mut out, 1, &sink.declarations(&streams));
        self.instance(&mut out, &streams);
        out.push_str("\n    always #5 clk_i = ~clk_i;\n");
        self.drive(&mut out, &streams);
        sample(&mut out, &streams, sink);
        self.play(&mut out, &streams, sink);
        out.push_str("endmodule\n`default_nettype wire\n");
        out
    }

    fn declarations(&self, out: &mut String, streams: &[Stream]) {
        let bits = self.design.input.tdata_bits();
        let beats = self.stimulus.beats.len();
        let _ = writeln!(out, "    localparam BEATS = {beats};  // input beats");
        let _ = writeln!(
            out,
            "    localparam STEPS = {};  // time steps: beats with TLAST",
            self.stimulus.steps()
        );
        let _ = writeln!(
            out,
            "    localparam GAP_LOW = {};  // place of the gap in a stimulus word",
            bits + 2
        );
        let _ = writeln!(
            out,
            "    localparam HANG_CYCLES = {};  // cycles without progress that count as a hang",
            self.stimulus.hang
        );
        for (index, pattern) in self.stimulus.ready.iter().enumerate() {
            let _ = writeln!(
                out,
                "    localparam READY{index} = {};  // length of the TREADY pattern",
                pattern.len()
            );
        }
        out.push_str(
            "\n    reg clk_i;\n    reg rst_i;\n    reg s_axis_tvalid;\n    wire s_axis_tready;\n",
        );
        let _ = writeln!(out, "    reg [{}:0] s_axis_tdata;", bits - 1);
        out.push_str("    reg s_axis_tlast;\n    reg s_axis_tuser;\n    wire protocol_error_o;\n");
        for Stream { prefix, bits } in streams {
            let _ = writeln!(out, "    wire {prefix}_tvalid;\n    reg {prefix}_tready;");
            let _ = writeln!(out, "    wire [{}:0] {prefix}_tdata;", bits - 1);
            let _ = writeln!(out, "    wire {prefix}_tlast;\n    wire {prefix}_tuser;");
        }
        if self.design.load.is_some() {
            out.push_str(
                "    reg s_load_tvalid;\n    wire s_load_tready;\n    reg [31:0] s_load_tdata;\n    reg s_load_tlast;\n\
                 \x20   wire loaded_o;\n    wire [31:0] image_version_o;\n    wire load_error_o;\n    wire [3:0] load_reason_o;\n",
            );
        }
        if !self.stimulus.image.is_empty() {
            let words = self.stimulus.image.len();
            let _ = writeln!(
                out,
                "    localparam IMAGE = {words};  // words of the image\n    reg [63:0] image [0:{}];\n    integer word;  // words of the image taken",
                words - 1
            );
        }
        let _ = writeln!(
            out,
            "\n    reg [{}:0] stimulus [0:{}];",
            GAP_BITS + 1 + bits,
            beats.max(1) - 1
        );
        for (index, stream) in streams.iter().enumerate() {
            let _ = writeln!(out, "    reg ready{index} [0:READY{index}-1];");
            let _ = writeln!(out, "    integer ready{index}_at;  // place in the pattern");
            let _ = writeln!(
                out,
                "    integer step{index};  // steps seen on {}",
                stream.prefix
            );
        }
        out.push_str(
            "    integer cycle;  // cycles since the reset\n\
             \x20   integer beat;  // input beats taken\n\
             \x20   reg [31:0] gap;  // cycles until the next beat is offered\n\
             \x20   integer first_offer;  // cycle of the first beat offered, -1 before\n\
             \x20   integer last_activity;  // cycle of the last beat taken anywhere\n\
             \x20   integer last_progress;  // cycle of the last input beat taken, or end of an expected step\n\
             \x20   integer stalls_input;\n    integer stalls_output;\n    integer stalls_probe;\n",
        );
    }

    fn instance(&self, out: &mut String, streams: &[Stream]) {
        let mut ports: Vec<String> = [
            "clk_i",
            "rst_i",
            "s_axis_tvalid",
            "s_axis_tready",
            "s_axis_tdata",
            "s_axis_tlast",
        ]
        .map(str::to_owned)
        .to_vec();
        ports.push("s_axis_tuser".to_owned());
        for stream in streams {
            for port in ["tvalid", "tready", "tdata", "tlast", "tuser"] {
                ports.push(format!("{}_{port}", stream.prefix));
            }
        }
        ports.push("protocol_error_o".to_owned());
        if self.design.load.is_some() {
            let load = [
                "s_load_tvalid",
                "s_load_tready",
                "s_load_tdata",
                "s_load_tlast",
            ];
            let state = [
                "loaded_o",
                "image_version_o",
                "load_error_o",
                "load_reason_o",
            ];
            ports.extend(load.into_iter().chain(state).map(str::to_owned));
        }
        let lines: Vec<String> = ports
            .iter()
            .map(|port| format!("        .{port}({port})"))
            .collect();
        let _ = writeln!(
            out,
            "\n    {} dut (\n{}\n    );",
            self.design.top.name(),
            lines.join(",\n")
        );
    }

    fn drive(&self, out: &mut String, streams: &[Stream]) {
        let bits = self.design.input.tdata_bits();
        let mut body = format!(
            "s_axis_tvalid = beat < BEATS && gap == 0;\n\
             if (s_axis_tvalid) begin\n\
             \x20   if (first_offer < 0) first_offer = cycle;\n\
             \x20   s_axis_tdata = stimulus[beat][{}:0];\n\
             \x20   s_axis_tlast = stimulus[beat][{bits}];\n\
             \x20   s_axis_tuser = stimulus[beat][{}];\n\
             end\n",
            bits - 1,
            bits + 1
        );
        for (index, stream) in streams.iter().enumerate() {
            let _ = writeln!(
                body,
                "{}_tready = ready{index}[ready{index}_at];\n\
                 ready{index}_at = ready{index}_at == READY{index} - 1 ? 0 : ready{index}_at + 1;",
                stream.prefix
            );
        }
        out.push_str("\n    task drive;\n        begin\n");
        push(out, 3, &body);
        out.push_str("        end\n    endtask\n");
    }

    fn play(&self, out: &mut String, streams: &[Stream], sink: &dyn Sink) {
        let mut body = format!("$readmemh(\"{}stimulus.hex\", stimulus);\n", self.folder);
        for index in 0..streams.len() {
            let _ = writeln!(
                body,
                "$readmemb(\"{}ready{index}.bin\", ready{index});",
                self.folder
            );
            let _ = writeln!(body, "ready{index}_at = 0;\nstep{index} = 0;");
        }
        body.push_str(&sink.setup());
        body.push_str(
            "clk_i = 0;\nrst_i = 1;\ns_axis_tvalid = 0;\ns_axis_tdata = 0;\ns_axis_tlast = 0;\ns_axis_tuser = 0;\n\
             cycle = 0;\nbeat = 0;\ngap = stimulus[0][GAP_LOW +: 32];\nfirst_offer = -1;\nlast_activity = 0;\nlast_progress = 0;\n\
             stalls_input = 0;\nstalls_output = 0;\nstalls_probe = 0;\n",
        );
        for stream in streams {
            let _ = writeln!(body, "{}_tready = 0;", stream.prefix);
        }
        if self.design.load.is_some() {
            body.push_str("s_load_tvalid = 0;\ns_load_tdata = 0;\ns_load_tlast = 0;\n");
        }
        let unfinished: Vec<String> = (0..streams.len())
            .map(|index| format!("step{index} < STEPS"))
            .collect();
        let _ = write!(
            body,
            "@(negedge clk_i);\nrst_i = 0;\n{}\
             while (beat < BEATS || {}) begin\n\
             \x20   drive;\n\x20   #1 sample;\n\
             \x20   if (cycle - last_progress > HANG_CYCLES) begin\n",
            self.load(sink),
            unfinished.join(" || ")
        );
        push(&mut body, 2, &sink.hang());
        body.push_str("    end\n    @(negedge clk_i);\n    cycle = cycle + 1;\nend\n");
        body.push_str(&sink.end(streams));
        out.push_str("\n    initial begin : play\n");
        push(out, 2, &body);
        out.push_str("    end\n");
    }
}

impl Bench<'_> {
    /// Statements that load the image, if there is one; a refused one ends the simulation as a hang does.
    fn load(&self, sink: &dyn Sink) -> String {
        if self.stimulus.image.is_empty() {
            return String::new();
        }
        let mut body = format!(
            "$readmemh(\"{}image.hex\", image);\n\
             for (word = 0; word < IMAGE; word = word + 1) begin\n\
             \x20   s_load_tvalid = 0;\n    repeat (image[word][63:32]) @(negedge clk_i);\n\
             \x20   s_load_tvalid = 1;\n    s_load_tdata = image[word][31:0];\n    s_load_tlast = word == IMAGE - 1;\n\
             \x20   #1;\n    while (s_load_tready !== 1'b1) begin\n        @(negedge clk_i);\n        #1;\n    end\n\
             \x20   @(negedge clk_i);\nend\n\
             s_load_tvalid = 0;\nrepeat (16) @(negedge clk_i);\n\
             if (load_error_o !== 1'b0 || loaded_o !== 1'b1) begin\n",
            self.folder
        );
        push(&mut body, 1, &sink.hang());
        body.push_str("end\n");
        body
    }
}

fn sample(out: &mut String, streams: &[Stream], sink: &dyn Sink) {
    let mut body = String::from(
        "if (s_axis_tvalid) begin\n\
         \x20   if (s_axis_tready === 1'b1) begin\n\
         \x20       beat = beat + 1;\n\
         \x20       if (beat < BEATS) gap = stimulus[beat][GAP_LOW +: 32];\n\
         \x20       last_activity = cycle;\n\
         \x20       last_progress = cycle;\n\
         \x20   end else\n\
         \x20       stalls_input = stalls_input + 1;\n\
         end else if (gap != 0)\n\
         \x20   gap = gap - 1;\n",
    );
    for (index, stream) in streams.iter().enumerate() {
        let prefix = &stream.prefix;
        let stalls = if index == 0 {
            "stalls_output"
        } else {
            "stalls_probe"
        };
        let _ = writeln!(
            body,
            "if ({prefix}_tvalid !== 1'b0) begin\n    if ({prefix}_tready) begin"
        );
        push(&mut body, 2, &sink.beat(index, stream));
        let _ = writeln!(
            body,
            "        if ({prefix}_tlast === 1'b1) begin\n\
             \x20           step{index} = step{index} + 1;\n\
             \x20           if (step{index} <= STEPS) last_progress = cycle;\n\
             \x20       end\n\
             \x20       last_activity = cycle;\n\
             \x20   end else\n\
             \x20       {stalls} = {stalls} + 1;\n\
             end"
        );
    }
    out.push_str("\n    task sample;\n        begin\n");
    push(out, 3, &body);
    out.push_str("        end\n    endtask\n");
}

/// Appends `text`, each line indented by `levels` of four blanks.
fn push(out: &mut String, levels: usize, text: &str) {
    for line in text.lines() {
        if line.is_empty() {
            out.push('\n');
        } else {
            let _ = writeln!(out, "{:1$}{line}", "", levels * 4);
        }
    }
}
