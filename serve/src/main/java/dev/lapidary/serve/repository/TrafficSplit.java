package dev.lapidary.serve.repository;

import dev.lapidary.core.failure.Failure;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A name whose requests go to several models or versions, to each its share, in turns that are as
 * even as they can be: of shares 0.9 and 0.1 every tenth goes to the second (smooth weighted round
 * robin, as nginx has it). Thread-safe.
 */
public final class TrafficSplit {
  private final String name;
  private final List<Target> targets;
  private final double[] due;

  /**
   * One that requests go to.
   *
   * @param version empty for the latest
   * @param share of the requests, by the sum of all shares
   */
  public record Target(String model, Optional<String> version, double share) {
    @Override
    public String toString() {
      return model + version.map(own -> "/" + own).orElse("");
    }
  }

  private TrafficSplit(String name, List<Target> targets) {
    this.name = name;
    this.targets = targets;
    this.due = new double[targets.size()];
  }

  /**
   * @param text {@code NAME=MODEL[/VERSION]:SHARE,…}
   * @throws Failure (exit 2) if it is not of this form
   */
  public static TrafficSplit parse(String text) {
    int equals = text.indexOf('=');
    if (equals < 1 || !ModelId.isSegment(text.substring(0, equals))) {
      throw refused(text, "it names nothing");
    }
    List<Target> targets = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (String part : text.substring(equals + 1).split(",", -1)) {
      Target target = target(text, part);
      if (!seen.add(target.toString())) {
        throw refused(text, target + " is there twice");
      }
      targets.add(target);
    }
    if (targets.size() < 2) {
      throw refused(text, "it has one model alone");
    }
    return new TrafficSplit(text.substring(0, equals), List.copyOf(targets));
  }

  private static Target target(String text, String part) {
    int colon = part.lastIndexOf(':');
    if (colon < 1) {
      throw refused(text, "'" + part + "' has no share");
    }
    String[] id = part.substring(0, colon).split("/", -1);
    if (id.length > 2 || !ModelId.isSegment(id[0]) || !ModelId.isSegment(id[id.length - 1])) {
      throw refused(text, "'" + part.substring(0, colon) + "' is no model's name");
    }
    Optional<String> version = id.length == 2 ? Optional.of(id[1]) : Optional.empty();
    try {
      double share = Double.parseDouble(part.substring(colon + 1));
      if (share > 0 && share <= 1_000_000) {
        return new Target(id[0], version, share);
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw refused(text, "the share '" + part.substring(colon + 1) + "' is no positive number");
  }

  private static Failure refused(String text, String why) {
    return Failure.badInput(
        "--split %s: %s, expected NAME=MODEL:SHARE,MODEL:SHARE such as shoes=shoes:0.9,shoes-int8:0.1",
        text, why);
  }

  public String name() {
    return name;
  }

  /** As they were said. */
  public List<Target> targets() {
    return targets;
  }

  /** Whose turn it is, and behind it the others by their shares, for when it does not answer. */
  public synchronized List<Target> turn() {
    double sum = 0;
    int next = 0;
    for (int i = 0; i < due.length; i++) {
      double share = targets.get(i).share();
      sum += share;
      due[i] += share;
      next = due[i] > due[next] ? i : next;
    }
    due[next] -= sum;
    Target first = targets.get(next);
    List<Target> order = new ArrayList<>(targets);
    order.sort(Comparator.comparingDouble(Target::share).reversed());
    order.remove(first);
    order.add(0, first);
    return order;
  }
}
