package dev.lapidary.trainer.data;

import dev.lapidary.core.failure.Failure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Groups told by names, for folders: several images of one patient, one scene, one object. */
final class Groups {
  private Groups() {}

  /**
   * Each sample's group becomes what the expression finds in its name: its first bracket, or all of
   * it if it has none.
   *
   * @param expression as {@link Pattern} reads them
   * @param location the data, for messages
   * @throws Failure (exit 2) naming an image in which nothing is found
   */
  static Dataset byName(Dataset data, String expression, Path location) {
    Pattern pattern = Pattern.compile(expression);
    List<Sample> samples = new ArrayList<>();
    for (Sample sample : data.samples()) {
      Matcher matcher = pattern.matcher(sample.name());
      String group = matcher.find() ? matcher.group(Math.min(1, matcher.groupCount())) : null;
      if (group == null) {
        throw Failure.badInput(
            "[%s] %s has no group: '%s' finds nothing in that name; each image needs one",
            location, sample.name(), expression);
      }
      samples.add(sample.inGroup(group));
    }
    return data.with(samples);
  }
}
