package dev.lapidary.trainer.data;

import dev.lapidary.core.image.Background;
import dev.lapidary.core.image.RgbImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Pictures of two tasks, each where its own lie. */
record PicturesOfBoth(Pictures target, Pictures source) implements Pictures {
  private Pictures of(Sample sample) {
    return sample.source() ? source : target;
  }

  @Override
  public byte[] bytes(Sample sample) throws IOException {
    return of(sample).bytes(sample);
  }

  @Override
  public Optional<Path> file(Sample sample) {
    return of(sample).file(sample);
  }

  @Override
  public RgbImage decode(Sample sample, byte[] bytes, Background alpha) {
    return of(sample).decode(sample, bytes, alpha);
  }
}
