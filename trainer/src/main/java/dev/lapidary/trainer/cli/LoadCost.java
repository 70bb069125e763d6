package dev.lapidary.trainer.cli;

import com.sun.management.OperatingSystemMXBean;
import dev.lapidary.core.failure.Phrase;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.List;
import java.util.function.Supplier;

/**
 * What loading weights costs: the time by the clock and of the process on all cores, and the most
 * memory meanwhile, garbage and the file's own map included.
 */
record LoadCost<T>(T result, double seconds, double cpuSeconds, long heapBytes, long mappedBytes) {
  private static final OperatingSystemMXBean PROCESS =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  static <T> LoadCost<T> of(Supplier<T> work) {
    System.gc();
    long mapped = mapped();
    long before = heap(false);
    heapPools().forEach(MemoryPoolMXBean::resetPeakUsage);
    long cpu = PROCESS.getProcessCpuTime();
    long start = System.nanoTime();
    T result = work.get();
    double seconds = (System.nanoTime() - start) / 1e9;
    double cpuSeconds = (PROCESS.getProcessCpuTime() - cpu) / 1e9;
    return new LoadCost<>(result, seconds, cpuSeconds, heap(true) - before, mapped() - mapped);
  }

  /** One line; the ratio is to the file's size. */
  String text(long fileBytes) {
    return Phrase.of(
        "loaded in %.2f s (%.2f s of processor), memory at most %.2f times the file:"
            + " %.1f MB mapped, %.1f MB heap",
        seconds,
        cpuSeconds,
        (double) (heapBytes + mappedBytes) / fileBytes,
        mappedBytes / 1e6,
        heapBytes / 1e6);
  }

  private static List<MemoryPoolMXBean> heapPools() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .toList();
  }

  private static long heap(boolean peak) {
    return heapPools().stream()
        .mapToLong(pool -> (peak ? pool.getPeakUsage() : pool.getUsage()).getUsed())
        .sum();
  }

  private static long mapped() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }
}
