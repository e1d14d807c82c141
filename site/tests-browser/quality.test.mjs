// Every kind of page is valid HTML and has nothing that axe-core finds against WCAG 2.2 AA, in the light and in the dark. GOLF_PREVIEW names the
// folder of another site to look at as well: a made-up one, whose entries try everything (`cargo run -p golf-site --example preview`).
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { HtmlValidate } from 'html-validate';
import { PHONE, SITE, isTooWide, open, shot, visitor } from './support.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const sites = [SITE, process.env.GOLF_PREVIEW].filter(Boolean);
const pagesOf = async site => (await readdir(site, { recursive: true })).filter(path => path.endsWith('.html')).sort();

test('pages are valid HTML', async () => {
  const validator = new HtmlValidate({
    extends: ['html-validate:standard'],
    rules: {
      // Matters of taste: how what is valid is written.
      'long-title': 'off', 'no-inline-style': 'error', 'attr-quotes': 'error', 'void-style': 'off', 'no-trailing-whitespace': 'off',
      'doctype-style': 'off', 'attribute-boolean-style': 'off', 'prefer-native-element': 'off', 'no-implicit-button-type': 'error',
      // A region that scrolls must be reached by the keyboard.
      'no-redundant-role': 'error', 'aria-label-misuse': 'error',
    },
  });
  let pages = 0;
  for (const site of sites) {
    for (const path of await pagesOf(site)) {
      const report = await validator.validateString(await readFile(join(site, path), 'utf8'), path);
      const said = report.results.flatMap(result => result.messages).map(at => `${path}:${at.line}:${at.column} ${at.ruleId}: ${at.message}`);
      assert.deepEqual(said, []);
      pages += 1;
    }
  }
  assert(pages > 15, `${pages} pages`);
});

/** A page of each kind: of entries the last, and so on, as the first hasn't got everything. */
const kinds = async site => {
  const all = await pagesOf(site);
  const firsts = ['entries/', 'tasks/', 'targets/'].flatMap(folder => all.filter(path => path.startsWith(folder) && path !== 'entries/uniform.html').slice(-1));
  return [...all.filter(path => !path.includes('/')), ...firsts];
};

for (const [name, options] of Object.entries({
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  phone: { colorScheme: 'dark', viewport: PHONE },
})) {
  test(`axe finds nothing: ${name}`, async t => {
    const context = await visitor(t, { ...options, bypassCSP: true });
    const said = [];
    for (const path of await kinds(SITE)) {
      const page = await open(t, path, { visitor: context });
      if (path === 'compare.html') await page.waitForSelector('#compared table');
      if (path === 'index.html') await page.locator('.tools summary').click();
      await page.evaluate(() => document.querySelectorAll('details').forEach(details => { details.open = true; }));
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
      for (const { id, nodes } of violations) {
        // Dots stand where their figures put them, however close, and the table beside the chart has the same links: what the criterion excepts.
        const left = nodes.filter(node => id !== 'target-size' || !String(node.target).includes('.spot'));
        said.push(...left.map(node => `${path}: ${id}: ${node.target} ${node.failureSummary}`));
      }
      assert(!(await isTooWide(page)), `${path} is too wide: ${name}`);
      await shot(page, `${path.replaceAll('/', '-')}-${name}`);
      await page.close();
    }
    assert.deepEqual(said, []);
  });
}

test('pages read without scripts say the same', async t => {
  const context = await visitor(t, { javaScriptEnabled: false });
  const page = await open(t, 'index.html', { visitor: context });
  assert.equal(await page.locator('.sort, .spot, select').count(), 0);
  const rows = await page.locator('#entries tbody tr').count();
  const csv = (await readFile(join(SITE, 'leaderboard.csv'), 'utf8')).split('\n').filter(line => line.startsWith('16000000,'));
  assert.equal(rows, Math.min(csv.length, 40));
  const text = await page.locator('#entries').innerText();
  assert.match(text, /record/);
});

test('the first page is small', async () => {
  const page = await readFile(join(SITE, 'index.html'));
  assert(page.length < 150_000, `${page.length} bytes`);
});
