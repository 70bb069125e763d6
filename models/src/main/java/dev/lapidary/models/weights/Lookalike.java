package dev.lapidary.models.weights;

import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Networks of timm that have the name and the shapes of torchvision's and compute something else,
 * told by their names of tensors ({@code timm/models/efficientnet.py}, {@code mobilenetv3.py}).
 */
enum Lookalike {
  MOBILENET_V3(
      "(^|\\.)conv_head\\.bias$",
      "timm's MobileNet V3 is another network: its BatchNorms' epsilon is 1e-5, torchvision's 1e-3"
          + " (and tf_ ones pad otherwise)"),
  EFFICIENTNET_V2(
      "(^|\\.)blocks\\.0\\.0\\.conv\\.weight$",
      "timm's EfficientNets V2 are other networks: tf_ ones pad otherwise than torchvision's, rw_ ones"
          + " have other widths");

  private final Pattern marker;
  private final String why;

  Lookalike(String marker, String why) {
    this.marker = Pattern.compile(marker);
    this.why = why;
  }

  /** Why a file with these names fits no network here; empty if nothing is known. */
  static Optional<String> why(Set<String> names) {
    return Arrays.stream(values())
        .filter(one -> names.stream().anyMatch(name -> one.marker.matcher(name).find()))
        .map(one -> one.why)
        .findFirst();
  }
}
