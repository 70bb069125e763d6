package dev.lapidary.trainer.program;

import static dev.lapidary.core.failure.Requirement.require;

import java.util.List;
import java.util.Locale;

/**
 * How a gradient changes a parameter: PyTorch's optimizers, by PyTorch's own kernels. Learning rate
 * and weight decay are the parameter group's.
 */
public sealed interface UpdateRule {

  /** The per-parameter state, by PyTorch's names, beside the step count. */
  List<String> slots();

  /** Whether a parameter group may have its own momentum (beta1 for the Adam family). */
  default boolean hasMomentum() {
    return momentum() > 0;
  }

  /** The training program's method that computes it; its lists are {@link #slots}, in order. */
  default String method() {
    return getClass().getSimpleName().toLowerCase(Locale.ROOT);
  }

  /**
   * What the method takes behind learning rate and weight decay.
   *
   * @param momentum what is in force: {@link #momentum}, unless a schedule cycles it
   * @param first whether it is the parameters' first update
   */
  List<Double> numbers(double momentum, boolean first);

  /** Whether the method counts the updates itself, and takes a tensor of them each. */
  default boolean countsUpdates() {
    return false;
  }

  /** {@code momentum}, or {@code beta1}: what {@code torch OneCycleLR} cycles as the momentum. */
  double momentum();

  /** {@code torch.optim.SGD}. */
  record Sgd(double momentum, double dampening, boolean nesterov) implements UpdateRule {
    public Sgd {
      require(momentum >= 0 && momentum < 1, "momentum must lie in [0, 1) but is " + momentum);
      require(dampening >= 0 && dampening <= 1, "dampening must lie in [0, 1]: " + dampening);
      require(
          !nesterov || (momentum > 0 && dampening == 0),
          "nesterov needs a momentum above 0 and dampening 0");
    }

    /** With PyTorch's defaults for the others. */
    public static Sgd of(double momentum) {
      return new Sgd(momentum, 0, false);
    }

    @Override
    public List<String> slots() {
      return momentum > 0 ? List.of("momentum_buffer") : List.of();
    }

    @Override
    public String method() {
      return momentum > 0 ? "sgd_momentum" : "sgd";
    }

    @Override
    public List<Double> numbers(double inForce, boolean first) {
      return momentum > 0
          ? List.of(inForce, dampening, nesterov ? 1.0 : 0, first ? 1.0 : 0)
          : List.of();
    }
  }

  /** Means of the gradient and of its square, corrected by the number of updates. */
  sealed interface Moments extends UpdateRule {
    double beta1();

    double beta2();

    double eps();

    @Override
    default double momentum() {
      return beta1();
    }

    @Override
    default List<String> slots() {
      return List.of("exp_avg", "exp_avg_sq");
    }

    @Override
    default List<Double> numbers(double inForce, boolean first) {
      return List.of(inForce, beta2(), eps());
    }

    @Override
    default boolean countsUpdates() {
      return true;
    }
  }

  /** {@code torch.optim.Adam}: the decay is added to the gradient. */
  record Adam(double beta1, double beta2, double eps) implements Moments {
    public Adam {
      requireMoments(beta1, beta2, eps);
    }
  }

  /** {@code torch.optim.AdamW}: the decay shrinks the weight itself. */
  record AdamW(double beta1, double beta2, double eps) implements Moments {
    public AdamW {
      requireMoments(beta1, beta2, eps);
    }
  }

  /** {@code torch.optim.RMSprop}, not centered. */
  record RmsProp(double alpha, double eps, double momentum) implements UpdateRule {
    public RmsProp {
      require(alpha >= 0 && alpha < 1, "alpha must lie in [0, 1) but is " + alpha);
      require(eps >= 0, "eps must not be negative but is " + eps);
      require(momentum >= 0 && momentum < 1, "momentum must lie in [0, 1) but is " + momentum);
    }

    @Override
    public List<String> slots() {
      return List.of("square_avg", "momentum_buffer");
    }

    @Override
    public List<Double> numbers(double inForce, boolean first) {
      return List.of(alpha, eps, inForce);
    }
  }

  /**
   * Layer-wise adaptive rate scaling (You, Gitman, Ginsburg 2017, arXiv 1708.03888, Algorithm 1),
   * with the rate inside the velocity as there: v = momentum v + lr trust |w| / (|g| + decay |w|)
   * (g + decay w); w = w - v. The local rate is 1 where a norm is 0 and for tensors of one
   * dimension, as in the authors' code.
   *
   * @param trust the paper's eta
   */
  record Lars(double momentum, double trust) implements UpdateRule {
    public Lars {
      require(momentum >= 0 && momentum < 1, "momentum must lie in [0, 1) but is " + momentum);
      require(trust > 0, "trust must be positive but is " + trust);
    }

    @Override
    public List<String> slots() {
      return List.of("momentum_buffer");
    }

    @Override
    public List<Double> numbers(double inForce, boolean first) {
      return List.of(inForce, trust);
    }
  }

  /**
   * Layer-wise adaptive moments (You et al. 2019, arXiv 1904.00962, Algorithm 2): Adam's step r
   * with the decay added, r + decay w, scaled to the length of w. The ratio |w| / |r + decay w| is
   * 1 where a norm is 0 and for tensors of one dimension, as in the authors' code.
   */
  record Lamb(double beta1, double beta2, double eps) implements Moments {
    public Lamb {
      requireMoments(beta1, beta2, eps);
    }
  }

  private static void requireMoments(double beta1, double beta2, double eps) {
    require(beta1 >= 0 && beta1 < 1, "beta1 must lie in [0, 1) but is " + beta1);
    require(beta2 >= 0 && beta2 < 1, "beta2 must lie in [0, 1) but is " + beta2);
    require(eps >= 0, "eps must not be negative but is " + eps);
  }
}
