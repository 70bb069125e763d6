package dev.lapidary.distribution;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.core.failure.Failure;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.apache.commons.compress.utils.SeekableInMemoryByteChannel;

/**
 * The programs' jars, each once, without other platforms' native libraries, and the texts of their
 * licences. Each program has a jar {@code lib/launch/NAME.jar} whose manifest is its class path, so
 * that command lines stay short and hold no folder's name.
 *
 * @param platform as ONNX Runtime calls it: {@code linux-x64}
 */
record Libraries(Path home, String version, String platform) {
  private static final String PREFIX = "@lib@/";

  private static final String ONNX_RUNTIME = "ai/onnxruntime/native/";

  private static final Pattern LICENCE =
      Pattern.compile(
          "(META-INF/)?([^/]*(licen[cs]e|notice|copying)[^/]*)", Pattern.CASE_INSENSITIVE);

  private static final long DATE = 1_767_225_600_000L;

  /** A program's own jar and all that it needs. */
  void add(FileTree tree, String program) throws IOException {
    String own = program + "-" + version + ".jar";
    List<String> names = new ArrayList<>(List.of(own));
    String classPath = Files.readString(home.resolve(program + "/target/classpath"));
    for (String entry : classPath.strip().split(":")) {
      if (!entry.startsWith(PREFIX)) {
        throw Failure.failed("[%s/target/classpath] %s is not in %s", program, entry, PREFIX);
      }
      names.add(entry.substring(PREFIX.length()));
    }
    for (String name : names) {
      Path file =
          name.equals(own)
              ? home.resolve(program + "/target/" + own)
              : home.resolve("target/lib/" + name);
      if (!tree.files().containsKey("lib/" + name)) {
        addJar(tree, name, file);
      }
    }
    tree.add("lib/launch/" + program + ".jar", launcher(names));
  }

  private void addJar(FileTree tree, String name, Path file) throws IOException {
    boolean foreign = false;
    try (ZipFile jar = ZipFile.builder().setPath(file).get()) {
      for (ZipArchiveEntry entry : Collections.list(jar.getEntries())) {
        foreign |= isOfAnother(entry.getName());
        Matcher licence = LICENCE.matcher(entry.getName());
        if (licence.matches() && !entry.isDirectory()) {
          try (InputStream in = jar.getInputStream(entry)) {
            tree.add(
                "licenses/" + name.replace(".jar", "") + "/" + licence.group(2), in.readAllBytes());
          }
        }
      }
    }
    if (foreign) {
      tree.add("lib/" + name, forThisPlatform(file));
    } else {
      tree.add("lib/" + name, () -> Files.readAllBytes(file));
    }
  }

  /** Without what other platforms need; ONNX Runtime's own are in natives/. */
  private byte[] forThisPlatform(Path file) throws IOException {
    SeekableInMemoryByteChannel bytes = new SeekableInMemoryByteChannel();
    try (ZipFile jar = ZipFile.builder().setPath(file).get();
        ZipArchiveOutputStream zip = new ZipArchiveOutputStream(bytes)) {
      for (ZipArchiveEntry entry : Collections.list(jar.getEntriesInPhysicalOrder())) {
        if (!isOfAnother(entry.getName())) {
          zip.addRawArchiveEntry(entry, jar.getRawInputStream(entry));
        }
      }
    }
    return Arrays.copyOf(bytes.array(), Math.toIntExact(bytes.size()));
  }

  private boolean isOfAnother(String entry) {
    return entry.startsWith(ONNX_RUNTIME)
        ? NativePlatform.isNative(entry)
        : NativePlatform.of(platform).excludes(entry);
  }

  private static byte[] launcher(List<String> names) throws IOException {
    Manifest manifest = new Manifest();
    Attributes main = manifest.getMainAttributes();
    main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    main.put(Attributes.Name.CLASS_PATH, "../" + String.join(" ../", names));
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    manifest.write(text);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JarOutputStream jar = new JarOutputStream(bytes)) {
      JarEntry entry = new JarEntry("META-INF/MANIFEST.MF");
      entry.setTime(DATE - java.util.TimeZone.getDefault().getOffset(DATE));
      jar.putNextEntry(entry);
      jar.write(text.toString(UTF_8).getBytes(UTF_8));
      jar.closeEntry();
    }
    return bytes.toByteArray();
  }
}
