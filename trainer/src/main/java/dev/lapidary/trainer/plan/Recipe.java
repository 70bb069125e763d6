package dev.lapidary.trainer.plan;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a run does where nobody chose: optimizer, rate and weight decay by whether the network knows
 * something already.
 */
public enum Recipe {
  /** From pretrained weights. */
  TRANSFER,

  /** From random ones. */
  SCRATCH;

  /**
   * That BatchNorm's running statistics follow at least with, in any recipe: PyTorch's default, for
   * networks of TensorFlow's and others, whose 0.01 or less takes hundreds of steps.
   */
  public static final double MIN_BATCH_NORM_MOMENTUM = 0.1;

  /** A name of {@link RunDefaults#OPTIMIZERS}: AdamW, which needs less tuning than SGD. */
  public static final String OPTIMIZER = "adamw";

  /** That suits {@link #OPTIMIZER}. */
  public static final double WEIGHT_DECAY = 0.01;

  /** Networks of LayerNorm, which forget what they know at the rates of those of BatchNorm. */
  private static final Pattern LAYER_NORM = Pattern.compile("(vit|swin|convnext|maxvit)_.*");

  /**
   * The rate that suits an optimizer, in a batch of some dozen images.
   *
   * @param rule a name of {@link RunDefaults#OPTIMIZERS}
   * @param architecture of the zoo; absent for anyone's network
   */
  public double rate(String rule, Optional<String> architecture) {
    boolean gentle =
        this == TRANSFER
            && architecture.filter(name -> LAYER_NORM.matcher(name).matches()).isPresent();
    return switch (rule) {
      case "sgd" -> this == TRANSFER ? 0.03 : 0.01;
      case "rmsprop" -> gentle ? 3e-5 : this == TRANSFER ? 3e-4 : 1e-3;
      case "lars" -> gentle ? 0.03 : 0.3;
      case "lamb" -> gentle ? 2e-4 : 2e-3;
      case "adam", "adamw" -> gentle ? 1e-4 : this == TRANSFER ? 2e-3 : 1e-3;
      default -> throw new IllegalArgumentException("no usual rate of the optimizer " + rule);
    };
  }
}
