//! Every code that a message can carry, in one table.
//!
//! `GS01xx` files and the text of net.json, `GS02xx` the network described there, `GS03xx` its tensors,
//! `GS04xx` data sets and traces, `GS10xx` synthesis, `GS11xx` boards, `GS12xx` evidence. Each code has at least one stored message in `testbench/bad-input/`. A code is
//! never used again for another meaning.

/// One kind of message.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Code {
    /// `GS` and four digits.
    pub id: &'static str,
    /// One line: what it means.
    pub meaning: &'static str,
    /// Exit code of a command that stops here: 1 a mismatch was found, 2 bad arguments, input or missing tool.
    pub exit: u8,
}

macro_rules! codes {
    ($($name:ident $id:literal exit $exit:literal $meaning:literal;)*) => {
        $(#[doc = $meaning] pub static $name: Code = Code { id: $id, meaning: $meaning, exit: $exit };)*
        /// The table, in the order of the numbers.
        pub static ALL: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    FILE_MISSING "GS0101" exit 2 "a file or folder is missing";
    FILE_UNREADABLE "GS0102" exit 2 "a file cannot be read";
    FILE_TOO_LARGE "GS0103" exit 2 "a file is larger than goldspike reads";
    NOT_UTF8 "GS0104" exit 2 "a text file is not UTF-8";
    NOT_JSON "GS0105" exit 2 "net.json is not JSON, or ends too early";
    WRONG_FORMAT "GS0106" exit 2 "net.json is of another format or version";
    UNKNOWN_EXAMPLE "GS0107" exit 2 "there is no file and no embedded network of this name";
    NIR_UNSUPPORTED "GS0108" exit 2 "this version does not read NIR files";

    WRONG_TYPE "GS0201" exit 2 "a field has a value of the wrong JSON type";
    UNKNOWN_KEY "GS0202" exit 2 "a key is unknown";
    MISSING_KEY "GS0203" exit 2 "a required key is missing";
    DUPLICATE_KEY "GS0204" exit 2 "a key is given twice";
    UNKNOWN_VALUE "GS0205" exit 2 "a field has none of the values it can have";
    OUT_OF_RANGE "GS0206" exit 2 "a number is outside its range";
    BAD_NAME "GS0207" exit 2 "a name has other characters than letters, digits, `_`, `-` and `.`";
    DUPLICATE_NAME "GS0208" exit 2 "two layers have the same name";
    UNKNOWN_OP "GS0209" exit 2 "an op is unknown";
    UNKNOWN_KIND "GS0210" exit 2 "a neuron kind is unknown";
    UNSUPPORTED "GS0211" exit 2 "the format defines this, and this version cannot run it";
    LAYER_SHAPE "GS0212" exit 2 "the shapes of two layers do not match";
    NO_LAYERS "GS0213" exit 2 "the network has no layers, or a layer has no neurons";
    CONFLICT "GS0214" exit 2 "two keys contradict each other";

    TENSORS_UNREADABLE "GS0301" exit 2 "net.safetensors is damaged or ends too early";
    TENSOR_MISSING "GS0302" exit 2 "a tensor is not in net.safetensors";
    TENSOR_SHAPE "GS0303" exit 2 "a tensor has the wrong shape";
    TENSOR_TYPE "GS0304" exit 2 "a tensor has an element type that is not a real number";
    TENSOR_NOT_FINITE "GS0305" exit 2 "a tensor holds NaN or an infinity";
    TENSOR_UNUSED "GS0306" exit 2 "a tensor is in net.safetensors and net.json does not use it";
    NOT_ON_GRID "GS0307" exit 2 "a weight is not a multiple of the step that `weight_quant` names";

    NPZ_UNREADABLE "GS0401" exit 2 "an .npz file is damaged or ends too early";
    ARRAY_MISSING "GS0402" exit 2 "an array is not in the .npz file";
    ARRAY_SHAPE "GS0403" exit 2 "an array has the wrong shape";
    ARRAY_TYPE "GS0404" exit 2 "an array has the wrong element type";
    ARRAY_VALUE "GS0405" exit 2 "an array holds a value outside its range";
    DATA_SHAPE "GS0406" exit 2 "the samples do not have the length that the network's encoding takes";
    DATA_RANGE "GS0407" exit 2 "a sample holds a value above the encoding's maximum";
    NO_SAMPLES "GS0408" exit 2 "the data set has no samples";
    TRACE_MISMATCH "GS0409" exit 2 "the framework's trace is of another network";

    QUANT_OPTION "GS0501" exit 2 "a quantization option is outside its range";
    QUANT_SHAPE "GS0502" exit 2 "a described network has vectors of the wrong length";
    QUANT_VALUE "GS0503" exit 2 "a described network has a number outside its range";
    NO_BINARY_FORM "GS0504" exit 2 "weights that are all zeros have no one-bit form";
    THRESHOLD_BELOW_LSB "GS0505" exit 2 "a threshold is below one LSB of the membrane";
    MEMBRANE_TOO_NARROW "GS0506" exit 2 "the membrane is too narrow for a constant";
    OUT_OF_SCALE "GS0507" exit 2 "a constant is too large for its LSB";
    SUM_TOO_WIDE "GS0508" exit 2 "a synaptic sum needs more bits than are kept";
    NO_LSB "GS0509" exit 2 "the numbers of a layer are too small or too large for an LSB";
    NOT_EXACT "GS0510" exit 2 "a value cannot be exact";
    EXACT_TOO_WIDE "GS0511" exit 2 "exact arithmetic needs a wider membrane than allowed";
    QUANT_MODE "GS0512" exit 2 "a model does not have a switch as it is set";
    TABLE_SCALES "GS0513" exit 2 "the neurons of a layer with a table have weight scales of their own";
    NO_EXACT_TABLE "GS0514" exit 2 "a neuron's curve has no exact table";
    QUANT_INVALID "GS0521" exit 2 "an integer network breaks the arithmetic contract";
    FOLDER_FILE "GS0522" exit 2 "a file of a goldspike folder cannot be read or written";
    QUANT_DAMAGED "GS0523" exit 2 "a stored integer network is damaged";
    QUANT_DIGEST "GS0524" exit 2 "a stored integer network was edited: its digest is another one";
    NOT_OURS "GS0525" exit 2 "the output folder holds something that goldspike did not make";
    NOT_A_FOLDER "GS0526" exit 2 "the output path is a file";

    BAD_ARGUMENTS "GS0601" exit 2 "the command line is not understood";
    NO_DATA "GS0602" exit 2 "a data set is needed and none is given";
    NOT_IN_THIS_VERSION "GS0603" exit 2 "this version does not have this yet";
    NOT_APPLICABLE "GS0604" exit 2 "a flag does not apply to what is given";
    NOTHING_RAN "GS0605" exit 2 "nothing was run, which is never a pass";
    UNKNOWN_MODEL "GS0606" exit 2 "there is no neuron model of this name";
    OUTPUT_UNWRITABLE "GS0607" exit 2 "results cannot be written";
    INTERNAL "GS0608" exit 2 "an internal error of goldspike: please report it";

    LANE_COUNT "GS0701" exit 2 "a list of lanes has another length than the network";
    LANE_RANGE "GS0702" exit 2 "a layer cannot have this number of lanes";
    BANKS "GS0703" exit 2 "an event buffer has too few banks";
    NO_IMAGE "GS0704" exit 2 "a network has no image for a design: it is of another shape";

    ENGINE_BUILD "GS0801" exit 2 "an engine refused the design";
    TOOL_MISSING "GS0802" exit 2 "an engine or synthesis needs a tool that is not installed";
    HANG "GS0803" exit 1 "the design hangs";
    PROTOCOL "GS0804" exit 1 "the design broke the event protocol";
    STIMULUS "GS0805" exit 2 "the golden model refused the stimulus";
    STALE_ENTRY "GS0806" exit 2 "a compiled simulation in the cache is not what it was when it was made";

    NO_SUCH_WINDOW "GS0901" exit 2 "a waveform is asked for of a sample or of steps that are not there";

    UNKNOWN_TARGET "GS1001" exit 2 "there is no device of this name";
    SYNTH_TOOL "GS1002" exit 2 "a synthesis tool failed, or said what is not understood";
    OTHER_CIRCUIT "GS1003" exit 1 "synthesis gives another circuit than the described one";
    TOO_LARGE "GS1004" exit 2 "the design is larger than the device";
    TIMING "GS1005" exit 1 "the design misses the clock rate that was asked for";
    UNPINNED "GS1006" exit 2 "a file of pins leaves a port without a pin";
    OTHER_DEVICE "GS1007" exit 2 "a bitstream is for another device";
    NOT_DISASSEMBLED "GS1008" exit 2 "a bitstream holds blocks that cannot be simulated from it";

    BOARD "GS1101" exit 2 "a board's folder is not complete, or its board.toml is broken";

    EVIDENCE "GS1201" exit 2 "a folder has no evidence, or its report cannot be read";
}

/// The code with this number, if the table has it.
#[must_use]
pub fn find(id: &str) -> Option<&'static Code> {
    ALL.iter().copied().find(|code| code.id == id)
}
