package dev.lapidary.models.zoo;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.core.tensor.Tensor;
import java.util.Locale;

/**
 * How a new head's weights begin; {@code --head-init}. Every draw is a function of the seed and the
 * tensor's name.
 *
 * @param text as {@link #parse} reads it
 * @param drawnBias whether the bias is drawn as PyTorch's, or 0
 */
public record HeadInit(String text, Init weight, boolean drawnBias) {
  /** PyTorch's own for a new layer: weight and bias U(+-1/sqrt(features)). */
  public static final HeadInit DEFAULT = new HeadInit("default", Init.UNIFORM_FAN_IN, true);

  /**
   * {@code default}; {@code xavier} (Glorot's uniform), {@code kaiming} (He's normal), {@code
   * normal:STD}, {@code zero} and {@code constant:V}, all with a bias of 0.
   *
   * @throws Failure (exit 2) if it is none of these
   */
  public static HeadInit parse(String text) {
    String kind = text.toLowerCase(Locale.ROOT);
    if (kind.startsWith("normal:")) {
      double deviation = number(text);
      if (deviation < 0) {
        throw unknown(text);
      }
      return new HeadInit(kind, Init.normal(deviation), false);
    }
    if (kind.startsWith("constant:")) {
      return new HeadInit(kind, Init.constant(number(text)), false);
    }
    return switch (kind) {
      case "default" -> DEFAULT;
      case "xavier" -> new HeadInit(kind, Init.XAVIER_UNIFORM, false);
      case "kaiming" -> new HeadInit(kind, Init.KAIMING_FAN_IN, false);
      case "zero" -> new HeadInit(kind, Init.ZEROS, false);
      default -> throw unknown(text);
    };
  }

  private static double number(String text) {
    try {
      double value = Double.parseDouble(text.substring(text.indexOf(':') + 1));
      if (Double.isFinite(value)) {
        return value;
      }
    } catch (NumberFormatException e) {
      throw unknown(text);
    }
    throw unknown(text);
  }

  private static Failure unknown(String text) {
    return Failure.badInput(
        "a head's initialization is default, xavier, kaiming, normal:STD, zero or constant:V but"
            + " is %s",
        Quote.of(text));
  }

  Tensor weight(long seed, String name, long... shape) {
    return weight.tensor(seed, name, shape);
  }

  Tensor bias(long seed, String name, long classes, long features) {
    Init bias = drawnBias ? Init.uniform(1 / Math.sqrt((double) features)) : Init.ZEROS;
    return bias.tensor(seed, name, classes);
  }

  @Override
  public String toString() {
    return text;
  }
}
