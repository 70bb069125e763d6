package dev.lapidary.core.image;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What a file in a folder of images is: told by its first bytes, and by its name's ending where
 * they do not tell.
 *
 * @param image whether somebody means it to be a picture, be it read here or not
 * @param name of what is no picture that is read, such as HEIC, video or .txt; else empty
 */
record FileKind(boolean image, String name) {
  /** So many first bytes tell: a DICOM file's word stands at 128, an SVG's after a prologue. */
  static final int START_BYTES = 1024;

  private static final FileKind IMAGE = new FileKind(true, "");
  static final String UNREADABLE = "unreadable";

  private static final String RAW = "camera RAW";
  private static final String VIDEO = "video";

  private static final Set<String> READ =
      Set.of("jpg", "jpeg", "jpe", "jfif", "png", "bmp", "gif", "webp");

  /** Pictures in formats that are not read, by their names' endings. */
  private static final Map<String, String> FOREIGN =
      Map.ofEntries(
          Map.entry("HEIC", "heic heif hif"),
          Map.entry("AVIF", "avif avifs"),
          Map.entry("JPEG 2000", "jp2 j2k j2c jpc jpx jpf jpm"),
          Map.entry("JPEG XL", "jxl"),
          Map.entry("JPEG XR", "jxr wdp hdp"),
          Map.entry("TIFF", "tif tiff btf"),
          Map.entry("Netpbm", "ppm pgm pbm pnm pam pfm"),
          Map.entry("SVG", "svg svgz"),
          Map.entry(RAW, "dng cr2 cr3 crw nef nrw arw srf sr2 orf rw2 raf pef srw x3f 3fr iiq rwl"),
          Map.entry("Photoshop", "psd psb"),
          Map.entry("GIMP", "xcf"),
          Map.entry("ICO", "ico cur icns"),
          Map.entry("TGA", "tga"),
          Map.entry("PCX", "pcx"),
          Map.entry("DDS", "dds"),
          Map.entry("QOI", "qoi"),
          Map.entry("OpenEXR", "exr"),
          Map.entry("DICOM", "dcm dicom"));

  private static final Set<String> VIDEOS =
      Set.of(
          "mp4 m4v mov qt avi mkv webm mpg mpeg mpe wmv asf flv mts m2ts 3gp 3g2 ogv".split(" "));

  /** First bytes of formats that are not read; each at least four, so that no text has them. */
  private static final Map<String, List<String>> SIGNATURES =
      Map.ofEntries(
          Map.entry("JPEG 2000", List.of("0000000c6a502020", "ff4fff51")),
          Map.entry("JPEG XL", List.of("0000000c4a584c20")),
          Map.entry("JPEG XR", List.of("4949bc01")),
          Map.entry("TIFF", List.of("49492a00", "4d4d002a", "49492b00", "4d4d002b")),
          Map.entry(RAW, List.of("4949524f", "49495253", "49495500", "46554a4946494c4d4343442d")),
          Map.entry("Photoshop", List.of("384250530001", "384250530002")),
          Map.entry("GIMP", List.of("67696d702078636620")),
          Map.entry("QOI", List.of("716f696600")),
          Map.entry("DDS", List.of("444453207c000000")),
          Map.entry("OpenEXR", List.of("762f3101")),
          Map.entry("Radiance HDR", List.of("233f52414449414e4345")),
          Map.entry(
              VIDEO, List.of("1a45dfa3", "464c5601", "000001ba", "000001b3", "3026b2758e66")));

  private static FileKind of(Path file) throws IOException {
    String suffix = suffix(file);
    if (READ.contains(suffix)) {
      return IMAGE;
    }
    byte[] start;
    try (InputStream in = Files.newInputStream(file)) {
      start = in.readNBytes(START_BYTES);
    }
    return ImageDecoder.isImage(start) ? IMAGE : other(start, suffix);
  }

  /** Of the file; by its name alone if it cannot be opened. */
  static FileKind orUnreadable(Path file) {
    try {
      return of(file);
    } catch (IOException e) {
      return ofName(file, UNREADABLE);
    }
  }

  /** Of a file that cannot be opened. */
  static FileKind ofName(Path file, String otherwise) {
    boolean image = READ.contains(suffix(file)) || FOREIGN.containsKey(foreign(suffix(file)));
    return new FileKind(image, otherwise);
  }

  private static FileKind other(byte[] start, String suffix) {
    String found = format(start);
    String named = foreign(suffix);
    if (found.equals(VIDEO) || (found.isEmpty() && VIDEOS.contains(suffix))) {
      return new FileKind(false, VIDEO);
    }
    if (!found.isEmpty() || !named.isEmpty()) {
      return new FileKind(true, named.equals(RAW) || found.isEmpty() ? named : found);
    }
    return new FileKind(false, suffix.isEmpty() ? "of no known kind" : "." + suffix);
  }

  /** The name of a format that is not read, by a file's first bytes; empty if they say nothing. */
  static String format(byte[] start) {
    String hex = HexFormat.of().formatHex(Arrays.copyOf(start, Math.min(16, start.length)));
    for (Map.Entry<String, List<String>> format : SIGNATURES.entrySet()) {
      if (format.getValue().stream().anyMatch(hex::startsWith)) {
        return format.getKey();
      }
    }
    int length = Math.min(START_BYTES, start.length);
    String text = new String(start, 0, length, StandardCharsets.ISO_8859_1);
    if (text.startsWith("ftyp", 4)) {
      return brand(text);
    }
    if (text.startsWith("RIFF") && text.startsWith("AVI ", 8)) {
      return VIDEO;
    }
    if (text.startsWith("DICM", 128)) {
      return "DICOM";
    }
    boolean markup = text.replaceFirst("^\u00ef\u00bb\u00bf", "").stripLeading().startsWith("<");
    return markup && text.contains("<svg") ? "SVG" : "";
  }

  /** Of ISO's media files (ISO 14496-12): the main brand, or the first that says more. */
  private static String brand(String text) {
    int box = Math.min(text.length(), text.charAt(2) << 8 | text.charAt(3));
    for (int at = 8; at + 4 <= box; at += at == 8 ? 8 : 4) { // after the main one its version
      String brand = text.substring(at, at + 4);
      if (brand.startsWith("avi") || brand.equals("MA1A") || brand.equals("MA1B")) {
        return "AVIF";
      }
      if (brand.startsWith("hei") || brand.startsWith("hev")) {
        return "HEIC";
      }
      if (brand.startsWith("crx")) {
        return RAW;
      }
    }
    String main = text.substring(8, Math.min(12, text.length()));
    return main.equals("mif1") || main.equals("msf1") ? "HEIC" : VIDEO;
  }

  private static String foreign(String suffix) {
    return FOREIGN.entrySet().stream()
        .filter(format -> List.of(format.getValue().split(" ")).contains(suffix))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse("");
  }

  private static String suffix(Path file) {
    String name = String.valueOf(file.getFileName());
    int dot = name.lastIndexOf('.');
    return dot < 0 ? "" : name.substring(dot + 1).toLowerCase(Locale.ROOT);
  }
}
