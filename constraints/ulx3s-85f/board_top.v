// ULX3S with LFE5U-85F: 25 MHz, USB serial port of the FT231X, LED 0 on after a fault, button FIRE1.
//
// Reset lasts 16 clocks: after configuration, while the button is pressed and when the host asks for it.
`default_nettype none

module board_top (
    input  wire clk,
    input  wire rx,
    output wire tx,
    input  wire btn,
    output wire led,
    output wire wifi_gpio0
);
    wire       restart;
    wire       fault;
    reg  [4:0] clocks = 5'd0;
    wire       reset = !clocks[4];
    // High while the button is pressed.
    reg  [1:0] button = 2'b11;
    always @(posedge clk) button <= {button[0], btn};

    always @(posedge clk) begin
        if (restart || button[1]) clocks <= 5'd0;
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
    // Low would let the ESP32 start its own passthrough.
    assign wifi_gpio0 = 1'b1;
endmodule

`default_nettype wire
