// What browser tests share: a static server under a sub-path, one Chromium, and pages that fail their test when something is amiss.
//
// To add a test, write `<subject>.test.mjs` beside this file:
//
//     import { test } from 'node:test';
//     import assert from 'node:assert/strict';
//     import { open, shot } from './support.mjs';
//
//     test('the board sorts', async t => {
//       const page = await open(t, 'index.html', { viewport: PHONE });   // a Playwright page on the built site, closed when `t` ends
//       await page.click('…');
//       await shot(page, 'board-sorted');                                // a picture for people, in $GOLF_SHOTS
//     });
//
// `open` takes Playwright's context options: viewport, colorScheme, javaScriptEnabled, offline and others. A test fails by itself on an error in the
// console, an uncaught exception, a breach of the content-security policy, and a request to anywhere but the server (`amiss` below; a test that
// expects one takes it out of `page.amiss`). `.ci/browser` builds the site and runs all tests; `.ci/browser board` runs one file.
import { after } from 'node:test';
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { mkdir, readFile } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { chromium } from 'playwright-core';

/** The built site. */
export const SITE = resolve(process.env.GOLF_SITE ?? new URL('../dist', import.meta.url).pathname);
/** The project. */
export const ROOT = resolve(new URL('../..', import.meta.url).pathname);
/** The width and height of a small phone. */
export const PHONE = { width: 360, height: 740 };

const PREFIX = '/some/where/';
const TYPES = {
  '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.mjs': 'text/javascript', '.svg': 'image/svg+xml',
  '.json': 'application/json', '.csv': 'text/csv', '.wasm': 'application/wasm', '.xml': 'application/xml', '.png': 'image/png',
};

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  const path = pathname.startsWith(PREFIX) && !pathname.includes('..') ? pathname.slice(PREFIX.length) || 'index.html' : undefined;
  try {
    const body = await readFile(join(SITE, decodeURIComponent(path)));
    response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream', 'content-length': body.length }).end(body);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));

/** Where the site is served, with a slash at the end. */
export const URL_OF_SITE = `http://127.0.0.1:${server.address().port}${PREFIX}`;

const browser = await chromium.launch({ executablePath: process.env.GOLF_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
after(async () => {
  await browser.close();
  server.closeAllConnections();
  server.close();
});

/** A browser of its own for a test: its caches are empty, and end with it. */
export async function visitor(t, options = {}) {
  const context = await browser.newContext(options);
  t.after(() => context.close());
  return context;
}

/** A page of the site, or at a whole address; in a `visitor` that is given, or a new one with these options. */
export async function open(t, path, options = {}) {
  const context = options.visitor ?? (await visitor(t, options));
  const page = await context.newPage();
  watch(t, page);
  await page.goto(new URL(path, URL_OF_SITE).href);
  return page;
}

/** Makes the test fail if something is amiss in the page. */
function watch(t, page) {
  page.amiss = [];
  page.on('console', message => message.type() === 'error' && page.amiss.push(message.text()));
  page.on('pageerror', fault => page.amiss.push(String(fault)));
  page.on('request', request => {
    const url = request.url();
    if (!/^(data|blob|file):/.test(url) && !url.startsWith(URL_OF_SITE)) page.amiss.push(`asked for ${url}`);
  });
  t.after(() => assert.deepEqual(page.amiss, [], page.url()));
}

/** Whether a page can be scrolled sideways, which it never should. */
export const isTooWide = page => page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

/** Keeps a picture of the page for people, if they asked for pictures. */
export async function shot(page, name) {
  if (!process.env.GOLF_SHOTS) return;
  await mkdir(process.env.GOLF_SHOTS, { recursive: true });
  await page.screenshot({ path: join(process.env.GOLF_SHOTS, `${name}.png`), fullPage: true });
}
