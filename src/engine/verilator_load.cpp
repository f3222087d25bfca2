static void idle(Top& top) { top.s_load_tvalid = 0; }

// Plays the image on the load port. False: the image was refused, or a word was not taken; said on stdout.
static bool load(Top& top, const Play& play) {
    if (play.image.empty()) return true;
    for (std::size_t next = 0; next < play.image.size(); ++next) {
        top.s_load_tvalid = 0;
        for (unsigned gap = play.image[next].gap; gap > 0; --gap) clock(top);
        top.s_load_tvalid = 1;
        top.s_load_tdata = play.image[next].word;
        top.s_load_tlast = next + 1 == play.image.size();
        settle(top);
        for (int waited = 0; !top.s_load_tready; ++waited) {
            if (waited > LOAD_SETTLES) {
                printf("W %zu\n", next);
                return false;
            }
            clock(top);
            settle(top);
        }
        clock(top);
    }
    top.s_load_tvalid = 0;
    for (int cycle = 0; cycle < LOAD_SETTLES; ++cycle) clock(top);
    settle(top);
    if (top.loaded_o && !top.load_error_o) return true;
    printf("L %d\n", static_cast<int>(top.load_reason_o));
    return false;
}
