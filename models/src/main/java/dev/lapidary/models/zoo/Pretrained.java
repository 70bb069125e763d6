package dev.lapidary.models.zoo;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.models.weights.Match;
import dev.lapidary.models.weights.MatchReport;
import dev.lapidary.models.weights.NamedTensors;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.StateDict;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A network of the zoo with weights from elsewhere. What fits comes from the file, without a copy;
 * only what does not is drawn.
 *
 * @param classes outputs of its head
 * @param report what was loaded and what not
 */
public record Pretrained(TorchScriptArchive archive, int classes, MatchReport report) {

  /**
   * With the class count of the options; a head of another count is fresh.
   *
   * @param minMatch the least part of the parameters that must fit, 0 to 1
   * @throws Failure (exit 2) if less fits
   */
  public static Pretrained of(
      Architecture architecture, ZooOptions options, NamedTensors weights, double minMatch) {
    TorchScriptArchive archive = architecture.blank(options);
    StateDict state = StateDict.of(archive);
    return filled(
        architecture, options, archive, state, Match.of(weights, state).requireAtLeast(minMatch));
  }

  /** With the class count of the file's own head. */
  public static Pretrained ofItsClasses(
      Architecture architecture, ZooOptions options, NamedTensors weights, double minMatch) {
    TorchScriptArchive archive = architecture.blank(options);
    StateDict state = StateDict.of(archive);
    Match match = Match.of(weights, state);
    int classes =
        match.report().replacedHeads().stream()
            .filter(head -> head.layer().equals(architecture.headName()))
            .map(head -> Math.toIntExact(head.sourceClasses()))
            .findFirst()
            .orElse(options.classes());
    return classes == options.classes()
        ? filled(architecture, options, archive, state, match.requireAtLeast(minMatch))
        : of(architecture, options.withClasses(classes), weights, minMatch);
  }

  private static Pretrained filled(
      Architecture architecture,
      ZooOptions options,
      TorchScriptArchive archive,
      StateDict state,
      Match match) {
    match.apply();
    Set<String> loaded =
        match.report().loaded().stream().map(MatchReport.Loaded::name).collect(Collectors.toSet());
    architecture.fill(state, options, name -> !loaded.contains(name));
    return new Pretrained(archive, options.classes(), match.report());
  }
}
