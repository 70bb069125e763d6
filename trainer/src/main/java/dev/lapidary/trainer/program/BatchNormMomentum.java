package dev.lapidary.trainer.program;

import dev.lapidary.torchscript.script.Expression;
import dev.lapidary.torchscript.script.Expression.Call;
import dev.lapidary.torchscript.script.SourceFile;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Lets BatchNorm's running statistics follow the weights. Networks that were trained for days on
 * large batches move them by a hundredth of a batch (TensorFlow's EfficientNets, MobileNetV3) or
 * less (MNASNet: 0.0003); a fine-tuning of some dozen steps then ends with statistics that are
 * still those of the old weights and images, and validation sees another network than training.
 *
 * @param code the text, for training only: the delivered file keeps its own
 * @param raised the momenta that the text names and that were too low
 */
record BatchNormMomentum(SortedMap<String, String> code, SortedSet<Double> raised) {
  private static final int MOMENTUM = 6;
  private static final MathContext SHOWN = new MathContext(3);

  /**
   * Raises the momenta of a network's text that are lower than {@code least}; empty: none is.
   *
   * @param minimum in (0, 1], as PyTorch counts it: the part of a batch in the new statistics
   */
  static BatchNormMomentum atLeast(SortedMap<String, String> code, Optional<Double> minimum) {
    SortedSet<Double> raised = new TreeSet<>();
    if (minimum.isEmpty()) {
      return new BatchNormMomentum(code, raised);
    }
    SortedMap<String, String> rewritten = new TreeMap<>(code);
    rewritten.replaceAll(
        (path, text) -> SourceFile.parse(path, text).with(e -> raise(e, minimum.get(), raised)));
    return new BatchNormMomentum(rewritten, raised);
  }

  /** What a user should know; empty where no number of the text was changed. */
  List<String> notes(Optional<Double> minimum) {
    if (raised.isEmpty()) {
      return List.of();
    }
    String own = raised.stream().map(BatchNormMomentum::shown).collect(Collectors.joining(", "));
    return List.of(
        "BatchNorm: running statistics move by %s of each batch in training, not by the network's %s"
            .formatted(shown(minimum.orElseThrow()), own));
  }

  private static Expression raise(Expression expression, double minimum, SortedSet<Double> raised) {
    if (!(expression instanceof Call call)
        || call.arguments().size() <= MOMENTUM
        || call.function().dottedName().filter("torch.batch_norm"::equals).isEmpty()) {
      return expression;
    }
    Expression own = call.arguments().get(MOMENTUM);
    Expression number = new Expression.Real(own.at(), minimum);
    if (own instanceof Expression.Real real) {
      if (real.value() >= minimum) {
        return expression;
      }
      raised.add(real.value());
    } else { // scripted: a parameter of torch.nn.functional.batch_norm
      Expression greater = Expression.dotted(own.at(), "ops.prim.max");
      number = new Call(own.at(), greater, List.of(own, number), List.of());
    }
    List<Expression> arguments = new ArrayList<>(call.arguments());
    arguments.set(MOMENTUM, number);
    return new Call(call.at(), call.function(), arguments, call.keywords());
  }

  private static String shown(double momentum) {
    return new BigDecimal(momentum).round(SHOWN).stripTrailingZeros().toPlainString();
  }
}
