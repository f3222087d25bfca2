// Flip-flop of a slice of ECP5 as nextpnr places it.
//
// Written from: ECP5 and ECP5-5G Family Data Sheet (Lattice FPGA-DS-02012), "Slice", table of signals and "PFU" register options;
// Project Trellis, "Slice" (REG.SD, REG.REGSET, CEMUX, CLKMUX, LSRMUX, SRMODE).
//
// - The input is DI, the table of its half, where SD is 1, else M.
// - It starts, and is set by LSR, to 1 where REGSET is "SET", else to 0.
// - LSR acts at once ("ASYNC"), or at the edge, enabled or not ("LSR_OVER_CE").
// - CEMUX, CLKMUX, LSRMUX: "INV" inverts; CEMUX "1" is always enabled, "0" never.
module TRELLIS_FF (input wire CLK, LSR, CE, DI, M, output reg Q);
    parameter SD = 0;
    parameter REGSET = "RESET";
    parameter SRMODE = "LSR_OVER_CE";
    parameter [23:0] CEMUX = "CE";
    parameter CLKMUX = "CLK";
    parameter LSRMUX = "LSR";

    localparam START = REGSET == "SET";
    wire clock = CLK ^ (CLKMUX == "INV");
    wire set = LSR ^ (LSRMUX == "INV");
    wire enable = CEMUX == "1" ? 1'b1 : CEMUX == "0" ? 1'b0 : CE ^ (CEMUX == "INV");
    wire d = SD == 1 ? DI : M;
    initial Q = START;
    generate
        if (SRMODE == "ASYNC") begin : g_at_once
            always @(posedge clock or posedge set)
                if (set) Q <= START;
                else if (enable) Q <= d;
        end else begin : g_set_first
            always @(posedge clock)
                if (set) Q <= START;
                else if (enable) Q <= d;
        end
    endgenerate
endmodule
