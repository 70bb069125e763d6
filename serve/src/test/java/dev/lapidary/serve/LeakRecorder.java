package dev.lapidary.serve;

import io.netty.util.ResourceLeakDetector;
import java.util.ArrayList;
import java.util.List;

/** Keeps what Netty would log of buffers that were collected before they were given back. */
public final class LeakRecorder<T> extends ResourceLeakDetector<T> {
  private static final List<String> LEAKS = new ArrayList<>();

  /** Netty calls it. */
  public LeakRecorder(Class<?> resource, int samplingInterval) {
    super(resource, samplingInterval);
  }

  /** Netty calls it, too. */
  public LeakRecorder(Class<?> resource, int samplingInterval, long maxActive) {
    super(resource, samplingInterval);
  }

  @Override
  protected void reportTracedLeak(String resource, String records) {
    add(resource + records);
  }

  @Override
  protected void reportUntracedLeak(String resource) {
    add(resource);
  }

  private static void add(String leak) {
    synchronized (LEAKS) {
      LEAKS.add(leak);
    }
  }

  static List<String> leaks() {
    synchronized (LEAKS) {
      return List.copyOf(LEAKS);
    }
  }
}
