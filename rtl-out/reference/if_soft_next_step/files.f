// Verilog-2005 sources. The .hex files are read from the folder in which the tool runs.
rtl/gs_if_soft_next_step.v
rtl/gs_if_soft_next_step_guard.v
rtl/gs_if_soft_next_step_l0.v
rtl/gs_if_soft_next_step_l0_crossbar.v
rtl/gs_if_soft_next_step_l0_event_buffer.v
rtl/gs_if_soft_next_step_l0_lane.v
rtl/gs_if_soft_next_step_l0_neurons.v
rtl/gs_if_soft_next_step_l0_probe_queue.v
rtl/gs_if_soft_next_step_l0_spikes.v
rtl/gs_if_soft_next_step_l0_spikes_queue.v
