// Bench of @TOP@ for the engines that use Verilator: reads plays from stdin, writes what came out to stdout.
//
// in:  P beats steps hang_cycles image_words mutant cut   mutant 0: the design itself; cut: cycles that are played before,
//      then a reset
//      length bits            TREADY pattern, one line an output stream
//      gap flags data         one line a beat; gap and data hexadecimal, flags = tuser << 1 | tlast
//      gap word               one line a word of the image that is loaded first; hexadecimal
// out: B stream 1 tlast tuser data   a beat, data hexadecimal
//      E cycles protocol_error input_stalls output_stalls probe_stalls
//      H taken steps                 no beat for hang_cycles
//      L reason                      the image was refused
//      W words                       the load port takes no more than these words
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>
#include "Vgs.h"
#include "verilated.h"

@CHIP@

static const int STREAMS = @STREAMS@;
// Cycles from the last word of an image to the end of what it causes.
static const int LOAD_SETTLES = 16;

struct Pattern {
    std::vector<char> bits;
    bool at(uint64_t cycle) const { return bits[cycle % bits.size()] == '1'; }
};

struct Beat {
    unsigned gap;
    unsigned flags;
    uint64_t data;
};

struct Word {
    unsigned gap;
    unsigned word;
};

struct Play {
    std::vector<Beat> beats;
    std::vector<Word> image;
    uint64_t steps = 0;
    uint64_t hang = 0;
    uint64_t mutant = 0;
    uint64_t cut = 0;
    bool silent = false;
    uint64_t seen[STREAMS] = {};
    uint64_t cycle = 0;
    uint64_t last_activity = 0;
    uint64_t last_progress = 0;
    uint64_t stalls[3] = {};
};

static Pattern pattern[STREAMS];

// Least significant word first.
static void put_words(const uint32_t* words, int bits) {
    int digits = (bits + 3) / 4;
    std::string text(digits, '0');
    for (int digit = 0; digit < digits; ++digit)
        text[digits - 1 - digit] = "0123456789abcdef"[words[digit / 8] >> (digit % 8 * 4) & 15];
    fputs(text.c_str(), stdout);
}

static void put(uint64_t value, int bits) {
    const uint32_t words[2] = {static_cast<uint32_t>(value), static_cast<uint32_t>(value >> 32)};
    put_words(words, bits);
}

template <std::size_t N>
static void put(const VlWide<N>& value, int bits) {
    uint32_t words[N];
    for (std::size_t i = 0; i < N; ++i) words[i] = value.at(i);
    put_words(words, bits);
}

template <class Data>
static void take(Play& play, int stream, bool ready, bool last, bool user, const Data& data, int bits) {
    if (!ready) {
        ++play.stalls[stream == 0 ? 1 : 2];
        return;
    }
    if (!play.silent) {
        printf("B %d 1 %d %d ", stream, last, user);
        put(data, bits);
        putchar('\n');
    }
    play.seen[stream] += last;
    play.last_activity = play.cycle;
    if (last && play.seen[stream] <= play.steps) play.last_progress = play.cycle;
}

static void set_ready(Top& top, uint64_t cycle) {
@READY@
}

static void take_all(Top& top, Play& play) {
@BEATS@
}

static void clock(Top& top) {
    top.clk_i = 1;
    top.eval();
    top.clk_i = 0;
    top.eval();
}

static bool read(Play& play) {
    unsigned long long beats = 0, steps = 0, hang = 0, image = 0, mutant = 0, cut = 0;
    if (scanf(" P %llu %llu %llu %llu %llu %llu", &beats, &steps, &hang, &image, &mutant, &cut) != 6) return false;
    play.mutant = mutant;
    play.cut = cut;
    play.steps = steps;
    play.hang = hang;
    for (Pattern& one : pattern) {
        unsigned long long length = 0;
        if (scanf("%llu ", &length) != 1) return false;
        one.bits.resize(length);
        if (length == 0 || fread(one.bits.data(), 1, length, stdin) != length) return false;
    }
    play.beats.resize(beats);
    for (Beat& beat : play.beats) {
        unsigned long long data = 0;
        if (scanf("%x %u %llx", &beat.gap, &beat.flags, &data) != 3) return false;
        beat.data = data;
    }
    play.image.resize(image);
    for (Word& word : play.image)
        if (scanf("%x %x", &word.gap, &word.word) != 2) return false;
    return true;
}

@LOAD@

static bool unfinished(const Play& play, std::size_t next) {
    if (next < play.beats.size()) return true;
    for (uint64_t seen : play.seen)
        if (seen < play.steps) return true;
    return false;
}

static void select(Top& top, uint64_t mutant) {
    @SELECT@
}

static void run(Top& top, Play& play) {
    select(top, play.mutant);
    top.s_axis_tvalid = 0;
    idle(top);
    top.rst_i = 1;
    top.eval();
    clock(top);
    top.rst_i = 0;
    if (!load(top, play)) return;
    std::size_t next = 0;
    unsigned gap = play.beats.empty() ? 0 : play.beats[0].gap;
    bool offered_before = false;
    uint64_t first_offer = 0;
    for (; unfinished(play, next); ++play.cycle) {
        if (play.silent && play.cycle >= play.cut) return;
        const bool offered = next < play.beats.size() && gap == 0;
        top.s_axis_tvalid = offered;
        if (offered) {
            if (!offered_before) first_offer = play.cycle;
            offered_before = true;
            top.s_axis_tdata = play.beats[next].data;
            top.s_axis_tlast = play.beats[next].flags & 1;
            top.s_axis_tuser = play.beats[next].flags >> 1 & 1;
        }
        set_ready(top, play.cycle);
        settle(top);
        if (!offered) {
            gap -= gap > 0;
        } else if (top.s_axis_tready) {
            if (++next < play.beats.size()) gap = play.beats[next].gap;
            play.last_activity = play.cycle;
            play.last_progress = play.cycle;
        } else {
            ++play.stalls[0];
        }
        take_all(top, play);
        if (play.cycle - play.last_progress > play.hang) {
            if (!play.silent) printf("H %zu %llu\n", next, static_cast<unsigned long long>(play.seen[0]));
            return;
        }
        clock(top);
        if ((play.cycle & 0xffff) == 0) fflush(stdout);
    }
    if (play.silent) return;
    settle(top);
    const uint64_t cycles = offered_before ? play.last_activity + 1 - first_offer : 0;
    printf("E %llu %d %llu %llu %llu\n", static_cast<unsigned long long>(cycles), top.protocol_error_o ? 1 : 0,
           static_cast<unsigned long long>(play.stalls[0]), static_cast<unsigned long long>(play.stalls[1]),
           static_cast<unsigned long long>(play.stalls[2]));
}

int main() {
    VerilatedContext context;
    context.randReset(2);
    context.randSeed(1);
    const std::unique_ptr<Top> top{new Top{&context}};
    top->clk_i = 0;
    top->rst_i = 1;
    top->eval();
    for (;;) {
        Play play;
        if (!read(play)) break;
        if (play.cut > 0) {
            Play before = play;
            before.silent = true;
            run(*top, before);
        }
        run(*top, play);
        fflush(stdout);
    }
    top->final();
    return 0;
}
