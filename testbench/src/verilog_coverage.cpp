// Runs the bench to its $finish and writes what was covered; the program that Verilator makes by itself does not write it.
#include "Vbench.h"
#include "verilated.h"
#include "verilated_cov.h"

int main() {
    VerilatedContext context;
    Vbench top{&context};
    while (!context.gotFinish()) {
        top.eval();
        if (!top.eventsPending()) break;
        context.time(top.nextTimeSlot());
    }
    top.final();
    VerilatedCov::write("coverage.dat");
    return 0;
}
