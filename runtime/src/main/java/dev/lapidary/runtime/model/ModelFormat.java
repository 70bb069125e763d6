package dev.lapidary.runtime.model;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** What kind of file a model is in. */
public enum ModelFormat {
  ONNX(InferenceEngine.ONNXRUNTIME, "lapidary.card in metadata_props", "onnx"),

  TORCHSCRIPT(InferenceEngine.PYTORCH, "extra/card.json", "torchscript");

  private static final byte[] ZIP = {'P', 'K', 3, 4};

  private final InferenceEngine engine;
  private final String card;
  private final String command;

  ModelFormat(InferenceEngine engine, String card, String command) {
    this.engine = engine;
    this.card = card;
    this.command = command;
  }

  /** By its first bytes: an archive is a zip file, ONNX is none; else by its name. */
  public static ModelFormat of(Path file) {
    return isZip(file) || TORCHSCRIPT.isName(String.valueOf(file.getFileName()))
        ? TORCHSCRIPT
        : ONNX;
  }

  /** What cannot be read is refused by whoever reads it. */
  private static boolean isZip(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return Arrays.equals(in.readNBytes(ZIP.length), ZIP);
    } catch (IOException e) {
      return false;
    }
  }

  /** What runs it. */
  public InferenceEngine engine() {
    return engine;
  }

  /** Whether files of this name are of this kind. */
  public boolean isName(String fileName) {
    return endings().stream().anyMatch(fileName::endsWith);
  }

  private List<String> endings() {
    return this == ONNX ? List.of(".onnx") : List.of(".pt", ".pth", ".torchscript");
  }

  /** The name of a file of whatever kind, without its ending. */
  public static String stem(String fileName) {
    for (ModelFormat format : values()) {
      for (String ending : format.endings()) {
        if (fileName.endsWith(ending)) {
          return fileName.substring(0, fileName.length() - ending.length());
        }
      }
    }
    return fileName;
  }

  /** Where its card is. */
  String card() {
    return card;
  }

  /** The exporter's command that writes one. */
  String command() {
    return command;
  }
}
