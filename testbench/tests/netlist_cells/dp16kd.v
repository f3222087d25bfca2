// Facts about DP16KD of ECP5.
//
// [M] ECP5 and ECP5-5G Memory Usage Guide, Lattice FPGA-TN-02204 (before: TN1264): "True Dual-Port RAM (RAM_DP_TRUE)", "Pseudo
//     Dual-Port RAM (RAM_DP)", "Byte Enable", and the attribute tables WRITEMODE, REGMODE, RESETMODE, CSDECODE.
// [D] ECP5 and ECP5-5G Family Data Sheet, Lattice FPGA-DS-02012: table "sysMEM Block Configurations".
module bench;
    integer facts = 0;
    task fact(input [35:0] found, input [35:0] expected, input [8*60-1:0] what);
        begin
            facts = facts + 1;
            if (found === expected) $display("held %0d", facts);
            else $display("FAILED %0d %0s: found %h, expected %h", facts, what, found, expected);
        end
    endtask

    reg clk = 0;
    task tick; begin #5 clk = 1; #5 clk = 0; end endtask

    // True dual port: A writes through, B reads before write; words 0 to 15 come from INITVAL_00, 20 bits a word.
    reg [17:0] ta = 0, tb = 0;
    reg [13:0] aa = 0, ab = 0;
    reg cea = 1, ceb = 1, oce = 1, wea = 0, web = 0, rst = 0;
    wire [17:0] qa, qb, na, nb, ra, rb, sa, sb;
    DP16KD #(.DATA_WIDTH_A(18), .DATA_WIDTH_B(18), .WRITEMODE_A("WRITETHROUGH"), .WRITEMODE_B("READBEFOREWRITE"),
        .INITVAL_00({20'd0, 20'h3FFFF, {12{20'd0}}, 20'h2AAAA, 20'h15555}), .INITVAL_3F({20'h12345, {15{20'd0}}}))
        dual (.CLKA(clk), .CLKB(clk), .CEA(cea), .CEB(ceb), .OCEA(1'b0), .OCEB(1'b0), .WEA(wea), .WEB(web), .RSTA(rst), .RSTB(1'b0),
        .CSA2(1'b0), .CSA1(1'b0), .CSA0(1'b0), .CSB2(1'b0), .CSB1(1'b0), .CSB0(1'b0),
        @BUS DIA ta 18@, @BUS DIB tb 18@, @BUS ADA aa 14@, @BUS ADB ab 14@, @BUS DOA qa 18@, @BUS DOB qb 18@);

    // The same inputs: A does not change on a write, B has another width: the 9-bit halves of A's words.
    DP16KD #(.DATA_WIDTH_A(18), .DATA_WIDTH_B(9), .WRITEMODE_A("NORMAL"))
        nine (.CLKA(clk), .CLKB(clk), .CEA(cea), .CEB(ceb), .OCEA(1'b0), .OCEB(1'b0), .WEA(wea), .WEB(1'b0), .RSTA(rst), .RSTB(1'b0),
        .CSA2(1'b0), .CSA1(1'b0), .CSA0(1'b0), .CSB2(1'b0), .CSB1(1'b0), .CSB0(1'b0),
        @BUS DIA ta 18@, @BUS DIB tb 18@, @BUS ADA aa 14@, @BUS ADB ab 14@, @BUS DOA na 18@, @BUS DOB nb 18@);

    // Output register, asynchronous reset, chip select 5, falling edge on A.
    reg [2:0] cs = 5;
    DP16KD #(.DATA_WIDTH_A(18), .DATA_WIDTH_B(18), .REGMODE_B("OUTREG"), .RESETMODE("ASYNC"), .CSDECODE_B("0b101"),
        .CLKAMUX("INV"), .INITVAL_00({20'd0, 20'h3FFFF, {12{20'd0}}, 20'h2AAAA, 20'h15555}))
        piped (.CLKA(clk), .CLKB(clk), .CEA(cea), .CEB(ceb), .OCEA(1'b1), .OCEB(oce), .WEA(1'b0), .WEB(1'b0), .RSTA(1'b0), .RSTB(rst),
        .CSA2(1'b0), .CSA1(1'b0), .CSA0(1'b0), .CSB2(cs[2]), .CSB1(cs[1]), .CSB0(cs[0]),
        @BUS DIA ta 18@, @BUS DIB tb 18@, @BUS ADA aa 14@, @BUS ADB ab 14@, @BUS DOA ra 18@, @BUS DOB rb 18@);

    // Pseudo dual port, 36 bits in, 4 bits out and 36 bits out.
    reg [35:0] wide = 0;
    wire [35:0] q36;
    wire [17:0] high = wide[35:18], lowhalf = wide[17:0];
    wire [17:0] lo, hi, q4a, q4;
    DP16KD #(.DATA_WIDTH_A(36), .DATA_WIDTH_B(36))
        pair (.CLKA(clk), .CLKB(clk), .CEA(cea), .CEB(ceb), .OCEA(1'b0), .OCEB(1'b1), .WEA(wea), .WEB(1'b0), .RSTA(1'b0), .RSTB(1'b0),
        .CSA2(1'b0), .CSA1(1'b0), .CSA0(1'b0), .CSB2(1'b0), .CSB1(1'b0), .CSB0(1'b0),
        @BUS DIA lowhalf 18@, @BUS DIB high 18@, @BUS ADA aa 14@, @BUS ADB ab 14@, @BUS DOA lo 18@, @BUS DOB hi 18@);
    assign q36 = {hi, lo};
    DP16KD #(.DATA_WIDTH_A(36), .DATA_WIDTH_B(4))
        nibble (.CLKA(clk), .CLKB(clk), .CEA(cea), .CEB(ceb), .OCEA(1'b0), .OCEB(1'b1), .WEA(wea), .WEB(1'b0), .RSTA(1'b0), .RSTB(1'b0),
        .CSA2(1'b0), .CSA1(1'b0), .CSA0(1'b0), .CSB2(1'b0), .CSB1(1'b0), .CSB0(1'b0),
        @BUS DIA lowhalf 18@, @BUS DIB high 18@, @BUS ADA aa 14@, @BUS ADB ab 14@, @BUS DOA q4a 18@, @BUS DOB q4 18@);

    initial begin
        // [M] Initial contents, by 18-bit word; [D] 1024 words of 18 bits, address from bit 4.
        aa = 14'd0 << 4; ab = 14'd1 << 4; tick;
        fact(qa, 18'h15555, "word 0"); fact(qb, 18'h2AAAA, "word 1");
        aa = 14'd14 << 4; ab = 14'd1023 << 4; tick;
        fact(qa, 18'h3FFFF, "word 14"); fact(qb, 18'h12345, "word 1023");
        // [M] A word is on the output after the edge, and the address after it does not matter.
        aa = 14'd0; #1 fact(qa, 18'h3FFFF, "the output holds between edges");
        // [M] Without CE the output holds.
        cea = 0; tick; fact(qa, 18'h3FFFF, "the output holds without CE"); cea = 1;
        // [M] WRITEMODE: WRITETHROUGH shows the new word, NORMAL keeps the output.
        tick; fact(qa, 18'h15555, "word 0 again"); fact(na, 18'd0, "empty");
        aa = (14'd2 << 4) | 14'd3; ta = 18'h30303; wea = 1; tick; wea = 0;
        fact(qa, 18'h30303, "write through"); fact(na, 18'd0, "no change on a write");
        // [M] READBEFOREWRITE shows the old word.
        ab = (14'd2 << 4) | 14'd3; tb = 18'h0F0F0; web = 1; tick; web = 0;
        fact(qb, 18'h30303, "read before write");
        tick; fact(qb, 18'h0F0F0, "written by port B");
        aa = 14'd2 << 4; tick; fact(qa, 18'h0F0F0, "port A sees what port B wrote");
        // [M] Byte enables: address bits 1:0 on a write of 18 bits.
        aa = (14'd2 << 4) | 14'd1; ta = 18'h3FFFF; wea = 1; tick; wea = 0; tick;
        fact(qa, 18'h0F1FF, "low byte alone");
        aa = (14'd2 << 4) | 14'd2; ta = 18'h00000; wea = 1; tick; wea = 0; tick;
        fact(qa, 18'h001FF, "high byte alone");
        aa = 14'd2 << 4; ta = 18'h3FFFF; wea = 1; tick; wea = 0; tick;
        fact(qa, 18'h001FF, "no byte");
        // [D] Mixed widths: a 9-bit port sees the halves of the words, the low one at the even address (bit 3).
        aa = (14'd7 << 4) | 14'd3; ta = 18'h2A055; wea = 1; tick; wea = 0;
        ab = (14'd7 << 4); tick; fact(nb[8:0], 9'h055, "low half");
        ab = (14'd7 << 4) | 14'd8; tick; fact(nb[8:0], 9'h150, "high half");
        // [M] RST clears the output at the edge (SYNC), not before; the contents stay.
        aa = 14'd14 << 4; tick; rst = 1; #1 fact(qa, 18'h3FFFF, "synchronous reset waits for the edge");
        tick; fact(qa, 18'd0, "synchronous reset"); rst = 0; tick; fact(qa, 18'h3FFFF, "the contents stay");
        // [M] REGMODE OUTREG: one edge later, and only with OCE.
        ab = 14'd0; tick; ab = 14'd1 << 4; tick; fact(rb, 18'h15555, "one edge later");
        tick; fact(rb, 18'h2AAAA, "the next word");
        ab = 14'd14 << 4; tick; oce = 0; tick; fact(rb, 18'h2AAAA, "the register holds without OCE");
        oce = 1; tick; fact(rb, 18'h3FFFF, "and takes the word with it");
        // [M] CSDECODE: the port does nothing when CS is another.
        cs = 4; ab = 14'd0; tick; tick; fact(rb, 18'h3FFFF, "not selected");
        cs = 5; tick; tick; fact(rb, 18'h15555, "selected");
        // [M] RESETMODE ASYNC clears at once.
        rst = 1; #1 fact(rb, 18'd0, "asynchronous reset"); rst = 0;
        // Port A of this one works at the falling edge.
        aa = 14'd1 << 4; #1 clk = 0; #5 clk = 1; #5 fact(ra == 18'h2AAAA, 1'b0, "nothing at the rising edge");
        clk = 0; #1 fact(ra, 18'h2AAAA, "the word at the falling edge"); #4;
        // [M] RAM_DP: 36 bits, byte enables in address bits 3:0, address from bit 5.
        aa = (14'd3 << 5) | 14'd15; wide = 36'h123456789; wea = 1; tick; wea = 0;
        ab = 14'd3 << 5; tick; fact(q36, 36'h123456789, "36 bits");
        aa = (14'd3 << 5) | 14'd4; wide = 36'hFFFFFFFFF; wea = 1; tick; wea = 0; tick;
        fact(q36, {9'h024, 9'h1FF, 9'h0B3, 9'h189}, "the third byte alone");
        aa = (14'd3 << 5) | 14'd8; wide = 36'd0; wea = 1; tick; wea = 0; tick;
        fact(q36, {9'h000, 9'h1FF, 9'h0B3, 9'h189}, "the fourth byte alone");
        // [D] A 4-bit port: eight nibbles of the 36 bits; the ninth bit of each byte is not among them.
        aa = (14'd5 << 5) | 14'd15; wide = {1'b1, 8'hDC, 1'b1, 8'hBA, 1'b1, 8'h98, 1'b1, 8'h76}; wea = 1; tick; wea = 0;
        ab = (14'd5 << 5); tick; fact(q4[3:0], 4'h6, "nibble 0");
        ab = (14'd5 << 5) | (14'd1 << 2); tick; fact(q4[3:0], 4'h7, "nibble 1");
        ab = (14'd5 << 5) | (14'd2 << 2); tick; fact(q4[3:0], 4'h8, "nibble 2");
        ab = (14'd5 << 5) | (14'd7 << 2); tick; fact(q4[3:0], 4'hD, "nibble 7");
        $display("end of bench");
    end
endmodule
