// The model card of an ONNX file, for runtimes that cannot read metadata_props: protobuf's top level is
// walked, weights are jumped over. Field 14 of a ModelProto holds entries of key (1) and value (2).
export function readCard(bytes) {
  let card;
  for (const [field, value] of fields(bytes)) {
    if (field !== 14) continue;
    const entry = Object.fromEntries([...fields(value)].map(([f, v]) => [f, new TextDecoder().decode(v)]));
    if (entry[1] === 'lapidary.card') card = JSON.parse(entry[2]);
  }
  if (!card) throw new Error('no lapidary.card in metadata_props; export the model with exporter onnx');
  if ((card.format ?? 1) > 2) throw new Error(`a card of format ${card.format}, expected at most 2: use a newer client`);
  return card;
}

function* fields(bytes) {
  let at = 0;
  const varint = () => {
    let value = 0, factor = 1;
    for (;;) {
      const byte = bytes[at++];
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
  };
  while (at < bytes.length) {
    const tag = varint(), wire = tag % 8, field = Math.floor(tag / 8);
    if (wire === 0) varint();
    else {
      const length = wire === 2 ? varint() : wire === 1 ? 8 : 4;
      if (wire === 2) yield [field, bytes.subarray(at, at + length)];
      at += length;
    }
  }
}
