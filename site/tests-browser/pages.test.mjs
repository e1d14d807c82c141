// Every page as it is read: with and without scripts, on a phone, in the dark.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { PHONE, SITE, isTooWide, open, shot, visitor } from './support.mjs';

const all = (await readdir(SITE, { recursive: true })).filter(path => path.endsWith('.html')).sort();

test('there are pages', () => assert(all.includes('index.html') && all.length > 5, `${all}`));

for (const [name, options] of Object.entries({
  'on a phone': { viewport: PHONE },
  'in the dark': { colorScheme: 'dark' },
  'without scripts': { javaScriptEnabled: false },
})) {
  test(`pages are in order ${name}`, async t => {
    const context = await visitor(t, options);
    for (const path of all) {
      const page = await open(t, path, { visitor: context });
      assert.equal(await page.locator('h1').count(), 1, path);
      // A page that can't run scripts can't measure itself either.
      if (options.javaScriptEnabled !== false) assert(!(await isTooWide(page)), `${path} is too wide ${name}`);
      if (path === 'index.html') await shot(page, `index ${name}`.replaceAll(' ', '-'));
    }
  });
}
