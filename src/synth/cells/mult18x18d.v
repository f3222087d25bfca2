// Multiplier block of ECP5: 18 x 18 bits, 36 bits of product.
//
// Written from: ECP5 and ECP5-5G sysDSP Usage Guide (Lattice FPGA-TN-02205, before TN1267), primitive MULT18X18D and its
// attribute table; ECP5 and ECP5-5G Family Data Sheet (FPGA-DS-02012), sysDSP slice.
//
// - A and B are signed where SIGNEDA and SIGNEDB are 1; P has all 36 bits; SIGNEDP is 1 where one of them is signed.
// - SOURCEA or SOURCEB 1: the operand comes from SRIA or SRIB, the shift chain.
// - Registers of A, B, C, of the product and of the output are there where their REG_*_CLK is not NONE; each has one of four
//   clocks, enables and resets. The signs run through the input and the pipeline register as their operands do.
// - ROA, ROB, ROC and SROA, SROB show the operands behind their registers.
// - Reset is at the clock's edge (SYNC) or at once (ASYNC).
//
// Not modelled, and refused: MULT_BYPASS, SOURCEB_MODE other than B_SHIFT, HIGHSPEED_CLK, CAS_MATCH_REG.
module gs_mult18x18d_register (input wire [3:0] clocks, enables, resets, input wire [37:0] d, output wire [37:0] q);
    parameter CLK = "NONE";
    parameter CE = "CE0";
    parameter RST = "RST0";
    parameter RESETMODE = "SYNC";
    // The last letter of a name is its number.
    localparam [7:0] CLOCK = CLK;
    localparam [7:0] ENABLE = CE;
    localparam [7:0] RESET = RST;
    wire clock = clocks[CLOCK[1:0]];
    wire enable = enables[ENABLE[1:0]];
    wire reset = resets[RESET[1:0]];
    reg [37:0] kept = 0;
    generate
        if (CLK == "NONE") begin : g_wire
            assign q = d;
        end else if (RESETMODE == "ASYNC") begin : g_async
            always @(posedge clock or posedge reset)
                if (reset) kept <= 0;
                else if (enable) kept <= d;
            assign q = kept;
        end else begin : g_sync
            always @(posedge clock)
                if (reset) kept <= 0;
                else if (enable) kept <= d;
            assign q = kept;
        end
    endgenerate
endmodule

module MULT18X18D (
    input  wire A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0,
    input  wire B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0,
    input  wire C17, C16, C15, C14, C13, C12, C11, C10, C9, C8, C7, C6, C5, C4, C3, C2, C1, C0,
    input  wire SIGNEDA, SIGNEDB, SOURCEA, SOURCEB,
    input  wire CLK3, CLK2, CLK1, CLK0,
    input  wire CE3, CE2, CE1, CE0,
    input  wire RST3, RST2, RST1, RST0,
    input  wire SRIA17, SRIA16, SRIA15, SRIA14, SRIA13, SRIA12, SRIA11, SRIA10, SRIA9, SRIA8, SRIA7, SRIA6, SRIA5, SRIA4, SRIA3, SRIA2, SRIA1, SRIA0,
    input  wire SRIB17, SRIB16, SRIB15, SRIB14, SRIB13, SRIB12, SRIB11, SRIB10, SRIB9, SRIB8, SRIB7, SRIB6, SRIB5, SRIB4, SRIB3, SRIB2, SRIB1, SRIB0,
    output wire SROA17, SROA16, SROA15, SROA14, SROA13, SROA12, SROA11, SROA10, SROA9, SROA8, SROA7, SROA6, SROA5, SROA4, SROA3, SROA2, SROA1, SROA0,
    output wire SROB17, SROB16, SROB15, SROB14, SROB13, SROB12, SROB11, SROB10, SROB9, SROB8, SROB7, SROB6, SROB5, SROB4, SROB3, SROB2, SROB1, SROB0,
    output wire ROA17, ROA16, ROA15, ROA14, ROA13, ROA12, ROA11, ROA10, ROA9, ROA8, ROA7, ROA6, ROA5, ROA4, ROA3, ROA2, ROA1, ROA0,
    output wire ROB17, ROB16, ROB15, ROB14, ROB13, ROB12, ROB11, ROB10, ROB9, ROB8, ROB7, ROB6, ROB5, ROB4, ROB3, ROB2, ROB1, ROB0,
    output wire ROC17, ROC16, ROC15, ROC14, ROC13, ROC12, ROC11, ROC10, ROC9, ROC8, ROC7, ROC6, ROC5, ROC4, ROC3, ROC2, ROC1, ROC0,
    output wire P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18, P17, P16, P15, P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0,
    output wire SIGNEDP
);
    parameter REG_INPUTA_CLK = "NONE";
    parameter REG_INPUTA_CE = "CE0";
    parameter REG_INPUTA_RST = "RST0";
    parameter REG_INPUTB_CLK = "NONE";
    parameter REG_INPUTB_CE = "CE0";
    parameter REG_INPUTB_RST = "RST0";
    parameter REG_INPUTC_CLK = "NONE";
    parameter REG_INPUTC_CE = "CE0";
    parameter REG_INPUTC_RST = "RST0";
    parameter REG_PIPELINE_CLK = "NONE";
    parameter REG_PIPELINE_CE = "CE0";
    parameter REG_PIPELINE_RST = "RST0";
    parameter REG_OUTPUT_CLK = "NONE";
    parameter REG_OUTPUT_CE = "CE0";
    parameter REG_OUTPUT_RST = "RST0";
    parameter CLK0_DIV = "ENABLED";
    parameter CLK1_DIV = "ENABLED";
    parameter CLK2_DIV = "ENABLED";
    parameter CLK3_DIV = "ENABLED";
    parameter HIGHSPEED_CLK = "NONE";
    parameter GSR = "ENABLED";
    parameter CAS_MATCH_REG = "FALSE";
    parameter SOURCEB_MODE = "B_SHIFT";
    parameter MULT_BYPASS = "DISABLED";
    parameter RESETMODE = "SYNC";

    initial if (HIGHSPEED_CLK != "NONE" || CAS_MATCH_REG != "FALSE" || SOURCEB_MODE != "B_SHIFT" || MULT_BYPASS != "DISABLED") begin
        $display("MULT18X18D: a mode that this model does not have");
        $stop;
    end

    wire [3:0] clocks = {CLK3, CLK2, CLK1, CLK0};
    wire [3:0] enables = {CE3, CE2, CE1, CE0};
    wire [3:0] resets = {RST3, RST2, RST1, RST0};
    wire [17:0] a = SOURCEA ? {SRIA17, SRIA16, SRIA15, SRIA14, SRIA13, SRIA12, SRIA11, SRIA10, SRIA9, SRIA8, SRIA7, SRIA6, SRIA5, SRIA4, SRIA3, SRIA2, SRIA1, SRIA0} : {A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0};
    wire [17:0] b = SOURCEB ? {SRIB17, SRIB16, SRIB15, SRIB14, SRIB13, SRIB12, SRIB11, SRIB10, SRIB9, SRIB8, SRIB7, SRIB6, SRIB5, SRIB4, SRIB3, SRIB2, SRIB1, SRIB0} : {B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0};
    wire [37:0] a_q;
    gs_mult18x18d_register #(.CLK(REG_INPUTA_CLK), .CE(REG_INPUTA_CE), .RST(REG_INPUTA_RST), .RESETMODE(RESETMODE))
        u_a (.clocks(clocks), .enables(enables), .resets(resets), .d({18'd0, 1'b0, SIGNEDA, a}), .q(a_q));
    wire [37:0] b_q;
    gs_mult18x18d_register #(.CLK(REG_INPUTB_CLK), .CE(REG_INPUTB_CE), .RST(REG_INPUTB_RST), .RESETMODE(RESETMODE))
        u_b (.clocks(clocks), .enables(enables), .resets(resets), .d({18'd0, 1'b0, SIGNEDB, b}), .q(b_q));
    wire [37:0] c_q;
    gs_mult18x18d_register #(.CLK(REG_INPUTC_CLK), .CE(REG_INPUTC_CE), .RST(REG_INPUTC_RST), .RESETMODE(RESETMODE))
        u_c (.clocks(clocks), .enables(enables), .resets(resets), .d({20'd0, {C17, C16, C15, C14, C13, C12, C11, C10, C9, C8, C7, C6, C5, C4, C3, C2, C1, C0}}), .q(c_q));
    wire signed [36:0] a_wide = {{19{a_q[18] & a_q[17]}}, a_q[17:0]};
    wire signed [36:0] b_wide = {{19{b_q[18] & b_q[17]}}, b_q[17:0]};
    wire signed [36:0] product = a_wide * b_wide;
    wire [37:0] pipeline_q, output_q;
    gs_mult18x18d_register #(.CLK(REG_PIPELINE_CLK), .CE(REG_PIPELINE_CE), .RST(REG_PIPELINE_RST), .RESETMODE(RESETMODE))
        u_pipeline (.clocks(clocks), .enables(enables), .resets(resets),
            .d({1'b0, a_q[18] | b_q[18], product[35:0]}), .q(pipeline_q));
    gs_mult18x18d_register #(.CLK(REG_OUTPUT_CLK), .CE(REG_OUTPUT_CE), .RST(REG_OUTPUT_RST), .RESETMODE(RESETMODE))
        u_output (.clocks(clocks), .enables(enables), .resets(resets), .d(pipeline_q), .q(output_q));
    assign {SIGNEDP, P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18, P17, P16, P15, P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0} = output_q[36:0];
    assign {SROA17, SROA16, SROA15, SROA14, SROA13, SROA12, SROA11, SROA10, SROA9, SROA8, SROA7, SROA6, SROA5, SROA4, SROA3, SROA2, SROA1, SROA0} = a_q[17:0];
    assign {ROA17, ROA16, ROA15, ROA14, ROA13, ROA12, ROA11, ROA10, ROA9, ROA8, ROA7, ROA6, ROA5, ROA4, ROA3, ROA2, ROA1, ROA0} = a_q[17:0];
    assign {SROB17, SROB16, SROB15, SROB14, SROB13, SROB12, SROB11, SROB10, SROB9, SROB8, SROB7, SROB6, SROB5, SROB4, SROB3, SROB2, SROB1, SROB0} = b_q[17:0];
    assign {ROB17, ROB16, ROB15, ROB14, ROB13, ROB12, ROB11, ROB10, ROB9, ROB8, ROB7, ROB6, ROB5, ROB4, ROB3, ROB2, ROB1, ROB0} = b_q[17:0];
    assign {ROC17, ROC16, ROC15, ROC14, ROC13, ROC12, ROC11, ROC10, ROC9, ROC8, ROC7, ROC6, ROC5, ROC4, ROC3, ROC2, ROC1, ROC0} = c_q[17:0];
endmodule
