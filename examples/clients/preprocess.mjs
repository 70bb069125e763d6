// The card's preprocessing on decoded, upright pixels: Pillow's resize (antialiased, two passes in fixed
// point), torchvision's centre crop, scale and normalize. rgb: [height, width, 3] bytes.
export function preprocess(card, rgb, width, height) {
  // Exported with --embed-resize: the graph does all of it.
  if (card.input.anySize) return { type: 'uint8', data: rgb, dims: [1, height, width, 3] };
  const rule = card.preprocessing;
  if (rule.colour !== 'RGB') throw new Error(`colour ${rule.colour}: this client takes RGB`);
  const [w, h] = fit(rule, width, height);
  const seen = crop(rule, resize(rgb, width, height, w, h, rule.interpolation), w, h);
  const plane = rule.cropHeight * rule.cropWidth;
  if (card.input.dtype === 'uint8') return { type: 'uint8', data: seen, dims: [1, rule.cropHeight, rule.cropWidth, 3] };
  const data = new Float32Array(3 * plane), f = Math.fround;
  for (let c = 0; c < 3; c++)
    for (let i = 0; i < plane; i++)
      data[c * plane + i] = f(f(f(seen[3 * i + c] / 255) - f(rule.mean[c])) / f(rule.std[c]));
  return { type: 'float32', data, dims: [1, 3, rule.cropHeight, rule.cropWidth] };
}

function fit(rule, width, height) {
  if (rule.resize === 'NONE') return [width, height];
  if (rule.resize === 'EXACT') return [rule.cropWidth, rule.cropHeight];
  if (rule.resize !== 'SHORTER_SIDE') throw new Error(`resize ${rule.resize}: not in this client`);
  const size = rule.resizeSize;
  return width <= height
    ? [size, Math.trunc((size * height) / width)] : [Math.trunc((size * width) / height), size];
}

function crop(rule, rgb, width, height) {
  const half = (d) => (d < 0 ? Math.ceil(d / 2) : d % 2 ? (((d - 1) / 2) % 2 ? (d + 1) / 2 : (d - 1) / 2) : d / 2);
  const left = half(width - rule.cropWidth), top = half(height - rule.cropHeight);
  const to = new Uint8Array(3 * rule.cropWidth * rule.cropHeight); // black where the image is smaller
  for (let y = 0; y < rule.cropHeight; y++)
    for (let x = 0; x < rule.cropWidth; x++)
      if (y + top >= 0 && y + top < height && x + left >= 0 && x + left < width)
        for (let c = 0; c < 3; c++)
          to[3 * (y * rule.cropWidth + x) + c] = rgb[3 * ((y + top) * width + x + left) + c];
  return to;
}

const CUBIC = (x) => (x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0);
const SINC = (x) => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));
const FILTERS = {
  BILINEAR: [1, (x) => Math.max(0, 1 - Math.abs(x))],
  BICUBIC: [2, (x) => CUBIC(Math.abs(x))],
  LANCZOS: [3, (x) => (x >= -3 && x < 3 ? SINC(x) * SINC(x / 3) : 0)],
};

function resize(rgb, width, height, toWidth, toHeight, interpolation) {
  if (!FILTERS[interpolation]) throw new Error(`interpolation ${interpolation}: not in this client`);
  const rows = pass(rgb, width, height, toWidth, FILTERS[interpolation], 3, 3 * width, 3 * toWidth);
  return pass(rows, height, toWidth, toHeight, FILTERS[interpolation], 3 * toWidth, 3, 3);
}

// One direction: `size` pixels become `to`, in each of `lines`; steps are in bytes.
function pass(from, size, lines, to, [reach, filter], step, line, lineTo) {
  if (size === to) return from;
  const out = new Uint8Array(3 * lines * to);
  const scale = size / to, wide = Math.max(scale, 1), support = reach * wide;
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const min = Math.max(Math.trunc(centre - support + 0.5), 0), max = Math.min(Math.trunc(centre + support + 0.5), size);
    const exact = [];
    for (let k = min; k < max; k++) exact.push(filter((k - centre + 0.5) * (1 / wide)));
    const sum = exact.reduce((a, b) => a + b, 0);
    const taps = exact.map((w) => Math.trunc((w / sum < 0 ? -0.5 : 0.5) + (w / sum) * (1 << 22)));
    for (let l = 0; l < lines; l++)
      for (let c = 0; c < 3; c++) {
        let total = 1 << 21;
        for (let k = min; k < max; k++) total += from[l * line + k * step + c] * taps[k - min];
        out[l * lineTo + i * step + c] = Math.min(255, Math.max(0, total >> 22));
      }
  }
  return out;
}

// Labels by probability, of the numbers that the file gives.
export function answer(card, outputs, count = 5) {
  const given = Array.from(outputs);
  const softmax = (x) => { const m = Math.max(...x), e = x.map((v) => Math.exp(v - m)), s = e.reduce((a, b) => a + b); return e.map((v) => v / s); };
  const scores = (card.scores ?? 'logits') !== 'logits' ? given
    : card.activation === 'sigmoid' ? given.map((x) => 1 / (1 + Math.exp(-x))) : softmax(given);
  return scores.map((probability, index) => ({ label: card.labels[index] ?? String(index), index, probability }))
    .sort((a, b) => b.probability - a.probability).slice(0, count);
}
