package dev.lapidary.trainer.run.probe;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** The memory of the system, or of the container. */
public final class SystemMemory {
  private SystemMemory() {}

  /** 0 if it is not known. */
  public static long bytes() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
        ? system.getTotalMemorySize()
        : 0;
  }
}
