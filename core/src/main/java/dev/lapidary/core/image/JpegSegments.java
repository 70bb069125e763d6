package dev.lapidary.core.image;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The marker segments of a JPEG file (ITU-T T.81, annex B), just enough to know its size, colour
 * and orientation, and that it is whole, before a decoder sees it.
 */
final class JpegSegments {
  private static final int SOI = 0xd8;
  private static final int EOI = 0xd9;
  private static final int TEM = 1;
  private static final int SOS = 0xda;
  private static final int RST0 = 0xd0;
  private static final int RST7 = 0xd7;
  private static final int APP1 = 0xe1;
  private static final int APP14 = 0xee;

  /** Legitimate progressive files have about ten; a hostile one costs a pass a scan. */
  private static final int MAX_SCANS = 100;

  /** Its first directory, which is all that is read, lies long before. */
  private static final int MAX_EXIF = 1 << 20;

  private static final byte[] EXIF = "Exif\0\0".getBytes(StandardCharsets.ISO_8859_1);
  private static final byte[] XMP =
      "http://ns.adobe.com/xap/1.0/\0".getBytes(StandardCharsets.ISO_8859_1);
  private static final byte[] ADOBE = "Adobe".getBytes(StandardCharsets.ISO_8859_1);
  private static final byte[] JFIF = "JFIF\0".getBytes(StandardCharsets.ISO_8859_1);

  /** A segment's first byte (0xff), one past its last, and what it is. */
  record Segment(int marker, int start, int end) {
    /** False for APPn and comments: thumbnails, profiles and texts. */
    boolean isPixels() {
      return marker < 0xe0;
    }
  }

  private final byte[] file;
  private final ImageLimits limits;
  private final List<Segment> segments = new ArrayList<>();
  private int width;
  private int height;
  private int[] componentIds = {};
  private boolean jfif;
  private int adobeTransform = -1;
  private final ByteArrayOutputStream exif = new ByteArrayOutputStream();
  private byte[] xmp = {};
  private int scans;

  private JpegSegments(byte[] file, ImageLimits limits) {
    this.file = file;
    this.limits = limits;
  }

  /** Walks the file from SOI to EOI. */
  static JpegSegments read(byte[] file, ImageLimits limits) {
    JpegSegments read = new JpegSegments(file, limits);
    read.walk();
    return read;
  }

  int width() {
    return width;
  }

  int height() {
    return height;
  }

  int orientation() {
    return Orientation.of(exif.toByteArray(), xmp);
  }

  int components() {
    return componentIds.length;
  }

  /** Everything between SOI and EOI, in order; an SOS goes on to the end of its coded data. */
  List<Segment> segments() {
    return segments;
  }

  /** Whether the components are YCbCr (or YCCK), by libjpeg's rules ({@code jdapimin.c}). */
  boolean isYcc() {
    if (componentIds.length == 4) {
      return adobeTransform > 0;
    }
    if (jfif) {
      return true;
    }
    if (adobeTransform >= 0) {
      return adobeTransform != 0;
    }
    return componentIds.length == 3
        && !(componentIds[0] == 'R' && componentIds[1] == 'G' && componentIds[2] == 'B');
  }

  private void walk() {
    int at = nextMarker(2);
    while (u8(at + 1) != EOI) {
      at = nextMarker(segment(u8(at + 1), at));
    }
    if (scans == 0) {
      throw UndecodableImage.broken("a JPEG without image data");
    }
  }

  /**
   * The last 0xff before the next marker. Fill bytes and whatever else cameras and editors leave
   * between segments are passed over, as libjpeg does ({@code jdmarker.c}); so are markers without
   * a segment, which mean nothing here.
   */
  private int nextMarker(int from) {
    int at = from;
    while (u8(at) != 0xff || isNothing(u8(at + 1))) {
      at++;
    }
    return at;
  }

  private static boolean isNothing(int marker) {
    return marker == 0 || marker == 0xff || marker == TEM || (marker >= RST0 && marker <= RST7);
  }

  /** Returns where the next one begins. */
  private int segment(int marker, int at) {
    if (marker == SOI) {
      throw UndecodableImage.broken("damaged JPEG: a second image begins at byte %d", at);
    }
    // A segment that is less than its own length is empty to libjpeg.
    int length = Math.max(2, u16(at + 2));
    int end = at + 2 + length;
    if (end > file.length) {
      throw truncated();
    }
    int next = end;
    if (isFrame(marker)) {
      frame(marker, at + 4, length - 2);
    } else if (marker == SOS) {
      next = endOfScan(end);
    } else if (scans == 0) {
      application(marker, at + 4, length - 2);
    }
    segments.add(new Segment(marker, at, next));
    return next;
  }

  private static boolean isFrame(int marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
  }

  private void frame(int marker, int at, int length) {
    if (marker > 0xc2) {
      throw UndecodableImage.broken(
          "JPEG process SOF%d (lossless, hierarchical or arithmetic) is not read, only baseline,"
              + " extended and progressive",
          marker - 0xc0);
    }
    if (components() != 0 || length < 6 || length < 6 + 3 * u8(at + 5)) {
      throw UndecodableImage.broken("damaged JPEG: a second or short frame header");
    }
    if (u8(at) != 8) {
      throw UndecodableImage.broken("JPEG of %d bits a sample is not read, only 8", u8(at));
    }
    height = u16(at + 1);
    width = u16(at + 3);
    limits.requireSize(width, height);
    int count = u8(at + 5);
    if (count != 1 && count != 3 && count != 4) {
      throw UndecodableImage.broken("JPEG of %d components is not read, only 1, 3 and 4", count);
    }
    componentIds = new int[count];
    for (int c = 0; c < count; c++) {
      componentIds[c] = u8(at + 6 + 3 * c);
    }
  }

  /** Before the first scan; what comes later, libjpeg and Pillow do not look at. */
  private void application(int marker, int at, int length) {
    if (marker == 0xe0 && length >= 14 && has(JFIF, at, length)) {
      jfif = true;
    } else if (marker == APP14 && length >= 12 && has(ADOBE, at, length)) {
      adobeTransform = u8(at + 11);
    } else if (marker == APP1 && has(EXIF, at, length) && exif.size() < MAX_EXIF) {
      // A block of more than 64 KiB goes on in the next segment, without its name.
      int name = exif.size() == 0 ? 0 : EXIF.length;
      exif.write(file, at + name, length - name);
    } else if (marker == APP1 && has(XMP, at, length)) {
      xmp = Arrays.copyOfRange(file, at + XMP.length, at + length);
    }
  }

  private int endOfScan(int from) {
    if (components() == 0 || ++scans > MAX_SCANS) {
      String what = components() == 0 ? "image data before the frame header" : "over 100 scans";
      throw UndecodableImage.broken("damaged JPEG: %s", what);
    }
    for (int at = from; at + 1 < file.length; at++) {
      if (file[at] == (byte) 0xff) {
        int marker = u8(at + 1);
        if (marker != 0 && marker != 0xff && (marker < RST0 || marker > RST7)) {
          return at;
        }
      }
    }
    throw truncated();
  }

  private UndecodableImage truncated() {
    return UndecodableImage.broken(
        "truncated JPEG: the file ends at byte %d without an end-of-image marker", file.length);
  }

  private boolean has(byte[] tag, int at, int length) {
    return length >= tag.length && Arrays.equals(file, at, at + tag.length, tag, 0, tag.length);
  }

  private int u8(int at) {
    if (at >= file.length) {
      throw truncated();
    }
    return file[at] & 0xff;
  }

  private int u16(int at) {
    return u8(at) << 8 | u8(at + 1);
  }
}
