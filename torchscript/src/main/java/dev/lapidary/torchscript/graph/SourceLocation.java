package dev.lapidary.torchscript.graph;

/** A place in an archive's text; lines and columns count from 1. */
public record SourceLocation(String file, int line, int column) {
  @Override
  public String toString() {
    return file + ":" + line + ":" + column;
  }
}
