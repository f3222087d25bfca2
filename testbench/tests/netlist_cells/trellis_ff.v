// Facts about TRELLIS_FF, the flip-flop of ECP5's slices as nextpnr places it.
//
// [D] ECP5 and ECP5-5G Family Data Sheet, Lattice FPGA-DS-02012: "Slice", signals and register options.
// [T] Project Trellis, "Slice": SD, REGSET, CEMUX, CLKMUX, LSRMUX, SRMODE.
module bench;
    integer facts = 0;
    task fact(input found, input expected, input [8*60-1:0] what);
        begin
            facts = facts + 1;
            if (found === expected) $display("held %0d", facts);
            else $display("FAILED %0d %0s: found %b, expected %b", facts, what, found, expected);
        end
    endtask

    reg clk = 0, lsr = 0, ce = 0, di = 0, m = 0;
    wire by_m, by_di, preset, at_once, inverted, falling, active_low;
    TRELLIS_FF #(.SD(0), .CEMUX("1")) u_m (.CLK(clk), .LSR(lsr), .CE(1'b0), .DI(di), .M(m), .Q(by_m));
    TRELLIS_FF #(.SD(1), .CEMUX("CE")) u_di (.CLK(clk), .LSR(lsr), .CE(ce), .DI(di), .M(m), .Q(by_di));
    TRELLIS_FF #(.SD(1), .CEMUX("CE"), .REGSET("SET")) u_set (.CLK(clk), .LSR(lsr), .CE(ce), .DI(di), .M(m), .Q(preset));
    TRELLIS_FF #(.SD(1), .CEMUX("1"), .SRMODE("ASYNC")) u_once (.CLK(clk), .LSR(lsr), .CE(ce), .DI(di), .M(m), .Q(at_once));
    TRELLIS_FF #(.SD(1), .CEMUX("INV")) u_inv (.CLK(clk), .LSR(1'b0), .CE(ce), .DI(di), .M(m), .Q(inverted));
    TRELLIS_FF #(.SD(1), .CEMUX("1"), .CLKMUX("INV")) u_fall (.CLK(clk), .LSR(1'b0), .CE(ce), .DI(di), .M(m), .Q(falling));
    TRELLIS_FF #(.SD(1), .CEMUX("1"), .LSRMUX("INV")) u_low (.CLK(clk), .LSR(lsr), .CE(ce), .DI(di), .M(m), .Q(active_low));

    initial begin
        #1;
        // [D] After configuration a flip-flop holds what it is reset to.
        fact(by_di, 0, "starts at 0"); fact(preset, 1, "starts at 1 where REGSET is SET");
        // [T] SD 0 takes M, SD 1 the table's output; without CE nothing is taken.
        di = 0; m = 1; ce = 0; lsr = 1; #1 lsr = 0; #1 clk = 1; #1;
        fact(by_m, 1, "M is taken, always enabled"); fact(by_di, 0, "not enabled"); fact(preset, 1, "not enabled, set");
        clk = 0; #1 di = 1; m = 0; ce = 1; #1 clk = 1; #1;
        fact(by_m, 0, "M is 0"); fact(by_di, 1, "the table's output"); fact(inverted, 0, "INV: enabled by 0");
        clk = 0; #1 ce = 0; #1 clk = 1; #1 fact(inverted, 1, "and taken with it");
        // [D] The edge.
        clk = 0; #1 di = 0; #1 clk = 1; #1 fact(falling, 1, "not at the rising edge"); clk = 0; #1 fact(falling, 0, "at the falling edge");
        // [D] LSR at the edge, before the enable; at once where SRMODE is ASYNC.
        di = 1; ce = 1; #1 clk = 1; #1 clk = 0; #1;
        fact(by_di, 1, "1 before"); fact(at_once, 1, "1 before");
        ce = 0; lsr = 1; #1;
        fact(by_di, 1, "LSR waits for the edge"); fact(at_once, 0, "LSR at once");
        clk = 1; #1;
        fact(by_di, 0, "LSR at the edge without enable"); fact(preset, 1, "LSR sets"); fact(at_once, 0, "LSR holds");
        // [T] LSRMUX INV: active at 0.
        clk = 0; #1 clk = 1; #1 fact(active_low, 1, "LSR 1 is not active"); clk = 0; lsr = 0; #1 clk = 1; #1;
        fact(active_low, 0, "LSR 0 is");
        di = 0; ce = 1; clk = 0; #1 clk = 1; #1 fact(preset, 0, "and 0 is taken without LSR");
        $display("end of bench");
    end
endmodule
