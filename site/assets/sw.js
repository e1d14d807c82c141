// Keeps the page that runs entries for when there is no network. Models are kept by worker.js, once they are checked.
'use strict';

const PAGES = 'golf-pages';
const FIRST = ['run.html', 'run.js', 'engine.js', 'worker.js', 'style.css', 'icon.svg'];
/** The build of the engine that the page runs. */
const ENGINE = `engine-${new URLSearchParams(location.search).get('engine')}.wasm`;

self.addEventListener('install', event => {
  const fresh = [...FIRST, ENGINE].map(path => new Request(path, { cache: 'no-cache' }));
  event.waitUntil(caches.open(PAGES).then(pages => pages.addAll(fresh)).then(() => self.skipWaiting()));
});
self.addEventListener('activate', event => event.waitUntil(self.clients.claim()));

/** From the network if there is one, or else what came last. */
async function answer(request) {
  const pages = await caches.open(PAGES);
  try {
    const response = await fetch(request);
    if (response.ok) await pages.put(new URL(request.url).pathname, response.clone());
    return response;
  } catch (fault) {
    const kept = await pages.match(request, { ignoreSearch: true });
    if (kept) return kept;
    throw fault;
  }
}

self.addEventListener('fetch', event => {
  const { method, url } = event.request;
  const within = url.startsWith(self.registration.scope) && !url.includes('/artifacts/');
  if (method === 'GET' && within) event.respondWith(answer(event.request));
});
