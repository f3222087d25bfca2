// Clock gate of ECP5's clock network, as nextpnr puts it before each global net; only always open (the emitted netlist refuses CE).
//
// Written from: ECP5 and ECP5-5G sysCLOCK PLL/DLL Design and Usage Guide (Lattice FPGA-TN-02200), "DCCA".
module DCCA (input wire CLKI, output wire CLKO);
    assign CLKO = CLKI;
endmodule
