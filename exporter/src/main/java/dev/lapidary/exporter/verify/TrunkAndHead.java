package dev.lapidary.exporter.verify;

import dev.lapidary.core.tensor.Tensor;
import java.nio.file.Path;

/** A trunk and a head in ONNX Runtime, one session behind the other, as they are served. */
record TrunkAndHead(OrtModel trunk, OrtModel head) implements LoadedModel {
  static TrunkAndHead load(Path trunk, Path head, Preparation preparation) {
    OrtModel below = OrtModel.load(trunk, preparation);
    try {
      return new TrunkAndHead(below, OrtModel.load(head, preparation));
    } catch (RuntimeException e) {
      below.close();
      throw e;
    }
  }

  @Override
  public Logits run(Tensor batch) {
    Logits features = trunk.run(batch);
    return head.run(Tensor.of(features.values(), features.count(), features.classes()));
  }

  @Override
  public String label() {
    return trunk.label();
  }

  @Override
  public void close() {
    trunk.close();
    head.close();
  }
}
