// A model that brings its own code, in C: each byte is the likelier, the more often the document had it after the byte before. ../ABI.md defines the
// functions.
//
// clang --target=wasm32 -O3 -nostdlib -Wl,--no-entry -Wl,--strip-all -o module.wasm module.c
// cargo golf pack module.json module.wasm --output model.safetensors

#define EXPORT(name) __attribute__((export_name(name)))

// Most tokens of the vocabulary, and most bytes of data.
enum { TOKENS = 256, DATA = 1 << 16 };

static unsigned char bytes[DATA];
static int vocabulary, last;
// How often each token came after each.
static unsigned short counts[TOKENS][TOKENS];
static int out[TOKENS];

// Room for the tensor `data`: weights, say. This model has none.
EXPORT("data") unsigned char *data(unsigned size) {
    if (size > DATA) __builtin_trap();
    return bytes;
}

// Everything that is to be done once; the logits' address.
EXPORT("logits") int *logits(int tokens) {
    if (tokens > TOKENS) __builtin_trap();
    vocabulary = tokens;
    return out;
}

// A logit for each token: 65,536 is one bit.
EXPORT("predict") void predict(void) {
    for (int token = 0; token < vocabulary; token++)
        out[token] = (31 - __builtin_clz(counts[last][token] * 16u + 1)) * 65536;
}

// The token that came.
EXPORT("observe") void observe(int token) {
    if (counts[last][token] < 65535) counts[last][token]++;
    last = token;
}
