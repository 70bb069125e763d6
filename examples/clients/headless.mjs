// node headless.mjs MODEL.onnx... IMAGE...: the browser's client in headless Chromium, one JSON line an image.
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { createReadStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const given = process.argv.slice(2), isModel = (file) => file.endsWith('.onnx');
const models = given.filter(isModel), images = given.filter((file) => !isModel(file));
const patience = 300_000; // of one model
const types = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };
// Each model has a page of its own, so that none finds what another left in WebAssembly's memory.
const page = `<script src="/ort/ort.wasm.min.js"></script><script type="module">
  const m = Number(location.search.slice(1));
  const say = (x) => fetch('/said', { method: 'POST', body: JSON.stringify({ m, ...x }) });
  try {
    ort.env.wasm.numThreads = 1;
    const { open } = await import('/browser.mjs');
    const bytes = async (at) => new Uint8Array(await (await fetch(at)).arrayBuffer());
    const classify = await open(await bytes('/model/' + m));
    for (let i = 0; i < ${images.length}; i++) await say({ i, ...(await classify(new Blob([await bytes('/image/' + i)]))) });
  } catch (e) { await say({ error: String(e) }); }
  await say({ done: true });
  if (m + 1 < ${models.length}) location.search = m + 1;
</script>`;
const profile = mkdtempSync(join(tmpdir(), 'lapidary-chromium-'));
let browser, timer, status = 0;

/** Begins with a model in a browser of its own, where there was none or the last one hangs. */
function browse(m) {
  browser?.kill('SIGKILL');
  if (m === models.length) return end();
  const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', `--user-data-dir=${join(profile, String(m))}`];
  browser = execFile('chromium', [...flags, `http://127.0.0.1:${server.address().port}/?${m}`], () => {});
  expect(m);
}

function expect(m) {
  clearTimeout(timer);
  timer = setTimeout(() => { failed(m, `the page did not answer in ${patience / 60_000} minutes`); browse(m + 1); }, patience);
}

function failed(m, why) {
  console.error(`error: ${models[m]}: ${why}`);
  status = 1;
}

function end() {
  clearTimeout(timer);
  browser?.kill();
  server.close();
  server.closeAllConnections();
  const leave = () => {
    try { rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }); } catch { /* it stays in /tmp */ }
    process.exit(status);
  };
  browser ? browser.once('exit', leave) : leave(); // which writes to its profile until then
  setTimeout(leave, 10_000);
}

function heard({ m, i, done, error, ...answer }) {
  if (error) failed(m, error);
  else if (!done) console.log(JSON.stringify({ model: models[m], image: images[i], ...answer }));
  else if (m + 1 === models.length) end();
  else expect(m + 1);
}

const server = createServer((request, response) => {
  const path = request.url.split('?')[0];
  const send = (body, type = 'application/octet-stream') => response.setHeader('Content-Type', type).end(body);
  if (path === '/') return send(page, 'text/html');
  if (path.startsWith('/model/')) return createReadStream(models[Number(path.slice(7))]).pipe(response);
  if (path.startsWith('/image/')) return send(readFileSync(images[Number(path.slice(7))]));
  if (path === '/said') {
    let text = '';
    request.on('data', (part) => (text += part)).on('end', () => { response.end(); heard(JSON.parse(text)); });
    return;
  }
  try { send(readFileSync(join(here, path)), types[extname(path)]); } catch { response.writeHead(404).end(); }
});
server.listen(0, '127.0.0.1', () => browse(0));
