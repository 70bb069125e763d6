package dev.lapidary.trainer.run;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.trainer.checkpoint.TrainingState.Identity;
import dev.lapidary.trainer.plan.RunIdentity;
import dev.lapidary.trainer.report.Progress;
import java.util.ArrayList;
import java.util.List;

/** What differs between a checkpoint and the process that wants to go on from it. */
record RunDrift(List<Difference> differences) {

  private static final List<String> KEYS =
      List.of("data", "config", "weights", "libtorch", "threads", "cpu");

  /**
   * @param key as {@code --allow-drift} names it
   * @param asked whether the user changed it by {@code --set}
   */
  record Difference(String key, String was, String is, boolean asked) {
    private String ofDriver() {
      return "%s is %s on the driver and %s here".formatted(key, was, is);
    }

    @Override
    public String toString() {
      return "%s was %s and is %s".formatted(key, was, is);
    }
  }

  static RunDrift between(Identity was, Identity is, boolean changedConfig) {
    List<Difference> found = new ArrayList<>();
    add(found, "data", was.manifestSha256(), is.manifestSha256(), false);
    add(found, "config", was.config(), is.config(), changedConfig);
    add(found, "weights", was.initialSha256(), is.initialSha256(), false);
    add(found, "libtorch", was.libtorch(), is.libtorch(), false);
    add(found, "threads", "" + was.threads(), "" + is.threads(), changedConfig);
    add(found, "cpu", was.capability(), is.capability(), false);
    return new RunDrift(found);
  }

  /**
   * Refuses (exit 3) other workers or meetings: a checkpoint counts by them, so that nothing could
   * accept the difference.
   */
  static void requireSameRounds(Identity was, Identity is) {
    String before = RunIdentity.rounds(was.config());
    String now = RunIdentity.rounds(is.config());
    if (!before.equals(now)) {
      throw Failure.gate(
          "the run was shared as %s, and its checkpoints count by that: it cannot go on as %s; give"
              + " --weights model.safetensors to a new run",
          before, now);
    }
  }

  /** Refuses (exit 3) a process of a run that would compute otherwise than the run's first. */
  static void refuse(Identity driver, Identity here) {
    RunDrift drift = between(driver, here, false);
    if (!drift.differences.isEmpty()) {
      List<String> all = drift.differences.stream().map(Difference::ofDriver).toList();
      throw Failure.gate(
          "this process would not compute what the driver does: %s; use machines and files that are"
              + " alike",
          String.join("; ", all));
    }
  }

  /** Refuses (exit 2) what no difference is called. */
  private static void requireKeys(List<String> allowed) {
    for (String key : allowed) {
      if (!KEYS.contains(key)) {
        throw Failure.badInput(
            "--allow-drift %s: expected one of %s", key, String.join(", ", KEYS));
      }
    }
  }

  /** Says what is accepted; fails (exit 3) with all that is not. */
  void refuseUnless(List<String> allowed, Progress progress) {
    requireKeys(allowed);
    List<String> refused = new ArrayList<>();
    for (Difference difference : differences) {
      if (difference.asked() || allowed.contains(difference.key())) {
        progress.say("drift, so the result is not exact: " + difference);
      } else {
        refused.add(difference.toString());
      }
    }
    if (!refused.isEmpty()) {
      throw Failure.gate(
          "the run cannot go on exactly: %s; undo it, or accept it with --allow-drift KEY",
          String.join("; ", refused));
    }
  }

  /** Of two JSON texts only the part around the first difference is shown. */
  private static void add(
      List<Difference> found, String key, String was, String is, boolean asked) {
    if (was.equals(is)) {
      return;
    }
    int at = 0;
    while (at < Math.min(was.length(), is.length()) && was.charAt(at) == is.charAt(at)) {
      at++;
    }
    found.add(new Difference(key, excerpt(was, at), excerpt(is, at), asked));
  }

  private static String excerpt(String text, int at) {
    int from = Math.max(0, at - 40);
    int to = Math.min(text.length(), at + 40);
    return (from > 0 ? "…" : "") + text.substring(from, to) + (to < text.length() ? "…" : "");
  }
}
