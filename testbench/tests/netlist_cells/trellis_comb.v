// Facts about TRELLIS_COMB and TRELLIS_RAMW, the halves of ECP5's slices as nextpnr places them.
//
// [D] ECP5 and ECP5-5G Family Data Sheet, Lattice FPGA-DS-02012: "Slice" and "Modes of Operation".
// [T] Project Trellis, "Slice": which input of the writing slice is which address or data bit, and that distributed memories are
//     addressed by D, B, C, A.
// [Y] Yosys' models of LUT4, PFUMX, L6MUX21, CCU2C and TRELLIS_DPR16X4, of which nextpnr makes the halves.
module bench;
    integer facts = 0;
    task fact(input [35:0] found, input [35:0] expected, input [8*60-1:0] what);
        begin
            facts = facts + 1;
            if (found === expected) $display("held %0d", facts);
            else $display("FAILED %0d %0s: found %h, expected %h", facts, what, found, expected);
        end
    endtask

    // [Y] Every input of tables, multiplexers and pairs of carry halves, with tables that use all their inputs.
    reg [11:0] in = 0;
    wire [2:0] wrong_logic;
    wire [11:0] wrong_carry;
    genvar g, i;
    generate
        for (g = 0; g < 3; g = g + 1) begin : g_logic
            localparam [15:0] LOW = g == 0 ? 16'hCAFE : g == 1 ? 16'h96A1 : 16'h8001;
            localparam [15:0] HIGH = g == 0 ? 16'h1B2C : g == 1 ? 16'h7FFE : 16'h5A3C;
            wire f0, f1, o5, o6, z0, z1, z5, z6;
            TRELLIS_COMB #(.INITVAL(LOW), .K(0)) u_low (.A(in[0]), .B(in[1]), .C(in[2]), .D(in[3]), .M(in[8]), .F1(f1), .F(f0), .OFX(o5));
            TRELLIS_COMB #(.INITVAL(HIGH), .K(1)) u_high (.A(in[4]), .B(in[5]), .C(in[6]), .D(in[7]), .M(in[9]), .FXA(in[10]), .FXB(in[11]), .F(f1), .OFX(o6));
            LUT4 #(.INIT(LOW)) u_lut0 (.A(in[0]), .B(in[1]), .C(in[2]), .D(in[3]), .Z(z0));
            LUT4 #(.INIT(HIGH)) u_lut1 (.A(in[4]), .B(in[5]), .C(in[6]), .D(in[7]), .Z(z1));
            PFUMX u_five (.ALUT(z1), .BLUT(z0), .C0(in[8]), .Z(z5));
            L6MUX21 u_six (.D0(in[10]), .D1(in[11]), .SD(in[9]), .Z(z6));
            assign wrong_logic[g] = {f0, f1, o5, o6} !== {z0, z1, z5, z6};
            for (i = 0; i < 4; i = i + 1) begin : g_carry
                localparam FIRST = i[0] ? "YES" : "NO";
                localparam SECOND = i[1] ? "YES" : "NO";
                wire s0, s1, between, out, y0, y1, yout;
                TRELLIS_COMB #(.MODE("CCU2"), .INITVAL(LOW), .CCU2_INJECT1(FIRST), .K(0))
                    u_first (.A(in[0]), .B(in[1]), .C(in[2]), .D(in[3]), .FCI(in[8]), .F(s0), .FCO(between));
                TRELLIS_COMB #(.MODE("CCU2"), .INITVAL(HIGH), .CCU2_INJECT1(SECOND), .K(1))
                    u_second (.A(in[4]), .B(in[5]), .C(in[6]), .D(in[7]), .FCI(between), .F(s1), .FCO(out));
                CCU2C #(.INIT0(LOW), .INIT1(HIGH), .INJECT1_0(FIRST), .INJECT1_1(SECOND))
                    u_pair (.CIN(in[8]), .A0(in[0]), .B0(in[1]), .C0(in[2]), .D0(in[3]), .A1(in[4]), .B1(in[5]), .C1(in[6]), .D1(in[7]),
                    .S0(y0), .S1(y1), .COUT(yout));
                assign wrong_carry[4 * g + i] = {s0, s1, out} !== {y0, y1, yout};
            end
        end
    endgenerate

    // A distributed memory: four halves and the slice that writes them, beside Yosys' one.
    reg clk = 0, we = 0;
    reg [3:0] wa = 0, ra = 0, d = 0;
    wire [3:0] q, yq;
    wire [3:0] wado, wdo;
    TRELLIS_RAMW u_write (.D0(wa[0]), .B0(wa[1]), .C0(wa[2]), .A0(wa[3]), .C1(d[0]), .A1(d[1]), .D1(d[2]), .B1(d[3]),
        .WADO0(wado[0]), .WADO1(wado[1]), .WADO2(wado[2]), .WADO3(wado[3]), .WDO0(wdo[0]), .WDO1(wdo[1]), .WDO2(wdo[2]), .WDO3(wdo[3]));
    generate
        for (g = 0; g < 4; g = g + 1) begin : g_memory
            TRELLIS_COMB #(.MODE("DPRAM"), .INITVAL(16'h0000)) u_bit (.D(ra[0]), .B(ra[1]), .C(ra[2]), .A(ra[3]),
                .WAD0(wado[0]), .WAD1(wado[1]), .WAD2(wado[2]), .WAD3(wado[3]), .WD(wdo[g]), .WRE(we), .WCK(clk), .F(q[g]));
        end
    endgenerate
    TRELLIS_DPR16X4 #(.INITVAL(64'd0)) u_yosys (.DI(d), .WAD(wa), .WRE(we), .WCK(clk), .RAD(ra), .DO(yq));
    // [T] The contents of a memory lie as a table's: word 1 is selected by D alone, word 2 by B, word 4 by C, word 8 by A.
    wire first;
    reg [3:0] fa = 0;
    TRELLIS_COMB #(.MODE("DPRAM"), .INITVAL(16'b0000_0001_0000_0100)) u_start (.D(fa[0]), .B(fa[1]), .C(fa[2]), .A(fa[3]),
        .WAD0(1'b0), .WAD1(1'b0), .WAD2(1'b0), .WAD3(1'b0), .WD(1'b0), .WRE(1'b0), .WCK(1'b0), .F(first));

    integer at, bad_logic = 0, bad_memory = 0, ones = 0;
    integer bad_carry = 0;
    initial begin
        for (at = 0; at < 4096; at = at + 1) begin
            in = at; #1;
            if (wrong_logic !== 0) bad_logic = bad_logic + 1;
            if (wrong_carry !== 0) bad_carry = bad_carry + 1;
        end
        fact(bad_logic, 0, "tables and multiplexers at 4096 inputs");
        fact(bad_carry, 0, "pairs of carry halves at 4096 inputs");
        for (at = 0; at < 3000; at = at + 1) begin
            {we, wa, ra, d} = $random; #4;
            if (q !== yq) bad_memory = bad_memory + 1;
            if (q !== 0) ones = ones + 1;
            clk = 1; #1;
            if (q !== yq) bad_memory = bad_memory + 1;
            #4 clk = 0; #1;
        end
        fact(bad_memory, 0, "distributed memory, 6000 reads");
        fact(ones > 1000, 1, "reads that are not zero");
        fa = 4'd1; #1 fact(first, 1, "word 1 is where D alone is 1");
        fa = 4'd2; #1 fact(first, 1, "word 2 is where B alone is 1");
        fa = 4'd4; #1 fact(first, 0, "word 4");
        fa = 4'd8; #1 fact(first, 0, "word 8");
        fa = 4'd0; #1 fact(first, 0, "word 0");
        $display("end of bench");
    end
endmodule
