// Block RAM of ECP5: 1024 words of 18 bits, two ports.
//
// Written from: ECP5 and ECP5-5G Memory Usage Guide (Lattice FPGA-TN-02204, before TN1264), "True Dual-Port RAM (RAM_DP_TRUE)"
// and "Pseudo Dual-Port RAM (RAM_DP)" with their attribute tables and timing diagrams; ECP5 and ECP5-5G Family Data Sheet
// (FPGA-DS-02012), sysMEM Embedded Block RAM configurations (16384 x 1, 8192 x 2, 4096 x 4, 2048 x 9, 1024 x 18, 512 x 36).
//
// - A port of 1, 2 or 4 bits does not reach bits 8 and 17 of a word. Address bits below the width are not used, but on a
//   write of 18 bits bits 1:0, of 36 bits bits 3:0, enable the 9-bit bytes.
// - 36 bits: port A writes DIB:DIA, port B reads DOB:DOA, the even word in the low half.
//   Which half is on which side: Yosys' map to DP16KD (brams_map.v, 2022) has the low one on DOA. Its map of before (2019) went to
//   PDPW16KD with the halves exchanged (brams_connect.py, bram_conn_36), and nextpnr puts DO17:DO0 of PDPW16KD on DOB (pack.cc): the
//   low half on DOA again. The two were written apart and agree; no device was asked here.
// - A port works at an edge of its clock where CE is 1 and CS2:CS0 is CSDECODE. On a write the output keeps its value
//   (NORMAL), takes the new word (WRITETHROUGH) or the old one (READBEFOREWRITE).
// - REGMODE OUTREG: one more register behind the output, enabled by OCE.
// - RST clears output and output register: at the clock's edge (SYNC) or at once (ASYNC). The contents stay.
//
// Not modelled, as it is not defined: both ports at one word at the same time, one of them writing. A read then gives
// the old word. Global reset (GSR) is not modelled.
module DP16KD (
    input  wire DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0,
    input  wire ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0,
    input  wire CEA, OCEA, CLKA, WEA, RSTA, CSA2, CSA1, CSA0,
    output wire DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1, DOA0,
    input  wire DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0,
    input  wire ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0,
    input  wire CEB, OCEB, CLKB, WEB, RSTB, CSB2, CSB1, CSB0,
    output wire DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1, DOB0
);
    parameter DATA_WIDTH_A = 18;
    parameter DATA_WIDTH_B = 18;
    parameter REGMODE_A = "NOREG";
    parameter REGMODE_B = "NOREG";
    parameter RESETMODE = "SYNC";
    parameter ASYNC_RESET_RELEASE = "SYNC";
    parameter CSDECODE_A = "0b000";
    parameter CSDECODE_B = "0b000";
    parameter WRITEMODE_A = "NORMAL";
    parameter WRITEMODE_B = "NORMAL";
    parameter CLKAMUX = "CLKA";
    parameter CLKBMUX = "CLKB";
    parameter GSR = "ENABLED";
    parameter INIT_DATA = "STATIC";
    parameter [319:0] INITVAL_00 = 320'd0;
    parameter [319:0] INITVAL_01 = 320'd0;
    parameter [319:0] INITVAL_02 = 320'd0;
    parameter [319:0] INITVAL_03 = 320'd0;
    parameter [319:0] INITVAL_04 = 320'd0;
    parameter [319:0] INITVAL_05 = 320'd0;
    parameter [319:0] INITVAL_06 = 320'd0;
    parameter [319:0] INITVAL_07 = 320'd0;
    parameter [319:0] INITVAL_08 = 320'd0;
    parameter [319:0] INITVAL_09 = 320'd0;
    parameter [319:0] INITVAL_0A = 320'd0;
    parameter [319:0] INITVAL_0B = 320'd0;
    parameter [319:0] INITVAL_0C = 320'd0;
    parameter [319:0] INITVAL_0D = 320'd0;
    parameter [319:0] INITVAL_0E = 320'd0;
    parameter [319:0] INITVAL_0F = 320'd0;
    parameter [319:0] INITVAL_10 = 320'd0;
    parameter [319:0] INITVAL_11 = 320'd0;
    parameter [319:0] INITVAL_12 = 320'd0;
    parameter [319:0] INITVAL_13 = 320'd0;
    parameter [319:0] INITVAL_14 = 320'd0;
    parameter [319:0] INITVAL_15 = 320'd0;
    parameter [319:0] INITVAL_16 = 320'd0;
    parameter [319:0] INITVAL_17 = 320'd0;
    parameter [319:0] INITVAL_18 = 320'd0;
    parameter [319:0] INITVAL_19 = 320'd0;
    parameter [319:0] INITVAL_1A = 320'd0;
    parameter [319:0] INITVAL_1B = 320'd0;
    parameter [319:0] INITVAL_1C = 320'd0;
    parameter [319:0] INITVAL_1D = 320'd0;
    parameter [319:0] INITVAL_1E = 320'd0;
    parameter [319:0] INITVAL_1F = 320'd0;
    parameter [319:0] INITVAL_20 = 320'd0;
    parameter [319:0] INITVAL_21 = 320'd0;
    parameter [319:0] INITVAL_22 = 320'd0;
    parameter [319:0] INITVAL_23 = 320'd0;
    parameter [319:0] INITVAL_24 = 320'd0;
    parameter [319:0] INITVAL_25 = 320'd0;
    parameter [319:0] INITVAL_26 = 320'd0;
    parameter [319:0] INITVAL_27 = 320'd0;
    parameter [319:0] INITVAL_28 = 320'd0;
    parameter [319:0] INITVAL_29 = 320'd0;
    parameter [319:0] INITVAL_2A = 320'd0;
    parameter [319:0] INITVAL_2B = 320'd0;
    parameter [319:0] INITVAL_2C = 320'd0;
    parameter [319:0] INITVAL_2D = 320'd0;
    parameter [319:0] INITVAL_2E = 320'd0;
    parameter [319:0] INITVAL_2F = 320'd0;
    parameter [319:0] INITVAL_30 = 320'd0;
    parameter [319:0] INITVAL_31 = 320'd0;
    parameter [319:0] INITVAL_32 = 320'd0;
    parameter [319:0] INITVAL_33 = 320'd0;
    parameter [319:0] INITVAL_34 = 320'd0;
    parameter [319:0] INITVAL_35 = 320'd0;
    parameter [319:0] INITVAL_36 = 320'd0;
    parameter [319:0] INITVAL_37 = 320'd0;
    parameter [319:0] INITVAL_38 = 320'd0;
    parameter [319:0] INITVAL_39 = 320'd0;
    parameter [319:0] INITVAL_3A = 320'd0;
    parameter [319:0] INITVAL_3B = 320'd0;
    parameter [319:0] INITVAL_3C = 320'd0;
    parameter [319:0] INITVAL_3D = 320'd0;
    parameter [319:0] INITVAL_3E = 320'd0;
    parameter [319:0] INITVAL_3F = 320'd0;
    localparam [20479:0] INIT = {
        INITVAL_3F, INITVAL_3E, INITVAL_3D, INITVAL_3C, INITVAL_3B, INITVAL_3A, INITVAL_39, INITVAL_38,
        INITVAL_37, INITVAL_36, INITVAL_35, INITVAL_34, INITVAL_33, INITVAL_32, INITVAL_31, INITVAL_30,
        INITVAL_2F, INITVAL_2E, INITVAL_2D, INITVAL_2C, INITVAL_2B, INITVAL_2A, INITVAL_29, INITVAL_28,
        INITVAL_27, INITVAL_26, INITVAL_25, INITVAL_24, INITVAL_23, INITVAL_22, INITVAL_21, INITVAL_20,
        INITVAL_1F, INITVAL_1E, INITVAL_1D, INITVAL_1C, INITVAL_1B, INITVAL_1A, INITVAL_19, INITVAL_18,
        INITVAL_17, INITVAL_16, INITVAL_15, INITVAL_14, INITVAL_13, INITVAL_12, INITVAL_11, INITVAL_10,
        INITVAL_0F, INITVAL_0E, INITVAL_0D, INITVAL_0C, INITVAL_0B, INITVAL_0A, INITVAL_09, INITVAL_08,
        INITVAL_07, INITVAL_06, INITVAL_05, INITVAL_04, INITVAL_03, INITVAL_02, INITVAL_01, INITVAL_00
    };

    reg [17:0] words [0:1023];
    integer word;
    initial for (word = 0; word < 1024; word = word + 1) words[word] = INIT[word * 20 +: 18];

    // The lowest bit of a port's data among the 36 bits of an even and an odd word.
    function [5:0] low(input integer width, input [13:0] address);
        case (width)
            36: low = 0;
            18: low = address[4] * 18;
            9: low = address[4] * 18 + address[3] * 9;
            4: low = address[4] * 18 + address[3] * 9 + address[2] * 4;
            2: low = address[4] * 18 + address[3] * 9 + address[2:1] * 2;
            default: low = address[4] * 18 + address[3] * 9 + {3'd0, address[2:0]};
        endcase
    endfunction

    // Bits of the port's data that are written.
    function [35:0] written(input integer width, input [3:0] bytes);
        case (width)
            36: written = {{9{bytes[3]}}, {9{bytes[2]}}, {9{bytes[1]}}, {9{bytes[0]}}};
            18: written = {18'd0, {9{bytes[1]}}, {9{bytes[0]}}};
            default: written = (36'd1 << width) - 36'd1;
        endcase
    endfunction

    function decoded(input [39:0] code, input [2:0] select);
        decoded = code[16] == select[2] && code[8] == select[1] && code[0] == select[0];
    endfunction

    wire clock_a = CLKA ^ (CLKAMUX == "INV");
    wire [13:0] address_a = {ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0};
    wire [8:0] pair_a = address_a[13:5];
    wire [5:0] low_a = low(DATA_WIDTH_A, address_a);
    wire [35:0] old_a = {words[{pair_a, 1'b1}], words[{pair_a, 1'b0}]};
    wire [35:0] mask_a = written(DATA_WIDTH_A, address_a[3:0]) << low_a;
    wire [35:0] data_a = {{DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0}, {DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0}} << low_a;
    wire [35:0] new_a = (old_a & ~mask_a) | (data_a & mask_a);
    wire on_a = CEA && decoded(CSDECODE_A, {CSA2, CSA1, CSA0});
    wire [35:0] seen_a = (WEA && WRITEMODE_A == "WRITETHROUGH" ? new_a : old_a) >> low_a;
    reg [35:0] output_a = 0, register_a = 0;
    always @(posedge clock_a) if (on_a && WEA) begin
        words[{pair_a, 1'b0}] <= new_a[17:0];
        words[{pair_a, 1'b1}] <= new_a[35:18];
    end
    generate
        if (RESETMODE == "ASYNC") begin : g_async_a
            always @(posedge clock_a or posedge RSTA)
                if (RSTA) output_a <= 0;
                else if (on_a && !(WEA && WRITEMODE_A == "NORMAL")) output_a <= seen_a;
            always @(posedge clock_a or posedge RSTA)
                if (RSTA) register_a <= 0;
                else if (OCEA) register_a <= output_a;
        end else begin : g_sync_a
            always @(posedge clock_a) begin
                if (RSTA) output_a <= 0;
                else if (on_a && !(WEA && WRITEMODE_A == "NORMAL")) output_a <= seen_a;
                if (RSTA) register_a <= 0;
                else if (OCEA) register_a <= output_a;
            end
        end
    endgenerate
    wire [35:0] shown_a = REGMODE_A == "OUTREG" ? register_a : output_a;

    wire clock_b = CLKB ^ (CLKBMUX == "INV");
    wire [13:0] address_b = {ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0};
    wire [8:0] pair_b = address_b[13:5];
    wire [5:0] low_b = low(DATA_WIDTH_B, address_b);
    wire [35:0] old_b = {words[{pair_b, 1'b1}], words[{pair_b, 1'b0}]};
    wire [35:0] mask_b = written(DATA_WIDTH_B, address_b[3:0]) << low_b;
    wire [35:0] data_b = {18'd0, {DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0}} << low_b;
    wire [35:0] new_b = (old_b & ~mask_b) | (data_b & mask_b);
    wire on_b = CEB && decoded(CSDECODE_B, {CSB2, CSB1, CSB0});
    wire [35:0] seen_b = (WEB && WRITEMODE_B == "WRITETHROUGH" ? new_b : old_b) >> low_b;
    reg [35:0] output_b = 0, register_b = 0;
    always @(posedge clock_b) if (on_b && WEB) begin
        words[{pair_b, 1'b0}] <= new_b[17:0];
        words[{pair_b, 1'b1}] <= new_b[35:18];
    end
    generate
        if (RESETMODE == "ASYNC") begin : g_async_b
            always @(posedge clock_b or posedge RSTB)
                if (RSTB) output_b <= 0;
                else if (on_b && !(WEB && WRITEMODE_B == "NORMAL")) output_b <= seen_b;
            always @(posedge clock_b or posedge RSTB)
                if (RSTB) register_b <= 0;
                else if (OCEB) register_b <= output_b;
        end else begin : g_sync_b
            always @(posedge clock_b) begin
                if (RSTB) output_b <= 0;
                else if (on_b && !(WEB && WRITEMODE_B == "NORMAL")) output_b <= seen_b;
                if (RSTB) register_b <= 0;
                else if (OCEB) register_b <= output_b;
            end
        end
    endgenerate
    wire [35:0] shown_b = REGMODE_B == "OUTREG" ? register_b : output_b;

    assign {DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1, DOA0} = DATA_WIDTH_B == 36 ? shown_b[17:0] : shown_a[17:0];
    assign {DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1, DOB0} = DATA_WIDTH_B == 36 ? shown_b[35:18] : shown_b[17:0];
endmodule
