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
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntPredicate;

/**
 * The first look at a dataset: every image decoded once, so that a run fails in its first minute
 * with all names instead of in its third hour with one. Nothing is changed on disk.
 *
 * @param data what was looked at
 * @param sha256 of each sample's bytes, by position; of bad ones too
 * @param sizes of each sample's upright image, by position; 0x0 of bad ones
 * @param bad in the dataset's order
 */
public record Scan(Dataset data, List<String> sha256, List<Size> sizes, List<Bad> bad) {
  /** In pixels. */
  public record Size(int width, int height) {
    static final Size NONE = new Size(0, 0);

    @Override
    public String toString() {
      return width + "x" + height;
    }
  }

  /**
   * @param position in the dataset
   */
  public record Bad(int position, BadImage image) {}

  private record Seen(String sha256, Size size, Optional<BadImage> bad) {}

  public Scan {
    sha256 = List.copyOf(sha256);
    sizes = List.copyOf(sizes);
    bad = List.copyOf(bad);
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
      List<String> hashes = new ArrayList<>();
      List<Size> sizes = new ArrayList<>();
      List<Bad> bad = new ArrayList<>();
      for (Future<Seen> job : jobs) {
        Seen seen = job.get();
        progress.count("looking at images", hashes.size() + 1, jobs.size());
        int position = hashes.size();
        seen.bad().ifPresent(image -> bad.add(new Bad(position, image)));
        hashes.add(seen.sha256());
        sizes.add(seen.size());
      }
      cache.close();
      return new Scan(data, hashes, sizes, bad);
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
    Optional<ScanCache.Known> known = cache.known(sample);
    if (known.isPresent()) {
      return new Seen(known.get().sha256(), known.get().size(), Optional.empty());
    }
    String hash = "";
    try {
      Optional<String> stamp = cache.stamp(sample);
      byte[] bytes = pictures.bytes(sample);
      hash = Sha256.of(bytes);
      RgbImage image = pictures.decode(sample, bytes, Background.BLACK);
      Seen seen = new Seen(hash, new Size(image.width(), image.height()), Optional.empty());
      stamp.ifPresent(value -> cache.keep(sample, value, seen.sha256(), seen.size()));
      return seen;
    } catch (UndecodableImage e) {
      return new Seen(hash, Size.NONE, Optional.of(BadImage.of(sample.name(), e)));
    } catch (IOException e) {
      String reason = "cannot be read: " + e;
      return new Seen("", Size.NONE, Optional.of(new BadImage(sample.name(), reason, "")));
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
    BadImage.judge(location, scan.badImages(), rule).forEach(progress::say);
    if (scan.bad.size() == data.size()) {
      throw Failure.badInput("[%s] none of its %d images can be read", location, data.size());
    }
    return scan.good().data();
  }

  List<BadImage> badImages() {
    return bad.stream().map(Bad::image).toList();
  }

  /** The scan without its bad images. */
  public Scan good() {
    if (bad.isEmpty()) {
      return this;
    }
    Set<Integer> out = new HashSet<>();
    bad.forEach(b -> out.add(b.position()));
    return only(position -> !out.contains(position));
  }

  /** Of the images of one task. */
  Scan of(boolean source) {
    return only(position -> data.samples().get(position).source() == source);
  }

  private Scan only(IntPredicate keep) {
    List<Sample> samples = new ArrayList<>();
    List<String> hashes = new ArrayList<>();
    List<Size> kept = new ArrayList<>();
    for (int i = 0; i < data.size(); i++) {
      if (keep.test(i)) {
        samples.add(data.samples().get(i));
        hashes.add(sha256.get(i));
        kept.add(sizes.get(i));
      }
    }
    return new Scan(data.with(samples), hashes, kept, List.of());
  }
}
