// Classifies in the page itself, by onnxruntime-web (a global: ort).
import { readCard } from './card.mjs';
import { answer, preprocess } from './preprocess.mjs';

export async function open(bytes) {
  const card = readCard(bytes);
  const session = await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'] });
  return async (blob) => {
    const bitmap = await createImageBitmap(blob, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height), context = canvas.getContext('2d');
    context.fillStyle = card.preprocessing.alpha ?? '#000000'; // what transparent images are put on: a level off, at times
    context.fillRect(0, 0, bitmap.width, bitmap.height);
    context.drawImage(bitmap, 0, 0);
    const rgba = context.getImageData(0, 0, bitmap.width, bitmap.height).data;
    const rgb = new Uint8Array(3 * bitmap.width * bitmap.height);
    for (let i = 0, j = 0; i < rgba.length; i += 4) for (let c = 0; c < 3; c++) rgb[j++] = rgba[i + c];
    const { type, data, dims } = preprocess(card, rgb, bitmap.width, bitmap.height);
    const begin = performance.now();
    const result = await session.run({ [session.inputNames[0]]: new ort.Tensor(type, data, dims) });
    const millis = performance.now() - begin;
    const outputs = Array.from(result[session.outputNames[0]].data);
    return { classes: answer(card, outputs), outputs, millis };
  };
}
