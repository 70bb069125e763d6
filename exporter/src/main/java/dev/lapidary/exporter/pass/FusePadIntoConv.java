package dev.lapidary.exporter.pass;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.Optional;

/**
 * Zeros that are padded around the image before a Conv become the Conv's own pads.
 *
 * <pre>
 *   x ── Pad(0,0,p,p, 0,0,q,q) ── Conv(pads a,a,b,b) ── y   →   x ── Conv(pads p+a,p+a,q+b,q+b) ── y
 * </pre>
 *
 * timm's networks with TensorFlow's weights (tf_efficientnet, NFNet, NASNet) pad so: more at the
 * end. It does not fire for other values or modes than zero, nor if batch or channels are padded.
 */
final class FusePadIntoConv implements NodePass {

  @Override
  public boolean changes(OnnxGraph graph, OnnxNode conv) {
    Optional<OnnxNode> pad = graph.producer(conv.input(0), "Pad");
    Optional<Tensor> amounts = pad.flatMap(n -> graph.initializer(n.input(1)));
    if (!conv.is("Conv") || amounts.isEmpty() || !padsZeros(graph, pad.orElseThrow())) {
      return false;
    }
    long[] pads = amounts.get().toLongs();
    int rank = pads.length / 2;
    long[] own = conv.intsOr("pads", new long[2 * (rank - 2)]);
    if (!conv.textOr("auto_pad", "NOTSET").equals("NOTSET") || own.length != 2 * (rank - 2)) {
      return false;
    }
    for (int i = 0; i < pads.length; i++) {
      boolean spatial = i % rank >= 2;
      if (pads[i] < 0 || (!spatial && pads[i] != 0)) {
        return false;
      }
      if (spatial) {
        own[i < rank ? i - 2 : i - 4] += pads[i];
      }
    }
    OnnxNode fused = conv.withInput(0, pad.get().input(0));
    graph.replace(conv, fused.withAttribute("pads", Attribute.of(own)));
    if (!graph.isUsed(pad.get().output())) {
      graph.remove(pad.get());
    }
    return true;
  }

  private static boolean padsZeros(OnnxGraph graph, OnnxNode pad) {
    boolean zero =
        !pad.hasInput(2)
            || graph.initializer(pad.input(2)).filter(v -> v.toDoubles()[0] == 0).isPresent();
    return zero && !pad.hasInput(3) && pad.textOr("mode", "constant").equals("constant");
  }
}
