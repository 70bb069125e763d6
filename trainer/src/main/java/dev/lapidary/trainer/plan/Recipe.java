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

  private static final String SGD = "sgd";

  /** Networks of LayerNorm, which forget what they know at the rates of those of BatchNorm. */
  private static final Pattern LAYER_NORM = Pattern.compile("(vit|swin|convnext|maxvit)_.*");

  private static final double GENTLER = 0.1;

  /** A name of {@link RunDefaults#OPTIMIZERS}: AdamW, which needs less tuning than SGD. */
  public String optimizer() {
    return "adamw";
  }

  /** That suits {@link #optimizer}. */
  public double weightDecay() {
    return 0.01;
  }

  /**
   * The rate that suits an optimizer, in a batch of some dozen images.
   *
   * @param rule a name of {@link RunDefaults#OPTIMIZERS}
   * @param architecture of the zoo; absent for anyone's network
   */
  public double rate(String rule, Optional<String> architecture) {
    double rate =
        switch (rule) {
          case SGD -> this == TRANSFER ? 0.03 : 0.01;
          case "rmsprop" -> this == TRANSFER ? 3e-4 : 1e-3;
          case "lars" -> 0.3;
          case "lamb" -> 2e-3;
          default -> 1e-3;
        };
    boolean gentle =
        this == TRANSFER
            && !rule.equals(SGD)
            && architecture.filter(name -> LAYER_NORM.matcher(name).matches()).isPresent();
    return gentle ? GENTLER * rate : rate;
  }
}
