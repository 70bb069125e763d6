'use strict';
// Everything is asked of the server that the page comes from, and text goes into the page as text.
const $ = (id) => document.getElementById(id);
const POLL_MS = 2000;
const MOST_ANSWERS = 50;
let key = '';
let models = [];
let before = new Map();

function make(tag, text, className) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
}

function ask(path, options = {}) {
  const headers = { ...(options.headers || {}) };
  if (key) headers['X-API-Key'] = key;
  return fetch(path, { ...options, headers, cache: 'no-store' });
}

async function enter() {
  const answer = await ask('page/models');
  $('door').hidden = answer.status !== 401;
  $('inside').hidden = answer.status !== 200;
  if (answer.status === 401) {
    $('wrong').textContent = key ? 'The server does not know this key.' : '';
    return;
  }
  if (!answer.ok) throw new Error('the server answered ' + answer.status);
  show(await answer.json());
}

function show(all) {
  const names = JSON.stringify(all.map((m) => [m.name, m.version, m.takesImages]));
  const same = names === JSON.stringify(models.map((m) => [m.name, m.version, m.takesImages]));
  models = all;
  if (same) return;
  const images = all.filter((m) => m.takesImages);
  for (const [id, first] of [['model', []], ['other', [make('option', 'no other')]]]) {
    const chosen = $(id).value;
    if (first[0]) first[0].value = '';
    const options = images.map((m) => {
      const option = make('option', m.name);
      option.value = m.name;
      return option;
    });
    $(id).replaceChildren(...first, ...options);
    if (images.some((m) => m.name === chosen)) $(id).value = chosen;
  }
  $('other').parentElement.hidden = images.length < 2;
  describe();
}

function pairs(list, rows) {
  list.replaceChildren();
  for (const [name, value] of rows) {
    if (value === undefined || value === null || value === '') continue;
    list.append(make('dt', name), make('dd', String(value)));
  }
}

function describe() {
  const model = models.find((m) => m.name === $('model').value);
  if (!model) {
    pairs($('card'), [['models that take images', 'none']]);
    return;
  }
  const card = model.card || {};
  const metrics = Object.entries(card.metrics || {}).map(([name, value]) => [name.replaceAll('_', ' '), value.toFixed(4)]);
  pairs($('card'), [
    ['name', model.name], ['version', model.version], ['architecture', card.architecture], ['classes', model.classes],
    ['answers', card.activation === 'sigmoid' ? 'each label for itself' : card.activation && 'one class'],
    ['input', card.input], ['resize and crop', card.preprocessing], ['weights', card.quantization], ...metrics,
    ["differs from libtorch by", card.parity && card.parity + " of the greatest logit"], ['golden images', card.golden], ['SHA-256', model.sha256 && model.sha256.slice(0, 16) + '…'],
  ]);
}

async function classify(file) {
  const article = make('article');
  const picture = make('img');
  picture.alt = file.name;
  picture.src = URL.createObjectURL(file);
  const results = make('div', undefined, 'results');
  article.append(picture, results);
  $('answers').prepend(article);
  while ($('answers').children.length > MOST_ANSWERS) {
    const last = $('answers').lastElementChild;
    URL.revokeObjectURL(last.querySelector('img').src);
    last.remove();
  }
  const names = [$('model').value, $('other').value].filter((n, i, all) => n && all.indexOf(n) === i);
  const best = [];
  for (const [i, name] of names.entries()) {
    const result = make('div', undefined, i ? 'second' : 'first');
    result.append(make('h3', names.length > 1 ? name : file.name));
    results.append(result);
    best.push(await answer(name, file, result));
  }
  if (best.length > 1 && best[0] && best[1]) {
    results.append(make('p', best[0] === best[1] ? 'Both say ' + best[0] + '.' : 'They differ: ' + best.join(' and ') + '.', 'note verdict'));
  }
}

async function answer(name, file, result) {
  const began = performance.now();
  try {
    const response = await ask('predict/' + encodeURIComponent(name) + '?topK=5', {
      method: 'POST', body: file, headers: { 'Content-Type': 'application/octet-stream' },
    });
    const millis = performance.now() - began;
    const body = await response.json();
    const prediction = body.predictions && body.predictions[0];
    if (!prediction || prediction.error) throw new Error(prediction ? prediction.error.message : body.detail);
    for (const c of prediction.classes) result.append(bar(c.label, c.probability, (100 * c.probability).toFixed(1) + ' %'));
    if (!prediction.classes.length) result.append(make('p', 'no label is likely enough', 'note'));
    result.append(make('p', millis.toFixed(0) + ' ms', 'note'));
    return prediction.classes.length ? prediction.classes[0].label : '';
  } catch (error) {
    result.append(make('p', error.message, 'error'));
    return '';
  }
}

function bar(name, share, value) {
  const row = make('div', undefined, 'bar');
  const label = make('span', name, 'name');
  label.title = name;
  const track = make('div', undefined, 'track');
  const fill = make('div');
  fill.style.width = (100 * Math.min(1, share)).toFixed(1) + '%';
  track.append(fill);
  row.append(label, make('span', value, 'value'), track);
  return row;
}

async function live() {
  const ready = await ask('v2/health/ready');
  const reason = ready.ok ? '' : (await ready.json()).reason;
  $('ready').textContent = ready.ok ? 'ready' : 'not ready: ' + reason;
  if ($('inside').hidden) return;
  await enter();
  const response = await ask('v2/models/stats');
  if (!response.ok) return;
  const all = (await response.json()).model_stats;
  const mine = all.filter((s) => s.name === $('model').value);
  const now = mine[mine.length - 1];
  if (!now) return;
  const then = before.get(now.name + '/' + now.version);
  before = new Map(all.map((s) => [s.name + '/' + s.version, s]));
  pairs($('live'), numbers(now, then));
  const most = Math.max(...now.batch_stats.map((b) => b.compute_infer.count), 1);
  $('batches').replaceChildren(...now.batch_stats.map((b) => bar(
    b.batch_size + (b.batch_size === 1 ? ' image: ' : ' images: ') + (b.compute_infer.ns / b.compute_infer.count / 1e6).toFixed(1) + ' ms a run',
    b.compute_infer.count / most, b.compute_infer.count)));
}

function numbers(now, then) {
  const of = (which, since) => {
    const a = now.inference_stats[which];
    const b = since ? since.inference_stats[which] : { count: 0, ns: 0 };
    return a.count > b.count ? ((a.ns - b.ns) / (a.count - b.count) / 1e6).toFixed(1) + ' ms' : '–';
  };
  const recent = then ? now.inference_stats.success.count - then.inference_stats.success.count : 0;
  const since = recent > 0 ? then : undefined;
  return [
    ['requests answered', now.inference_stats.success.count], ['failed', now.inference_stats.fail.count],
    ['a second, now', then ? (recent / (POLL_MS / 1000)).toFixed(1) : '–'],
    [recent > 0 ? 'time, now' : 'time, all', of('success', since)], ['of it waiting', of('queue', since)],
    ['decoding', of('compute_input', since)], ['running', of('compute_infer', since)],
    ['images a run', now.execution_count ? (now.inference_count / now.execution_count).toFixed(2) : '–'],
  ];
}

function take(files) {
  if ($('inside').hidden) return;
  for (const file of files) classify(file);
}

for (const id of ['files', 'camera']) {
  $(id).addEventListener('change', (event) => { take([...event.target.files]); event.target.value = ''; });
}
document.addEventListener('paste', (event) => take([...event.clipboardData.files]));
document.addEventListener('dragover', (event) => { event.preventDefault(); $('drop').classList.add('over'); });
document.addEventListener('dragleave', () => $('drop').classList.remove('over'));
document.addEventListener('drop', (event) => {
  event.preventDefault();
  $('drop').classList.remove('over');
  take([...event.dataTransfer.files]);
});
$('model').addEventListener('change', () => { describe(); live().catch(() => {}); });
$('door').addEventListener('submit', (event) => {
  event.preventDefault();
  key = $('key').value;
  $('key').value = '';
  enter().then(live).catch((error) => { $('wrong').textContent = error.message; });
});

async function watch() {
  try {
    await live();
  } catch (error) {
    $('ready').textContent = 'the server does not answer';
  }
  setTimeout(watch, POLL_MS);
}
enter().catch((error) => { $('ready').textContent = error.message; }).then(watch);
