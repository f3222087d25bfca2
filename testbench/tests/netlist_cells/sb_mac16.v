// Facts about SB_MAC16 of iCE40 UltraPlus, for Yosys' model.
//
// [F] DSP Function Usage Guide for iCE40 Devices, Lattice FPGA-TN-02007 (before: TN1295): functional diagram, parameter table.
// [L] SBT iCE Technology Library, Lattice: SB_MAC16, configurations "16x16 multiplier" and "8x8 multiplier".
module bench;
    integer facts = 0;
    task fact(input [31:0] found, input [31:0] expected, input [8*60-1:0] what);
        begin
            facts = facts + 1;
            if (found === expected) $display("held %0d", facts);
            else $display("FAILED %0d %0s: found %h, expected %h", facts, what, found, expected);
        end
    endtask

    reg clk = 0, ce = 1, orst = 0;
    task tick; begin #5 clk = 1; #5 clk = 0; end endtask
    reg [15:0] a = 0, b = 0, c = 0, d = 0;
    wire [31:0] unsigned_o, signed_o, reg_o, both_o, acc_o, eight_o;

    // Output 3: the 16x16 product.
    SB_MAC16 #(.TOPOUTPUT_SELECT(2'd3), .BOTOUTPUT_SELECT(2'd3)) u_unsigned (.CLK(clk), .CE(ce), .A(a), .B(b), .C(c), .D(d),
        .AHOLD(1'b0), .BHOLD(1'b0), .CHOLD(1'b0), .DHOLD(1'b0), .IRSTTOP(1'b0), .IRSTBOT(1'b0), .ORSTTOP(1'b0), .ORSTBOT(1'b0),
        .OLOADTOP(1'b0), .OLOADBOT(1'b0), .ADDSUBTOP(1'b0), .ADDSUBBOT(1'b0), .OHOLDTOP(1'b0), .OHOLDBOT(1'b0),
        .CI(1'b0), .ACCUMCI(1'b0), .SIGNEXTIN(1'b0), .O(unsigned_o));
    SB_MAC16 #(.TOPOUTPUT_SELECT(2'd3), .BOTOUTPUT_SELECT(2'd3), .A_SIGNED(1'b1), .B_SIGNED(1'b1)) u_signed (.CLK(clk), .CE(ce),
        .A(a), .B(b), .C(c), .D(d),
        .AHOLD(1'b0), .BHOLD(1'b0), .CHOLD(1'b0), .DHOLD(1'b0), .IRSTTOP(1'b0), .IRSTBOT(1'b0), .ORSTTOP(1'b0), .ORSTBOT(1'b0),
        .OLOADTOP(1'b0), .OLOADBOT(1'b0), .ADDSUBTOP(1'b0), .ADDSUBBOT(1'b0), .OHOLDTOP(1'b0), .OHOLDBOT(1'b0),
        .CI(1'b0), .ACCUMCI(1'b0), .SIGNEXTIN(1'b0), .O(signed_o));
    // One register behind the product.
    SB_MAC16 #(.TOPOUTPUT_SELECT(2'd3), .BOTOUTPUT_SELECT(2'd3), .A_SIGNED(1'b1), .B_SIGNED(1'b1),
        .PIPELINE_16x16_MULT_REG2(1'b1)) u_reg (.CLK(clk), .CE(ce), .A(a), .B(b), .C(c), .D(d),
        .AHOLD(1'b0), .BHOLD(1'b0), .CHOLD(1'b0), .DHOLD(1'b0), .IRSTTOP(1'b0), .IRSTBOT(1'b0), .ORSTTOP(1'b0), .ORSTBOT(1'b0),
        .OLOADTOP(1'b0), .OLOADBOT(1'b0), .ADDSUBTOP(1'b0), .ADDSUBBOT(1'b0), .OHOLDTOP(1'b0), .OHOLDBOT(1'b0),
        .CI(1'b0), .ACCUMCI(1'b0), .SIGNEXTIN(1'b0), .O(reg_o));
    // Registers before and behind it.
    SB_MAC16 #(.TOPOUTPUT_SELECT(2'd3), .BOTOUTPUT_SELECT(2'd3), .A_SIGNED(1'b1), .B_SIGNED(1'b1), .A_REG(1'b1), .B_REG(1'b1),
        .PIPELINE_16x16_MULT_REG2(1'b1)) u_both (.CLK(clk), .CE(ce), .A(a), .B(b), .C(c), .D(d),
        .AHOLD(1'b0), .BHOLD(1'b0), .CHOLD(1'b0), .DHOLD(1'b0), .IRSTTOP(1'b0), .IRSTBOT(1'b0), .ORSTTOP(1'b0), .ORSTBOT(1'b0),
        .OLOADTOP(1'b0), .OLOADBOT(1'b0), .ADDSUBTOP(1'b0), .ADDSUBBOT(1'b0), .OHOLDTOP(1'b0), .OHOLDBOT(1'b0),
        .CI(1'b0), .ACCUMCI(1'b0), .SIGNEXTIN(1'b0), .O(both_o));
    // Accumulator of 32 bits: the product is added to the output register, the carry runs from bottom to top.
    SB_MAC16 #(.TOPOUTPUT_SELECT(2'd1), .BOTOUTPUT_SELECT(2'd1), .TOPADDSUB_LOWERINPUT(2'd2), .BOTADDSUB_LOWERINPUT(2'd2),
        .TOPADDSUB_CARRYSELECT(2'd2), .A_SIGNED(1'b1), .B_SIGNED(1'b1)) u_acc (.CLK(clk), .CE(ce), .A(a), .B(b), .C(c), .D(d),
        .AHOLD(1'b0), .BHOLD(1'b0), .CHOLD(1'b0), .DHOLD(1'b0), .IRSTTOP(1'b0), .IRSTBOT(1'b0), .ORSTTOP(orst), .ORSTBOT(orst),
        .OLOADTOP(1'b0), .OLOADBOT(1'b0), .ADDSUBTOP(1'b0), .ADDSUBBOT(1'b0), .OHOLDTOP(1'b0), .OHOLDBOT(1'b0),
        .CI(1'b0), .ACCUMCI(1'b0), .SIGNEXTIN(1'b0), .O(acc_o));
    // Two 8x8 products side by side.
    SB_MAC16 #(.MODE_8x8(1'b1), .TOPOUTPUT_SELECT(2'd2), .BOTOUTPUT_SELECT(2'd2), .A_SIGNED(1'b1), .B_SIGNED(1'b1)) u_eight (.CLK(clk),
        .CE(ce), .A(a), .B(b), .C(c), .D(d),
        .AHOLD(1'b0), .BHOLD(1'b0), .CHOLD(1'b0), .DHOLD(1'b0), .IRSTTOP(1'b0), .IRSTBOT(1'b0), .ORSTTOP(1'b0), .ORSTBOT(1'b0),
        .OLOADTOP(1'b0), .OLOADBOT(1'b0), .ADDSUBTOP(1'b0), .ADDSUBBOT(1'b0), .OHOLDTOP(1'b0), .OHOLDBOT(1'b0),
        .CI(1'b0), .ACCUMCI(1'b0), .SIGNEXTIN(1'b0), .O(eight_o));

    initial begin
        // [F] 16x16 to 32 bits, unsigned and signed.
        a = 16'hFFFF; b = 16'hFFFF; #1 fact(unsigned_o, 32'hFFFE0001, "65535 squared"); fact(signed_o, 32'd1, "-1 * -1");
        a = 16'h8000; b = 16'h8000; #1 fact(unsigned_o, 32'h40000000, "32768 squared"); fact(signed_o, 32'h40000000, "-32768 squared");
        a = 16'h8000; b = 16'h7FFF; #1 fact(signed_o, 32'hC0008000, "-32768 * 32767");
        // [F] PIPELINE_16x16_MULT_REG2: one edge. A_REG, B_REG: one more.
        a = -16'sd300; b = 16'sd7; tick; fact(reg_o, -32'sd2100, "one edge");
        a = 16'd5; b = 16'd5; tick; fact(reg_o, 32'd25, "the next product"); fact(both_o, -32'sd2100, "two edges");
        tick; fact(both_o, 32'd25, "and the next");
        // [F] Without CE every register holds.
        ce = 0; a = 16'd2; tick; fact(reg_o, 32'd25, "held"); ce = 1;
        // [L] Accumulation, with a reset of the output registers.
        orst = 1; #1 fact(acc_o, 32'd0, "the reset is asynchronous"); orst = 0;
        a = 16'd1000; b = 16'd1000; tick; tick; fact(acc_o, 32'd2000000, "twice a million");
        a = -16'sd1; b = 16'sd1; tick; fact(acc_o, 32'd1999999, "less one");
        // [L] 8x8: high bytes and low bytes, 16 bits each.
        a = {8'h80, 8'hFF}; b = {8'h7F, 8'hFF}; #1 fact(eight_o, {16'hC080, 16'h0001}, "-128 * 127 and -1 * -1");
        a = {8'h80, 8'h02}; b = {8'h80, 8'hFD}; #1 fact(eight_o, {16'h4000, 16'hFFFA}, "-128 squared and 2 * -3");
        $display("end of bench");
    end
endmodule
