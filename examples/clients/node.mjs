// node node.mjs MODEL.onnx... IMAGE... : one JSON line an image. Needs: npm install onnxruntime-node sharp
import { readFileSync } from 'node:fs';
import ort from 'onnxruntime-node';
import sharp from 'sharp';
import { readCard } from './card.mjs';
import { answer, preprocess } from './preprocess.mjs';

async function classify(model, images) {
  const card = readCard(readFileSync(model));
  const session = await ort.InferenceSession.create(model);
  for (const image of images) {
    const { data, info } = await sharp(image).rotate().toColourspace('srgb').ensureAlpha().raw()
      .toBuffer({ resolveWithObject: true });
    const rgb = opaque(data, parseInt((card.preprocessing.alpha ?? '#000000').slice(1), 16));
    const { type, data: pixels, dims } = preprocess(card, rgb, info.width, info.height);
    const begin = process.hrtime.bigint();
    const result = await session.run({ [session.inputNames[0]]: new ort.Tensor(type, pixels, dims) });
    const millis = Number(process.hrtime.bigint() - begin) / 1e6;
    const outputs = Array.from(result[session.outputNames[0]].data);
    console.log(JSON.stringify({ model, image, classes: answer(card, outputs), outputs, millis }));
  }
  await session.release();
}

// Transparent images are put on a background.
function opaque(rgba, background) {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let i = 0, j = 0; i < rgba.length; i += 4)
    for (let c = 0; c < 3; c++)
      rgb[j++] = Math.round((rgba[i + c] * rgba[i + 3] + ((background >> (16 - 8 * c)) & 255) * (255 - rgba[i + 3])) / 255);
  return rgb;
}

const given = process.argv.slice(2), isModel = (file) => file.endsWith('.onnx');
for (const model of given.filter(isModel)) {
  try {
    await classify(model, given.filter((file) => !isModel(file)));
  } catch (e) {
    console.error(`error: ${model}: ${e.message ?? e}`);
    process.exitCode = 1;
  }
}
