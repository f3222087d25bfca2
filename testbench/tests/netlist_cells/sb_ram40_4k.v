// Facts about SB_RAM40_4K of iCE40, for Yosys' model: weights are read out of it in the netlist and in the bitstream.
//
// [M] Memory Usage Guide for iCE40 Devices, Lattice FPGA-TN-02002 (before: TN1250): block RAM configurations, ports, masks.
// [L] SBT iCE Technology Library, Lattice: SB_RAM40_4K, INIT_0 to INIT_F, READ_MODE and WRITE_MODE.
module bench;
    integer facts = 0;
    task fact(input [15:0] found, input [15:0] expected, input [8*60-1:0] what);
        begin
            facts = facts + 1;
            if (found === expected) $display("held %0d", facts);
            else $display("FAILED %0d %0s: found %h, expected %h", facts, what, found, expected);
        end
    endtask

    reg clk = 0, we = 0, re = 1, rclke = 1, wclke = 1;
    task tick; begin #5 clk = 1; #5 clk = 0; end endtask
    reg [10:0] ra = 0, wa = 0;
    reg [15:0] data = 0, mask = 0;
    wire [15:0] q;
    SB_RAM40_4K #(.INIT_0({224'd0, 16'hBEEF, 16'h0102}), .INIT_F({16'hC0DE, 240'd0})) memory (.RDATA(q), .RCLK(clk), .RCLKE(rclke),
        .RE(re), .RADDR(ra), .WCLK(clk), .WCLKE(wclke), .WE(we), .WADDR(wa), .MASK(mask), .WDATA(data));

    initial begin
        // [L] 256 words of 16 bits, sixteen of them in an INIT, the first in its low bits.
        tick; fact(q, 16'h0102, "word 0");
        ra = 1; #1 fact(q, 16'h0102, "not before the edge"); tick; fact(q, 16'hBEEF, "word 1");
        ra = 255; tick; fact(q, 16'hC0DE, "word 255");
        // [M] RE and RCLKE: the output holds.
        ra = 0; re = 0; tick; fact(q, 16'hC0DE, "held without RE"); re = 1; rclke = 0; tick; fact(q, 16'hC0DE, "held without RCLKE");
        rclke = 1;
        // [M] A mask bit of 1 keeps its bit.
        we = 1; wa = 1; data = 16'h0000; mask = 16'h00FF; tick; we = 0; ra = 1; tick; fact(q, 16'h00EF, "the high byte alone");
        // [M] WE and WCLKE: nothing is written.
        wa = 1; mask = 0; data = 16'hFFFF; tick; tick; fact(q, 16'h00EF, "not without WE");
        we = 1; wclke = 0; tick; tick; fact(q, 16'h00EF, "not without WCLKE");
        $display("end of bench");
    end
endmodule
