package dev.lapidary.serve.cli;

import dev.lapidary.core.cli.HelpSection;
import dev.lapidary.core.cli.OptionRange;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.serve.repository.ShadowRoute;
import dev.lapidary.serve.repository.TrafficSplit;
import java.util.List;
import java.util.OptionalInt;
import picocli.CommandLine.Option;

/** Which models of a folder {@code serve run} has, and when it looks again. */
final class FolderOptions {
  @Option(
      names = "--versions",
      paramLabel = "WHICH",
      description = "of each model in a folder: latest or all")
  private Versions versions = Versions.latest;

  @Option(
      names = "--model-control",
      paramLabel = "MODE",
      description =
          "none; explicit: clients may load and unload models of the folder by /v2/repository;"
              + " poll: what changes in the folder is loaded")
  private ModelControl control = ModelControl.none;

  @Option(
      names = "--poll-ms",
      paramLabel = "MS",
      description = "how often --model-control poll looks")
  private int pollMillis = 5000;

  @Option(
      names = "--hangup",
      paramLabel = "WHAT",
      description = "what SIGHUP does: reload models that have changed, or stop")
  private Hangup hangup = Hangup.reload;

  @Option(
      names = "--split",
      paramLabel = "NAME=MODEL:SHARE,…",
      description =
          "requests for NAME go to several models, MODEL or MODEL/VERSION, each by its share, such"
              + " as shoes=shoes:0.9,shoes-int8:0.1; may be given several times")
  private List<String> splits = List.of();

  @Option(
      names = "--shadow",
      paramLabel = "NAME=MODEL",
      description =
          "what NAME answers, MODEL or MODEL/VERSION is asked, too, while clients leave time for"
              + " it; nobody waits for it or sees it, and the metrics say how often both agree; may"
              + " be given several times")
  private List<String> shadows = List.of();

  /** As they are typed. */
  private enum Versions {
    latest,
    all
  }

  private enum ModelControl {
    none,
    explicit,
    poll
  }

  private enum Hangup {
    reload,
    stop
  }

  static HelpSection section() {
    return HelpSection.of(
        "Models of a folder", "--versions --model-control --split --shadow", "--poll-ms --hangup");
  }

  /**
   * @throws Failure (exit 2) if one is not of its form
   */
  List<TrafficSplit> splits() {
    return splits.stream().map(TrafficSplit::parse).toList();
  }

  /**
   * @throws Failure (exit 2) if one is not of its form
   */
  List<ShadowRoute> shadows() {
    return shadows.stream().map(ShadowRoute::parse).toList();
  }

  boolean allVersions() {
    return versions == Versions.all;
  }

  boolean clientsLoad() {
    return control == ModelControl.explicit;
  }

  /** Whether a hangup reloads, rather than stops. */
  boolean reloadsAtHangup() {
    return hangup == Hangup.reload;
  }

  /** How often it looks; empty if it does not. */
  OptionalInt pollMillis() {
    int millis = OptionRange.within("--poll-ms", pollMillis, 1, 86_400_000);
    return control == ModelControl.poll ? OptionalInt.of(millis) : OptionalInt.empty();
  }
}
