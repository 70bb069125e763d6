// node node.mjs MODEL.onnx IMAGE... : one JSON line an image. Needs: npm install onnxruntime-node sharp
import { readFileSync } from 'node:fs';
import ort from 'onnxruntime-node';
import sharp from 'sharp';
import { readCard } from './card.mjs';
import { answer, preprocess } from './preprocess.mjs';

const [model, ...images] = process.argv.slice(2);
const card = readCard(readFileSync(model));
const session = await ort.InferenceSession.create(model);
for (const image of images) {
  const background = card.preprocessing.alpha ?? '#000000'; // what transparent images are put on
  const { data, info } = await sharp(image).rotate().toColourspace('srgb').flatten({ background }).raw()
    .toBuffer({ resolveWithObject: true });
  const { type, data: pixels, dims } = preprocess(card, data, info.width, info.height);
  const begin = process.hrtime.bigint();
  const result = await session.run({ [session.inputNames[0]]: new ort.Tensor(type, pixels, dims) });
  const millis = Number(process.hrtime.bigint() - begin) / 1e6;
  const outputs = Array.from(result[session.outputNames[0]].data);
  console.log(JSON.stringify({ image, classes: answer(card, outputs), outputs, millis }));
}
