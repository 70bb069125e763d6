package dev.lapidary.trainer.data;

import dev.lapidary.core.image.Background;
import dev.lapidary.core.image.RgbImage;
import java.util.Arrays;

/** Gray pixels of equal-sized images one after the other; a sample's name is its position. */
@SuppressWarnings("ArrayRecordComponent") // never compared
record IdxPictures(int width, int height, byte[] pixels) implements Pictures {
  @Override
  public byte[] bytes(Sample sample) {
    int size = width * height;
    int start = Integer.parseInt(sample.name()) * size;
    return Arrays.copyOfRange(pixels, start, start + size);
  }

  @Override
  public RgbImage decode(Sample sample, byte[] gray, Background alpha) {
    byte[] rgb = new byte[3 * gray.length];
    for (int i = 0; i < gray.length; i++) {
      Arrays.fill(rgb, 3 * i, 3 * i + 3, gray[i]);
    }
    return new RgbImage(width, height, rgb);
  }
}
