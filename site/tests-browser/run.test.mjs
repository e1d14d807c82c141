// Entries at work in the page, and their scores made anew: what a reader of the site can do.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PHONE, SITE, isTooWide, open, shot, visitor } from './support.mjs';

const slugs = (await readdir(join(SITE, 'records'))).map(path => path.replace('.json', '')).sort();
const recordOf = async slug => JSON.parse(await readFile(join(SITE, 'records', `${slug}.json`), 'utf8'));

/** Scores of a page's entry made anew; what it says, row by row. */
async function verify(page, task = '') {
  await page.selectOption('#task', task);
  await page.click('#verify');
  await page.waitForSelector('#verified .notice', { timeout: 400_000 });
  const rows = await page.locator('#verified tbody tr').evaluateAll(rows => rows.map(row => [...row.cells].map(cell => cell.textContent)));
  return { verdict: await page.locator('#verified .notice').first().textContent(), rows };
}

for (const slug of slugs) {
  test(`${slug} gives its score and its digest, bit for bit`, async t => {
    const page = await open(t, `run.html?entry=${slug}`);
    const record = await recordOf(slug);
    // Larger ones take minutes for all tasks: GOLF_ALL_TASKS=1 takes them.
    const task = record.artifact.bytes > 100_000 && process.env.GOLF_ALL_TASKS !== '1' ? 'prose' : '';
    const { verdict, rows } = await verify(page, task);
    assert.match(verdict, /^✓/);
    assert.equal(rows.length, task ? 2 : 1 + record.tasks.length);
    assert(rows.every(row => row[1] === '✓ the same, bit for bit' && row[3] === row[4]), JSON.stringify(rows));
    assert(rows[0][3].startsWith(record.probe.sha256.slice(0, 16)));
    await shot(page, `verified-${slug}`);
  });
}

for (const [build, kernel, words] of [['relaxed', 'relaxed', /with relaxed vectors/], ['simd128', 'simd128', /with vectors/], ['plain', 'scalar', /without vectors/]]) {
  test(`the ${build} build gives the same`, async t => {
    const page = await open(t, `run.html?entry=tern-100k&engine=${build}`);
    assert.match((await verify(page, 'state')).verdict, /^✓/);
    assert.match(await page.textContent('#about'), words);
    assert.equal(await page.getAttribute('#about', 'data-kernel'), kernel);
  });
}

test('a record that differs is no tick', async t => {
  // What a service worker asks for can't be replaced here.
  const page = await open(t, 'run.html?entry=greenhouse-brain', { serviceWorkers: 'block' });
  const record = await recordOf('greenhouse-brain');
  record.tasks.find(task => task.id === 'greenhouse-log').strata[0].cost[3] += 1;
  record.probe.sha256 = `0${record.probe.sha256.slice(1)}`;
  await page.route('**/records/*.json', route => route.fulfill({ json: record }));
  const { verdict, rows } = await verify(page, 'greenhouse-log');
  assert.match(verdict, /^✗/);
  assert(rows.every(row => row[1] === '✗ not the same'), JSON.stringify(rows));
  assert.match(await page.textContent('#verified'), /greenhouse-log@1: scored .* is recorded/s);
  await shot(page, 'mismatch');
});

test('other bytes than the recorded ones are refused', async t => {
  const page = await open(t, 'run.html?entry=greenhouse-brain', { serviceWorkers: 'block' });
  await page.route('**/artifacts/**', async route => {
    const response = await route.fetch();
    const body = await response.body();
    body[4000] ^= 1;
    await route.fulfill({ response, body });
  });
  await page.click('#write');
  assert.match(await page.textContent('#written .bad'), /SHA-256 .* but it should be b37794f9/);
});

/** What an entry writes. */
async function write(page, settings) {
  for (const [id, value] of Object.entries(settings)) await page.fill(`#${id}`, String(value));
  await page.click('#write');
  await page.waitForSelector('#write:enabled');
  return page.textContent('#written');
}

test('an entry writes, the same for the same seed, and stops', async t => {
  const page = await open(t, 'run.html?entry=tern-1m');
  const settings = { prompt: 'The old lighthouse', limit: 60, temperature: 0.8, 'top-k': 40, seed: 7 };
  const first = await write(page, settings);
  assert(first.startsWith('The old lighthouse') && first.length > 100, first);
  assert.match(await page.textContent('#speed'), /^60 tokens, [\d,]+ a second$/);
  await shot(page, 'written');
  assert.equal(await write(page, settings), first);
  assert.notEqual(await write(page, { seed: 8 }), first);
  assert.equal(await write(page, { temperature: 0, seed: 1 }), await write(page, { temperature: 0, seed: 2 }));
  await page.fill('#limit', '1000000');
  await page.click('#write');
  await page.waitForFunction(() => document.getElementById('written').textContent.length > 400);
  await page.click('#stop-writing');
  await page.waitForSelector('#write:enabled');
  assert.match(await page.textContent('#speed'), /tokens/);
  await page.fill('#temperature', '-1');
  await page.click('#write');
  assert.match(await page.textContent('#written .bad'), /Temperature: from 0 to 100/);
});

test('each token of a text has its cost', async t => {
  const page = await open(t, 'run.html?entry=tern-1m', { viewport: PHONE });
  const text = 'Naïve <script>alert("1")</script>\nwaves 😀 & \u202ebackwards';
  await page.fill('#text', text);
  await page.click('#weigh');
  await page.waitForSelector('#weighed table');
  const [bits, length, tokens, perByte] = (await page.textContent('#weighed .sum')).match(/[\d.]+/g).map(Number);
  assert.equal(length, new TextEncoder().encode(text).length);
  assert.equal(await page.locator('#weighed ruby').count(), tokens);
  assert(Math.abs(bits / length - perByte) < 1e-3);
  const sum = (await page.locator('#weighed rt').allTextContents()).reduce((sum, cost) => sum + Number(cost), 0);
  assert(Math.abs(sum - bits) < 0.06 * tokens, `${sum} and ${bits}`);
  assert.equal(await page.locator('#weighed script').count(), 0);
  assert(!(await page.textContent('#weighed')).includes('\u202e'));
  assert(!(await isTooWide(page)));
  await shot(page, 'costs-phone');
});

test('costs in the dark', async t => {
  const page = await open(t, 'run.html?entry=tern-1m', { colorScheme: 'dark' });
  await page.click('#weigh');
  await page.waitForSelector('#weighed table');
  await shot(page, 'costs-dark');
});

test('a second visit needs no network', async t => {
  const context = await visitor(t);
  const first = await open(t, 'run.html?entry=tern-100k', { visitor: context });
  await first.evaluate(async () => (await navigator.serviceWorker.ready).active?.state);
  assert.match((await verify(first, 'prose')).verdict, /^✓/);
  await first.close();
  await context.setOffline(true);
  const second = await open(t, 'run.html?entry=tern-100k', { visitor: context });
  assert.match((await verify(second, 'prose')).verdict, /^✓/);
  assert.match(await second.textContent('#about'), /kept from before/);
});

test('without a kept model and a network there is an error in words', async t => {
  const context = await visitor(t);
  const page = await open(t, 'run.html?entry=tern-100k', { visitor: context });
  await page.evaluate(async () => (await navigator.serviceWorker.ready).active?.state);
  await page.waitForTimeout(300);
  await context.setOffline(true);
  await page.click('#write');
  await page.waitForSelector('#written .bad');
  page.amiss.length = 0;
});
