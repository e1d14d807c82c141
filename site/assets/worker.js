// The engine's thread: it gets and checks the model, runs the module of WebAssembly, and answers the page's calls.
//
// A call is { id, op, ... }; what comes back is { id, part } any number of times and then { id, answer } or { id, error }. `operations` lists them.
'use strict';

/** Slices of work after which a message can come in, in milliseconds. */
const SLICE = 50;
/** Where artifacts are kept, by address. */
const KEPT = 'golf-artifacts';

let engine, memory, about, stopped, panic, tell = () => {};

const bytesAt = (pointer, length) => new Uint8Array(memory.buffer, pointer, length);
const answer = () => bytesAt(engine.answer(), engine.answer_length()).slice();
const text = bytes => new TextDecoder().decode(bytes);

/** Calls a function of the engine with bytes; what it answers, or an error. */
function call(name, input, ...numbers) {
  if (!engine) throw new Error('no model is loaded');
  try {
    if (input !== undefined) {
      const bytes = typeof input === 'string' ? new TextEncoder().encode(input) : input;
      bytesAt(engine.reserve(bytes.length), bytes.length).set(bytes);
    }
    const status = engine[name](...numbers);
    if (status < 0) throw new Error(text(answer()));
    return status;
  } catch (fault) {
    if (fault instanceof WebAssembly.RuntimeError) throw new Error(panic ?? `the engine broke off: ${fault.message}`);
    throw fault;
  }
}
const asked = (...call_) => (call(...call_), JSON.parse(text(answer())));

/** Bytes of an address, with progress; the whole length is known before. */
async function download(url, length) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: the server says ${response.status}`);
  const bytes = new Uint8Array(length);
  let done = 0;
  const reader = response.body.getReader();
  for (let part; !(part = await reader.read()).done; ) {
    if (done + part.value.length > length) throw new Error(`${url} is longer than the ${length} bytes that are recorded`);
    bytes.set(part.value, done);
    done += part.value.length;
    tell({ downloaded: done, of: length });
  }
  if (done < length) throw new Error(`${url} ended after ${done} of ${length} bytes`);
  return bytes;
}

/** The artifact: from the page, from what was kept, or from the site; what is kept is kept only once the engine has checked it. */
async function loadArtifact({ url, bytes, length, sha256 }) {
  const load = artifact => {
    const input = new Uint8Array(64 + artifact.length);
    input.set(new TextEncoder().encode(sha256));
    input.set(artifact, 64);
    return asked('load', input);
  };
  if (bytes) return load(bytes);
  // Pages that came by plain http from another machine have no such place.
  const kept = 'caches' in self ? await caches.open(KEPT) : undefined;
  const found = await kept?.match(url);
  if (found) {
    try {
      return { ...load(new Uint8Array(await found.arrayBuffer())), kept: true };
    } catch {
      await kept.delete(url);
    }
  }
  const artifact = await download(url, length);
  const loaded = load(artifact);
  // No room to keep it is no reason not to run it.
  await kept?.put(url, new Response(artifact)).catch(() => {});
  return loaded;
}

const operations = {
  /** `module`: address or bytes of the engine; `artifact`: { url or bytes, length, sha256 }. */
  async load({ module, artifact }) {
    const source = typeof module === 'string' ? await (await fetch(module)).arrayBuffer() : module;
    const imports = {
      golf: {
        progress: (done, of) => tell({ done, of }),
        panicked: (pointer, length) => (panic = text(bytesAt(pointer, length))),
      },
    };
    const { instance } = await WebAssembly.instantiate(source, imports);
    engine = instance.exports;
    memory = engine.memory;
    about = await loadArtifact(artifact);
    call('vocabulary');
    return { ...about, tokens: answer() };
  },

  /** Writes from a prompt, a slice of tokens at a time, until it is stopped. */
  async write({ prompt, temperature, topK, seed, limit }) {
    stopped = false;
    const start = performance.now();
    const given = asked('begin', prompt, temperature, topK, seed);
    const begun = performance.now();
    let written = 0;
    const speed = () => ({ given, written, milliseconds: performance.now() - begun, promptMilliseconds: begun - start });
    while (written < limit && !stopped) {
      const tokens = [], until = performance.now() + SLICE;
      while (written + tokens.length < limit && performance.now() < until) tokens.push(call('step'));
      written += tokens.length;
      tell({ tokens, ...speed() });
      await breath();
    }
    return speed();
  },
  stop() {
    stopped = true;
  },

  /** What each token of a text costs. */
  costs: ({ text }) => asked('costs', text),

  /** The digest of the logits. */
  probe: () => asked('probe'),

  /** Scores a task, given as JSON, and compares it with its record, likewise. */
  verify({ task, record }) {
    const start = performance.now();
    const items = asked('take', task);
    call('score', undefined, items);
    const milliseconds = performance.now() - start;
    return { items, milliseconds, ...asked('compare', record) };
  },
};

/** Lets messages come in; timers would wait for longer. */
function breath() {
  return new Promise(resolve => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => (port1.close(), resolve());
    port2.postMessage(0);
  });
}

let told = 0;
onmessage = async ({ data: { id, op, ...input } }) => {
  if (op !== 'stop') {
    tell = part => {
      // Pages show sixty pictures a second at most; tokens must all come through.
      const now = performance.now();
      if (part.tokens || now - told > 30 || part.done === part.of) postMessage({ id, part }), (told = now);
    };
  }
  try {
    postMessage({ id, answer: await operations[op](input) });
  } catch (fault) {
    postMessage({ id, error: fault.message });
  }
};
