//! `goldspike prove`: neuron units equal the golden step for all inputs, their states stay where the quantizer says, and the
//! control around them loses nothing.

use super::Ending;
use super::console::Console;
use super::errors;
use super::hardware;
use super::input::Source;
use super::options::{LaneArgs, QuantizeArgs};
use super::target::Aim;
use crate::diag::{Diagnostic, codes, did_you_mean, shown};
use crate::engine::tool::Toolbox;
use crate::folder::{self, Kind};
use crate::prove::{
    Claim, ControlClaim, Limits, Property, ProveError, Prover, Solver, Status, WIDTHS, claims,
    control_claims, control_shapes, network_claims,
};
use crate::rtl::Fabric;
use clap::{Args, ValueEnum};
use goldspike_golden::neuron::ModelId;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Prove that neuron units give what the golden model gives, for all inputs.
///
/// Of a model: one property for each combination of its modes, twice: with every constant as an input, and with constants as
/// literals. Of a network: for each layer the unit as it is generated, its general form, and that states stay within the bounds
/// that the unit relies on; and that the control of its design loses, repeats and reorders nothing. `control` is that of
/// standard shapes. Needs Yosys, and yices-smt2 or z3. What the solver cannot decide within its limits is `unknown`, which
/// is no success: the exit code is 2 then, and 1 where a property is refuted.
#[derive(Debug, Args)]
pub struct ProveArgs {
    /// A model of `goldspike models`, or a network folder, quantized folder or embedded name, or `control`.
    #[arg(value_name = "MODEL|NETWORK|QUANT|control")]
    what: String,
    /// Widths of a model's membrane [default: 8].
    #[arg(long, value_name = "BITS", value_delimiter = ',')]
    width: Vec<u32>,
    /// The solver [default: yices where it is installed].
    #[arg(long, value_enum)]
    solver: Option<SolverArg>,
    /// Longest time for one question to the solver, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    timeout: u64,
    /// Most memory for one question to the solver, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 4096)]
    memory: u64,
    /// Device or board for which a network's design is made: its cells decide how buffers and queues are built.
    #[arg(long, value_name = "DEVICE|BOARD")]
    target: Option<String>,
    /// Folder for the golden step of each unit as Verilog (`spec_UNIT.v`), and for the question that is put to the solver
    /// (`spec_UNIT.smt2`); that each module is the golden step is proved, too.
    #[arg(long, value_name = "DIR")]
    spec: Option<PathBuf>,
    #[command(flatten)]
    lanes: LaneArgs,
    #[command(flatten)]
    quantize: QuantizeArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SolverArg {
    /// yices-smt2.
    Yices,
    /// z3.
    Z3,
}

/// What is proved: the key of the JSON, the name, the claims.
struct Subject {
    key: &'static str,
    name: String,
    claims: Vec<Claim>,
    control: Vec<ControlClaim>,
}

/// Runs the verb.
///
/// # Errors
/// Neither a model nor a network, a width that cannot be, flags that do not apply, or a missing tool.
pub fn run(args: &ProveArgs, console: &Console) -> Result<Ending, Diagnostic> {
    let Subject {
        key,
        name,
        mut claims,
        control,
    } = subject(args, console)?;
    if let Some(dir) = &args.spec {
        folder::check(dir, Kind::Specification)
            .map_err(|error| errors::folder(&error, "--spec"))?;
    }
    let toolbox = Toolbox::from_environment();
    let solver = match args.solver {
        Some(SolverArg::Yices) => Solver::Yices,
        Some(SolverArg::Z3) => Solver::Z3,
        None => Solver::installed(&toolbox).map_err(|error| failed(&error))?,
    };
    let limits = Limits {
        time: Duration::from_secs(args.timeout.max(1)),
        memory: args.memory.clamp(1, 1 << 40),
    };
    let prover = Prover::new(toolbox, solver, limits).map_err(|error| failed(&error))?;
    if let Some(dir) = &args.spec {
        let specifications = specified(dir, &prover, &claims, console)?;
        claims.extend(specifications);
    }
    let told = |property: &Property| console.detail(line(property).trim_end());
    let asked = prover
        .ask_all(&claims, console.jobs(), told)
        .and_then(|mut asked| {
            asked.extend(prover.ask_all_control(&control, console.jobs(), told)?);
            Ok(asked)
        });
    let properties = asked.map_err(|error| failed(&error))?;
    if properties.is_empty() {
        return Err(Diagnostic::error(
            &codes::NOTHING_RAN,
            format!("`{name}` has nothing to prove"),
        ));
    }
    console.result(
        || lines(&properties),
        || {
            json!({
                key: name,
                "properties": properties.iter().map(document).collect::<Vec<_>>(),
            })
        },
    );
    let count = |is: fn(&Status) -> bool| properties.iter().filter(|p| is(&p.status)).count();
    let unknown = count(|status| matches!(status, Status::Unknown(_)));
    if unknown > 0 {
        console.note(&format!(
            "{unknown} of {} properties are not decided, which is no proof: try a longer --timeout",
            properties.len()
        ));
    }
    if count(|status| matches!(status, Status::Refuted { .. } | Status::Broken { .. })) > 0 {
        return Ok(Ending::Mismatch);
    }
    Ok(match unknown {
        0 => Ending::Done,
        _ => Ending::Undecided,
    })
}

/// The word for the control of the standard shapes.
const CONTROL: &str = "control";

fn subject(args: &ProveArgs, console: &Console) -> Result<Subject, Diagnostic> {
    let known = || ModelId::ALL.iter().copied();
    if args.what == CONTROL {
        if args.spec.is_some() {
            let message = "--spec is for neuron units: control has no golden step".to_owned();
            return Err(Diagnostic::error(&codes::NOT_APPLICABLE, message)
                .help("leave it out, or name a model or a network"));
        }
        for_networks(args, "the control is that of the standard shapes")?;
        if !args.width.is_empty() {
            let message = "--width is for a model: control has the widths of its plan";
            return Err(
                Diagnostic::error(&codes::NOT_APPLICABLE, message.to_owned()).help("leave it out"),
            );
        }
        let mut control = Vec::new();
        for (name, design) in control_shapes().map_err(|error| failed(&error))? {
            for mut claim in control_claims(&design).map_err(|error| failed(&error))? {
                claim.name = format!("{name}: {}", claim.name);
                control.push(claim);
            }
        }
        return Ok(Subject {
            key: CONTROL,
            name: "standard shapes".to_owned(),
            claims: Vec::new(),
            control,
        });
    }
    if let Some(model) = known().find(|model| model.info().name == args.what) {
        for_networks(args, "a model is proved at its `--width`")?;
        let claims = of_model(model, &args.width)?;
        return Ok(Subject {
            key: "model",
            name: args.what.clone(),
            claims,
            control: Vec::new(),
        });
    }
    let source = match Source::read(Path::new(&args.what), console) {
        Err(_) if !Path::new(&args.what).exists() => {
            let message = format!(
                "there is no neuron model and no network `{}`",
                shown(&args.what)
            );
            let names = known().map(|model| model.info().name);
            return Err(Diagnostic::error(&codes::UNKNOWN_MODEL, message)
                .help(did_you_mean(&args.what, names)));
        }
        source => source?,
    };
    if !args.width.is_empty() {
        let message = "--width is for a model: a network has its widths from the quantizer";
        return Err(
            Diagnostic::error(&codes::NOT_APPLICABLE, message.to_owned())
                .help("leave it out, or give `--membrane-bits`"),
        );
    }
    let integers = source.integers(&args.quantize)?;
    let network = &integers.network;
    let aim = args.target.as_deref().map(Aim::named).transpose()?;
    let fabric = aim.map_or(Fabric::default(), |aim| aim.fabric());
    let design = hardware::design(network, &args.lanes, fabric, false, console)?;
    let claims = network_claims(network, fabric).map_err(|error| failed(&error))?;
    let control = control_claims(&design).map_err(|error| failed(&error))?;
    Ok(Subject {
        key: "network",
        name: source.name().to_owned(),
        claims,
        control,
    })
}

/// Writes the specifications of the claims to `dir`; what is claimed of them.
fn specified(
    dir: &Path,
    prover: &Prover,
    claims: &[Claim],
    console: &Console,
) -> Result<Vec<Claim>, Diagnostic> {
    let mut files: BTreeMap<PathBuf, String> = BTreeMap::new();
    let mut specified = Vec::new();
    for claim in claims {
        let Some(specification) = claim.specification() else {
            continue;
        };
        let name = &specification.verilog.name;
        match prover.questions(claim).map_err(|error| failed(&error))? {
            Err(why) => console.note(&format!("{name}.smt2 is not written: {why}")),
            Ok(questions) => {
                let text = format!(
                    "; {}\n; unsat: it holds\n{}",
                    claim.name,
                    questions.concat()
                );
                files.insert(format!("{name}.smt2").into(), text);
            }
        }
        files.insert(format!("{name}.v").into(), specification.verilog.text);
        specified.push(specification.claim);
    }
    let texts = files.iter();
    let texts = texts.map(|(path, text)| (path.as_path(), text.as_bytes()));
    folder::write(dir, Kind::Specification, texts)
        .map_err(|error| errors::folder(&error, "--spec"))?;
    console.note(&format!(
        "written {} ({} files)",
        dir.display(),
        files.len()
    ));
    Ok(specified)
}

/// Refuses flags that change a network or its design.
fn for_networks(args: &ProveArgs, but: &str) -> Result<(), Diagnostic> {
    let mut given = args.quantize.given();
    given.extend(args.lanes.given());
    given.extend(args.target.iter().map(|_| "--target".to_owned()));
    match given.into_iter().find(|word| word.starts_with("--")) {
        None => Ok(()),
        Some(flag) => {
            let message = format!("{flag} is for a network: {but}");
            Err(Diagnostic::error(&codes::NOT_APPLICABLE, message)
                .help("leave the flag out, or name a network"))
        }
    }
}

fn of_model(model: ModelId, widths: &[u32]) -> Result<Vec<Claim>, Diagnostic> {
    if let Some(width) = widths.iter().find(|&width| !WIDTHS.contains(width)) {
        let message = format!(
            "--width {width}: a membrane has {} to {} bits here",
            WIDTHS.start(),
            WIDTHS.end()
        );
        return Err(
            Diagnostic::error(&codes::BAD_ARGUMENTS, message).help("`--width 8` is proved fastest")
        );
    }
    let widths = if widths.is_empty() { &[8] } else { widths };
    let mut all = Vec::new();
    for &width in widths {
        all.extend(claims(model, width).map_err(|error| failed(&error))?);
    }
    Ok(all)
}

/// A proof that was not tried.
pub(super) fn failed(error: &ProveError) -> Diagnostic {
    match error {
        ProveError::Missing(error) => Diagnostic::error(&codes::TOOL_MISSING, error.to_string())
            .help("`goldspike doctor` lists the tools"),
        error => errors::internal(error),
    }
}

/// A line for each property; what is assumed stands before the first one that assumes it.
fn lines(properties: &[Property]) -> String {
    let mut text = String::new();
    let mut assumed: &[String] = &[];
    for property in properties {
        if property.assumes != assumed {
            assumed = &property.assumes;
            if !assumed.is_empty() {
                text.push_str("assumed\n");
            }
            for words in assumed {
                text.push_str(&format!("         {words}\n"));
            }
        }
        text.push_str(&line(property));
    }
    text
}

/// A property in words.
pub(super) fn line(property: &Property) -> String {
    let (status, rest) = match &property.status {
        Status::Broken { cycle, trace } => {
            let mut text = format!("         not so in cycle {cycle}:\n");
            for line in trace {
                text.push_str(&format!("           {line}\n"));
            }
            ("refuted", text)
        }
        Status::Proved => ("proved", String::new()),
        Status::Unknown(why) => ("unknown", format!("         {why}\n")),
        Status::Refuted { inputs, outputs } => {
            let inputs: Vec<String> = inputs
                .iter()
                .map(|(name, value)| format!("{name} {value}"))
                .collect();
            let outputs: Vec<String> = outputs
                .iter()
                .map(|(name, rtl, golden)| {
                    format!("{name} is {rtl} in the hardware and {golden} in the golden model")
                })
                .collect();
            (
                "refuted",
                format!("         {}: {}\n", inputs.join(", "), outputs.join(", ")),
            )
        }
    };
    format!(
        "{status:<8} {} ({:.1} s)\n{rest}",
        property.name, property.seconds
    )
}

fn document(property: &Property) -> Value {
    let mut document = json!({
        "name": property.name,
        "status": match property.status {
            Status::Proved => "proved",
            Status::Refuted { .. } | Status::Broken { .. } => "refuted",
            Status::Unknown(_) => "unknown",
        },
        "solver": property.solver,
        "seconds": property.seconds,
    });
    if !property.assumes.is_empty() {
        document["assumes"] = json!(property.assumes);
    }
    match &property.status {
        Status::Proved => {}
        Status::Broken { cycle, trace } => {
            document["cycle"] = json!(cycle);
            document["trace"] = json!(trace);
        }
        Status::Unknown(why) => document["reason"] = json!(why),
        Status::Refuted { inputs, outputs } => {
            document["inputs"] = inputs
                .iter()
                .map(|(name, value)| (name.clone(), json!(value.to_string())))
                .collect();
            document["outputs"] = outputs.iter().map(|(name, rtl, golden)| {
                json!({ "name": name, "hardware": rtl.to_string(), "golden": golden.to_string() })
            }).collect();
        }
    }
    document
}
