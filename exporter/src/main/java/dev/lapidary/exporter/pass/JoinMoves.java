package dev.lapidary.exporter.pass;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Two moves of a kind become one.
 *
 * <pre>
 *   x ── Transpose ── Transpose     →   x ── Transpose   (or x, if they cancel)
 *   x ── Reshape ── Reshape         →   x ── Reshape     (unless the second copies a size)
 * </pre>
 *
 * Traced attention turns its keys twice (torchvision's ViT, timm's CoAtNet), and windows are split
 * and put together by one reshape after another (timm's Swin).
 */
final class JoinMoves implements NodePass {

  @Override
  public boolean changes(OnnxGraph graph, OnnxNode node) {
    return switch (node.op()) {
      case "Transpose" -> transpose(graph, node);
      case "Reshape" -> reshape(graph, node);
      default -> false;
    };
  }

  private static boolean transpose(OnnxGraph graph, OnnxNode node) {
    long[] outer = node.intsOr("perm");
    Optional<OnnxNode> before = graph.producer(node.input(0), "Transpose");
    long[] inner = before.map(p -> p.intsOr("perm")).orElse(new long[0]);
    if (outer.length == 0 || inner.length != outer.length) {
      return false;
    }
    long[] both = Arrays.stream(outer).map(axis -> inner[(int) axis]).toArray();
    OnnxNode joined =
        node.withInput(0, before.orElseThrow().input(0)).withAttribute("perm", Attribute.of(both));
    graph.replace(node, joined);
    if (isIdentity(both)) {
      graph.bypass(joined, joined.input(0));
    }
    return true;
  }

  private static boolean isIdentity(long[] permutation) {
    return IntStream.range(0, permutation.length).allMatch(i -> permutation[i] == i);
  }

  /** The second shape decides, unless a 0 in it copies a size from its input. */
  private static boolean reshape(OnnxGraph graph, OnnxNode node) {
    Optional<OnnxNode> before = graph.producer(node.input(0));
    Optional<Tensor> shape = graph.initializer(node.input(1));
    if (before.isEmpty()
        || !before.get().is("Reshape", "Flatten")
        || shape.isEmpty()
        || Arrays.stream(shape.get().toLongs()).anyMatch(size -> size == 0)) {
      return false;
    }
    graph.replace(node, node.withInput(0, before.get().input(0)));
    return true;
  }
}
