package dev.lapidary.serve.http;

import dev.lapidary.runtime.model.HeadModel;
import dev.lapidary.serve.repository.Lease;
import dev.lapidary.serve.repository.LoadFailed;
import dev.lapidary.serve.repository.ModelId;
import dev.lapidary.serve.repository.ModelOpener;
import java.util.Optional;

/** A file that was read, on its way into the repository. */
record OpenedModel(ReadModel read, ServerState state)
    implements ModelOpener.Opened<AnsweringModel> {
  @Override
  public Optional<String> name() {
    if (read instanceof ReadModel.OfImages images) {
      return Optional.of(images.model().name());
    }
    return read instanceof ReadModel.OfHead head
        ? Optional.of(head.model().card().name())
        : Optional.of(((ReadModel.OfTensors) read).model().name());
  }

  @Override
  public Optional<String> version() {
    if (read instanceof ReadModel.OfHead head) {
      return Optional.of(head.model().card().version());
    }
    return read instanceof ReadModel.OfImages images
        ? Optional.of(images.model().version())
        : Optional.empty();
  }

  @Override
  public AnsweringModel ready(ModelId id) throws LoadFailed {
    if (read instanceof ReadModel.OfHead head) {
      return ready(head.model(), id);
    }
    return AnsweringModel.ready(
        read, id, state.admission(), state.settings(), state.workers(), state.shadow(id.name()));
  }

  private AnsweringModel ready(HeadModel head, ModelId id) throws LoadFailed {
    Lease<AnsweringModel> trunk;
    try {
      trunk = state.trunks().require(head.trunk());
    } catch (LoadFailed e) {
      head.close();
      throw e;
    }
    return AnsweringModel.ofHead(head, id, trunk, state.settings());
  }

  @Override
  public void loaded(ModelId id) {
    if (read instanceof ReadModel.OfImages) {
      state.trunks().loaded(id);
    }
  }
}
