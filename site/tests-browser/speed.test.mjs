// How fast the engine is in this browser; harness/ternary/benches/README.md has figures. It judges nothing, and runs only when it is asked for:
//
//     GOLF_SPEED=1 .ci/browser speed                            # tern-1m
//     GOLF_SPEED=1 GOLF_ARTIFACT=model.safetensors .ci/browser speed
//
// The work is that of `cargo golf bench`: a prompt of 512 tokens of prose with its costs, and 128 tokens written after 32, the likeliest each time.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SITE, open } from './support.mjs';

const ROUNDS = 7;

test('speed', { skip: process.env.GOLF_SPEED !== '1' && 'GOLF_SPEED=1 asks for it' }, async t => {
  const build = process.env.GOLF_ENGINE ? `&engine=${process.env.GOLF_ENGINE}` : '';
  const page = await open(t, `run.html?entry=tern-1m${build}`, { serviceWorkers: 'block' });
  if (process.env.GOLF_ARTIFACT) {
    const body = await readFile(process.env.GOLF_ARTIFACT);
    await page.route('**/artifacts/**', route => route.fulfill({ body }));
    const facts = { sha256: createHash('sha256').update(body).digest('hex'), bytes: body.length };
    await page.evaluate(facts => Object.assign(document.getElementById('entry').selectedOptions[0].dataset, facts), facts);
  }
  const { definition, files } = JSON.parse(await readFile(join(SITE, 'tasks/prose.json'), 'utf8'));
  const prose = definition.files.map(({ path }) => files[path]).join('\n').slice(0, 8000);
  const made = await page.evaluate(
    async ({ prose, definition, rounds }) => {
      const started = performance.now();
      const running = await ready();
      const load = performance.now() - started;
      const { tokens } = await running.call('costs', { text: prose });
      const textOf = count => {
        const bytes = tokens.slice(0, count).flatMap(token => [...running.tokens[token]]);
        return new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array(bytes));
      };
      const prompt = textOf(512);
      const bytes = new TextEncoder().encode(prompt);
      const sha256 = [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].map(byte => byte.toString(16).padStart(2, '0')).join('');
      const file = { path: 'one.txt', bytes: bytes.length, sha256 };
      const task = JSON.stringify({ definition: { ...definition, files: [file] }, files: { 'one.txt': prompt }, season: 'x' });
      const record = JSON.stringify({ id: definition.id, version: definition.version, strata: [] });
      const prompts = [], generations = [];
      for (let round = 0; round < rounds; round++) {
        const { milliseconds } = await running.call('verify', { task, record });
        prompts.push((1000 * Math.min(512, tokens.length)) / milliseconds);
        const settings = { prompt: textOf(32), temperature: 0, topK: 1, seed: 0, limit: 128 };
        const { written, milliseconds: taken } = await running.call('write', settings);
        generations.push((1000 * written) / taken);
      }
      return { kernel: running.about.kernel, load, prompts, generations };
    },
    { prose, definition, rounds: ROUNDS },
  );
  const median = values => [...values].sort((a, b) => a - b)[values.length >> 1];
  assert(made.prompts.length === ROUNDS && made.generations.every(speed => speed > 0));
  console.log(
    `${made.kernel}: load ${made.load.toFixed(0)} ms, prompt ${median(made.prompts).toFixed(0)} tokens/s, generation ${median(made.generations).toFixed(0)} tokens/s`,
    `(medians of ${ROUNDS}; best ${Math.max(...made.prompts).toFixed(0)} and ${Math.max(...made.generations).toFixed(0)})`,
  );
});
