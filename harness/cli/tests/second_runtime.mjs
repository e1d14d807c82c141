// Runs an entry's module in V8: `node second_runtime.mjs MODULE DATA TOKENS VOCABULARY` prints the SHA-256 of all logits before each token of a document.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const [module, data, tokens, vocabulary] = process.argv.slice(2);
const { instance } = await WebAssembly.instantiate(readFileSync(module), {});
const { memory, data: room, logits, predict, observe } = instance.exports;
const bytes = readFileSync(data);
new Uint8Array(memory.buffer, room(bytes.length) >>> 0, bytes.length).set(bytes);
const at = logits(Number(vocabulary)) >>> 0;
const hash = createHash("sha256");
for (const token of JSON.parse(readFileSync(tokens, "utf8"))) {
  predict();
  hash.update(new Uint8Array(memory.buffer, at, 4 * Number(vocabulary)));
  observe(token);
}
console.log(hash.digest("hex"));
