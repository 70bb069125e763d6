// node headless.mjs MODEL.onnx IMAGE...: the browser's client in headless Chromium, one JSON line an image.
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const [model, ...images] = process.argv.slice(2);
const types = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };
const page = `<script src="/ort/ort.wasm.min.js"></script><script type="module">
  const say = (x) => fetch('/said', { method: 'POST', body: JSON.stringify(x) });
  try {
    ort.env.wasm.numThreads = 1;
    const { open } = await import('/browser.mjs');
    const bytes = async (at) => new Uint8Array(await (await fetch(at)).arrayBuffer());
    const classify = await open(await bytes('/model'));
    for (let i = 0; i < ${images.length}; i++) await say({ i, ...(await classify(new Blob([await bytes('/image/' + i)]))) });
    await say({ done: true });
  } catch (e) { await say({ error: String(e) }); }
</script>`;
const profile = mkdtempSync(join(tmpdir(), 'lapidary-chromium-'));
let browser;
const end = (status) => {
  browser?.kill();
  server.close();
  server.closeAllConnections();
  const leave = () => {
    try { rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }); } catch { /* it stays in /tmp */ }
    process.exit(status);
  };
  browser ? browser.once('exit', leave) : leave(); // which writes to its profile until then
  setTimeout(leave, 10_000);
};
const server = createServer((request, response) => {
  const path = request.url.split('?')[0];
  const send = (body, type = 'application/octet-stream') => response.setHeader('Content-Type', type).end(body);
  if (path === '/') return send(page, 'text/html');
  if (path === '/model') return send(readFileSync(model));
  if (path.startsWith('/image/')) return send(readFileSync(images[Number(path.slice(7))]));
  if (path === '/said') {
    let text = '';
    request.on('data', (part) => (text += part)).on('end', () => {
      response.end();
      const said = JSON.parse(text);
      if (said.error) { console.error(said.error); end(1); }
      else if (said.done) end(0);
      else { const { i, ...answer } = said; console.log(JSON.stringify({ image: images[i], ...answer })); }
    });
    return;
  }
  try { send(readFileSync(join(here, path)), types[extname(path)]); } catch { response.writeHead(404).end(); }
});
server.listen(0, '127.0.0.1', () => {
  const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', `--user-data-dir=${profile}`];
  browser = execFile('chromium', [...flags, `http://127.0.0.1:${server.address().port}/`], () => {});
});
setTimeout(() => { console.error('the page did not answer in 5 minutes'); end(1); }, 300_000).unref();
