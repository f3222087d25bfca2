// Tang Nano 9K: GW1NR-9, 27 MHz, serial port of the BL702, LED 0 on after a fault, button S1.
//
// Reset lasts 16 clocks: after configuration, while the button is pressed and when the host asks for it.
`default_nettype none

module board_top (
    input  wire clk,
    input  wire rx,
    output wire tx,
    input  wire btn_n,
    output wire led_n
);
    wire       restart;
    wire       fault;
    reg  [4:0] clocks = 5'd0;
    wire       reset = !clocks[4];
    // Low while the button is pressed.
    reg  [1:0] button = 2'b00;
    always @(posedge clk) button <= {button[0], btn_n};

    always @(posedge clk) begin
        if (restart || !button[1]) clocks <= 5'd0;
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

    assign led_n = !fault;
endmodule

`default_nettype wire
