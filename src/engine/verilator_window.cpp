// The ports of the design, on a chip that shows its outputs through a window.
struct Top {
    Vgs chip;
@MEMBERS@
    explicit Top(VerilatedContext* context) : chip{context} {}
    void eval() { chip.eval(); }
    void final() { chip.final(); }
};

template <class Data>
static bool bit_of(const Data& value, int bit) {
    return value >> bit & 1;
}

template <std::size_t N>
static bool bit_of(const VlWide<N>& value, int bit) {
    return value.at(bit / 32) >> (bit % 32) & 1;
}

template <class Data>
static void copy(const bool* seen, int low, int bits, Data& value) {
    value = 0;
    for (int bit = 0; bit < bits; ++bit) value |= static_cast<Data>(seen[low + bit]) << bit;
}

template <std::size_t N>
static void copy(const bool* seen, int low, int bits, VlWide<N>& value) {
    for (std::size_t word = 0; word < N; ++word) value.at(word) = 0;
    for (int bit = 0; bit < bits; ++bit) value.at(bit / 32) |= static_cast<uint32_t>(seen[low + bit]) << (bit % 32);
}

static void settle(Top& top) {
    bool seen[@BITS@];
    for (int slice = 0; slice < @SLICES@; ++slice) {
        top.chip.window_select_i = slice;
        top.chip.eval();
        for (int bit = 0; bit < @WIDTH@ && slice * @WIDTH@ + bit < @BITS@; ++bit)
            seen[slice * @WIDTH@ + bit] = bit_of(top.chip.window_o, bit);
    }
@COPIES@
}
