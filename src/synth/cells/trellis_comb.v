// Half of a slice of ECP5 as nextpnr places it: a look-up table with what it can be made into, and the multiplexer behind it.
//
// Written from: ECP5 and ECP5-5G Family Data Sheet (Lattice FPGA-DS-02012), "PFU Blocks", "Slice" and "Modes of Operation";
// Project Trellis, "Slice" (the words K0.INIT and K1.INIT, CCU2.INJECT1, and which wire is what in a distributed memory).
//
// - LOGIC: F is bit {D, C, B, A} of INITVAL.
// - CCU2: one bit of a carry chain. F is the table's bit, exclusive-or FCI; FCO is FCI where the table's bit is 1, else bit {B, A} of
//   INITVAL. With CCU2_INJECT1 "YES" neither takes part: F is the table's bit, and FCO is 0 where that is 0.
// - DPRAM: 16 bits. F is bit {D, C, B, A} at once; with WRE, WD goes at the edge of WCK to bit {WAD0, WAD2, WAD1, WAD3}.
// - RAMW_BLOCK: what is left of a slice whose inputs write a distributed memory: F is not used.
// - OFX: in the lower half (K 0) F1, the upper half's F, where M is 1, else F; in the upper half (K 1) FXB where M is 1, else FXA.
//
// The emitted netlist gives a value to every input; which, for those that the routed design leaves open, is decided there.
module TRELLIS_COMB (
    input  wire A, B, C, D, M,
    input  wire FCI, F1, FXA, FXB,
    input  wire WD, WAD3, WAD2, WAD1, WAD0, WRE, WCK,
    output wire F, FCO, OFX
);
    parameter MODE = "LOGIC";
    parameter [15:0] INITVAL = 16'd0;
    parameter CCU2_INJECT1 = "NO";
    parameter K = 0;

    wire [3:0] selected = {D, C, B, A};
    generate
        if (MODE == "CCU2") begin : g_carry
            wire bit4 = INITVAL[selected];
            wire bit2 = INITVAL[{2'b00, B, A}];
            wire chained = CCU2_INJECT1 == "NO";
            assign F = bit4 ^ (chained & FCI);
            assign FCO = bit4 ? FCI : chained & bit2;
        end else if (MODE == "DPRAM") begin : g_memory
            reg [15:0] kept = INITVAL;
            always @(posedge WCK) if (WRE) kept[{WAD0, WAD2, WAD1, WAD3}] <= WD;
            assign F = kept[selected];
            assign FCO = 1'b0;
        end else begin : g_logic
            assign F = INITVAL[selected];
            assign FCO = 1'b0;
        end
    endgenerate
    assign OFX = K == 0 ? (M ? F1 : F) : (M ? FXB : FXA);
endmodule
