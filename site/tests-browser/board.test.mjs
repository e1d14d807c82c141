// The leaderboard's table, charts and comparisons, as a reader uses them.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PHONE, ROOT, SITE, open, shot } from './support.mjs';

/** Rows of a CSV file without quotes or line feeds in the columns that are asked for. */
const csv = async (name, columns) => {
  const [head, ...lines] = (await readFile(join(SITE, name), 'utf8')).trim().split('\n');
  const heads = head.split(',');
  const cells = line => line.match(/("([^"]|"")*"|[^,]*)(,|$)/g).map(cell => cell.replace(/,$/, '').replace(/^"|"$/g, ''));
  return lines.map(cells).map(row => Object.fromEntries(columns.map(column => [column, row[heads.indexOf(column)]])));
};
const visible = page => page.locator('#entries tbody tr:visible').evaluateAll(rows => rows.map(row => row.dataset.entry));
const query = page => new URL(page.url()).searchParams;

test('the table sorts by any column, and says so', async t => {
  const page = await open(t, 'index.html');
  const all = await csv('leaderboard.csv', ['class', 'slug', 'bytes', 'grammar']);
  const ranked = all.filter(row => row.class === '16000000');
  assert.deepEqual(await visible(page), ranked.map(row => row.slug));
  const head = page.locator('#entries th[data-key=bytes]');
  await head.getByRole('button').focus();
  await page.keyboard.press('Enter');
  assert.equal(await head.getAttribute('aria-sort'), 'ascending');
  const by = (key, turn) => [...ranked].sort((a, b) => turn * (Number(a[key]) - Number(b[key]))).map(row => row.slug);
  assert.deepEqual(await visible(page), by('bytes', 1));
  await head.getByRole('button').click();
  assert.equal(await head.getAttribute('aria-sort'), 'descending');
  assert.deepEqual(await visible(page), by('bytes', -1));
  assert.equal(query(page).get('sort'), '-bytes');
  assert.equal(await page.locator('#entries th[aria-sort]').count(), 1);
});

test('filters and columns stand in the address, and come back from it', async t => {
  const page = await open(t, 'index.html');
  const all = await csv('leaderboard.csv', ['class', 'slug', 'engine', 'license', 'identical_on']);
  await page.getByText('Filter, and choose columns').click();
  for (const key of ['100000', '1000000']) {
    await page.locator('select[name=class]').selectOption(key);
    assert.deepEqual(await visible(page), all.filter(row => row.class === key).map(row => row.slug));
  }
  await page.locator('select[name=class]').selectOption('');
  await page.locator('select[name=engine]').selectOption('ternary');
  await page.getByLabel('RAM', { exact: true }).uncheck();
  const ternary = all.filter(row => row.class === '16000000' && row.engine.startsWith('ternary@')).map(row => row.slug);
  assert.deepEqual(await visible(page), ternary);
  assert.equal(await page.locator('.tools output').textContent(), `${ternary.length} of ${all.filter(row => row.class === '16000000').length} entries`);
  assert.equal(await page.locator('#entries th[data-key=ram]').isVisible(), false);
  await shot(page, 'board-filtered');

  const again = await open(t, page.url());
  assert.deepEqual(await visible(again), ternary);
  assert.equal(await again.locator('#entries th[data-key=ram]').isVisible(), false);
  await again.getByText('Filter, and choose columns').click();
  assert.equal(await again.locator('select[name=engine]').inputValue(), 'ternary');
  await again.getByRole('button', { name: 'Reset' }).click();
  assert.equal(new URL(again.url()).search, '');
  assert.equal(await again.locator('#entries th[data-key=ram]').isVisible(), true);

  assert.equal(await again.getByRole('combobox', { name: 'Technique' }).count(), 1);
  // Targets, licences and techniques: each option leaves somebody, and only those who have it.
  for (const [label, name] of [['Same bits on', 'target'], ['Licence', 'license'], ['Technique', 'technique']]) {
    const options = await again.locator(`select[name=${name}]`).locator('option').evaluateAll(list => list.map(option => option.value).filter(Boolean));
    assert(options.length > 0, label);
    for (const option of options) {
      await again.locator(`select[name=${name}]`).selectOption(option);
      const shown = await again.locator('#entries tbody tr:visible').evaluateAll((rows, name) => rows.map(row => row.getAttribute(`data-${name}`).split('\n')), name);
      assert(shown.length > 0 && shown.every(has => has.includes(option)), `${label}: ${option}`);
    }
    await again.locator(`select[name=${name}]`).selectOption('');
  }
});

test('a foreign address does no harm', async t => {
  const page = await open(t, 'index.html?class=%3Cscript%3E&sort=constructor&hide=name,__proto__&engine=nobody');
  assert.deepEqual(await visible(page), []);
  assert.equal(await page.locator('#entries th[data-key=name]').isVisible(), true);
});

test('nothing moves when scripts come', async t => {
  for (const viewport of [PHONE, { width: 1280, height: 900 }]) {
    const page = await open(t, 'index.html', { viewport });
    const shift = await page.evaluate(() => new Promise(resolve => {
      let sum = 0;
      new PerformanceObserver(list => list.getEntries().forEach(entry => { sum += entry.value; })).observe({ type: 'layout-shift', buffered: true });
      setTimeout(() => resolve(sum), 500);
    }));
    assert(shift < 0.001, `${shift} at ${viewport.width}`);
    const without = await open(t, 'index.html', { viewport, javaScriptEnabled: false });
    const at = async page => (await page.locator('#records').boundingBox()).y;
    assert.equal(await at(page), await at(without), 'scripts make the page no longer');
  }
});

test('a dot says what it is, and lights up on every chart', async t => {
  for (const viewport of [PHONE, { width: 1280, height: 900 }]) {
    const page = await open(t, 'index.html', { viewport });
    const dot = page.locator('.chart').first().locator('.spot[href$="/tern-1m.html"]');
    await dot.focus();
    assert.match(await dot.getAttribute('aria-label'), /^Tern 1M, Bytes: [\d,]+, Bits per byte: \d\.\d{3}/);
    assert.equal(await page.locator('.spot.lit').evaluateAll(all => all.every(spot => spot.href.endsWith('/tern-1m.html'))), true);
    assert((await page.locator('.chart:has(.spot.lit)').count()) > 3);
    await shot(page, `charts-${viewport.width}`);
  }
});

test('comparisons are those of the command line', async t => {
  const slugs = ['tern-1m', 'tern-100k', 'context-mix'];
  const page = await open(t, `compare.html?a=${slugs[0]}&b=${slugs[1]}&c=${slugs[2]}`);
  await page.waitForSelector('#compared table');
  assert.equal(await page.locator('#compared table').count(), 3);
  await shot(page, 'compare');
  const golf = process.env.GOLF_PROGRAM ?? 'cargo';
  const verb = golf === 'cargo' ? ['golf', 'compare'] : ['compare'];
  for (const [a, b] of [[0, 1], [0, 2], [1, 2]].map(pair => pair.map(index => slugs[index]))) {
    const { tasks } = JSON.parse(execFileSync(golf, [...verb, a, b, '--json'], { cwd: ROOT, encoding: 'utf8' }));
    const rows = page.locator(`table[data-a="${a}"][data-b="${b}"] tbody tr`);
    assert.equal(await rows.count(), tasks.length);
    for (const task of tasks) {
      const row = page.locator(`table[data-a="${a}"][data-b="${b}"] tr[data-task="${task.task.split('@')[0]}"]`);
      const values = await row.locator('data').evaluateAll(all => all.map(data => Number(data.value)));
      const wanted = ['a', 'b', 'difference', 'low', 'high', 'p', 'detectable'].map(name => task[name]);
      assert.deepEqual(values, wanted.filter(value => value !== null), `${a} and ${b} on ${task.task}`);
    }
  }
  // Turned round, with the signs turned.
  await page.locator('select[name=a]').selectOption(slugs[1]);
  await page.locator('select[name=b]').selectOption(slugs[0]);
  await page.waitForSelector(`table[data-a="${slugs[1]}"][data-b="${slugs[0]}"]`);
  assert.equal(query(page).get('a'), slugs[1]);
});

test('it works from a disk', async t => {
  const page = await open(t, `file://${join(SITE, 'compare.html')}`);
  await page.waitForSelector('#compared table');
  const board = await open(t, `file://${join(SITE, 'index.html')}`);
  await board.locator('#entries th[data-key=bytes] button').click();
  assert.equal(await board.locator('#entries th[data-key=bytes]').getAttribute('aria-sort'), 'ascending');
});
