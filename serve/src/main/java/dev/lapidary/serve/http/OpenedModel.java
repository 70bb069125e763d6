package dev.lapidary.serve.http;

import dev.lapidary.serve.repository.LoadFailed;
import dev.lapidary.serve.repository.ModelId;
import dev.lapidary.serve.repository.ModelOpener;
import java.util.Optional;

/** A file that was read, on its way into the repository. */
record OpenedModel(ReadModel read, ServerState state)
    implements ModelOpener.Opened<AnsweringModel> {
  @Override
  public Optional<String> name() {
    return read instanceof ReadModel.OfImages images
        ? Optional.of(images.model().name())
        : Optional.of(((ReadModel.OfTensors) read).model().name());
  }

  @Override
  public Optional<String> version() {
    return read instanceof ReadModel.OfImages images
        ? Optional.of(images.model().version())
        : Optional.empty();
  }

  @Override
  public AnsweringModel ready(ModelId id) throws LoadFailed {
    return AnsweringModel.ready(
        read, id, state.admission(), state.settings(), state.workers(), state.shadow(id.name()));
  }
}
