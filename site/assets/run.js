// The page that runs entries: writing, the costs of a text, and scores made anew.
'use strict';

const $ = id => document.getElementById(id);
const number = (value, digits = 0) => value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const bits = cost => cost / 65536;

let engine, loading;

/** The entry that is chosen: { slug, sha256, length, name }. */
function chosen() {
  const { value, dataset, textContent } = $('entry').selectedOptions[0];
  return { slug: value, sha256: dataset.sha256, length: Number(dataset.bytes), name: textContent };
}

/** The engine with the chosen entry loaded; a former one is ended. */
async function ready() {
  const entry = chosen();
  if (engine?.ended || (engine && engine.entry.slug !== entry.slug)) {
    engine.end();
    engine = undefined;
  }
  if (engine) return loading.then(() => engine);
  const mine = (engine = new Engine());
  mine.entry = entry;
  const share = part => {
    $('loaded').max = part.of;
    $('loaded').value = part.downloaded;
    say(`${number(part.downloaded)} of ${number(part.of)} bytes`);
  };
  $('loaded').hidden = false;
  say('loading');
  loading = mine.load(entry, share).then(
    about => {
      say(`${number(about.bytes)} bytes ${about.kept ? 'kept from before' : 'loaded'}, SHA-256 ${about.sha256.slice(0, 16)}… as recorded; ${INSTRUCTIONS[BUILD]}`);
      $('loaded').hidden = true;
      $('about').dataset.kernel = about.kernel;
    },
    fault => {
      $('loaded').hidden = true;
      mine.end();
      say('');
      throw fault;
    },
  );
  await loading;
  return mine;
}

const INSTRUCTIONS = { relaxed: 'with relaxed vectors', simd128: 'with vectors', plain: 'without vectors' };

const say = text => ($('about').textContent = text);

/** Makes a button do `work` and another stop it. Faults are shown in `out`. */
function button(go, stop, out, work) {
  $(go).onclick = async () => {
    const buttons = [...document.querySelectorAll('.player button.go, #entry')];
    buttons.forEach(other => (other.disabled = true));
    $(stop).disabled = false;
    $(out).textContent = '';
    try {
      await work();
    } catch (fault) {
      if (fault.message !== 'stopped') $(out).append(element('p', { class: 'notice bad', role: 'alert' }, fault.message));
    } finally {
      buttons.forEach(other => (other.disabled = false));
      $(stop).disabled = true;
    }
  };
}

// Try it.

button('write', 'stop-writing', 'written', async () => {
  $('speed').textContent = '';
  const running = await ready();
  const decoder = new TextDecoder();
  const out = document.createTextNode('');
  $('written').append(element('span', { class: 'given' }, visible($('prompt').value)), out);
  const show = part => {
    const bytes = part.tokens.map(token => running.tokens[token]);
    out.data += visible(bytes.map(bytes => decoder.decode(bytes, { stream: true })).join(''));
    speed(part);
  };
  const speed = ({ written, milliseconds }) => {
    $('speed').textContent = `${number(written)} tokens, ${number((1000 * written) / milliseconds)} a second`;
  };
  const value = id => {
    if (!$(id).reportValidity()) throw new Error(`${$(id).labels[0].textContent}: from ${$(id).min} to ${$(id).max}`);
    return Number($(id).value);
  };
  const settings = { temperature: value('temperature'), topK: value('top-k'), seed: value('seed'), limit: value('limit') };
  speed(await running.call('write', { prompt: $('prompt').value, ...settings }, show));
});
$('stop-writing').onclick = () => engine?.call('stop');

// What surprises it?

/** A token as it can be seen: its text, or its bytes where they are no whole character. */
function shown(bytes) {
  try {
    return visible(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return [...bytes].map(byte => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
  }
}
const quoted = bytes => `“${shown(bytes).replaceAll('\n', '⏎').replaceAll(' ', '␣')}”`;

/** Steps of colour, each twice as dear as the one before. */
const step = cost => Math.min(6, Math.max(0, Math.ceil(Math.log2(bits(cost) + 1e-9)) + 1));

button('weigh', 'stop-weighing', 'weighed', async () => {
  const text = $('text').value;
  if (!text) throw new Error('There is no text.');
  const running = await ready();
  const { tokens, costs, likeliest } = await running.call('costs', { text }, ({ done, of }) => say(`${number(done)} of ${number(of)} tokens`));
  say('');
  const total = costs.reduce((sum, cost) => sum + cost, 0);
  const length = new TextEncoder().encode(text).length;
  const parts = tokens.map((token, index) => {
    const ends = shown(running.tokens[token]).split('\n');
    const lines = ends.flatMap((line, at) => (at < ends.length - 1 ? [`${line}⏎`, element('br')] : [line]));
    const title = `${number(bits(costs[index]), 2)} bits; likeliest: ${quoted(running.tokens[likeliest[index]])}`;
    return element('ruby', { class: `cost-${step(costs[index])}`, title }, element('span', {}, ...lines), element('rt', {}, number(bits(costs[index]), 1)));
  });
  const dearest = [...tokens.keys()].sort((a, b) => costs[b] - costs[a] || a - b).slice(0, 10);
  const cells = (kind, ...values) => values.map((value, at) => element(kind, { class: at === 1 ? 'n' : undefined }, value));
  const row = index =>
    element('tr', {}, ...cells('td', quoted(running.tokens[tokens[index]]), number(bits(costs[index]), 2), quoted(running.tokens[likeliest[index]])));
  $('weighed').append(
    element('p', { class: 'sum' }, `${number(bits(total), 2)} bits for ${number(length)} bytes in ${number(tokens.length)} tokens: ${number(bits(total) / length, 4)} bits per byte.`),
    element('div', { class: 'costs', tabindex: '0', role: 'group', 'aria-label': 'The text, with the bits that each token costs' }, ...parts),
    element('h3', {}, 'What it found most surprising'),
    element(
      'div', { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': 'The dearest tokens' },
      element('table', {}, element('thead', {}, element('tr', {}, ...cells('th', 'token', 'bits', 'likeliest there'))), element('tbody', {}, ...dearest.map(row))),
    ),
  );
});
$('stop-weighing').onclick = () => engine?.end();

// Verify it.

button('verify', 'stop-verifying', 'verified', async () => {
  const running = await ready();
  const record = await recordOf(running.entry.slug);
  const body = element('tbody');
  $('verified').append(
    element(
      'div', { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': 'What came of it' },
      element('table', {}, element('thead', {}, element('tr', {}, ...['what', 'result', 'items', 'made here', 'recorded', 'seconds'].map(name => element('th', {}, name)))), body),
    ),
  );
  const line = (what, items, recorded) => {
    const progress = element('progress', { max: 1, value: 0, 'aria-label': `How much of ${what} is done` });
    const cells = [what, progress, items, '', recorded, ''].map(value => element('td', {}, value));
    body.append(element('tr', {}, ...cells));
    const set = (at, value) => cells[at].replaceChildren(value);
    const end = difference => {
      cells[1].className = difference ? 'bad' : 'good';
      cells[1].replaceChildren(difference ? '✗ not the same' : '✓ the same, bit for bit');
      return difference;
    };
    return { set, end, progress };
  };
  const faults = [];
  const { sha256, engine: used } = running.about;
  const digest = line('logits', `${record.probe.tokens}`, `${record.probe.sha256.slice(0, 16)}…`);
  const probe = await running.call('probe');
  digest.set(3, `${probe.sha256.slice(0, 16)}…`);
  const theSame = probe.sha256 === record.probe.sha256 && probe.tokens === record.probe.tokens;
  if (digest.end(!theSame)) faults.push(`The logits’ digest is ${probe.sha256}, but ${record.probe.sha256} is recorded.`);
  if (record.artifact.sha256 !== sha256) faults.push(`The record is of another artifact, ${record.artifact.sha256}.`);
  if (record.engine.name !== used.name || record.engine.version !== used.version) {
    faults.push(`The record is of the engine ${record.engine.name} ${record.engine.version}, and this is ${used.name} ${used.version}.`);
  }
  const only = $('task').value;
  for (const { value: id } of [...$('task').options].filter(({ value }) => value && (!only || value === only))) {
    const recorded = record.tasks.find(task => task.id === id);
    if (!recorded) continue;
    const task = line(id, '', '');
    const progress = ({ done, of }) => {
      task.progress.max = of;
      task.progress.value = done;
      task.set(2, number(of));
    };
    const made = await running.call('verify', { task: await taskOf(id), record: JSON.stringify(recorded) }, progress);
    task.set(2, number(made.items));
    task.set(3, number(made.headline, 6));
    task.set(4, number(made.recorded, 6));
    task.set(5, number(made.milliseconds / 1000, 1));
    if (task.end(made.difference)) faults.push(made.difference);
  }
  const verdict = faults.length ? 'This is not what the record says.' : 'All that was made here is what the record says, bit for bit.';
  $('verified').prepend(element('p', { class: faults.length ? 'notice bad' : 'notice good', role: 'status' }, `${faults.length ? '✗' : '✓'} ${verdict}`));
  faults.forEach(fault => $('verified').append(element('p', { class: 'bad' }, visible(fault))));
});
$('stop-verifying').onclick = () => engine?.end();

// The page.

const wanted = new URLSearchParams(location.search).get('entry');
const option = [...$('entry').options].find(({ value, disabled }) => value === wanted && !disabled);
if (option) option.selected = true;
$('entry').onchange = () => {
  say('');
  ['written', 'speed', 'weighed', 'verified'].forEach(id => ($(id).textContent = ''));
  if (!bundle) history.replaceState(null, '', `?entry=${chosen().slug}`);
};
if (!bundle && location.protocol === 'file:') {
  $('unable').textContent = 'Browsers don’t start the engine from a page on a disk. `cargo golf site --serve` shows this one; `cargo golf bundle` makes one that works from a disk.';
  $('unable').hidden = false;
} else if (typeof WebAssembly === 'undefined') {
  $('unable').textContent = 'This browser has no WebAssembly.';
  $('unable').hidden = false;
} else {
  $('player').hidden = false;
}
if (!bundle && 'serviceWorker' in navigator) navigator.serviceWorker.register(`sw.js?engine=${BUILD}`).catch(() => {});
