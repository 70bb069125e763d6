package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.exporter.verify.Tolerance;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.Node;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A network that came quantized, by {@code torch.ao.quantization}: its integers, scales and zero
 * points are taken over as they are.
 *
 * @param traced the network
 * @param inputStep scale of the first rounding
 * @param outputStep scale of the last one
 */
public record SourceQuantization(Graph traced, double inputStep, double outputStep) {
  /** In the card. */
  public static final String METHOD = ModelCard.Quantization.BEFORE_EXPORT;

  private static final Set<String> ROUNDINGS =
      Set.of("aten::quantize_per_tensor", "aten::fake_quantize_per_tensor_affine");

  /** Empty for a network that computes in floats alone. */
  public static Optional<SourceQuantization> of(Graph traced) {
    List<Node> roundings =
        traced.nodes().stream()
            .filter(node -> ROUNDINGS.contains(node.operator()))
            .filter(node -> node.argument("self") instanceof Argument.Value)
            .toList();
    return roundings.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new SourceQuantization(
                traced, scale(roundings.get(0)), scale(roundings.get(roundings.size() - 1))));
  }

  private static double scale(Node node) {
    Argument scale = node.argument("scale");
    return scale instanceof Argument.Real real
        ? real.value()
        : ((Argument.Constant) scale).tensor().toDoubles()[0];
  }

  /** Not so if it only simulates that, as for training. */
  public boolean computesOnIntegers() {
    return !traced.sourceCalls().isEmpty()
        && traced.nodes().stream()
            .anyMatch(node -> node.operator().equals("aten::quantize_per_tensor"));
  }

  /** Whether a file's numbers were taken over from a source that came quantized. */
  public static boolean isOf(ModelCard card) {
    return card.quantization().filter(q -> q.method().equals(METHOD)).isPresent();
  }

  /** What two runtimes may differ by. */
  public Tolerance tolerance() {
    return new Tolerance.Rounding(inputStep, outputStep);
  }

  /** For the card of a file with this parity. */
  public static ModelCard.Quantization card(ModelCard.Parity parity) {
    double noise = parity.bound() * parity.maxAbsLogit();
    return new ModelCard.Quantization(
        METHOD, "", 0, "", noise, List.of(), ModelCard.Quantization.CPU);
  }
}
