// The slice of ECP5 whose inputs write the distributed memory of its neighbours.
//
// Written from: Project Trellis, "Slice" (mode RAMW: which input is which address or data bit); ECP5 and ECP5-5G Memory Usage Guide
// (Lattice FPGA-TN-02204), "Distributed Memory".
module TRELLIS_RAMW (
    input  wire A0, B0, C0, D0, A1, B1, C1, D1,
    output wire WDO0, WDO1, WDO2, WDO3, WADO0, WADO1, WADO2, WADO3
);
    assign {WADO3, WADO2, WADO1, WADO0} = {A0, C0, B0, D0};
    assign {WDO3, WDO2, WDO1, WDO0} = {B1, D1, A1, C1};
endmodule
