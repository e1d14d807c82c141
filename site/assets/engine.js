// The page's side of the engine: where the model, the engine and the records come from, and calls to the engine's thread.
'use strict';

/** In a bundle, all that the site has in files: { artifact, engines, worker, record, tasks }. */
const bundle = JSON.parse(document.getElementById('bundle')?.textContent ?? 'null');

const fromBase64 = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));

/** A file of the site as text; what came once is there without a network, too. */
async function file(path) {
  const kept = 'caches' in self ? await caches.open('golf-pages') : undefined;
  try {
    const response = await fetch(path);
    if (!response.ok) throw new Error(`${path}: the server says ${response.status}`);
    await kept?.put(path, response.clone()).catch(() => {});
    return await response.text();
  } catch (fault) {
    const found = await kept?.match(path);
    if (found) return found.text();
    throw fault;
  }
}

/** The builds of the engine, the fastest first, and the code of a function with an instruction that a browser must have to run it. */
const BUILDS = {
  relaxed: [65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 147, 2],
  simd128: [65, 0, 253, 15, 253, 98],
};
/** Whether the browser takes a module with that function for one. */
const runs = code =>
  WebAssembly.validate(Uint8Array.of(
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, code.length + 4, 1, code.length + 2, 0, ...code, 11,
  ));
const asked = new URLSearchParams(location.search).get('engine');
/** The build for this browser; `?engine=` in the address asks for another. */
const BUILD =
  asked in BUILDS || asked === 'plain' ? asked : (Object.keys(BUILDS).find(name => runs(BUILDS[name])) ?? 'plain');

/** The record of an entry: its `score.json`. */
const recordOf = async slug => JSON.parse(bundle ? bundle.record : await file(`records/${slug}.json`));

/** A task with its data, as the engine takes it. */
const taskOf = async id => (bundle ? bundle.tasks[id] : file(`tasks/${id}.json`));

/** An entry at work in a thread of its own. */
class Engine {
  #worker;
  #calls = new Map();
  #count = 0;

  constructor() {
    this.#worker = new Worker(bundle ? URL.createObjectURL(new Blob([bundle.worker], { type: 'text/javascript' })) : 'worker.js');
    this.#worker.onmessage = ({ data: { id, part, answer, error } }) => {
      const call = this.#calls.get(id);
      if (part) return call?.each(part);
      this.#calls.delete(id);
      if (error !== undefined) call?.reject(new Error(error));
      else call?.resolve(answer);
    };
    this.#worker.onerror = () => this.end('the engine’s thread doesn’t start here');
  }

  /** Calls an operation of worker.js; `each` hears of its progress. */
  call(op, input = {}, each = () => {}) {
    const id = ++this.#count;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject, each });
      this.#worker.postMessage({ id, op, ...input });
    });
  }

  /** Loads an entry: { slug, sha256, length }. What `load` answers, and the vocabulary's tokens. */
  async load({ slug, sha256, length }, each) {
    const module = bundle ? fromBase64(bundle.engines[BUILD]) : `engine-${BUILD}.wasm`;
    const artifact = bundle ? { bytes: fromBase64(bundle.artifact) } : { url: `artifacts/${sha256}.safetensors` };
    const about = await this.call('load', { module, artifact: { ...artifact, length, sha256 } }, each);
    this.about = { slug, ...about };
    this.tokens = [];
    for (let at = 0; at < about.tokens.length; at += 1 + about.tokens[at]) {
      this.tokens.push(about.tokens.subarray(at + 1, at + 1 + about.tokens[at]));
    }
    return this.about;
  }

  /** Ends the thread; calls that wait fail. */
  end(why = 'stopped') {
    this.#worker.terminate();
    this.#calls.forEach(call => call.reject(new Error(why)));
    this.#calls.clear();
    this.ended = true;
  }
}

/** What may be shown of text that an entry wrote: what has no glyph and could rearrange what is around it becomes U+FFFD. */
const visible = text =>
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/g, '\ufffd');

/** An element with attributes and children; text is never markup. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  Object.entries(attributes).forEach(([key, value]) => value !== undefined && made.setAttribute(key, value));
  made.append(...children);
  return made;
}
