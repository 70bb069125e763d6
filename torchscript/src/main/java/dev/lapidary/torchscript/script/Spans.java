package dev.lapidary.torchscript.script;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;

/** Where nodes of a syntax tree stand in the text; equal ones at different places are different. */
final class Spans {
  private final Optional<Map<SyntaxNode, Span>> kept;

  private Spans(Optional<Map<SyntaxNode, Span>> kept) {
    this.kept = kept;
  }

  /** For who only reads: nothing is kept. */
  static Spans none() {
    return new Spans(Optional.empty());
  }

  static Spans kept() {
    return new Spans(Optional.of(new IdentityHashMap<>()));
  }

  <T extends SyntaxNode> T put(T node, int start, int end) {
    kept.ifPresent(all -> all.put(node, new Span(start, end)));
    return node;
  }

  /** Empty for a node that was made later. */
  Optional<Span> find(SyntaxNode node) {
    return kept.map(all -> all.get(node));
  }
}
