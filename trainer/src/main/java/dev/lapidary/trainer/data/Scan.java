package dev.lapidary.trainer.data;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.Sha256;
import dev.lapidary.core.image.Background;
import dev.lapidary.core.image.BadImage;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.image.UndecodableImage;
import dev.lapidary.core.progress.WorkProgress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;

/**
 * The first look at a dataset: every image decoded once, so that a run fails in its first minute
 * with all names instead of in its third hour with one. Nothing is changed on disk.
 *
 * @param data what was looked at
 * @param images what was seen of each of its samples, in its order
 */
public record Scan(Dataset data, List<Seen> images) {
  /** In pixels. */
  public record Size(int width, int height) {
    static final Size NONE = new Size(0, 0);

    @Override
    public String toString() {
      return width + "x" + height;
    }
  }

  /**
   * @param sha256 of its bytes; of a bad one too, if there are any
   * @param size of the upright image; 0x0 of a bad one
   * @param bad why it is not to be used
   */
  record Seen(Sample sample, String sha256, Size size, Optional<BadImage> bad) {
    private static Seen bad(Sample sample, String sha256, BadImage image) {
      return new Seen(sample, sha256, Size.NONE, Optional.of(image));
    }
  }

  /**
   * Reads and decodes everything on {@code threads} threads, but for files that have not changed
   * since a scan before.
   */
  public static Scan of(Dataset data, int threads, WorkProgress progress) {
    return of(data, threads, ScanCache.of(data), progress);
  }

  static Scan of(Dataset data, int threads, ScanCache cache, WorkProgress progress) {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<Seen>> jobs = new ArrayList<>();
      for (Sample sample : data.samples()) {
        jobs.add(pool.submit(() -> look(data.pictures(), sample, cache)));
      }
      List<Seen> images = new ArrayList<>();
      for (Future<Seen> job : jobs) {
        images.add(job.get());
        progress.count("looking at images", images.size(), jobs.size());
      }
      cache.close();
      return new Scan(data, images);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted while looking at the images");
    } catch (ExecutionException e) {
      throw new IllegalStateException("looking at the images failed", e.getCause());
    } finally {
      pool.shutdownNow();
    }
  }

  private static Seen look(Pictures pictures, Sample sample, ScanCache cache) {
    Optional<Seen> known = cache.known(sample);
    if (known.isPresent()) {
      return known.get();
    }
    String hash = "";
    try {
      Optional<String> stamp = cache.stamp(sample);
      byte[] bytes = pictures.bytes(sample);
      hash = Sha256.of(bytes);
      RgbImage image = pictures.decode(sample, bytes, Background.BLACK);
      Size size = new Size(image.width(), image.height());
      Seen seen = new Seen(sample, hash, size, Optional.empty());
      stamp.ifPresent(value -> cache.keep(value, seen));
      return seen;
    } catch (UndecodableImage e) {
      return Seen.bad(sample, hash, BadImage.of(sample.name(), e));
    } catch (IOException e) {
      return Seen.bad(sample, "", new BadImage(sample.name(), "cannot be read: " + e, ""));
    }
  }

  /**
   * What there is to use of the images.
   *
   * @param progress gets a line for each that is left out
   * @throws Failure (exit 2) naming the bad ones, if they are not to be left out, or all are bad
   */
  public static Dataset readable(
      Dataset data, Path location, OnBadImage rule, int threads, WorkProgress progress) {
    Scan scan = of(data, threads, progress);
    BadImage.judge(location, scan.bad(), rule).forEach(progress::say);
    if (scan.bad().size() == data.size()) {
      throw Failure.badInput("[%s] none of its %d images can be read", location, data.size());
    }
    return scan.good().data();
  }

  /** In the dataset's order. */
  List<BadImage> bad() {
    return images.stream().flatMap(seen -> seen.bad().stream()).toList();
  }

  /** The scan without its bad images. */
  public Scan good() {
    return only(seen -> seen.bad().isEmpty());
  }

  /** Of the images of one task. */
  Scan of(boolean source) {
    return only(seen -> seen.sample().source() == source);
  }

  private Scan only(Predicate<Seen> keep) {
    List<Seen> kept = images.stream().filter(keep).toList();
    return new Scan(data.with(kept.stream().map(Seen::sample).toList()), kept);
  }
}
