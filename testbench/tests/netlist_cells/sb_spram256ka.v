// Facts about SB_SPRAM256KA of iCE40 UltraPlus, for Yosys' model.
//
// [R] iCE40 SPRAM Usage Guide, Lattice FPGA-TN-02022 (before: TN1314): port table, write mask table, read and write timing.
module bench;
    integer facts = 0;
    task fact(input [15:0] found, input [15:0] expected, input [8*60-1:0] what);
        begin
            facts = facts + 1;
            if (found === expected) $display("held %0d", facts);
            else $display("FAILED %0d %0s: found %h, expected %h", facts, what, found, expected);
        end
    endtask

    reg clk = 0, we = 0, cs = 1, sleep = 0;
    task tick; begin #5 clk = 1; #5 clk = 0; end endtask
    reg [13:0] address = 0;
    reg [15:0] data = 0;
    reg [3:0] mask = 15;
    wire [15:0] q;
    SB_SPRAM256KA memory (.ADDRESS(address), .DATAIN(data), .MASKWREN(mask), .WREN(we), .CHIPSELECT(cs), .CLOCK(clk),
        .STANDBY(1'b0), .SLEEP(sleep), .POWEROFF(1'b1), .DATAOUT(q));

    initial begin
        // [R] 16k words of 16 bits: the first and the last.
        we = 1; address = 14'd0; data = 16'h1234; tick; address = 14'h3FFF; data = 16'hABCD; tick; we = 0;
        address = 14'd0; tick; fact(q, 16'h1234, "the first word, after one edge");
        address = 14'h3FFF; #1 fact(q, 16'h1234, "not before the edge"); tick; fact(q, 16'hABCD, "the last word");
        // [R] A mask bit writes four bits.
        we = 1; mask = 4'b0010; data = 16'h5555; tick; we = 0; tick; fact(q, 16'hAB5D, "bits 7 to 4 alone");
        we = 1; mask = 4'b1001; data = 16'h7777; tick; we = 0; tick; fact(q, 16'h7B57, "the outer ones");
        // [R] Without CHIPSELECT it neither reads nor writes.
        cs = 0; address = 14'd0; we = 1; mask = 15; data = 16'hFFFF; tick; we = 0; tick; fact(q, 16'h7B57, "not selected");
        cs = 1; tick; fact(q, 16'h1234, "and not written");
        // [R] SLEEP forces the output to 0.
        sleep = 1; #1 fact(q, 16'd0, "asleep");
        $display("end of bench");
    end
endmodule
