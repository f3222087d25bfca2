//! Verilog names: what a designer may use.

/// A port name without its direction suffix.
pub(crate) fn local_stem(port: &str) -> &str {
    port.strip_suffix("_i")
        .or_else(|| port.strip_suffix("_o"))
        .filter(|s| !s.is_empty())
        .unwrap_or(port)
}

/// Whether `name` is a plain Verilog-2005 identifier and neither a keyword of Verilog nor of SystemVerilog.
pub(crate) fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.len() <= 200
        && !KEYWORDS.split_ascii_whitespace().any(|k| k == name)
}

/// Keywords of IEEE 1364-2005, and the SystemVerilog ones that a simulator may reserve.
const KEYWORDS: &str = "
    always always_comb always_ff always_latch and assert assign assume automatic before begin bind
    bit break buf bufif0 bufif1 byte case casex casez cell chandle checker class clocking cmos
    config const constraint context continue cover cross deassign default defparam design disable
    dist do edge else end endcase endclass endconfig endfunction endgenerate endinterface endmodule
    endpackage endprimitive endprogram endproperty endsequence endspecify endtable endtask enum
    event expect export extends extern final first_match for force foreach forever fork forkjoin
    function generate genvar global highz0 highz1 if iff ifnone ignore_bins implements implies
    import incdir include initial inout input inside instance int integer interface intersect join
    join_any join_none large let liblist library local localparam logic longint macromodule matches
    medium modport module nand negedge new nmos nor noshowcancelled not notif0 notif1 null or
    output package packed parameter pmos posedge primitive priority program property protected
    pull0 pull1 pulldown pullup pulsestyle_ondetect pulsestyle_onevent pure rand randc randcase
    randsequence rcmos real realtime ref reg release repeat restrict return rnmos rpmos rtran
    rtranif0 rtranif1 scalared sequence shortint shortreal showcancelled signed small soft solve
    specify specparam static string strong strong0 strong1 struct super supply0 supply1
    sync_accept_on sync_reject_on table tagged task this throughout time timeprecision timeunit
    tran tranif0 tranif1 tri tri0 tri1 triand trior trireg type typedef union unique unique0
    unsigned until untyped use uwire var vectored virtual void wait wait_order wand weak weak0
    weak1 while wildcard wire with within wor xnor xor
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_and_paths_are_no_names() {
        for wrong in ["reg", "1a", "a.b", "", "xor", "a$b", "logic"] {
            assert!(!is_identifier(wrong), "{wrong}");
        }
        assert!(is_identifier("a_1") && is_identifier("_x"));
        assert_eq!(
            (local_stem("x_i"), local_stem("_o"), local_stem("y")),
            ("x", "_o", "y")
        );
    }
}
