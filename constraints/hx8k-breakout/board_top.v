// iCE40-HX8K breakout board: 12 MHz, USB serial port B of the FT2232H, LED D9 on after a fault.
//
// Reset lasts 16 clocks: after configuration and when the host asks for it.
`default_nettype none

module board_top (
    input  wire clk,
    input  wire rx,
    output wire tx,
    output wire led
);
    wire       restart;
    wire       fault;
    reg  [4:0] clocks = 5'd0;
    wire       reset = !clocks[4];

    always @(posedge clk) begin
        if (restart) clocks <= 5'd0;
        else if (reset) clocks <= clocks + 5'd1;
    end

    goldspike_system u_system (
        .clk_i    (clk),
        .rst_i    (reset),
        .rx_i     (rx),
        .tx_o     (tx),
        .restart_o(restart),
        .fault_o  (fault)
    );

    assign led = fault;
endmodule

`default_nettype wire
