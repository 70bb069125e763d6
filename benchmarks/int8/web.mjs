// What layers cost onnxruntime-web (WebAssembly, one thread): see web.py.
import * as ort from 'onnxruntime-web';
import fs from 'fs';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';
const rounds = Number(process.argv[2] ?? 150);
const tenths = x => Math.round(x * 10) / 10;
const layers = [];
for (const [kind, channels, side] of JSON.parse(fs.readFileSync('chains/shapes.json'))) {
  const sessions = [];
  for (const name of ['f1', 'f4', 'i1', 'i4', 'k4']) {
    const file = fs.readFileSync(`chains/${kind}_${channels}_${side}.${name}.onnx`);
    sessions.push(await ort.InferenceSession.create(file, { executionProviders: ['wasm'] }));
  }
  const outputs = channels * side * side;
  const values = Float32Array.from({ length: outputs }, (_, i) => (i * 7919 % 1000) / 1000);
  const x = new ort.Tensor('float32', values, kind === 'MATRIX' ? [1, channels] : [1, channels, side, side]);
  const micros = sessions.map(() => Infinity);
  for (let round = 0; round < rounds; round++) {
    for (let k = 0; k < sessions.length; k++) {
      const start = performance.now();
      await sessions[k].run({ x });
      micros[k] = Math.min(micros[k], 1000 * (performance.now() - start));
    }
  }
  const floats = Math.max(0.1, (micros[1] - micros[0]) / 3);
  const integers = Math.max(0.1, (micros[3] - micros[2]) / 3);
  const conversion = Math.max(0, micros[4] - micros[3] - floats + integers);
  const taps = { DEPTHWISE: 9, CONVOLUTION: 9 * channels }[kind] ?? channels;
  layers.push({ kind, taps, outputs, floatMicros: tenths(floats), integerMicros: tenths(integers),
    conversionMicros: tenths(conversion) });
  console.log(kind, channels, side, JSON.stringify(layers.at(-1)), (floats / integers).toFixed(2));
  for (const session of sessions) await session.release();
}
fs.writeFileSync('costs.json', JSON.stringify({ cpu: 'onnxruntime-web wasm, one thread', layers }, null, 2));
