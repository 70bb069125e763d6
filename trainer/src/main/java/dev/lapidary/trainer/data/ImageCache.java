package dev.lapidary.trainer.data;

import dev.lapidary.core.image.RgbImage;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Decoded images kept in memory, first come, until the budget is used up. Nothing is ever thrown
 * out: an epoch visits everything once, so any other choice would keep no more.
 */
final class ImageCache {
  /** Reads what is not held. */
  @FunctionalInterface
  interface Source {
    RgbImage read() throws IOException;
  }

  private final Map<Integer, RgbImage> images = new ConcurrentHashMap<>();
  private final AtomicLong left;

  ImageCache(long bytes) {
    this.left = new AtomicLong(bytes);
  }

  RgbImage get(int position, Source source) throws IOException {
    RgbImage held = images.get(position);
    if (held != null) {
      return held;
    }
    RgbImage image = source.read();
    int cost = image.pixels().length;
    if (left.addAndGet(-cost) < 0 || images.putIfAbsent(position, image) != null) {
      left.addAndGet(cost);
    }
    return image;
  }
}
