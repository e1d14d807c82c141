// A page with everything in it, from a disk.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PHONE, ROOT, isTooWide, open, shot } from './support.mjs';

test('a bundle runs and proves itself from a disk, without a network', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'golf-'));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'page.html');
  const [golf, ...verb] = (process.env.GOLF ?? 'cargo golf').split(' ');
  execFileSync(golf, [...verb, 'bundle', 'tern-100k', '--output', path], { cwd: ROOT });
  const page = await open(t, `file://${path}`, { viewport: PHONE, offline: true });
  await page.click('#write');
  await page.waitForSelector('#write:enabled');
  assert((await page.textContent('#written')).length > 300);
  await page.selectOption('#task', 'prose');
  await page.click('#verify');
  await page.waitForSelector('#verified .notice', { timeout: 100_000 });
  assert.match(await page.textContent('#verified .notice'), /^✓/);
  assert(!(await isTooWide(page)));
  await shot(page, 'bundle');
});
