package dev.lapidary.serve.http;

import dev.lapidary.serve.repository.ModelOpener;
import java.nio.file.Path;

/** Reads the repository's files as the server's user wants them read. */
record FileOpener(ModelReader reader, ServerState state) implements ModelOpener<AnsweringModel> {
  @Override
  public boolean takes(String fileName) {
    return reader.takes(fileName);
  }

  @Override
  public Opened<AnsweringModel> open(Path file) {
    return new OpenedModel(reader.read(file), state);
  }
}
