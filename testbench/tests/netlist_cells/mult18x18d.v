// Facts about MULT18X18D of ECP5.
//
// [S] ECP5 and ECP5-5G sysDSP Usage Guide, Lattice FPGA-TN-02205 (before: TN1267): primitive MULT18X18D, its ports and
//     attributes REG_*_CLK, REG_*_CE, REG_*_RST, RESETMODE.
// [D] ECP5 and ECP5-5G Family Data Sheet, Lattice FPGA-DS-02012: "sysDSP Slice", signed and unsigned operands.
module bench;
    integer facts = 0;
    task fact(input [36:0] found, input [36:0] expected, input [8*60-1:0] what);
        begin
            facts = facts + 1;
            if (found === expected) $display("held %0d", facts);
            else $display("FAILED %0d %0s: found %h, expected %h", facts, what, found, expected);
        end
    endtask

    reg clk = 0, ce = 1, rst = 0;
    task tick; begin #5 clk = 1; #5 clk = 0; end endtask

    reg [17:0] a = 0, b = 0, c = 0, sria = 0, srib = 0;
    reg signeda = 0, signedb = 0, sourcea = 0, sourceb = 0;
    wire [35:0] p, piped;
    wire [17:0] roa, rob, roc, sroa, srob, piped_a;
    wire signedp;
    // No registers.
    MULT18X18D plain (.SIGNEDA(signeda), .SIGNEDB(signedb), .SOURCEA(sourcea), .SOURCEB(sourceb),
        .CLK0(clk), .CLK1(1'b0), .CLK2(1'b0), .CLK3(1'b0), .CE0(ce), .CE1(1'b0), .CE2(1'b0), .CE3(1'b0),
        .RST0(rst), .RST1(1'b0), .RST2(1'b0), .RST3(1'b0), @BUS A a 18@, @BUS B b 18@, @BUS C c 18@,
        @BUS SRIA sria 18@, @BUS SRIB srib 18@, @BUS ROA roa 18@, @BUS ROB rob 18@, @BUS ROC roc 18@,
        @BUS SROA sroa 18@, @BUS SROB srob 18@, @BUS P p 36@, .SIGNEDP(signedp));
    // All registers, each on another clock pin, enable and reset than its default.
    MULT18X18D #(.REG_INPUTA_CLK("CLK1"), .REG_INPUTA_CE("CE2"), .REG_INPUTA_RST("RST3"),
        .REG_INPUTB_CLK("CLK1"), .REG_INPUTB_CE("CE2"), .REG_INPUTB_RST("RST3"),
        .REG_PIPELINE_CLK("CLK1"), .REG_PIPELINE_CE("CE2"), .REG_PIPELINE_RST("RST3"),
        .REG_OUTPUT_CLK("CLK1"), .REG_OUTPUT_CE("CE2"), .REG_OUTPUT_RST("RST3"))
        full (.SIGNEDA(signeda), .SIGNEDB(signedb), .SOURCEA(sourcea), .SOURCEB(sourceb),
        .CLK0(1'b0), .CLK1(clk), .CLK2(1'b0), .CLK3(1'b0), .CE0(1'b0), .CE1(1'b0), .CE2(ce), .CE3(1'b0),
        .RST0(1'b1), .RST1(1'b1), .RST2(1'b1), .RST3(rst), @BUS A a 18@, @BUS B b 18@, @BUS C c 18@,
        @BUS SRIA sria 18@, @BUS SRIB srib 18@, @BUS ROA piped_a 18@, @BUS P piped 36@);

    initial begin
        // [D] Unsigned: 18 x 18 to 36 bits.
        a = 18'h3FFFF; b = 18'h3FFFF; #1 fact(p, 36'hFFFF80001, "262143 squared");
        fact(signedp, 1'b0, "unsigned product");
        // [D] Both signed: -1 * -1, and the most negative squared, 2^34.
        signeda = 1; signedb = 1; #1 fact(p, 36'd1, "-1 * -1"); fact(signedp, 1'b1, "signed product");
        a = 18'h20000; b = 18'h20000; #1 fact(p, 36'h400000000, "-131072 squared");
        a = 18'h20000; b = 18'h1FFFF; #1 fact(p, 36'hC00020000, "-131072 * 131071");
        // [S] Signs by operand: -1 * 262143 and 262143 * -1.
        a = 18'h3FFFF; b = 18'h3FFFF; signedb = 0; #1 fact(p, 36'hFFFFC0001, "-1 * 262143");
        signeda = 0; signedb = 1; #1 fact(p, 36'hFFFFC0001, "262143 * -1"); fact(signedp, 1'b1, "one of them signed");
        // [S] The shift inputs, and the operands on their outputs.
        signedb = 0; sria = 18'd1000; srib = 18'd77; sourcea = 1; #1 fact(p, 36'd262143000, "SRIA * B");
        sourceb = 1; #1 fact(p, 36'd77000, "SRIA * SRIB");
        fact(sroa, 18'd1000, "SROA"); fact(srob, 18'd77, "SROB");
        sourcea = 0; sourceb = 0; c = 18'd5; #1 fact(roa, 18'h3FFFF, "ROA"); fact(roc, 18'd5, "ROC");
        // [S] Three registers in a row: the product is there after three edges, not after two.
        signeda = 1; signedb = 1; a = -18'sd3; b = 18'sd50; tick;
        fact(piped_a, 18'h3FFFD, "the operand after one edge");
        a = 18'd9; b = 18'd9; signeda = 0; signedb = 0; tick; fact(piped == 36'hFFFFFFF6A, 1'b0, "not after two edges");
        tick; fact(piped, 36'hFFFFFFF6A, "-150 after three edges");
        tick; fact(piped, 36'd81, "81 an edge later");
        // [S] Without its enable everything holds.
        ce = 0; a = 18'd2; b = 18'd2; tick; tick; tick; fact(piped, 36'd81, "held"); ce = 1;
        // [S] Reset at the edge (SYNC).
        rst = 1; #1 fact(piped, 36'd81, "synchronous reset waits"); tick; fact(piped, 36'd0, "reset"); rst = 0;
        tick; tick; tick; fact(piped, 36'd4, "and on again");
        $display("end of bench");
    end
endmodule
