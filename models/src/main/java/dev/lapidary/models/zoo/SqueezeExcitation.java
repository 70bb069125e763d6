package dev.lapidary.models.zoo;

/**
 * Squeeze-and-excitation (Hu et al. 2017, arXiv 1709.01507): each channel is scaled by what a small
 * network of two 1x1 convolutions says of all channels' means.
 */
final class SqueezeExcitation {
  private SqueezeExcitation() {}

  /**
   * @param activation of the text, between the convolutions: {@code torch.relu_}
   * @param gate of the text, after them: {@code torch.sigmoid}
   */
  static Module of(String activation, String gate, Conv squeeze, Conv excite) {
    return new Module("SqueezeExcitation")
        .with("fc1", squeeze.bias())
        .with("fc2", excite.bias())
        .forward(
            (f, x) -> {
              Value inside = f.call("fc1", f.averagePool(x));
              Value active =
                  f.let("active", activation + "(" + inside.name() + ")", inside.shape());
              Value out = f.call("fc2", active);
              Value scale = f.let("gate", gate + "(" + out.name() + ")", out.shape());
              return f.scale(x, scale);
            });
  }
}
