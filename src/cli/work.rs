//! What a verb works on, shared by those that make hardware: the network, its data, its integers, its lanes.

use super::console::Console;
use super::input::{Integers, Source};
use super::options::{DataArgs, LaneArgs, QuantizeArgs};
use crate::diag::Diagnostic;
use crate::engine::tool::quoted;
use clap::Args;
use std::path::{Path, PathBuf};

/// The network and everything that is said of it. Flattened last: its headings hold for what follows.
#[derive(Clone, Debug, Args)]
pub struct WorkArgs {
    /// Network folder, quantized folder or embedded name.
    #[arg(value_name = "NETWORK|QUANT")]
    network: PathBuf,
    #[command(flatten)]
    pub data: DataArgs,
    #[command(flatten)]
    pub quantize: QuantizeArgs,
    #[command(flatten)]
    pub lanes: LaneArgs,
}

/// Results to compare with.
#[derive(Clone, Debug, Args)]
pub struct AgainstArgs {
    /// A framework's results (.npz) to compare with [default: the embedded ones of an embedded network].
    #[arg(long, value_name = "TRACE.npz")]
    pub against: Option<PathBuf>,
}

impl WorkArgs {
    /// The network as it was named.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.network
    }

    /// The same with other lanes.
    #[must_use]
    pub fn with_lanes(&self, lanes: LaneArgs) -> Self {
        Self {
            lanes,
            ..self.clone()
        }
    }

    /// Reads the network.
    ///
    /// # Errors
    /// Whatever is wrong with it.
    pub fn source(&self, console: &Console) -> Result<Source, Diagnostic> {
        Source::read(&self.network, console)
    }

    /// The integers of the network that was read.
    ///
    /// # Errors
    /// Those of the quantizer; flags that a quantized network ignores.
    pub fn integers(&self, source: &Source) -> Result<Integers, Diagnostic> {
        source.integers(&self.quantize)
    }

    /// All of it as it was given, for a command that does the same again; without `--samples`, which the caller may change.
    #[must_use]
    pub fn given(&self) -> String {
        let network = quoted(&self.network.display().to_string());
        [
            vec![network],
            self.data.given(),
            self.quantize.given(),
            self.lanes.given(),
        ]
        .concat()
        .join(" ")
    }

    /// The command line of `verb` as it stands in generated files: without paths.
    #[must_use]
    pub fn command(&self, verb: &str, name: &str, probe: bool) -> String {
        let mut words = vec!["goldspike".to_owned(), verb.to_owned(), name.to_owned()];
        words.extend(self.quantize.given());
        words.extend(self.lanes.given());
        words.extend(probe.then(|| "--probe".to_owned()));
        words.join(" ")
    }
}
